//! [Setup ServiceWorkerGlobalScope](https://w3c.github.io/ServiceWorker/#setup-serviceworkerglobalscope) and [Run Service
//! Worker](https://w3c.github.io/ServiceWorker/#run-service-worker), on the worker's own thread.

use std::rc::Rc;

use bgfetch_js::{Exception, Fallible, PromiseState, Realm, Root};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{ScriptResource, ServiceWorkerState, WorkerStarted};

use crate::agent::Agent;
use crate::dom::ServiceWorkerGlobalScope;
use crate::dom::globals::service_worker_global_scope::Script;
use crate::environment::GlobalKind;
use crate::realm_setup::{self, Setup};
use crate::report::report_exception;
use crate::spawn::ServiceWorkerOptions;

/// Makes the environment and the global object of a service worker, whose script has not run.
pub(crate) fn set_up(agent: &Rc<Agent>, options: ServiceWorkerOptions) {
    let ServiceWorkerOptions { environment, worker, registration, .. } = options;
    let script = Script::new(options.worker_type, options.scripts, options.imports);
    let setup = Setup {
        agent_cluster: None,
        id: environment.id,
        kind: GlobalKind::ServiceWorker,
        hosts: options.hosts,
        url: environment.url,
        origin: environment.origin,
        policy: environment.policy,
        time_origin: std::time::Instant::now(),
        parent: None,
    };
    let made =
        realm_setup::create_realm(setup, |_| Ok(ServiceWorkerGlobalScope::new(worker, registration, script)));
    if let Err(exception) = made {
        // The thread ends, and what it was asked is dropped: that tells whoever started it.
        tracing::error!(%exception, "a service worker's global object could not be made");
        agent.close();
    }
}

/// [Run Service Worker](https://w3c.github.io/ServiceWorker/#run-service-worker), step 9.
pub(crate) fn run(realm: &Realm, reply: Reply<WorkerStarted>) {
    let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() else { return };
    let Some(main) = global.main_script().cloned() else {
        return reply.send(WorkerStarted::Failed("the worker has no script".to_owned()));
    };
    let is_first = global.worker_state() == ServiceWorkerState::Parsed;
    // Steps 9.4 and 9.5.
    let result = evaluate(realm, &global, &main);
    // Step 9.8.
    let handles_fetch = global.set_has_run();
    reply.send(match result {
        Ok(()) => WorkerStarted::Ran { handles_fetch },
        Err(exception) => {
            let failure = describe(realm, &exception);
            // Steps 9.4.2 and 9.6; and [Update](https://w3c.github.io/ServiceWorker/#update), step 15: a first run that
            // throws is a failure. One that was installed goes on with the listeners that it got to add.
            let fails = is_first || exception.is_termination();
            report_exception(realm, exception);
            if fails { WorkerStarted::Failed(failure) } else { WorkerStarted::Ran { handles_fetch } }
        }
    });
}

fn evaluate(realm: &Realm, global: &Root<ServiceWorkerGlobalScope>, main: &ScriptResource) -> Fallible<()> {
    let (source, url) = (main.source.as_str(), main.url.as_str());
    if !global.is_module() {
        return realm.evaluate_script(source, url, 1).map(drop);
    }
    let module = global.linking(|| realm.compile_module(source, url))?;
    let evaluation = module.evaluate(realm)?;
    // It is reported here.
    evaluation.promise.mark_as_handled();
    // [Update](https://w3c.github.io/ServiceWorker/#update), step 9.3.
    if evaluation.is_async {
        return Err(Exception::type_error(format!(
            "top-level await is not allowed in the service worker {url}"
        )));
    }
    match evaluation.promise.state() {
        PromiseState::Rejected => Err(Exception::js(evaluation.promise.result(realm))),
        PromiseState::Fulfilled | PromiseState::Pending => Ok(()),
    }
}

/// What was thrown, with file and line.
fn describe(realm: &Realm, exception: &Exception) -> String {
    let location = exception.location(realm);
    let what = exception.describe(realm);
    match (location.file.as_str(), location.line) {
        ("", _) => what,
        (file, 0) => format!("{what} ({file})"),
        (file, line) => format!("{what} ({file}:{line}:{})", location.column),
    }
}
