//! [The processing model](https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model) of an event
//! source: its fetches, one after the other.

use std::rc::Rc;
use std::time::Duration;

use bgfetch_js::{DomString, Fallible, Realm, Root, ToJs};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, NetworkErrorKind, Priority, Request, RequestHead, RequestMode, Response,
};

use super::EventSource;
use super::event_source::ReadyState;
use super::event_stream::{EventStream, StreamEvent};
use crate::agent::{Agent, TaskSource};
use crate::dom::events::event;
use crate::dom::events::message_event::{self, Message};
use crate::dom::fetch::global_fetch::explain;
use crate::environment::Environment;
use crate::fetching::{self, unless_cancelled};
use crate::mime::MimeType;

/// [Reconnection time](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-reconnection-time),
/// until a stream names another one.
const RECONNECTION_TIME: Duration = Duration::from_secs(3);
/// After attempts that failed, it is doubled so often at most.
const MOST_DOUBLINGS: u32 = 5;

/// Connects an event source, and again until it is closed or fails.
pub(super) fn begin(realm: &Realm, source: &Root<EventSource>) {
    let environment = Environment::of(realm);
    let connection = Connection {
        realm: realm.clone(),
        environment: Rc::clone(&environment),
        source: source.clone(),
        last_event_id: String::new(),
        reconnection_time: RECONNECTION_TIME,
    };
    let cancel = source.cancel.clone();
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        // A document or worker that ends closes its event sources.
        let record = environment.fetch_group.add(cancel);
        connection.run().await;
        environment.fetch_group.remove(record);
        Ok(())
    });
}

/// How an attempt ended.
enum Ended {
    /// [Fail the connection](https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection).
    Failed,
    /// [Reestablish the connection](https://html.spec.whatwg.org/multipage/server-sent-events.html#reestablish-the-connection);
    /// whether there was one.
    Reestablish { was_open: bool },
}

struct Connection {
    realm: Realm,
    environment: Rc<Environment>,
    source: Root<EventSource>,
    /// [Last event ID string](https://html.spec.whatwg.org/multipage/server-sent-events.html#concept-event-stream-last-event-id)
    last_event_id: String,
    reconnection_time: Duration,
}

impl Connection {
    async fn run(mut self) {
        let mut failures = 0;
        loop {
            match self.attempt().await {
                Ended::Failed => break self.fail(),
                Ended::Reestablish { was_open } => failures = if was_open { 0 } else { failures + 1 },
            }
            // Step 1 of reestablishing the connection.
            self.queue(|realm, source| {
                source.ready_state.set(ReadyState::Connecting);
                event::fire(realm, &**source, "error").map(drop)
            });
            // Steps 2 to 4.
            let delay = self.reconnection_time.saturating_mul(1 << MOST_DOUBLINGS.min(failures));
            let waiting = Agent::current().sleep(self.environment.id, delay);
            // Step 5.1.
            let waited = unless_cancelled(waiting, &self.source.cancel).await;
            if waited.is_err() || self.source.ready_state.get() != ReadyState::Connecting {
                break self.fail();
            }
        }
    }

    /// Steps 8 to 15 of the constructor: one fetch, to its end.
    async fn attempt(&mut self) -> Ended {
        let request = self.request();
        let url = request.head.url.clone();
        let cancel = self.source.cancel.clone();
        let error = match fetching::fetch(&self.environment, request, cancel, Some("other")).await {
            Ok(response) => return self.read(response).await,
            Err(error) => error,
        };
        // Step 14, on network errors: what a policy or the other site forbids stays forbidden.
        let futile = matches!(
            error.kind,
            NetworkErrorKind::Aborted
                | NetworkErrorKind::Blocked
                | NetworkErrorKind::Cors
                | NetworkErrorKind::Redirect
                | NetworkErrorKind::Tls
        );
        if error.kind != NetworkErrorKind::Aborted {
            explain(&self.environment, &url, &error);
        }
        if futile { Ended::Failed } else { Ended::Reestablish { was_open: false } }
    }

    /// Steps 8 to 12, and step 5.3 of reestablishing the connection.
    fn request(&self) -> Request {
        let include = self.source.with_credentials;
        let mut head = RequestHead {
            mode: RequestMode::Cors,
            credentials: if include { CredentialsMode::Include } else { CredentialsMode::SameOrigin },
            use_url_credentials: true,
            cache: CacheMode::NoStore,
            ..RequestHead::get(self.source.url.clone())
        };
        head.headers.append("Accept", "text/event-stream");
        if !self.last_event_id.is_empty() {
            head.headers.append("Last-Event-ID", self.last_event_id.as_str());
        }
        Request { head, client: self.environment.client(), body: None, priority: Priority::Foreground }
    }

    /// Step 14, on responses.
    async fn read(&mut self, response: Response) -> Ended {
        let is_event_stream = MimeType::extract(&response.head.headers)
            .is_some_and(|mime_type| mime_type.essence == "text/event-stream");
        if response.head.status != 200 || !is_event_stream {
            return Ended::Failed;
        }
        // [Announce the connection](https://html.spec.whatwg.org/multipage/server-sent-events.html#announce-the-connection)
        self.queue(|realm, source| {
            source.ready_state.set(ReadyState::Open);
            event::fire(realm, &**source, "open").map(drop)
        });
        let origin = response.head.url().unwrap_or(&self.source.url).origin().ascii_serialization();
        let mut stream = EventStream::new(std::mem::take(&mut self.last_event_id));
        let mut body = response.body;
        let ended = loop {
            let chunk = match &mut body {
                Some(body) => body.read().await,
                None => None,
            };
            let events = match chunk {
                Some(Ok(bytes)) => stream.push(&bytes),
                Some(Err(BodyError::Aborted)) => break Ended::Failed,
                Some(Err(_)) | None => break Ended::Reestablish { was_open: true },
            };
            match events {
                Ok(events) => events.into_iter().for_each(|event| self.dispatch(event, &origin)),
                Err(error) => {
                    tracing::warn!(url = %self.source.url, %error, "an event stream is not read on");
                    break Ended::Failed;
                }
            }
        };
        self.last_event_id = stream.last_event_id;
        self.reconnection_time = stream.retry.unwrap_or(self.reconnection_time);
        ended
    }

    /// [Dispatch the event](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage), from step 4 on.
    fn dispatch(&self, event: StreamEvent, origin: &str) {
        let origin = origin.to_owned();
        self.queue(move |realm, source| {
            let StreamEvent { event_type, data, last_event_id } = event;
            let event_type = if event_type.is_empty() { "message" } else { &event_type };
            let data = DomString::from(data).to_js(realm)?;
            let message = Message { data, origin, source: None, ports: Vec::new() };
            message_event::fire_with_id(realm, source, event_type, message, last_event_id.into()).map(drop)
        });
    }

    /// [Fail the connection](https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection)
    fn fail(&self) {
        self.queue(|realm, source| {
            source.ready_state.set(ReadyState::Closed);
            event::fire(realm, &**source, "error").map(drop)
        });
    }

    /// Queues a task that does nothing if the event source is closed by then.
    fn queue(&self, run: impl FnOnce(&Realm, &Root<EventSource>) -> Fallible<()> + 'static) {
        let source = self.source.clone();
        Agent::current().queue_global(TaskSource::Networking, &self.realm, move |realm| {
            if source.ready_state.get() == ReadyState::Closed { Ok(()) } else { run(realm, &source) }
        });
    }
}
