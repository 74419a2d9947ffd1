//! [Run a worker](https://html.spec.whatwg.org/multipage/workers.html#run-a-worker), on the worker's own thread.

use std::rc::Rc;
use std::time::Instant;

use bgfetch_js::{Fallible, Realm, Root};
use bgfetch_policy::csp::CspList;
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::service_worker::{ClientType, FrameType, WorkerType};
use bgfetch_traits::worker::{PortOnItsWay, WorkerEvent, WorkerMsg};
use url::{Origin, Url};

use super::dedicated_worker_global_scope::Owner;
use super::{script, shared_worker_global_scope};
use crate::agent::{Agent, TaskSource};
use crate::dom::html::scripting::dynamic_import::{self, rename_calls};
use crate::dom::html::scripting::{execute, modules};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::service_worker::service_worker_container;
use crate::dom::{DedicatedWorkerGlobalScope, SharedWorkerGlobalScope};
use crate::environment::{Environment, GlobalKind};
use crate::realm_setup::{Parent, Setup, create_realm};
use crate::report;
use crate::spawn::WorkerOptions;

/// Starts to run a worker on this thread.
pub(crate) fn start(agent: &Rc<Agent>, options: WorkerOptions) {
    let started = Instant::now();
    agent.spawn_detached(TaskSource::Networking, async move {
        let teller = Teller::of(&options);
        if let Err(why) = run(options, started).await {
            teller.failed(why);
            Agent::current().close();
        }
    });
}

/// Who is told that a worker does not run.
enum Teller {
    Owner(Owner),
    /// The coordinator, which knows the owners of a shared worker.
    Coordinator(crate::environment::Hosts, bgfetch_traits::ids::ClientId),
}

impl Teller {
    fn of(options: &WorkerOptions) -> Self {
        match owner(options) {
            Some(owner) => Self::Owner(owner),
            None => Self::Coordinator(options.hosts.clone(), options.client),
        }
    }

    fn failed(self, why: String) {
        match self {
            Self::Owner(owner) => owner.tell(WorkerEvent::Failed(why)),
            Self::Coordinator(hosts, client) => {
                hosts.coordinator.send(CoordinatorMsg::Worker(client, WorkerMsg::Failed(why)));
            }
        }
    }
}

fn owner(options: &WorkerOptions) -> Option<Owner> {
    let sender = options.owner.clone()?;
    let request = &options.request;
    Some(Owner { sender, client: request.outside.id, object: request.object })
}

/// The global object of a worker.
enum Global {
    Dedicated(Root<DedicatedWorkerGlobalScope>),
    Shared(Root<SharedWorkerGlobalScope>),
}

/// From step 8 on; an error if the script cannot be fetched or does not parse.
///
/// The steps that make the realm come after those that fetch the script, which takes nothing of it but its id: so the
/// environment has its URL and policies from the beginning.
async fn run(mut options: WorkerOptions, started: Instant) -> Result<(), String> {
    // Step 12, and 13.3 to 13.6.
    let script = script::fetch(&mut options).await?;
    // Steps 8 to 11, and 13.6.
    let is_module = options.request.worker_type == WorkerType::Module;
    let credentials = options.request.credentials;
    let outside = (*options.request.outside).clone();
    // [Run CSP initialization for a global object](https://w3c.github.io/webappsec-csp/#run-global-object-csp-initialization)
    // A sandboxed page's own flags do not keep its workers from running, which have its origin.
    if !script.policy_is_inherited && !CspList::of(&script.policy, &outside.origin).allows_worker() {
        return Err(format!("the worker {} may not run: its policies sandbox it", script.url));
    }
    let (realm, global) =
        create(options, &script.url, script.policy, started).map_err(|error| error.to_string())?;
    Environment::of(&realm).status.set(script.status);
    announce(&realm).await;
    dynamic_import::install(&realm).map_err(|error| error.to_string())?;
    // Steps 13.7 on: on complete.
    let source = rename_calls(&script.source);
    let url = script.url.as_str();
    if is_module {
        modules::fetch_for_worker(&realm, &script.url, &script.source, credentials, outside).await?;
        Agent::current().allow_time();
        let module = realm.compile_module(&source, url).map_err(|error| error.describe(&realm))?;
        execute::report_rejection(&realm, module.evaluate(&realm).map(|evaluation| evaluation.promise));
    } else {
        Agent::current().allow_time();
        let compiled = realm.compile_script(&source, url).map_err(|error| error.describe(&realm))?;
        if let Err(exception) = compiled.run(&realm) {
            report::report_exception(&realm, exception);
        }
    }
    // "Enable the client message queue", and the port message queue.
    if let Err(exception) = service_worker_container::enable_client_message_queue(&realm) {
        report::report_exception(&realm, exception);
    }
    match global {
        Global::Dedicated(global) => global.begin(&realm),
        Global::Shared(global) => global.begin(&realm),
    }
    Ok(())
}

