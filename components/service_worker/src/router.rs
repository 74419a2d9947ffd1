//! [Router rules](https://w3c.github.io/ServiceWorker/#service-worker-list-of-router-rules): requests that a worker does not want
//! to see, and those that the network may answer before it does.

use std::sync::Arc;

use bgfetch_traits::fetch::{NetworkError, Request, RequestHead, Response};
use bgfetch_traits::ids::{RegistrationId, WorkerId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::router::{RequestCondition, RouterCondition, RouterRule, RouterSource};
use bgfetch_traits::service_worker::{FetchOutcome, JobError, ServiceWorkerState};
use bgfetch_url_pattern::{PatternError, UrlPattern};
use http::Method;
use parking_lot::Mutex;

use crate::Registry;
use crate::events::FetchEvent;
use crate::io::Effect;
use crate::model::RunState;

/// All conditions of a worker's rules together, and how deep they may be nested: see [Check Router Registration
/// Limit](https://w3c.github.io/ServiceWorker/#check-router-registration-limit-algorithm).
const MOST_CONDITIONS: usize = 1024;
const DEEPEST: usize = 10;

/// The [list of router rules](https://w3c.github.io/ServiceWorker/#service-worker-list-of-router-rules) of a worker.
#[derive(Debug, Default)]
pub(crate) struct Router {
    rules: Vec<RouterRule>,
    conditions: Vec<Condition>,
}

/// A condition, ready to be matched.
#[derive(Debug)]
enum Condition {
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Request(Box<RequestCondition>, Option<Box<UrlPattern>>),
}

impl Router {
    /// # Errors
    /// A URL pattern that is none.
    pub(crate) fn new(rules: Vec<RouterRule>) -> Result<Self, PatternError> {
        let conditions: Result<_, _> = rules.iter().map(|rule| Condition::new(&rule.condition)).collect();
        Ok(Self { conditions: conditions?, rules })
    }

    pub(crate) fn rules(&self) -> &[RouterRule] {
        &self.rules
    }

    /// [Get Router Source](https://w3c.github.io/ServiceWorker/#get-router-source-algorithm).
    fn source(&self, request: &RequestHead, is_running: bool) -> Option<&RouterSource> {
        let rules = self.rules.iter().zip(&self.conditions);
        let mut matching = rules.filter(|(_, condition)| condition.matches(request, is_running));
        matching.next().map(|(rule, _)| &rule.source)
    }
}

impl Condition {
    fn new(condition: &RouterCondition) -> Result<Self, PatternError> {
        Ok(match condition {
            RouterCondition::Or(conditions) => {
                Self::Or(conditions.iter().map(Self::new).collect::<Result<_, _>>()?)
            }
            RouterCondition::Not(condition) => Self::Not(Box::new(Self::new(condition)?)),
            RouterCondition::Request(condition) => {
                let pattern = condition.url_pattern.as_ref().map(UrlPattern::of_strings).transpose()?;
                Self::Request(condition.clone(), pattern.map(Box::new))
            }
        })
    }

    /// [Match Router Condition](https://w3c.github.io/ServiceWorker/#match-router-condition-algorithm).
    fn matches(&self, request: &RequestHead, is_running: bool) -> bool {
        match self {
            // Step 1.
            Self::Or(conditions) => conditions.iter().any(|condition| condition.matches(request, is_running)),
            // Step 2.
            Self::Not(condition) => !condition.matches(request, is_running),
            // Step 3.
            Self::Request(condition, pattern) => {
                let RequestCondition { method, mode, destination, is_running: running, .. } = &**condition;
                pattern.as_ref().is_none_or(|pattern| pattern.matches(&request.url))
                    && method.as_ref().is_none_or(|method| *method == request.method.as_str())
                    && mode.is_none_or(|mode| mode == request.mode)
                    && destination.is_none_or(|destination| destination == request.destination)
                    && running.is_none_or(|running| running == is_running)
            }
        }
    }
}

/// [Check Router Registration Limit](https://w3c.github.io/ServiceWorker/#check-router-registration-limit-algorithm).
fn is_within_limits(rules: &[RouterRule]) -> bool {
    let mut left = MOST_CONDITIONS;
    rules.iter().all(|rule| count_inner_conditions(&rule.condition, &mut left, DEEPEST))
}

/// [Count Router Inner Conditions](https://w3c.github.io/ServiceWorker/#count-router-inner-conditions-algorithm): whether the quota
/// is not exceeded.
fn count_inner_conditions(condition: &RouterCondition, left: &mut usize, depth: usize) -> bool {
    // Steps 1 and 2.
    *left = left.saturating_sub(1);
    if *left == 0 || depth == 0 {
        return false;
    }
    // Steps 3 and 4.
    match condition {
        RouterCondition::Or(conditions) => {
            conditions.iter().all(|condition| count_inner_conditions(condition, left, depth - 1))
        }
        RouterCondition::Not(condition) => count_inner_conditions(condition, left, depth - 1),
        RouterCondition::Request(_) => true,
    }
}

impl Registry {
    /// [`addRoutes()`](https://w3c.github.io/ServiceWorker/#register-router-method), step 8; the steps before are the binding's.
    pub(crate) fn add_routes(
        &mut self,
        worker: Option<WorkerId>,
        rules: Vec<RouterRule>,
        reply: Reply<Result<(), JobError>>,
    ) {
        let worker = worker.and_then(|worker| self.workers.get_mut(worker));
        let Some(worker) = worker.filter(|worker| worker.state == ServiceWorkerState::Installing) else {
            let error = "rules can be added only while the worker is being installed";
            return self.answer(reply, Err(JobError::InvalidState(error.into())));
        };
        // Steps 8.1 to 8.3.
        let mut all = worker.script.router.rules().to_vec();
        all.extend(rules);
        if !is_within_limits(&all) {
            let error = format!("there are more than {MOST_CONDITIONS} conditions, or deeper than {DEEPEST}");
            return self.answer(reply, Err(JobError::Type(error)));
        }
        // Steps 8.4 and 8.6.
        let added = match Router::new(all) {
            Ok(router) => {
                worker.script.router = router;
                Ok(())
            }
            Err(error) => Err(JobError::Type(error.to_string())),
        };
        self.answer(reply, added);
    }

    /// [Handle Fetch](https://w3c.github.io/ServiceWorker/#on-fetch-request-algorithm), the step about router rules, and what
    /// follows if there is none for the request.
    pub(crate) fn route(&mut self, id: RegistrationId, mut fetch: FetchEvent, soft_update: bool) {
        let source = self.router_source(id, &fetch.request.head);
        match source {
            None | Some(RouterSource::FetchEvent) => {}
            Some(RouterSource::Network) => {
                self.soft_update_after(id, soft_update);
                return self.answer(fetch.reply, FetchOutcome::Network(fetch.request));
            }
            Some(RouterSource::Cache(cache)) => {
                self.soft_update_after(id, soft_update);
                let Some(registration) = self.registrations.by_id.get(&id) else { return };
                let storage_key = registration.storage_key.clone();
                let FetchEvent { request, reply, .. } = fetch;
                return self.out.effects.push(Effect::MatchCache { storage_key, cache, request, reply });
            }
            Some(RouterSource::RaceNetworkAndFetchHandler) => {
                if fetch.request.head.method == Method::GET {
                    fetch = self.race(fetch);
                }
            }
        }
        self.create_fetch_event_and_dispatch(id, fetch, soft_update);
    }

    fn router_source(&self, id: RegistrationId, request: &RequestHead) -> Option<RouterSource> {
        let active = self.workers.get(self.registrations.by_id.get(&id)?.active?)?;
        let is_running = matches!(active.run, RunState::Running(_));
        active.script.router.source(request, is_running).cloned()
    }

    pub(crate) fn soft_update_after(&mut self, id: RegistrationId, soft_update: bool) {
        if soft_update {
            self.soft_update_later(id);
        }
    }

    /// Asks the network as well; gives what the worker is asked.
    ///
    /// Not implemented: that the worker's own fetch of the request gets the [race
    /// response](https://w3c.github.io/ServiceWorker/#lookup-race-response-algorithm); it is another request.
    fn race(&mut self, fetch: FetchEvent) -> FetchEvent {
        let FetchEvent { request, client, resulting_client, cancel, reply } = fetch;
        let network_cancel = CancelHandle::new();
        let also = network_cancel.clone();
        cancel.on_abort(move |_| also.cancel());
        let copy = Request {
            head: request.head.clone(),
            client: request.client.clone(),
            body: None,
            priority: request.priority,
        };
        let race = Arc::new(Mutex::new(Race { reply: Some(reply), network: None, given_back: false }));
        let other = Arc::clone(&race);
        self.out.effects.push(Effect::FetchFromNetwork {
            request: Box::new(copy),
            cancel: network_cancel.clone(),
            reply: Reply::new(move |result| other.lock().network_answered(result)),
        });
        let reply = Reply::new(move |outcome| {
            let has_won = race.lock().worker_answered(outcome);
            if has_won {
                network_cancel.cancel();
            }
        });
        FetchEvent { request, client, resulting_client, cancel, reply }
    }
}

/// The network and a worker, asked the same.
struct Race {
    /// Who waits for the first answer; none once there is one.
    reply: Option<Reply<FetchOutcome>>,
    /// What the network said, if that did not decide it.
    network: Option<Result<Response, NetworkError>>,
    /// The worker leaves it to the network.
    given_back: bool,
}

impl Race {
    fn network_answered(&mut self, result: Result<Response, NetworkError>) {
        let wins = self.given_back || result.as_ref().is_ok_and(|response| response.head.is_ok());
        if wins {
            self.answer(outcome_of(result));
        } else {
            self.network = Some(result);
        }
    }

    /// Whether the worker's response is the one.
    fn worker_answered(&mut self, outcome: FetchOutcome) -> bool {
        match outcome {
            FetchOutcome::Network(_) => {
                self.given_back = true;
                if let Some(result) = self.network.take() {
                    self.answer(outcome_of(result));
                }
                false
            }
            outcome => {
                let has_response = matches!(outcome, FetchOutcome::Response(_));
                self.answer(outcome) && has_response
            }
        }
    }

    /// Answers, if nobody did before.
    fn answer(&mut self, outcome: FetchOutcome) -> bool {
        let Some(reply) = self.reply.take() else { return false };
        reply.send(outcome);
        true
    }
}

fn outcome_of(result: Result<Response, NetworkError>) -> FetchOutcome {
    match result {
        Ok(response) => FetchOutcome::Response(response),
        Err(error) => FetchOutcome::Error(error.to_string()),
    }
}
