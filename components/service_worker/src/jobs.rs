//! [Jobs](https://w3c.github.io/ServiceWorker/#dfn-job) and their queues.
//!
//! The specification's map of job queues has the scope URL as its key; here it is storage key and scope, so that
//! a page that names a scope of another origin (which [`Register`](crate::register) then refuses) does not wait
//! for, or make wait, the jobs of that origin.

use std::collections::{BTreeMap, VecDeque};

use bgfetch_traits::ids::{StorageKey, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{JobError, RegistrationInfo, UpdateViaCache, WorkerType};
use url::Url;

use crate::Registry;
use crate::io::ScriptFetchId;
use crate::registry::Task;
use crate::update::ImportCheck;

/// Which job queue, and which entry of the registration map.
pub(crate) type QueueKey = (StorageKey, String);

/// What a job is about, and what it needs for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobType {
    Register { script_url: Url, worker_type: WorkerType, update_via_cache: UpdateViaCache },
    Update { script_url: Url, worker_type: WorkerType },
    Unregister,
}

/// Where the answer to a job goes.
#[derive(Debug)]
pub(crate) enum JobPromise {
    Registration(Reply<Result<RegistrationInfo, JobError>>),
    Removed(Reply<Result<bool, JobError>>),
}

/// What a job is waiting for.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Its turn.
    Queued,
    /// Its main script.
    FetchingScript { newest: Option<WorkerId> },
    /// The imported scripts, to compare them.
    FetchingImports(Box<ImportCheck>),
    /// The new worker's first run.
    Running { worker: WorkerId, newest: Option<WorkerId> },
    /// The new worker's `install` event.
    Installing { worker: WorkerId, newest: Option<WorkerId> },
}

/// A [job](https://w3c.github.io/ServiceWorker/#dfn-job).
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) kind: JobType,
    pub(crate) scope: Url,
    /// Null when the user agent itself wants an update.
    pub(crate) client: Option<Box<Client>>,
    /// The job promise; `None` also when it has settled.
    promise: Option<JobPromise>,
    settled: bool,
    /// The promises of the [list of equivalent jobs](https://w3c.github.io/ServiceWorker/#dfn-job-list-of-equivalent-jobs).
    equivalent: Vec<JobPromise>,
    pub(crate) force_bypass_cache: bool,
    pub(crate) phase: Phase,
}

impl Job {
    /// [Create Job](https://w3c.github.io/ServiceWorker/#create-job-algorithm); the storage key is that of the
    /// queue, the referrer is the client's creation URL.
    pub(crate) fn new(
        kind: JobType,
        scope: Url,
        promise: Option<JobPromise>,
        client: Option<Box<Client>>,
    ) -> Self {
        Self {
            kind,
            scope,
            client,
            promise,
            settled: false,
            equivalent: Vec::new(),
            force_bypass_cache: false,
            phase: Phase::Queued,
        }
    }

