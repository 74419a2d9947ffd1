//! [Reporting](https://fetch.spec.whatwg.org/#finalize-and-report-timing) how long the fetches of an environment took to its
//! performance timeline.

use std::sync::Arc;
use std::time::Instant;

use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{Request, Response};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::timing::FetchTiming;
use parking_lot::Mutex;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::dom::performance;
use crate::environment::Environment;

/// The report of one fetch. It comes when its body has ended, or before the one who reads it learns of that, whichever
/// is first: who has read it all finds the entry. Clones are the same report.
#[derive(Clone)]
pub(crate) struct TimingReport(Arc<Shared>);

struct Shared {
    client: ClientId,
    url: Url,
    initiator_type: &'static str,
    started: Instant,
    /// What was told and is not reported yet.
    told: Mutex<Option<FetchTiming>>,
}

impl TimingReport {
    /// Of a fetch that begins now; none if it is not one that is reported.
    pub(crate) fn begin(
        environment: &Environment,
        request: &Request,
        initiator_type: Option<&'static str>,
    ) -> Option<Self> {
        // Report timing steps, step 1.
        let url = &request.head.url;
        let initiator_type = initiator_type.filter(|_| matches!(url.scheme(), "http" | "https"))?;
        Some(Self(Arc::new(Shared {
            client: environment.id,
            url: url.clone(),
            initiator_type,
            started: Instant::now(),
            told: Mutex::default(),
        })))
    }

    /// For whoever ends the fetch. `by_worker` says that a service worker was asked first.
    pub(crate) fn reply(&self, by_worker: bool) -> Option<Reply<FetchTiming>> {
        let tell = self.telling(by_worker);
        let mut reply = None;
        let answer = Agent::current().ask(|wake: Reply<()>| {
            reply = Some(Reply::new(move |timing| {
                tell.send(timing);
                wake.send(());
            }));
        });
        let report = self.clone();
        if let Some(realm) = Agent::current().realm_of(self.0.client) {
            Agent::current().spawn_in_background(TaskSource::Networking, &realm, async move {
                if answer.await.is_ok() {
                    report.deliver();
                }
                Ok(())
            });
        }
        reply
    }

    /// [`Self::reply`] where this thread waits: it [delivers](Self::deliver) itself.
    pub(crate) fn telling(&self, by_worker: bool) -> Reply<FetchTiming> {
        let shared = Arc::clone(&self.0);
        Reply::new(move |mut timing: FetchTiming| {
            timing.start = shared.started;
            if timing.redirect_start.is_some() {
                timing.redirect_start = Some(shared.started);
            } else {
                timing.post_redirect_start = shared.started;
            }
            if by_worker {
                timing.final_service_worker_start = Some(shared.started);
            }
            *shared.told.lock() = Some(timing);
        })
    }

    /// The response is there: its body's reader is to find the report made.
    pub(crate) fn attach(&self, response: &mut Response) {
        let report = self.clone();
        response.body = response.body.take().map(|body| body.before_end(move || report.deliver()));
    }

    /// Reports what was told, unless that was done before.
    pub(crate) fn deliver(&self) {
        // A body may have gone to another thread: the report stays with this one.
        let realm = Agent::try_current().and_then(|agent| agent.realm_of(self.0.client));
        let Some(realm) = realm else { return };
        let told = self.0.told.lock().take();
        if let Some(timing) = told {
            performance::mark_resource_timing(&realm, &self.0.url, self.0.initiator_type, timing);
        }
    }
}

/// Tells how long a fetch took that began at `started` and that a service worker answered: its body ends when the worker
/// has written all of it.
pub(crate) fn tell_of_workers_response(response: &Response, started: Instant, reply: Reply<FetchTiming>) {
    let mut timing = FetchTiming {
        final_service_worker_start: Some(started),
        request_start: Some(started),
        response_start: Some(Instant::now()),
        status: response.head.filtered_status(),
        allow_passed: true,
        ..FetchTiming::begin(started)
    };
    let tell = move |length| {
        timing.end = Instant::now();
        timing.body.encoded_size = length;
        timing.body.decoded_size = length;
        reply.send(timing);
    };
    match &response.body {
        None => tell(0),
        Some(body) => BodyReader::when_written(body, tell),
    }
}
