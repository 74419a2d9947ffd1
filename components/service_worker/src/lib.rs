//! Service worker registrations, lifecycle, clients and the functional-event queue, without JavaScript and
//! without I/O.
//!
//! Implements [Service Workers](https://w3c.github.io/ServiceWorker/) at revision `1bcbd24` of its source, as one
//! deterministic state machine: [`Registry::handle`] takes what happened and the time, and returns what is to be
//! done. Threads, sockets, files, clocks and random numbers are the driver's.
//!
//! | algorithm | module |
//! |---|---|
//! | [jobs](https://w3c.github.io/ServiceWorker/#dfn-job): schedule, run, finish, resolve, reject | `jobs` |
//! | [Start Register](https://w3c.github.io/ServiceWorker/#start-register-algorithm), [Register](https://w3c.github.io/ServiceWorker/#register-algorithm), [Unregister](https://w3c.github.io/ServiceWorker/#unregister-algorithm), [Clear Registration](https://w3c.github.io/ServiceWorker/#clear-registration-algorithm) | `register` |
//! | [Update](https://w3c.github.io/ServiceWorker/#update-algorithm), [Soft Update](https://w3c.github.io/ServiceWorker/#soft-update-algorithm) | `update`, `script_check` |
//! | [Install](https://w3c.github.io/ServiceWorker/#installation-algorithm), [Try Activate](https://w3c.github.io/ServiceWorker/#try-activate-algorithm), [Activate](https://w3c.github.io/ServiceWorker/#activation-algorithm), [Update Worker State](https://w3c.github.io/ServiceWorker/#update-state-algorithm) | `lifecycle` |
//! | [Fire Functional Event](https://w3c.github.io/ServiceWorker/#fire-functional-event-algorithm), [Create Fetch Event and Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm), the event queue | `events` |
//! | [Run](https://w3c.github.io/ServiceWorker/#run-service-worker-algorithm) and [Terminate Service Worker](https://w3c.github.io/ServiceWorker/#terminate-service-worker-algorithm), idle workers | `runs` |
//! | [Handle Fetch](https://w3c.github.io/ServiceWorker/#on-fetch-request-algorithm) | `fetch` |
//! | [router rules](https://w3c.github.io/ServiceWorker/#get-router-source-algorithm) | `router` |
//! | [clients](https://w3c.github.io/ServiceWorker/#service-worker-client-concept), [`Clients`](https://w3c.github.io/ServiceWorker/#clients-interface), `ready` | `clients` |
//! | what scripts ask, `skipWaiting()`, messages | `asks` |
//! | [shutdown](https://w3c.github.io/ServiceWorker/#user-agent-shutdown) and restart, clearing of an origin | `stored` |
//!
//! Navigation preload is the worker's thread's. No listener is looked into for being
//! [empty](https://w3c.github.io/ServiceWorker/#all-fetch-listeners-are-empty-algorithm), and
//! [only `fetch` events are skipped](https://w3c.github.io/ServiceWorker/#should-skip-event-algorithm) for want of
//! a listener: both are permissions.
//!
//! # Driving it
//!
//! One thread owns a [`Registry`] and does, for ever:
//!
//! 1. Wait for the next input, at most until [`Registry::next_deadline`]; if that comes first, the input is
//!    [`Input::Timer`].
//! 2. Call [`Registry::handle`] with the time and the input.
//! 3. Perform the effects in the order they came in, before the next input. Performing one is sending a message:
//!    nothing is waited for, and whatever comes of it is a later input.
//!
//! What the registry relies on:
//!
//! - **Restart.** [`Input::Restored`] comes first. A waiting worker is activated by it, which starts a thread.
//! - **Order.** Messages to one environment ([`Effect::Post`], [`Effect::Answer`], [`Effect::DispatchEvent`])
//!   arrive in the order of their effects: a page learns that `installing` is set before `register()` resolves,
//!   and of `updatefound` after that. Storage makes changes of one registration in the order given.
//! - **Runs.** Each [`Effect::StartWorker`] is answered by exactly one [`WorkerInput::Started`], if the thread
//!   gets that far, and ends in exactly one [`WorkerInput::Stopped`]: because of [`Effect::TerminateWorker`], or
//!   by itself. A script that failed to run is followed by [`Effect::TerminateWorker`], too. The registry never
//!   starts a worker whose last run has not ended, and gives up waiting for that after
//!   [`Settings::stop_timeout_ms`]. What comes late of a run that is over is ignored.
//! - **Events.** Each [`Effect::DispatchEvent`] is answered by [`WorkerInput::EventEnded`] when `waitUntil()` is
//!   through; if the run ends first, that is its end. The reply inside a `fetch` event is used before that. It may
//!   also be dropped: then the registry answers, when the event or the run ends.
//! - **Asks.** A worker's own asks come from the environment that [`WorkerStart`] names: the registry checks that
//!   `claim()` is asked by the worker that it is about. Asks of environments that it does not know are refused.
//! - **Imports.** While a worker's state is "parsed" or "installing", each script that it imports is told with
//!   `ScriptImported`, before the event in which it happened ends. Later the script resource map is all there is.
//! - **Navigations.** [`Input::Navigation`] comes for each URL of a navigation (redirects too) with the id of the
//!   client to be, and then [`ClientInput::Created`] or [`ClientInput::Gone`] for that id. A client that no
//!   navigation was announced for is controlled by whoever matches its URL when it is created.
//! - **Replies** travel inside inputs and come out again inside effects, each once. A few are dropped instead:
//!   `ready` of a client that is gone before there is an answer.
//!
//! A functional event that fails ([`EventOutcome::WorkerFailed`](bgfetch_traits::service_worker::EventOutcome),
//! `TimedOut`) is not given again by the registry: whoever fired it knows whether it is still owed.
//!
//! # Example
//!
//! A driver without network, threads or storage, which has an answer to everything at once:
//!
//! ```
//! use std::collections::VecDeque;
//! use std::sync::Arc;
//!
//! use bgfetch_service_worker::{
//!     ClientInput, Effect, FetchedScript, Input, NewClient, Registry, Settings, WorkerInput,
//! };
//! use bgfetch_traits::fetch::ResponseHead;
//! use bgfetch_traits::ids::{ClientId, IdSource};
//! use bgfetch_traits::policy::{Client, PolicyContainer};
//! use bgfetch_traits::reply::Reply;
//! use bgfetch_traits::service_worker::{
//!     ClientType, EventOutcome, FetchOutcome, FrameType, ServiceWorkerMsg, UpdateViaCache, WorkerStarted,
//!     WorkerType,
//! };
//!
//! let ids = Arc::new(IdSource::starting_at(1));
//! let mut registry = Registry::new(Settings::default(), ids, ClientId::new);
//!
//! // A page comes to be, and registers a worker.
//! let url: url::Url = "https://a.test/".parse()?;
//! let client = Client::of_url(&url);
//! let page = client.id;
//! let created = NewClient {
//!     client,
//!     client_type: ClientType::Window,
//!     frame_type: FrameType::TopLevel,
//!     creator: None,
//!     reply: Reply::ignore(),
//! };
//! let (reply, registered) = Reply::channel();
//! let register = ServiceWorkerMsg::Register {
//!     script_url: url.join("sw.js")?,
//!     scope: url.clone(),
//!     worker_type: WorkerType::Classic,
//!     update_via_cache: UpdateViaCache::Imports,
//!     reply,
//! };
//! let mut inputs = VecDeque::from([
//!     Input::Restored(Vec::new()),
//!     Input::Client(ClientInput::Created(Box::new(created))),
//!     Input::Ask(page, register),
//! ]);
//!
//! let mut seen = Vec::new();
//! while let Some(input) = inputs.pop_front() {
//!     for effect in registry.handle(0, input) {
//!         match effect {
//!             Effect::FetchScript { fetch, .. } => {
//!                 let mut head = ResponseHead::default();
//!                 head.headers.append("Content-Type", "text/javascript");
//!                 let source = "oninstall = event => event.waitUntil(fill_caches())".to_owned();
//!                 let policy = PolicyContainer::default();
//!                 let script = FetchedScript { head, source, policy, from_cache: false };
//!                 inputs.push_back(Input::ScriptFetched { fetch, result: Ok(Box::new(script)) });
//!             }
//!             Effect::StartWorker(start) => {
//!                 let ran = WorkerStarted::Ran { handles_fetch: false };
//!                 inputs.push_back(Input::Worker(WorkerInput::Started(start.run, ran)));
//!             }
//!             Effect::DispatchEvent { dispatch, event, .. } => {
//!                 seen.push(event.name());
//!                 let ended = WorkerInput::EventEnded(dispatch, EventOutcome::Completed);
//!                 inputs.push_back(Input::Worker(ended));
//!             }
//!             Effect::TerminateWorker { run, .. } => {
//!                 inputs.push_back(Input::Worker(WorkerInput::Stopped(run, "as told".into())));
//!             }
//!             Effect::Answer(answer) => answer.send(),
//!             Effect::MatchCache { request, reply, .. } => reply.send(FetchOutcome::Network(request)),
//!             Effect::FetchFromNetwork { reply, .. } => drop(reply),
//!             // To script threads, storage, the background fetches, the embedder.
//!             Effect::Post { .. } | Effect::Persist(..) => {}
//!             Effect::WorkerState { .. } | Effect::Unregistered(_) => {}
//!             Effect::OpenWindow { reply, .. } | Effect::NavigateClient { reply, .. } => reply.send(Ok(None)),
//!         }
//!     }
//! }
//! assert_eq!(seen, ["install", "activate"]);
//! let id = registered.recv()??.registration;
//! let active = registry.registration(id).and_then(|info| info.active);
//! assert_eq!(active.map(|worker| worker.state.as_str()), Some("activated"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod asks;
mod clients;
mod events;
mod fetch;
mod io;
mod jobs;
mod lifecycle;
mod model;
mod register;
mod registry;
mod router;
mod runs;
mod script_check;
mod stored;
mod update;

pub use io::{
    Answer, ClientInput, DispatchId, Effect, FetchedScript, Input, Navigation, NewClient, Persist, RunId,
    ScriptFetchId, WorkerInput, WorkerStart,
};
pub use registry::{Registry, Settings};