/// [Sets up a worker environment settings
/// object](https://html.spec.whatwg.org/multipage/workers.html#set-up-a-worker-environment-settings-object).
/// `started` is its time origin.
fn create(
    options: WorkerOptions,
    url: &Url,
    policy: PolicyContainer,
    started: Instant,
) -> Fallible<(Realm, Global)> {
    let owner = owner(&options);
    let request = options.request;
    let outside = request.outside;
    // Step 4: a `data:` URL is of no origin.
    let origin = if url.scheme() == "data" { Origin::new_opaque() } else { outside.origin.clone() };
    let setup = Setup {
        agent_cluster: request.agent_cluster.filter(|_| owner.is_some()),
        id: options.client,
        kind: if owner.is_some() { GlobalKind::DedicatedWorker } else { GlobalKind::SharedWorker },
        hosts: options.hosts,
        url: url.clone(),
        origin,
        policy,
        time_origin: started,
        parent: Some(Parent {
            secure_context: outside.secure_context,
            top_level_origin: outside.top_level_origin,
            ancestor_origins: outside.ancestor_origins,
            isolation: (false, false),
        }),
    };
    let port = request.port;
    match owner {
        Some(owner) => {
            let make =
                |_: &Realm| Ok(DedicatedWorkerGlobalScope::new(&request.name, request.worker_type, owner));
            let (realm, global) = create_realm(setup, make)?;
            if let Some(port) = handle(port) {
                global.set_port(&realm, port)?;
            }
            Ok((realm, Global::Dedicated(global)))
        }
        None => {
            let make = |_: &Realm| Ok(SharedWorkerGlobalScope::new(&request.name, request.worker_type));
            let (realm, global) = create_realm(setup, make)?;
            for port in std::iter::once(port).chain(shared_worker_global_scope::take_early()) {
                shared_worker_global_scope::connect_to(&realm, &global, port);
            }
            Ok((realm, Global::Shared(global)))
        }
    }
}

fn handle(port: PortOnItsWay) -> Option<PortHandle> {
    port.0.downcast::<PortHandle>().ok().map(|handle| *handle)
}

/// Tells the coordinator of the worker, before its script runs, and learns which service worker controls it.
async fn announce(realm: &Realm) {
    let environment = Environment::of(realm);
    environment.announced.set(true);
    let sender = Agent::current().script_sender();
    let client_type = match environment.kind {
        GlobalKind::SharedWorker => ClientType::SharedWorker,
        _ => ClientType::Worker,
    };
    let answer = Agent::current().ask(|reply| {
        environment.hosts.coordinator.send(CoordinatorMsg::ClientCreated {
            // What the coordinator fetches for it was checked where it was asked for.
            client: Box::new(Client { violations: None, ..environment.client() }),
            client_type,
            creator: None,
            frame_type: FrameType::None,
            sender,
            reply,
        });
    });
    // Without an answer, nothing controls it.
    if let Ok(Some((_, worker))) = answer.await {
        environment.controller.replace(Some(worker));
    }
}
