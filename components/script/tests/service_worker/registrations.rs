//! Registrations and workers as objects: one for each, kept up to date.

use bgfetch_traits::ids::{RegistrationId, WorkerId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    EventOutcome, JobError, RegistrationInfo, ServiceWorkerMsg, ServiceWorkerState, UpdateViaCache,
    WorkerInfo, WorkerType,
};

use crate::support::{World, ended, url};

fn worker(id: u64, state: ServiceWorkerState) -> WorkerInfo {
    WorkerInfo { worker: WorkerId(id), script_url: url("https://a.test/other/sw.js"), state }
}

fn other() -> RegistrationInfo {
    RegistrationInfo {
        registration: RegistrationId(20),
        scope: url("https://a.test/other/"),
        update_via_cache: UpdateViaCache::None,
        installing: Some(worker(21, ServiceWorkerState::Installing)),
        waiting: None,
        active: None,
    }
}

/// A worker that runs `body` as a step.
fn step(body: &str) -> World {
    let world = World::running(&format!(
        "const container = navigator.serviceWorker; onactivate = event => event.waitUntil((async () => {{ {body} }})())"
    ));
    world.step();
    world
}

#[test]
fn register_resolves_urls_and_gives_the_registration() {
    let mut world = step(
        "const reg = await container.register('../other/sw.js#x', { scope: '../other/', type: 'module', updateViaCache: 'none' });
         console.log(reg.scope, reg.updateViaCache, reg.installing.state, reg.installing.scriptURL, reg.waiting, reg.active);
         console.log(reg === await container.getRegistration('/other/'));",
    );
    let ServiceWorkerMsg::Register { script_url, scope, worker_type, update_via_cache, reply } =
        world.service_worker_asked()
    else {
        panic!("not register")
    };
    assert_eq!(script_url.as_str(), "https://a.test/other/sw.js#x");
    assert_eq!(scope.as_str(), "https://a.test/other/");
    assert_eq!((worker_type, update_via_cache), (WorkerType::Module, UpdateViaCache::None));
    reply.send(Ok(other()));
    assert_eq!(world.logged(), "https://a.test/other/ none installing https://a.test/other/sw.js null null");
    let ServiceWorkerMsg::GetRegistration(at, reply) = world.service_worker_asked() else {
        panic!("not get")
    };
    assert_eq!(at.as_str(), "https://a.test/other/");
    reply.send(Some(other()));
    assert_eq!(world.logged(), "true");
}

#[test]
fn the_default_scope_is_the_scripts_folder() {
    let mut world = step("await container.register('/js/sw.js')");
    let ServiceWorkerMsg::Register { scope, .. } = world.service_worker_asked() else {
        panic!("not register")
    };
    assert_eq!(scope.as_str(), "https://a.test/js/");
}

#[test]
fn refusals_are_the_exceptions_that_the_specification_names() {
    let mut world = step(
        "const name = promise => promise.then(() => 'nothing', error => `${error.constructor.name} ${error.name}`);
         console.log(await name(container.register('http://[')));
         console.log(await name(container.register('sw.js', { scope: 'http://[' })));
         console.log(await name(container.register('data:text/javascript,')));
         console.log(await name(container.getRegistration('http://[')));
         console.log(await name(container.getRegistration('https://other.test/')));
         for (let i = 0; i < 3; i++) console.log(await name(container.register('sw.js')));",
    );
    for expected in ["TypeError TypeError"; 4] {
        assert_eq!(world.logged(), expected);
    }
    assert_eq!(world.logged(), "DOMException SecurityError");
    let errors = [
        (JobError::Security("no".into()), "DOMException SecurityError"),
        (JobError::Type("no".into()), "TypeError TypeError"),
        (JobError::InvalidState("no".into()), "DOMException InvalidStateError"),
    ];
    for (error, expected) in errors {
        let ServiceWorkerMsg::Register { reply, .. } = world.service_worker_asked() else {
            panic!("not register")
        };
        reply.send(Err(error));
        assert_eq!(world.logged(), expected);
    }
}

#[test]
fn a_question_that_nobody_answers_rejects() {
    let mut world = step("await container.getRegistrations().catch(error => console.log(error.name))");
    drop(world.service_worker_asked());
    assert_eq!(world.logged(), "AbortError");
}

#[test]
fn updatefound_fires_after_register_resolved_even_if_both_are_told_at_once() {
    let mut world = step(
        "const reg = await container.register('sw.js');
         reg.onupdatefound = () => console.log('updatefound', reg.installing.state)",
    );
    let ServiceWorkerMsg::Register { reply, .. } = world.service_worker_asked() else {
        panic!("not register")
    };
    // While the thread is busy, the answer and the events that follow it all arrive.
    world.change(&other(), false, Vec::new());
    reply.send(Ok(other()));
    world.change(&other(), true, Vec::new());
    assert_eq!(world.logged(), "updatefound installing");
}

