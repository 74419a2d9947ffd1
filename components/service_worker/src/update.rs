//! [Update](https://w3c.github.io/ServiceWorker/#update-algorithm) and
//! [Soft Update](https://w3c.github.io/ServiceWorker/#soft-update-algorithm).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, RedirectMode, Request,
    RequestHead, RequestMode,
};
use bgfetch_traits::ids::{ClientId, RegistrationId, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::service_worker::{
    Imports, JobError, ScriptResource, ServiceWorkerState, UpdateViaCache, WorkerType,
};
use url::Url;

use crate::Registry;
use crate::io::{Effect, FetchedScript, ScriptFetchId};
use crate::jobs::{Job, JobType, JobValue, Phase, QueueKey};
use crate::model::{Worker, WorkerScript};
use crate::registry::Timer;
use crate::router::Router;
use crate::script_check::{check_main_script, is_bad_import_script_response};

/// The imported scripts of the newest worker, being fetched again to see whether one changed.
#[derive(Debug)]
pub(crate) struct ImportCheck {
    newest: WorkerId,
    main: ScriptResource,
    /// Those under way, with their place in the newest worker's script resource map.
    pending: BTreeMap<ScriptFetchId, usize>,
    /// Good responses, by that place.
    fetched: BTreeMap<usize, ScriptResource>,
    /// The URLs of those without one.
    failed: Vec<Url>,
}

/// Script, type and mode of the running register or update job.
struct Wanted {
    script_url: Url,
    worker_type: WorkerType,
    update_via_cache: UpdateViaCache,
}

/// Whose cookies a script is fetched with: Update's step 7 fetches a module script graph with credentials mode "omit".
const fn credentials(worker_type: WorkerType) -> CredentialsMode {
    match worker_type {
        WorkerType::Classic => CredentialsMode::SameOrigin,
        WorkerType::Module => CredentialsMode::Omit,
    }
}

impl Registry {
    /// What the running job of a queue wants, if it is a register or update job.
    ///
    /// An update job has no update via cache mode of its own in the text, though the text assigns the job's mode
    /// to the registration; so here it is the registration's.
    fn wanted(&self, key: &QueueKey) -> Option<Wanted> {
        match &self.jobs.first(key)?.kind {
            JobType::Register { script_url, worker_type, update_via_cache } => Some(Wanted {
                script_url: script_url.clone(),
                worker_type: *worker_type,
                update_via_cache: *update_via_cache,
            }),
            JobType::Update { script_url, worker_type } => Some(Wanted {
                script_url: script_url.clone(),
                worker_type: *worker_type,
                update_via_cache: self.registrations.get(key)?.update_via_cache,
            }),
            JobType::Unregister => None,
        }
    }

    /// [Update](https://w3c.github.io/ServiceWorker/#update-algorithm), to the fetch of the script.
    pub(crate) fn update(&mut self, key: &QueueKey) {
        // Steps 1 and 2.
        let (Some(registration), Some(wanted)) = (self.registrations.get(key), self.wanted(key)) else {
            let error = JobError::Type(format!("there is no registration of scope {} any more", key.1));
            self.reject_job_promise(key, &error);
            return self.finish_job(key);
        };
        // Step 3.
        let newest = registration.newest_worker().and_then(|worker| self.workers.get(worker));
        // Step 4.
        let is_update = self.jobs.first(key).is_some_and(|job| matches!(job.kind, JobType::Update { .. }));
        if is_update && newest.is_some_and(|newest| newest.script.script_url != wanted.script_url) {
            let error = JobError::Type(format!("{} is no longer the script of {}", wanted.script_url, key.1));
            self.reject_job_promise(key, &error);
            return self.finish_job(key);
        }
        // Step 7, the fetch hook.
        let stale = newest.is_some() && registration.is_stale(self.out.now);
        let newest = newest.map(|newest| newest.script.id);
        // The text looks at the registration's mode, which the job's replaces when it succeeds: in browsers, and in the
        // official tests, what a page asks for counts at once.
        let bypass_cache = wanted.update_via_cache != UpdateViaCache::All || stale;
        let request = self.main_script_request(key, &wanted, bypass_cache);
        if let Some(job) = self.jobs.first_mut(key) {
            job.phase = Phase::FetchingScript { newest };
        }
        self.fetch_script(key, request);
    }

    fn fetch_script(&mut self, key: &QueueKey, request: Request) -> ScriptFetchId {
        let fetch = self.ids.script_fetch();
        self.jobs.fetches.insert(fetch, key.clone());
        self.out.effects.push(Effect::FetchScript { fetch, request: Box::new(request) });
        fetch
    }

    /// The request of a worker's main script, as
    /// [fetch a classic worker script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-worker-script)
    /// and Update's fetch hook make it. The graph under a module script is fetched by its first run, like what
    /// `importScripts()` imports: it needs a parser.
    fn main_script_request(&self, key: &QueueKey, wanted: &Wanted, no_cache: bool) -> Request {
        let job = self.jobs.first(key);
        let mut head = RequestHead::get(wanted.script_url.clone());
        // Step 7.1.
        head.headers.append("Service-Worker", "script");
        // Step 7.2.
        if no_cache || job.is_some_and(|job| job.force_bypass_cache) {
            head.cache = CacheMode::NoCache;
        }
        // Step 7.5; the destination is that of fetch a classic worker script.
        head.redirect = RedirectMode::Error;
        head.mode = RequestMode::SameOrigin;
        head.credentials = credentials(wanted.worker_type);
        head.destination = Destination::ServiceWorker;
        Request { head, client: self.fetch_client(job, wanted), body: None, priority: Priority::Foreground }
    }

    /// On whose behalf a script is fetched: the job's client, or, when the user agent itself wants an update, an
    /// environment like the worker's own.
    fn fetch_client(&self, job: Option<&Job>, wanted: &Wanted) -> Client {
        match job.and_then(|job| job.client.as_deref()) {
            Some(client) => client.clone(),
            None => Client { id: ClientId(Default::default()), ..Client::of_url(&wanted.script_url) },
        }
    }

    /// A script came, or did not.
    pub(crate) fn script_fetched(
        &mut self,
        fetch: ScriptFetchId,
        result: Result<Box<FetchedScript>, NetworkError>,
    ) {
        // A fetch whose job was thrown away has no entry any more.
        let Some(key) = self.jobs.fetches.remove(&fetch) else { return };
        match self.jobs.first(&key).map(|job| &job.phase) {
            Some(Phase::FetchingScript { newest }) => {
                let newest = *newest;
                self.main_script_fetched(&key, newest, result);
            }
            Some(Phase::FetchingImports(_)) => self.import_fetched(&key, fetch, result),
            _ => tracing::warn!(%fetch, "a script that no job waits for"),
        }
    }

    /// Update's fetch hook, from step 7.7 on.
    fn main_script_fetched(
        &mut self,
        key: &QueueKey,
        newest: Option<WorkerId>,
        result: Result<Box<FetchedScript>, NetworkError>,
    ) {
        let (Some(wanted), Some(registration)) = (self.wanted(key), self.registrations.get(key)) else {
            return self.fail_update(key, newest, &JobError::Type("the registration is gone".into()));
        };
        // Steps 7.7 to 7.16, and 8: no script is a TypeError.
        let fetched = match result {
            Err(error) => {
                let message = format!("fetching {} failed: {error}", wanted.script_url);
                // Not in the text, which says TypeError of register(), too: the official tests and all browsers.
                let is_redirect = error.kind == NetworkErrorKind::Redirect;
                let registers =
                    self.jobs.first(key).is_some_and(|job| matches!(job.kind, JobType::Register { .. }));
                let is_refused = is_redirect && registers;
                Err(if is_refused { JobError::Security(message) } else { JobError::Type(message) })
            }
            Ok(fetched) => {
                check_main_script(&fetched.head, &wanted.script_url, &registration.scope).map(|()| fetched)
            }
        };
        let fetched = match fetched {
            Err(error) => return self.fail_update(key, newest, &error),
            Ok(fetched) => *fetched,
        };
        // Step 7.19.
        if !fetched.from_cache {
            self.update_check_made(key);
        }
        // Steps 7.10, 7.17 and 7.18.
        let main =
            ScriptResource { url: wanted.script_url.clone(), source: fetched.source, policy: fetched.policy };
        // Step 7.20.
        match newest.and_then(|newest| self.workers.get(newest)) {
            Some(newest) if is_same_script(newest, &wanted, &main) => {
                let newest = newest.script.id;
                self.check_imports(key, newest, main, wanted);
            }
            _ => self.run_new_worker(key, newest, vec![main], Vec::new()),
        }
    }

    fn update_check_made(&mut self, key: &QueueKey) {
        let now = self.out.now;
        if let Some(id) = self.registrations.map.get(key)
            && let Some(registration) = self.registrations.by_id.get_mut(id)
        {
            registration.last_update_check = Some(now);
        }
    }

    /// Step 7.21: the main script has not changed; whether an imported one has.
    ///
    /// The text asks for the classic scripts imported flag; here the imports of a module count as well, as they do
    /// in browsers: the script resource map has them too.
    fn check_imports(&mut self, key: &QueueKey, newest: WorkerId, main: ScriptResource, wanted: Wanted) {
        let Some(worker) = self.workers.get(newest) else { return };
        let scripts = Arc::clone(&worker.script.scripts);
        if scripts.len() < 2 {
            return self.nothing_changed(key);
        }
        let job = self.jobs.first(key);
        let client = self.fetch_client(job, &wanted);
        // Step 7.21.1.3.
        let no_cache = self.imports_bypass_cache(key, wanted.update_via_cache);
        let (pending, fetched, failed) = Default::default();
        let mut check = ImportCheck { newest, main, pending, fetched, failed };
        for (index, script) in scripts.iter().enumerate().skip(1) {
            // Step 7.21.1.2.
            let mut head = RequestHead::get(script.url.clone());
            head.destination = Destination::Script;
            head.credentials = credentials(wanted.worker_type);
            if wanted.worker_type == WorkerType::Module {
                head.mode = RequestMode::Cors;
            }
            if no_cache {
                head.cache = CacheMode::NoCache;
            }
            // Step 7.21.1.4.
            let request =
                Request { head, client: client.clone(), body: None, priority: Priority::Foreground };
            check.pending.insert(self.fetch_script(key, request), index);
        }
        if let Some(job) = self.jobs.first_mut(key) {
            job.phase = Phase::FetchingImports(Box::new(check));
        }
    }

    /// Steps 7.21.1.5 to 7.21.1.9 for one imported script; after the last one, step 7.22.
    fn import_fetched(
        &mut self,
        key: &QueueKey,
        fetch: ScriptFetchId,
        result: Result<Box<FetchedScript>, NetworkError>,
    ) {
        if result.as_ref().is_ok_and(|fetched| !fetched.from_cache) {
            self.update_check_made(key);
        }
        let Some(Phase::FetchingImports(check)) = self.jobs.first_mut(key).map(|job| &mut job.phase) else {
            return;
        };
        let Some(index) = check.pending.remove(&fetch) else { return };
        let Some(newest) = self.workers.by_id.get(&check.newest) else { return };
        // A bad response is not compared: the new worker, if there is to be one, does not get the script.
        if let Some(stored) = newest.script.scripts.get(index) {
            let url = stored.url.clone();
            match result {
                Ok(fetched) if !is_bad_import_script_response(&fetched.head) => {
                    let FetchedScript { source, policy, .. } = *fetched;
                    check.fetched.insert(index, ScriptResource { url, source, policy });
                }
                _ => check.failed.push(url),
            }
        }
        if !check.pending.is_empty() {
            return;
        }
        // Step 7.21.1.9 for all of them.
        let changed = check.fetched.iter().any(|(index, fetched)| {
            newest.script.scripts.get(*index).is_none_or(|stored| stored.source != fetched.source)
        });
        if !changed {
            return self.nothing_changed(key);
        }
        let newest = check.newest;
        let map = std::iter::once(check.main.clone())
            .chain(std::mem::take(&mut check.fetched).into_values())
            .collect();
        let failed = std::mem::take(&mut check.failed);
        self.run_new_worker(key, Some(newest), map, failed);
    }

    /// Whether the running job's imported scripts are fetched past the HTTP cache: step 7.21.1.3, and step 7 of the fetch
    /// hook of [`importScripts()`](https://w3c.github.io/ServiceWorker/#importscripts).
    fn imports_bypass_cache(&self, key: &QueueKey, mode: UpdateViaCache) -> bool {
        let forced = self.jobs.first(key).is_some_and(|job| job.force_bypass_cache);
        let registration = self.registrations.get(key);
        let stale = registration.is_some_and(|registration| registration.is_stale(self.out.now));
        forced || stale || mode == UpdateViaCache::None
    }

    /// Step 9.
    fn nothing_changed(&mut self, key: &QueueKey) {
        let Some(wanted) = self.wanted(key) else { return };
        let Some(id) = self.registrations.map.get(key).copied() else { return };
        // Step 9.1.
        self.set_update_via_cache(id, wanted.update_via_cache);
        // Step 9.2.
        if let Some(info) = self.registration(id) {
            self.resolve_job_promise(key, &JobValue::Registration(Box::new(info)));
        }
        // Step 9.3.
        self.finish_job(key);
    }

    pub(crate) fn set_update_via_cache(&mut self, id: RegistrationId, mode: UpdateViaCache) {
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        if registration.update_via_cache != mode {
            registration.update_via_cache = mode;
            self.persist(id);
            self.notify_registration(id, false, Vec::new());
        }
    }

    /// Steps 10 to 15: makes the new worker and runs it. `failed` is what it cannot import.
    fn run_new_worker(
        &mut self,
        key: &QueueKey,
        newest: Option<WorkerId>,
        map: Vec<ScriptResource>,
        failed: Vec<Url>,
    ) {
        let (Some(wanted), Some(id)) = (self.wanted(key), self.registrations.map.get(key).copied()) else {
            return self.fail_update(key, newest, &JobError::Type("the registration is gone".into()));
        };
        let worker = self.ids.worker();
        // Step 14, and what the fetch hook of importScripts() asks for.
        let bypass_cache = self.imports_bypass_cache(key, wanted.update_via_cache);
        let Some(job) = self.jobs.first_mut(key) else { return };
        job.phase = Phase::Running { worker, newest };
        let script = WorkerScript {
            id: worker,
            // Step 12.
            used: BTreeSet::from([wanted.script_url.clone()]),
            // Steps 11 and 13: the policy container is that of the first script.
            script_url: wanted.script_url,
            worker_type: wanted.worker_type,
            scripts: Arc::new(map),
            handles_fetch: None,
            router: Router::default(),
            imports: Imports { bypass_cache, failed },
        };
        // Step 10.
        self.workers.by_id.insert(worker, Worker::new(script, id, ServiceWorkerState::Parsed));
        // Step 15.
        self.run_service_worker(worker);
    }

    /// Steps 16 and 17: a new worker's script ran, or could not.
    pub(crate) fn worker_ran(&mut self, worker: WorkerId, result: Result<(), String>) {
        let Some(key) = self.job_key_of(worker) else { return };
        let Some(Phase::Running { worker: running, newest }) = self.jobs.first(&key).map(|job| &job.phase)
        else {
            return;
        };
        let newest = *newest;
        if *running != worker {
            return;
        }
        match result {
            Ok(()) => self.install(&key, worker, newest),
            // Step 16.
            Err(why) => {
                let error = JobError::Type(format!("the script of scope {} failed: {why}", key.1));
                self.discard_worker(worker);
                self.fail_update(&key, newest, &error);
            }
        }
    }

    /// The queue of the job that makes a worker, or made it.
    pub(crate) fn job_key_of(&self, worker: WorkerId) -> Option<QueueKey> {
        let registration = self.workers.get(worker)?.registration;
        Some(self.registrations.by_id.get(&registration)?.key())
    }

    /// Steps 8 and 16: no script, or not one that runs.
    fn fail_update(&mut self, key: &QueueKey, newest: Option<WorkerId>, error: &JobError) {
        self.reject_job_promise(key, error);
        if newest.is_none() {
            self.discard_registration(key);
        }
        self.finish_job(key);
    }

    /// [Soft Update](https://w3c.github.io/ServiceWorker/#soft-update-algorithm) after a fetch, when the page that it is
    /// for has had its time to load.
    pub(crate) fn soft_update_later(&mut self, id: RegistrationId) {
        let is_due = |(_, timer): &(u64, Timer)| *timer == Timer::SoftUpdate(id);
        if !self.out.timers.iter().any(is_due) {
            let at = self.out.now.saturating_add(self.settings.soft_update_delay_ms);
            self.out.timers.insert((at, Timer::SoftUpdate(id)));
        }
    }

    /// [Soft Update](https://w3c.github.io/ServiceWorker/#soft-update-algorithm).
    pub(crate) fn soft_update(&mut self, id: RegistrationId, force_bypass_cache: bool) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        // The text would make a job that fails for want of a registration; nobody would hear of it.
        if self.registrations.is_unregistered(registration) {
            return;
        }
        // Steps 1 and 2.
        let newest = registration.newest_worker().and_then(|worker| self.workers.get(worker));
        let Some(newest) = newest else { return };
        // Steps 3 to 5.
        let kind = JobType::Update {
            script_url: newest.script.script_url.clone(),
            worker_type: newest.script.worker_type,
        };
        let mut job = Job::new(kind, registration.scope.clone(), None, None);
        job.force_bypass_cache = force_bypass_cache;
        // Step 6.
        self.schedule_job(registration.storage_key.clone(), job);
    }
}

/// Whether the newest worker has this very script: the opposite of step 7.20.
fn is_same_script(newest: &Worker, wanted: &Wanted, main: &ScriptResource) -> bool {
    newest.script.script_url == wanted.script_url
        && newest.script.worker_type == wanted.worker_type
        && newest.script.scripts.first().is_some_and(|stored| stored.source == main.source)
}
