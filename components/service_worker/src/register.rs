//! [Register](https://w3c.github.io/ServiceWorker/#register-algorithm) and
//! [Unregister](https://w3c.github.io/ServiceWorker/#unregister-algorithm).

use bgfetch_traits::ids::{RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::policy::{Client, is_potentially_trustworthy};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{
    JobError, NavigationPreload, RegistrationInfo, ServiceWorkerState, UpdateViaCache, WorkerType,
};
use url::Url;

use crate::Registry;
use crate::io::Effect;
use crate::jobs::{Job, JobPromise, JobType, JobValue, QueueKey};
use crate::model::Registration;

/// What a page gives to `register()`, URLs resolved.
#[derive(Clone, Debug)]
pub(crate) struct RegisterArguments {
    pub(crate) script_url: Url,
    pub(crate) scope: Url,
    pub(crate) worker_type: WorkerType,
    pub(crate) update_via_cache: UpdateViaCache,
}

/// The checks that [Start Register](https://w3c.github.io/ServiceWorker/#start-register-algorithm) makes of each
/// of its URLs; takes the fragment away.
fn usable_url(what: &str, mut url: Url) -> Result<Url, JobError> {
    // Steps 2 and 7.
    url.set_fragment(None);
    // Steps 3 and 8.
    if !matches!(url.scheme(), "http" | "https") {
        return Err(JobError::Type(format!("the {what} {url} is neither http: nor https:")));
    }
    // Steps 4 and 9.
    let path = url.path().to_ascii_lowercase();
    if path.contains("%2f") || path.contains("%5c") {
        return Err(JobError::Type(format!(
            "the path of the {what} {url} has an escaped slash or backslash"
        )));
    }
    Ok(url)
}

impl Registry {
    /// [Start Register](https://w3c.github.io/ServiceWorker/#start-register-algorithm).
    pub(crate) fn start_register(
        &mut self,
        client: &Client,
        arguments: RegisterArguments,
        reply: Reply<Result<RegistrationInfo, JobError>>,
    ) {
        // Steps 1, 5 and 6 (parsing, and the default scope) are the binding's.
        let RegisterArguments { script_url, scope, worker_type, update_via_cache } = arguments;
        // Steps 2 to 4, then 7 to 9.
        let urls =
            usable_url("script URL", script_url).and_then(|script| Ok((script, usable_url("scope", scope)?)));
        let (script_url, scope) = match urls {
            Ok(urls) => urls,
            Err(error) => return self.answer(reply, Err(error)),
        };
        // The API is exposed in secure contexts only; what a script thread says is not taken on trust.
        if !client.secure_context {
            let error = format!("{} is not a secure context", client.url);
            return self.answer(reply, Err(JobError::Security(error)));
        }
        // Step 10: an opaque origin has no storage key.
        let Some(storage_key) = StorageKey::of_origin(&client.origin) else {
            let error = format!("{} has an opaque origin, which has no registrations", client.url);
            return self.answer(reply, Err(JobError::Security(error)));
        };
        // Steps 11 to 14; the referrer is the client's creation URL.
        let kind = JobType::Register { script_url, worker_type, update_via_cache };
        let promise = JobPromise::Registration(reply);
        let job = Job::new(kind, scope, Some(promise), Some(Box::new(client.clone())));
        // Step 15.
        self.schedule_job(storage_key, job);
    }

    /// [Register](https://w3c.github.io/ServiceWorker/#register-algorithm).
    pub(crate) fn register(&mut self, key: &QueueKey) {
        let Some(job) = self.jobs.first(key) else { return };
        let JobType::Register { script_url, worker_type, update_via_cache } = &job.kind else { return };
        // Steps 1 to 3.
        let referrer = job.client.as_ref().map(|client| client.url.origin());
        let refusal = if !is_potentially_trustworthy(script_url) {
            Some(format!("the script {script_url} is not from a potentially trustworthy origin"))
        } else if referrer.as_ref() != Some(&script_url.origin()) {
            Some(format!("the script {script_url} is of another origin than the page that registers it"))
        } else if referrer.as_ref() != Some(&job.scope.origin()) {
            Some(format!("the scope {} is of another origin than the page that registers it", job.scope))
        } else {
            None
        };
        if let Some(message) = refusal {
            self.reject_job_promise(key, &JobError::Security(message));
            return self.finish_job(key);
        }
        // Step 4.
        match self.registrations.get(key) {
            // Step 5.
            Some(registration) => {
                let newest = registration.newest_worker().and_then(|worker| self.workers.get(worker));
                let same = newest.is_some_and(|newest| {
                    newest.script.script_url == *script_url && newest.script.worker_type == *worker_type
                });
                if same && registration.update_via_cache == *update_via_cache {
                    let info = self.workers.registration_info(registration);
                    self.resolve_job_promise(key, &JobValue::Registration(Box::new(info)));
                    return self.finish_job(key);
                }
            }
            // Step 6.
            None => {
                let (scope, update_via_cache) = (job.scope.clone(), *update_via_cache);
                self.set_registration(key, scope, update_via_cache);
            }
        }
        // Step 7.
        self.update(key);
    }

    /// [Set Registration](https://w3c.github.io/ServiceWorker/#set-registration-algorithm).
    fn set_registration(&mut self, key: &QueueKey, scope: Url, update_via_cache: UpdateViaCache) {
        let id = self.ids.registration();
        tracing::debug!(registration = %id, %scope, "new registration");
        let registration = Registration {
            id,
            storage_key: key.0.clone(),
            scope,
            update_via_cache,
            navigation_preload: NavigationPreload::default(),
            installing: None,
            waiting: None,
            active: None,
            last_update_check: None,
            saved: false,
        };
        self.registrations.by_id.insert(id, registration);
        self.registrations.map.insert(key.clone(), id);
    }

    /// Takes a registration out of the registration map; it lives on while something uses it.
    pub(crate) fn remove_from_map(&mut self, key: &QueueKey) -> Option<RegistrationId> {
        let id = self.registrations.map.remove(key)?;
        tracing::debug!(registration = %id, "unregistered");
        self.forget(id);
        self.out.effects.push(Effect::Unregistered(id));
        Some(id)
    }

    /// Takes a registration that never had a worker out of the map and forgets it.
    pub(crate) fn discard_registration(&mut self, key: &QueueKey) {
        if let Some(id) = self.remove_from_map(key) {
            self.try_clear_registration(id);
        }
    }

    /// [Unregister](https://w3c.github.io/ServiceWorker/#unregister-algorithm).
    pub(crate) fn unregister(&mut self, key: &QueueKey) {
        // Steps 1 and 3.
        let removed = self.remove_from_map(key);
        // Steps 2 and 4.
        self.resolve_job_promise(key, &JobValue::Removed(removed.is_some()));
        // Step 5.
        if let Some(id) = removed {
            self.try_clear_registration(id);
        }
        // Step 6.
        self.finish_job(key);
    }

    /// [Try Clear Registration](https://w3c.github.io/ServiceWorker/#try-clear-registration-algorithm).
    pub(crate) fn try_clear_registration(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        let workers = [registration.installing, registration.waiting, registration.active];
        let settled =
            |worker: WorkerId| self.workers.get(worker).is_none_or(|worker| worker.has_no_pending_events());
        // Step 1.
        if !self.is_used(id) && workers.into_iter().flatten().all(settled) {
            self.clear_registration(id);
        }
    }

    /// [Clear Registration](https://w3c.github.io/ServiceWorker/#clear-registration-algorithm).
    pub(crate) fn clear_registration(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        let slots = [registration.installing.take(), registration.waiting.take(), registration.active.take()];
        // Steps 2 to 4.
        let mut redundant = Vec::new();
        for worker in slots.into_iter().flatten() {
            self.terminate(worker, "its registration was cleared");
            self.update_worker_state(worker, ServiceWorkerState::Redundant);
            redundant.extend(self.workers.get(worker).map(|worker| worker.info()));
            self.discard_worker(worker);
        }
        self.notify_registration(id, false, redundant);
        // Not in the text, which leaves this to the garbage collector: nothing can find it any more.
        if self.registrations.by_id.get(&id).is_some_and(|r| self.registrations.is_unregistered(r)) {
            self.registrations.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usable_url_loses_its_fragment_and_keeps_its_query() {
        let url = usable_url("scope", "https://a.test/x?y#z".parse().unwrap()).unwrap();
        assert_eq!(url.as_str(), "https://a.test/x?y");
    }

    #[test]
    fn schemes_and_escaped_slashes_are_refused_with_a_type_error() {
        for url in ["ftp://a.test/", "data:text/javascript,1", "https://a.test/%2f", "https://a.test/%5Cx"] {
            let refused = usable_url("scope", url.parse().unwrap());
            assert!(matches!(refused, Err(JobError::Type(_))), "{url}: {refused:?}");
        }
        for url in ["https://a.test/?%2f", "http://a.test/%2e/%20"] {
            assert!(usable_url("scope", url.parse().unwrap()).is_ok(), "{url}");
        }
    }
}
