//! Dedicated and shared [workers](https://html.spec.whatwg.org/multipage/workers.html): threads that scripts start, and
//! that end with those who own them.

use bgfetch_policy::site::same_site;
use bgfetch_traits::fetch::CredentialsMode;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use bgfetch_traits::service_worker::WorkerType;
use bgfetch_traits::worker::{WorkerEvent, WorkerMsg, WorkerObjectId, WorkerRequest};
use url::{Origin, Url};

use super::Coordinator;
use super::threads::{Role, ThreadId};
use crate::host::{WorkerKind, WorkerStart};

/// A dedicated or shared worker whose thread has not ended.
pub(crate) struct WebWorker {
    pub(crate) thread: ThreadId,
    /// Its [owner set](https://html.spec.whatwg.org/multipage/workers.html#concept-WorkerGlobalScope-owner-set), with the
    /// objects that stand for it there.
    owners: Vec<Owner>,
    /// `None` for dedicated workers, and for shared ones that are closing.
    shared: Option<SharedWorker>,
}

impl WebWorker {
    /// Whether any of its owners is one of these.
    pub(crate) fn is_owned_by(&self, is_owner: impl Fn(ClientId) -> bool) -> bool {
        self.owners.iter().any(|owner| is_owner(owner.client))
    }
}

struct Owner {
    client: ClientId,
    object: WorkerObjectId,
}

/// What a shared worker is found by, and has to agree with.
struct SharedWorker {
    /// [Constructor origin](https://html.spec.whatwg.org/multipage/workers.html#concept-sharedworkerglobalscope-constructor-origin)
    origin: Origin,
    /// Of the page that the first owner is in: with the origin, its [storage key](https://storage.spec.whatwg.org/#storage-key).
    top_level_origin: Origin,
    /// [Constructor URL](https://html.spec.whatwg.org/multipage/workers.html#concept-sharedworkerglobalscope-constructor-url)
    url: Url,
    name: String,
    worker_type: WorkerType,
    credentials: CredentialsMode,
    /// Whether who made it was a [secure context](https://w3c.github.io/webappsec-secure-contexts/), as it is then too.
    secure_context: bool,
}

impl SharedWorker {
    fn of(request: &WorkerRequest) -> Self {
        Self {
            origin: request.outside.origin.clone(),
            top_level_origin: request.outside.top_level_origin.clone(),
            url: request.url.clone(),
            name: request.name.clone(),
            worker_type: request.worker_type,
            credentials: request.credentials,
            secure_context: request.outside.secure_context,
        }
    }

    fn is_meant_by(&self, request: &WorkerRequest) -> bool {
        self.origin == request.outside.origin
            && same_site(&self.top_level_origin, &request.outside.top_level_origin)
            && self.url == request.url
            && self.name == request.name
    }

    /// Why a request for it is refused:
    /// [`SharedWorker()`](https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworker), steps 11.4 to 11.6.
    fn refuses(&self, request: &WorkerRequest) -> Option<&'static str> {
        if self.worker_type != request.worker_type {
            Some("there is a shared worker of that name and URL with another type")
        } else if self.credentials != request.credentials {
            Some("there is a shared worker of that name and URL with another credentials mode")
        } else if self.secure_context && !request.outside.secure_context {
            Some("the shared worker is of a secure context, and whoever asks for it is not")
        } else {
            None
        }
    }
}

impl Coordinator {
    /// A script asks about dedicated and shared workers.
    pub(super) fn web_worker(&mut self, from: ClientId, message: WorkerMsg) {
        match message {
            WorkerMsg::Start(worker, request) => {
                let Some(owner) = self.scripts.clients.get(&from).map(|entry| entry.sender.clone()) else {
                    return;
                };
                if self.is_known(worker) {
                    tracing::warn!(client = %worker, "a script wants to make a worker that there is already");
                    return;
                }
                self.start_web_worker(from, worker, request, Some(owner));
            }
            WorkerMsg::Terminate(worker) => {
                let is_owner = |worker: &WebWorker| worker.owners.iter().any(|owner| owner.client == from);
                let owned = self.scripts.web_workers.get(&worker).filter(|worker| is_owner(worker));
                if let Some(thread) = owned.filter(|worker| worker.shared.is_none()).map(|w| w.thread) {
                    self.end_thread(thread, true);
                }
            }
            WorkerMsg::Connect(request) => self.connect(from, request),
            WorkerMsg::Closing => {
                if let Some(worker) = self.scripts.web_workers.get_mut(&from) {
                    worker.shared = None;
                }
            }
            WorkerMsg::Failed(why) => {
                let owners = self.scripts.web_workers.get_mut(&from).map(|worker| {
                    worker.shared = None;
                    std::mem::take(&mut worker.owners)
                });
                for owner in owners.into_iter().flatten() {
                    self.tell_owner(owner.client, owner.object, WorkerEvent::Failed(why.clone()));
                }
            }
        }
    }