#[test]
fn objects_follow_the_life_of_a_worker() {
    let mut world = step(
        "const reg = await container.getRegistration('/other/');
         const first = reg.installing;
         const show = () => [reg.installing, reg.waiting, reg.active].map(w => w && (w === first ? 'first' : 'second') + ':' + w.state);
         first.onstatechange = () => console.log(first.state, ...show());
         reg.onupdatefound = () => console.log('updatefound', ...show());",
    );
    let ServiceWorkerMsg::GetRegistration(_, reply) = world.service_worker_asked() else { panic!("not get") };
    let mut info = other();
    reply.send(Some(info.clone()));

    info.waiting = Some(worker(21, ServiceWorkerState::Installed));
    info.installing = None;
    world.change(&info, false, Vec::new());
    assert_eq!(world.logged(), "installed null first:installed null");

    info.active = Some(worker(21, ServiceWorkerState::Activating));
    info.waiting = None;
    world.change(&info, false, Vec::new());
    assert_eq!(world.logged(), "activating null null first:activating");

    info.active = Some(worker(21, ServiceWorkerState::Activated));
    world.change(&info, false, Vec::new());
    assert_eq!(world.logged(), "activated null null first:activated");

    info.installing = Some(worker(22, ServiceWorkerState::Installing));
    world.change(&info, true, Vec::new());
    assert_eq!(world.logged(), "updatefound second:installing null first:activated");

    // Nothing changed: nothing fires.
    world.change(&info, false, Vec::new());

    // The first becomes redundant before the second takes its place.
    info.active = Some(worker(22, ServiceWorkerState::Activating));
    info.installing = None;
    world.change(&info, false, vec![worker(21, ServiceWorkerState::Redundant)]);
    assert_eq!(world.logged(), "redundant null null second:installing");
}

#[test]
fn controllerchange_fires_when_the_controller_changes() {
    let mut world = step(
        "container.oncontrollerchange = () => console.log(container.controller && container.controller.state)",
    );
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    let mut info = other();
    info.active = Some(worker(21, ServiceWorkerState::Activating));
    let change = |world: &World, controller| {
        world.send(ScriptMsg::RegistrationChanged {
            to: world.environment.id,
            info: info.clone(),
            update_found: false,
            controller: Some(controller),
            redundant: Vec::new(),
        });
    };
    change(&world, info.active.clone());
    assert_eq!(world.logged(), "activating");
    change(&world, None);
    assert_eq!(world.logged(), "null");
}

#[test]
fn ready_waits_and_never_rejects() {
    let mut world = step(
        "console.log(container.ready === container.ready);
         container.ready.then(reg => console.log(reg.active.state))",
    );
    assert_eq!(world.logged(), "true");
    let ServiceWorkerMsg::Ready(reply) = world.service_worker_asked() else { panic!("not ready") };
    let mut info = other();
    info.active = info.installing.take();
    info.active.as_mut().unwrap().state = ServiceWorkerState::Activating;
    reply.send(info);
    assert_eq!(world.logged(), "activating");
}

#[test]
fn a_worker_knows_itself_and_its_registration() {
    let mut world = World::running(
        "onactivate = () => console.log(serviceWorker.state, serviceWorker === registration.active, registration.scope, registration === self.registration)",
    );
    let mut info = world.registration.clone();
    let mut this = world.worker.clone();
    this.state = ServiceWorkerState::Activated;
    info.active = Some(this);
    world.change(&info, false, Vec::new());
    world.step();
    assert_eq!(world.logged(), "activated true https://a.test/dir/ true");
}

#[test]
fn update_unregister_and_skip_waiting_ask() {
    let mut world = step(
        "console.log(await skipWaiting());
         console.log(await registration.update() === registration, await registration.unregister());
         console.log(await registration.update().catch(error => error.name));
         console.log(Object.isFrozen(await container.getRegistrations()))",
    );
    let ServiceWorkerMsg::SkipWaiting(WorkerId(7), reply) = world.service_worker_asked() else { panic!() };
    reply.send(());
    assert_eq!(world.logged(), "undefined");
    let ServiceWorkerMsg::Update(RegistrationId(3), reply) = world.service_worker_asked() else { panic!() };
    reply.send(Ok(world.registration.clone()));
    let ServiceWorkerMsg::Unregister(RegistrationId(3), reply) = world.service_worker_asked() else {
        panic!()
    };
    reply.send(Ok(true));
    assert_eq!(world.logged(), "true true");
    let ServiceWorkerMsg::Update(RegistrationId(3), reply) = world.service_worker_asked() else { panic!() };
    reply.send(Err(JobError::InvalidState("none".into())));
    assert_eq!(world.logged(), "InvalidStateError");
    let ServiceWorkerMsg::GetRegistrations(reply) = world.service_worker_asked() else { panic!() };
    reply.send(vec![other()]);
    assert_eq!(world.logged(), "true");
}
