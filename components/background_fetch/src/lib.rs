//! The [Background Fetch specification](https://wicg.github.io/background-fetch/) as a deterministic state machine:
//! no socket, file, clock, thread or randomness. The same inputs at the same times give the same effects.
//!
//! Revision: WICG/background-fetch, commit a1f0bc2. Step numbers in comments are those of that revision.
//!
//! | algorithm | file |
//! |---|---|
//! | [`fetch()`](https://wicg.github.io/background-fetch/#background-fetch-manager-fetch) | `manager_fetch` |
//! | [`get()`](https://wicg.github.io/background-fetch/#background-fetch-manager-get), [`getIds()`](https://wicg.github.io/background-fetch/#background-fetch-manager-get-ids) | `machine`, `registrations` |
//! | [perform a background fetch](https://wicg.github.io/background-fetch/#perform-a-background-fetch-algorithm), [`abort()`](https://wicg.github.io/background-fetch/#background-fetch-registration-abort) | `perform` |
//! | [complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm) | `record` (states), `complete_record` |
//! | [validate a partial response](https://wicg.github.io/background-fetch/#validate-partial-response-algorithm) | `validate` |
//! | [extract content-range values](https://wicg.github.io/background-fetch/#extract-content-range-values-algorithm) | `content_range` |
//! | [update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm) | `update_instances`, `throttle` |
//! | [`matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all), [create record objects](https://wicg.github.io/background-fetch/#create-settled-fetches-algorithm) | `records` |
//! | [display](https://wicg.github.io/background-fetch/#background-fetch-display-algorithm) | `display` |
//! | [click](https://wicg.github.io/background-fetch/#fire-a-background-fetch-click-event-algorithm), pause, [`updateUI()`](https://wicg.github.io/background-fetch/#background-fetch-update-ui-event-update-ui), permission | `user` |
//! | connectivity, unregistering, restart | `environment` |
//!
//! # Driving it
//!
//! One thread owns a [`Machine`] and does, for ever:
//!
//! 1. Wait for the next input, at most until [`Machine::next_deadline`]; if that comes first, the input is
//!    [`Input::Timer`].
//! 2. Call [`Machine::handle`] with the time and the input.
//! 3. Perform the effects in the order they came in, before the next input. Performing one is sending a message:
//!    nothing is waited for, and whatever comes of it is a later input.
//!
//! What the machine relies on:
//!
//! - **Restart.** First of all inputs is [`Input::Connectivity`], if the machine is not online, then
//!   [`Input::Restored`] with what storage has. Calls come after. [`Input::RegistrationRemoved`] comes before the
//!   registration itself is deleted from storage, and once more for each that restored background fetches name
//!   and storage does not have.
//! - **Storage** takes messages about a partition in the order they were sent, and a write of metadata is never
//!   durable without those before it. An [`Effect::Persist`] with a ticket is answered by [`Input::Persisted`].
//! - **An attempt** is named by record and number. [`RecordEvent`] has the order of its events. After
//!   [`Effect::CancelFetch`] nothing more need be told of it, with two exceptions that are always told: the body
//!   that [`Effect::CreateBody`] made, and the end of the append that [`Effect::StoreBody`] began.
//! - **Shutting down** is not aborting: once it began, an engine feeds no more inputs, least of all the
//!   network errors that its own shutting down makes. What is durable then goes on at the next start.
//! - **Cross-origin secrets** (spec-decisions row 8): [`RecordEvent::Head`] comes after the response's CORS check,
//!   and [`RecordEvent::BytesStored`] after that, so nothing of a refused response is ever counted. Every network
//!   error is `fetch-error`, whatever its kind.
//! - **Replies** travel inside inputs and come out again inside effects, each once.
//!
//! Every event about one record costs the same however many records there are, and writes that record alone.
//!
//! How effects become messages of [`bgfetch_traits`]:
//!
//! | effect | message |
//! |---|---|
//! | [`Effect::StartFetch`] | `NetMsg::Fetch`, its body opened by `BodyMsg::Open`, its `upload_progress` fed back as [`RecordEvent::Uploaded`] |
//! | [`Effect::CancelFetch`] | `CancelHandle::cancel` |
//! | [`Effect::CreateBody`] | `BodyMsg::Create`, owner `RecordResponse` |
//! | [`Effect::StoreBody`] | `BodyMsg::Append` of the response's body, `progress` and `done` fed back |
//! | [`Effect::SealBody`], [`Effect::ReleaseBody`] | `BodyMsg::Seal`, `BodyMsg::Release` |
//! | [`Effect::StoreRequestBody`] | `BodyMsg::Create`, owner `RecordRequest`, then `Append`; a stream goes there as it comes |
//! | [`Effect::Persist`] | `PartitionMsg::SaveBackgroundFetch`, `SaveBackgroundFetchState`, `SaveRecord`, `DeleteBackgroundFetch` |
//! | [`Effect::OpenResponse`] | `BodyMsg::Open` from 0 with `follow`; its reader, with the head, is the answer |
//! | [`Effect::UpdateInstances`] | `ScriptMsg::BackgroundFetchChanged` to every client of the partition |
//! | [`Effect::SyncInstances`] | `ScriptMsg::BackgroundFetchSync` to every client of the partition |
//! | [`Effect::FireEvent`] | `FunctionalEvent::BackgroundFetch` |
//!
//! # Where the text is read differently
//!
//! Beside the rows of the project's spec decisions, each with its reason where it is done:
//!
//! - A background fetch resolves its promise, and makes its end known (the answer to `abort()`, the update of
//!   instances, the event), once that is durable (`manager_fetch`, `perform`).
//! - `match()` works as long as the script's own records available flag is set, and a record learns how it ended,
//!   however late the script is: records are given up when every environment knows (`perform`).
//! - `fetch()` waits for earlier calls with its id only, not for the whole edit queue (`manager_fetch`).
//! - An abort by the user is an abort, though a record had failed before (`perform`).
//! - The first response of a record makes nothing redundant: otherwise who called `match()` before it would wait for
//!   ever (`complete_record::response`).
//! - Only what began as `200` or `206`, without integrity metadata, is continued by range: the rest of an error
//!   page is not the rest of the resource (`complete_record::request`).
//! - A partial response longer than its complete length is a fetch error; partial responses that bring nothing are
//!   asked for again with a delay, and not for ever (`complete_record::body`).
//! - A GET that breaks off in the middle counts as temporarily unavailable for a few tries with growing delays;
//!   before its first head it does so only offline (`complete_record`).
//! - A request other than GET that was sent when the process died is a fetch error: it is not sent twice
//!   (`complete_record::request`).
//! - Nothing is sent while offline, uploads neither: they wait rather than fail (`perform`).
//! - `Content-Range` is understood as HTTP writes it, `bytes 0-9/10`, beside the text's `bytes=0-9/10`
//!   (`content_range`).
//! - Requests with a body do not carry the keepalive flag, whose limit of 64 KiB would stop them
//!   (`complete_record::request`).
//! - A page's own `Range` header is replaced when a rest is asked for, not doubled (`complete_record::request`).
//! - A record without a response that ended rejects `responseReady` (`records`).
//! - At most [`Config::records_in_flight`] records of a fetch run at once (`perform`).
//! - A server's `Clear-Site-Data` ("storage") clears registrations, and with them their background fetches, as the user does:
//!   at once and without an event, for nobody is left to get it (`environment`).
//!
//! # Example
//!
//! A driver without network or storage, which has an answer to everything at once:
//!
//! ```
//! use bgfetch_core::{Call, Config, Effect, FetchCall, FetchClient, Input, Machine, RecordEvent};
//! use bgfetch_traits::background_fetch::{BackgroundFetchOptions, BackgroundFetchResult, NewRecord};
//! use bgfetch_traits::coordinator::PermissionState;
//! use bgfetch_traits::fetch::{RequestHead, ResponseHead};
//! use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RegistrationId, StorageKey};
//! use bgfetch_traits::policy::PolicyContainer;
//! use bgfetch_traits::reply::Reply;
//! use bgfetch_traits::service_worker::EventOutcome;
//! use bgfetch_traits::storage::{StorageEstimate, StoreOutcome};
//! use std::collections::VecDeque;
//!
//! let page: url::Url = "https://a.test/".parse()?;
//! let (reply, registration) = Reply::channel();
//! let call = FetchCall {
//!     fetch: BackgroundFetchId(1),
//!     registration: RegistrationId(1),
//!     active_worker: true,
//!     client: FetchClient {
//!         partition: StorageKey::of_url(&page).ok_or("opaque origin")?,
//!         url: page.clone(),
//!         policy: PolicyContainer::default(),
//!         permission: PermissionState::Granted,
//!         estimate: StorageEstimate { usage: 0, quota: 1 << 30 },
//!     },
//!     id: "film".to_owned(),
//!     records: vec![NewRecord { request: RequestHead::get(page.join("film.webm")?), body: None }],
//!     options: BackgroundFetchOptions::default(),
//!     reply,
//! };
//!
//! let mut machine = Machine::new(Config::default());
//! let mut inputs = VecDeque::from([Input::Call(Call::Fetch(Box::new(call)))]);
//! let mut fired = None;
//! while let Some(input) = inputs.pop_front() {
//!     for effect in machine.handle(0, input) {
//!         match effect {
//!             Effect::Persist { ticket: Some(ticket), .. } => {
//!                 inputs.push_back(Input::Persisted { ticket, result: Ok(()) });
//!             }
//!             Effect::StartFetch(start) => {
//!                 let event = RecordEvent::Head(Ok(Box::new(ResponseHead::default())));
//!                 inputs.push_back(Input::Record { record: start.record, attempt: start.attempt, event });
//!             }
//!             Effect::CreateBody { record, attempt, .. } => {
//!                 let event = RecordEvent::BodyCreated(Ok(BodyId(7)));
//!                 inputs.push_back(Input::Record { record, attempt, event });
//!             }
//!             Effect::StoreBody { record, attempt, offset, .. } => {
//!                 let outcome = StoreOutcome { length: offset + 1_000, result: Ok(()) };
//!                 let event = RecordEvent::BodyEnded(outcome);
//!                 inputs.push_back(Input::Record { record, attempt, event });
//!             }
//!             Effect::FireEvent { kind, info } => {
//!                 fired = Some((kind.as_str(), info.progress.downloaded));
//!                 let outcome = EventOutcome::Completed;
//!                 inputs.push_back(Input::EventSettled { fetch: info.fetch, kind, outcome });
//!             }
//!             Effect::Answer(answer) => answer.send(),
//!             // Progress and display, and writes that nobody waits for.
//!             _ => {}
//!         }
//!     }
//! }
//! assert_eq!(registration.recv()??.id, "film");
//! assert_eq!(fired, Some(("backgroundfetchsuccess", 1_000)));
//! # let result = machine.info(BackgroundFetchId(1)).map(|info| info.progress.result);
//! # assert_eq!(result, Some(BackgroundFetchResult::Success));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod background_fetch;
mod complete_record;
mod config;
mod content_range;
mod display;
mod effect;
mod environment;
mod host;
mod input;
mod jitter;
mod machine;
mod manager_fetch;
mod perform;
mod record;
mod records;
mod registrations;
mod throttle;
mod timers;
mod update_instances;
mod user;
mod validate;

pub use config::{Config, Connectivity, Millis, RetryPolicy};
pub use effect::{Answer, DisplayChange, Effect, StartFetch, Write};
pub use input::{
    Call, FetchCall, FetchClient, Input, PersistTicket, RecordEvent, ResponseReply, UiActionError,
};
pub use machine::Machine;
