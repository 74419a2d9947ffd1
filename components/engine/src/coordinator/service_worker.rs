//! What scripts ask of service workers, and what the registry wants done.

use bgfetch_service_worker::{Effect, FetchedScript, Input, Navigation, Persist, ScriptFetchId};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{Destination, NetworkError, NetworkErrorKind, Request, RequestMode, Response};
use bgfetch_traits::ids::{ClientId, StorageKey, WorkerId};
use bgfetch_traits::net::{CancelHandle, NetMsg, NetSender};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{
    ClientInfo, FetchOutcome, JobError, RegistrationInfo, ServiceWorkerMsg, check_response,
};
use bgfetch_traits::storage::{CacheMsg, CacheQuery, CacheSelector, PartitionMsg, StorageError};
use url::Url;

use super::Coordinator;
use super::inbox::{Event, OpenedWindow};
use super::teller::Tell;
use super::threads::ThreadId;
use crate::answers::{question, reply_or};
use crate::delegate::{EngineEvent, OpenWindowRequest};

/// A worker's script may be this long, in bytes.
const SCRIPT_LIMIT: usize = 64 * 1024 * 1024;

impl Coordinator {
    /// A script asks about service workers.
    pub(super) fn service_worker(&mut self, thread: ThreadId, from: ClientId, message: ServiceWorkerMsg) {
        // A navigation comes from a client that is not there yet.
        let message = match message {
            ServiceWorkerMsg::HandleFetch(request, cancel, reply) if self.makes_a_client(from, &request) => {
                if self.scripts.clients.contains_key(&from) {
                    tracing::warn!(client = %from, "a client that is there already cannot be navigated to");
                    return;
                }
                self.scripts.reserved.insert(from, thread);
                let force_reload = false;
                let navigation = Navigation { request, reserved_client: from, force_reload, cancel, reply };
                return self.registry(Input::Navigation(Box::new(navigation)));
            }
            other => other,
        };
        if !self.is_of(from, thread) {
            // Dropping the reply rejects the promise that waits for it.
            tracing::warn!(thread = thread.0, "a script speaks for an environment that is not its own");
            return;
        }
        let message = match message {
            ServiceWorkerMsg::Register { script_url, scope, worker_type, update_via_cache, reply } => {
                self.scripts.failed_runs.remove(&script_url);
                let reply = self.report_failure(&scope, &script_url, reply);
                ServiceWorkerMsg::Register { script_url, scope, worker_type, update_via_cache, reply }
            }
            other => other,
        };
        self.registry(Input::Ask(from, message));
    }

    /// The embedder learns of registrations that fail, as the page does.
    fn report_failure(
        &self,
        scope: &Url,
        script_url: &Url,
        reply: Reply<Result<RegistrationInfo, JobError>>,
    ) -> Reply<Result<RegistrationInfo, JobError>> {
        let (inbox, scope, script_url) = (self.links.inbox.clone(), scope.clone(), script_url.clone());
        Reply::new(move |result| {
            if let Err(error) = &result {
                let message = JobError::to_string(error);
                inbox.post(Event::RegistrationFailed { scope, script_url, message });
            }
            reply.send(result);
        })
    }

    pub(super) fn registration_failed(&mut self, scope: Url, script_url: Url, message: String) {
        if !self.scripts.failed_runs.remove(&script_url) {
            self.links.teller.event(EngineEvent::WorkerFailed { scope, script_url, message });
        }
    }

    pub(super) fn perform_service_worker(&mut self, effect: Effect) {
        match effect {
            Effect::FetchScript { fetch, request } => self.fetch_script(fetch, *request),
            Effect::StartWorker(start) => self.start_worker(*start),
            Effect::DispatchEvent { run, dispatch, event, .. } => self.dispatch_event(run, dispatch, *event),
            Effect::TerminateWorker { run, .. } => {
                if let Some(run) = self.scripts.runs.get(&run) {
                    self.end_thread(run.thread, true);
                }
            }
            Effect::Post { to, message } => self.post(to, *message),
            Effect::Answer(answer) => answer.send(),
            Effect::WorkerState { registration, scope, worker } => {
                self.links.teller.event(EngineEvent::WorkerState {
                    registration,
                    worker: worker.worker,
                    scope,
                    script_url: worker.script_url,
                    state: worker.state,
                });
            }
            Effect::Persist(key, persist) => {
                let reply = self.report_storage_trouble(&key);
                let message = match persist {
                    Persist::Save(registration) => PartitionMsg::SaveRegistration(registration, reply),
                    Persist::Delete(registration) => PartitionMsg::DeleteRegistration(registration, reply),
                };
                self.links.storage.partition(&key, message);
            }
            Effect::Unregistered(registration) => {
                let removed = bgfetch_core::Input::RegistrationRemoved(registration);
                self.later(Event::BackgroundFetch(removed));
            }
            Effect::MatchCache { storage_key, cache, request, reply } => {
                self.match_cache(&storage_key, cache, request, reply);
            }
            Effect::FetchFromNetwork { request, cancel, reply } => {
                let (request, upload_progress, timing) = (*request, None, None);
                self.links.net.send(NetMsg::Fetch { request, cancel, upload_progress, timing, reply });
            }
            Effect::OpenWindow { worker, url, reply, storage_key } => {
                self.ask_for_window(worker, url, storage_key, reply);
            }
            Effect::NavigateClient { client, url, reply, storage_key } => {
                self.navigate_client(client, url, storage_key, reply);
            }
        }
    }

