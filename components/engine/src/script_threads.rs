//! The built-in script threads: `bgfetch_script` behind [`ScriptHost`].

use std::io;

use bgfetch_script as script;

use crate::config::ScriptLimits;
use crate::host::{
    Hosts, PageLoad, ScriptHost, ScriptThread, ServiceWorkerStart, WindowStart, WorkerKind, WorkerStart,
};

/// Runs scripts in the threads of `bgfetch_script`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptThreads;

impl ScriptHost for ScriptThreads {
    fn start_window(&self, start: WindowStart) -> io::Result<ScriptThread> {
        let WindowStart { url, hosts, limits, loaded } = start;
        let loaded = loaded.map(|result: Result<script::PageLoad, _>| {
            result.map(|load| PageLoad { url: load.url, status: load.status })
        });
        let options = script::WindowOptions { url, hosts: for_script(hosts), limits: of(&limits), loaded };
        script::spawn_window(options).map(thread)
    }

    fn start_service_worker(&self, start: ServiceWorkerStart) -> io::Result<ScriptThread> {
        script::spawn_service_worker(script::ServiceWorkerOptions {
            environment: start.environment,
            worker: start.worker,
            registration: start.registration,
            worker_type: start.worker_type,
            scripts: start.scripts,
            imports: start.imports,
            hosts: for_script(start.hosts),
            limits: of(&start.limits),
        })
        .map(thread)
    }

    fn start_worker(&self, start: WorkerStart) -> io::Result<ScriptThread> {
        script::spawn_worker(script::WorkerOptions {
            client: start.client,
            owner: match start.kind {
                WorkerKind::Dedicated(owner) => Some(owner),
                WorkerKind::Shared => None,
            },
            request: start.request,
            hosts: for_script(start.hosts),
            limits: of(&start.limits),
        })
        .map(thread)
    }
}

fn for_script(hosts: Hosts) -> script::Hosts {
    script::Hosts {
        coordinator: hosts.coordinator,
        net: hosts.net,
        storage: hosts.storage,
        user_agent: hosts.user_agent,
    }
}

const fn of(limits: &ScriptLimits) -> script::ScriptLimits {
    script::ScriptLimits { task_time: limits.task_time, memory: limits.memory }
}

fn thread(started: script::ScriptThread) -> ScriptThread {
    let script::ScriptThread { sender, interrupter, join, .. } = started;
    ScriptThread { sender, interrupt: Box::new(move || interrupter.stop()), join }
}