    fn is_known(&self, client: ClientId) -> bool {
        self.scripts.clients.contains_key(&client) || self.scripts.reserved.contains_key(&client)
    }

    /// [`SharedWorker()`](https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworker), from step 11 on.
    fn connect(&mut self, from: ClientId, request: Box<WorkerRequest>) {
        let found = self
            .scripts
            .web_workers
            .values_mut()
            .find(|worker| worker.shared.as_ref().is_some_and(|shared| shared.is_meant_by(&request)));
        let Some(worker) = found else {
            let worker = ClientId::new();
            return self.start_web_worker(from, worker, request, None);
        };
        let object = request.object;
        if let Some(why) = worker.shared.as_ref().and_then(|shared| shared.refuses(&request)) {
            return self.tell_owner(from, object, WorkerEvent::Failed(why.to_owned()));
        }
        worker.owners.push(Owner { client: from, object });
        let thread = worker.thread;
        if let Some(sender) = self.scripts.sender(thread) {
            sender.send(ScriptMsg::Connect(request.port));
        }
    }

    /// [Runs a worker](https://html.spec.whatwg.org/multipage/workers.html#run-a-worker), on a thread of its own.
    fn start_web_worker(
        &mut self,
        from: ClientId,
        worker: ClientId,
        request: Box<WorkerRequest>,
        dedicated_to: Option<ScriptSender>,
    ) {
        let thread = self.scripts.next_thread();
        let object = request.object;
        let shared = dedicated_to.is_none().then(|| SharedWorker::of(&request));
        let start = WorkerStart {
            client: worker,
            kind: dedicated_to.map_or(WorkerKind::Shared, WorkerKind::Dedicated),
            request,
            hosts: self.hosts(thread),
            limits: self.links.script.limits.clone(),
        };
        let started = self.links.script.host.start_worker(start);
        match started.and_then(|started| self.adopt(thread, Role::WebWorker(worker), started)) {
            Ok(()) => {
                self.scripts.reserved.insert(worker, thread);
                let owners = vec![Owner { client: from, object }];
                self.scripts.web_workers.insert(worker, WebWorker { thread, owners, shared });
            }
            Err(error) => {
                let why = format!("the worker's thread could not be started: {error}");
                self.tell_owner(from, object, WorkerEvent::Failed(why));
                self.tell_owner(from, object, WorkerEvent::Ended);
            }
        }
    }

    fn tell_owner(&self, owner: ClientId, object: WorkerObjectId, event: WorkerEvent) {
        self.post(owner, ScriptMsg::WorkerEvent { to: owner, object, event });
    }

    /// The first owner of a dedicated or shared worker: its creator.
    pub(super) fn owner_of(&self, worker: ClientId) -> Option<ClientId> {
        Some(self.scripts.web_workers.get(&worker)?.owners.first()?.client)
    }

    /// A client is gone: a worker that nobody else owns [is not
    /// permissible](https://html.spec.whatwg.org/multipage/workers.html#permissible-worker) any more.
    pub(super) fn owner_gone(&mut self, gone: ClientId) {
        let mut orphans = Vec::new();
        for worker in self.scripts.web_workers.values_mut() {
            let before = worker.owners.len();
            worker.owners.retain(|owner| owner.client != gone);
            if worker.owners.is_empty() && before > 0 {
                worker.shared = None;
                orphans.push(worker.thread);
            }
        }
        for thread in orphans {
            self.end_thread(thread, true);
        }
    }

    /// The thread of a worker is gone.
    pub(super) fn web_worker_ended(&mut self, worker: ClientId) {
        let Some(worker) = self.scripts.web_workers.remove(&worker) else { return };
        for owner in worker.owners {
            self.tell_owner(owner.client, owner.object, WorkerEvent::Ended);
        }
    }

    /// Ends all of them, with the engine.
    pub(super) fn end_web_workers(&mut self) {
        let threads: Vec<_> = self.scripts.web_workers.values().map(|worker| worker.thread).collect();
        for thread in threads {
            self.end_thread(thread, true);
        }
    }
}