    /// [Handle Fetch](https://w3c.github.io/ServiceWorker/#on-fetch-request-algorithm), what the router source "cache" stands for.
    fn match_cache(
        &self,
        key: &StorageKey,
        cache: Option<String>,
        request: Box<Request>,
        reply: Reply<FetchOutcome>,
    ) {
        let query = CacheQuery {
            request: request.head.clone(),
            ignore_search: false,
            ignore_method: false,
            ignore_vary: false,
        };
        let reply = Reply::new(move |matched: Result<Option<Response>, StorageError>| {
            reply.send(match matched {
                Ok(Some(response)) => match check_response(&request.head, &response.head) {
                    Ok(()) => FetchOutcome::Response(response),
                    Err(why) => FetchOutcome::Error(why.to_owned()),
                },
                Ok(None) => FetchOutcome::Network(request),
                Err(error) => {
                    tracing::warn!(url = %request.head.url, %error, "a cache could not be asked");
                    FetchOutcome::Network(request)
                }
            });
        });
        let cache = cache.map_or(CacheSelector::All, CacheSelector::Name);
        let message = PartitionMsg::Cache(CacheMsg::Match { cache, query, reply });
        self.links.storage.partition(key, message);
    }

    /// Whether it is a [non-subresource request](https://fetch.spec.whatwg.org/#non-subresource-request). The modules of
    /// a worker have its destination too.
    fn makes_a_client(&self, from: ClientId, request: &Request) -> bool {
        let is_worker = matches!(request.head.destination, Destination::Worker | Destination::SharedWorker);
        request.head.mode == RequestMode::Navigate || (is_worker && !self.scripts.clients.contains_key(&from))
    }

    fn fetch_script(&mut self, fetch: ScriptFetchId, request: Request) {
        let net = self.links.net.clone();
        self.turn.tasks.start(async move {
            let result = fetch_whole_script(&net, request).await.map(Box::new);
            Some(Event::ServiceWorker(Input::ScriptFetched { fetch, result }))
        });
    }

    /// `clients.openWindow()`.
    fn ask_for_window(
        &self,
        worker: WorkerId,
        url: Url,
        storage_key: StorageKey,
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
    ) {
        tracing::debug!(%worker, %url, "a worker asks for a window");
        let inbox = self.links.inbox.clone();
        let request = OpenWindowRequest { origin: storage_key.clone(), url };
        let answer = reply_or(None, move |window| {
            inbox.post(Event::WindowOpened(OpenedWindow { storage_key, window, reply }));
        });
        self.links.teller.tell(Tell::OpenWindow(request, answer));
    }
}

async fn fetch_whole_script(net: &NetSender, request: Request) -> Result<FetchedScript, NetworkError> {
    let url = request.head.url.clone();
    let (reply, answer) = question();
    let cancel = CancelHandle::new();
    // The script's fetch ends with the task that waits for it.
    let _cancelled = CancelOnDrop(cancel.clone());
    net.send(NetMsg::Fetch { request, cancel, upload_progress: None, timing: None, reply });
    let gone = || NetworkError::new(NetworkErrorKind::Aborted, "the network thread has ended");
    let response = answer.await.unwrap_or_else(|| Err(gone()))?;
    let body = match response.body {
        Some(body) => body.read_all(SCRIPT_LIMIT).await,
        None => Ok(bytes::Bytes::new()),
    };
    let bytes = body.map_err(|error| match error {
        BodyError::Network(error) => error,
        other => NetworkError::new(NetworkErrorKind::Internal, format!("the body of {url}: {other}")),
    })?;
    // UTF-8 decode.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let source = String::from_utf8_lossy(text).into_owned();
    Ok(FetchedScript { head: response.head, source, policy: response.policy, from_cache: false })
}

struct CancelOnDrop(CancelHandle);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