    /// Whether two jobs of one queue are [equivalent](https://w3c.github.io/ServiceWorker/#dfn-job-equivalent).
    fn is_equivalent(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The [scope to job queue map](https://w3c.github.io/ServiceWorker/#dfn-scope-to-job-queue-map), and who waits
/// for which script.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) queues: BTreeMap<QueueKey, VecDeque<Job>>,
    pub(crate) fetches: BTreeMap<ScriptFetchId, QueueKey>,
}

impl Jobs {
    /// The running job of a queue.
    pub(crate) fn first(&self, key: &QueueKey) -> Option<&Job> {
        self.queues.get(key)?.front()
    }

    /// The running job of a queue.
    pub(crate) fn first_mut(&mut self, key: &QueueKey) -> Option<&mut Job> {
        self.queues.get_mut(key)?.front_mut()
    }
}

/// What a job resolves with.
#[derive(Clone, Debug)]
pub(crate) enum JobValue {
    Registration(Box<RegistrationInfo>),
    Removed(bool),
}

impl Registry {
    /// [Schedule Job](https://w3c.github.io/ServiceWorker/#schedule-job-algorithm).
    pub(crate) fn schedule_job(&mut self, storage_key: StorageKey, mut job: Job) {
        if self.out.shut_down {
            let error = JobError::InvalidState("the engine is shutting down".into());
            for promise in job.settle() {
                self.answer_job(promise, Err(error.clone()));
            }
            return;
        }
        let key = (storage_key, job.scope.as_str().to_owned());
        // Steps 1 to 4.
        let queue = self.jobs.queues.entry(key.clone()).or_default();
        match queue.back_mut() {
            // Step 5.
            None => {
                queue.push_back(job);
                self.out.tasks.push_back(Task::RunJob(key));
            }
            // Step 6.2. A promise that is null has not settled either.
            Some(last) if job.is_equivalent(last) && !last.settled => {
                last.equivalent.extend(job.promise.take());
            }
            // Step 6.3.
            Some(_) => queue.push_back(job),
        }
    }

    /// [Run Job](https://w3c.github.io/ServiceWorker/#run-job-algorithm), its task.
    pub(crate) fn run_job(&mut self, key: &QueueKey) {
        let Some(job) = self.jobs.first(key) else { return };
        if !matches!(job.phase, Phase::Queued) {
            return;
        }
        match job.kind {
            JobType::Register { .. } => self.register(key),
            JobType::Update { .. } => self.update(key),
            JobType::Unregister => self.unregister(key),
        }
    }

    /// [Finish Job](https://w3c.github.io/ServiceWorker/#finish-job-algorithm).
    pub(crate) fn finish_job(&mut self, key: &QueueKey) {
        let Some(queue) = self.jobs.queues.get_mut(key) else { return };
        // Step 3.
        queue.pop_front();
        // Step 4; an empty queue is forgotten.
        if queue.is_empty() {
            self.jobs.queues.remove(key);
        } else {
            self.out.tasks.push_back(Task::RunJob(key.clone()));
        }
    }

    /// [Resolve Job Promise](https://w3c.github.io/ServiceWorker/#resolve-job-promise-algorithm).
    pub(crate) fn resolve_job_promise(&mut self, key: &QueueKey, value: &JobValue) {
        for promise in self.settle(key) {
            self.answer_job(promise, Ok(value.clone()));
        }
    }

    /// [Reject Job Promise](https://w3c.github.io/ServiceWorker/#reject-job-promise-algorithm).
    pub(crate) fn reject_job_promise(&mut self, key: &QueueKey, error: &JobError) {
        tracing::debug!(scope = key.1, %error, "job failed");
        for promise in self.settle(key) {
            self.answer_job(promise, Err(error.clone()));
        }
    }

    /// The promises of the running job and its equivalents that wait for an answer.
    fn settle(&mut self, key: &QueueKey) -> Vec<JobPromise> {
        self.jobs.first_mut(key).map(Job::settle).unwrap_or_default()
    }

    pub(crate) fn answer_job(&mut self, promise: JobPromise, value: Result<JobValue, JobError>) {
        match promise {
            JobPromise::Registration(reply) => match value {
                Ok(JobValue::Registration(info)) => self.answer(reply, Ok(*info)),
                // Only a register or update job has such a promise, and those resolve with a registration.
                Ok(JobValue::Removed(_)) => {
                    self.answer(reply, Err(JobError::Type("the registration is gone".into())));
                }
                Err(error) => self.answer(reply, Err(error)),
            },
            JobPromise::Removed(reply) => {
                self.answer(reply, value.map(|value| matches!(value, JobValue::Removed(true))));
            }
        }
    }
}

impl Job {
    pub(crate) fn settle(&mut self) -> Vec<JobPromise> {
        self.settled = true;
        self.promise.take().into_iter().chain(std::mem::take(&mut self.equivalent)).collect()
    }
}
