//! [`InstallEvent`](https://w3c.github.io/ServiceWorker/#installevent-interface), and the [router
//! rules](https://w3c.github.io/ServiceWorker/#register-router-method) that a worker adds while it is installed.

use bgfetch_js::{DomString, Exception, Fallible, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::fetch::{Destination, RequestMode};
use bgfetch_traits::router::{RequestCondition, RouterCondition, RouterRule, RouterSource};
use bgfetch_traits::service_worker::ServiceWorkerMsg;
use http::Method;

use super::ask_job;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    self, EventInit, ExtendableEventInit, InstallEventMethods, RouterRuleOrRouterRuleSequence,
    RouterSourceEnum, RunningStatus,
};
use crate::dom::fetch::headers::is_forbidden_method;
use crate::dom::fetch::request_init::normalize_method;
use crate::dom::url::url_pattern;
use crate::dom::{ExtendableEvent, ServiceWorkerGlobalScope};
use crate::environment::Environment;

/// All conditions together: see [Check Router Registration
/// Limit](https://w3c.github.io/ServiceWorker/#check-router-registration-limit-algorithm).
const MOST_RULES: usize = 1024;

/// `InstallEvent`.
pub(crate) struct InstallEvent {
    extendable_event: ExtendableEvent,
}

trace_fields!(InstallEvent { extendable_event });
platform_object!(InstallEvent: ExtendableEvent via extendable_event);

impl InstallEvent {
    /// The `install` event that the browser fires.
    pub(super) fn trusted(realm: &Realm) -> Fallible<Root<Self>> {
        let event = ExtendableEvent::new_inherited(realm, "install".into(), &EventInit::default());
        let event = realm.wrap(Self { extendable_event: event })?;
        event.set_trusted();
        Ok(event)
    }
}

/// [Verifies a router condition](https://w3c.github.io/ServiceWorker/#verify-router-rule-algorithm); gives it as it is matched.
///
/// # Errors
/// `TypeError`, where the algorithm returns false.
fn verify(realm: &Realm, condition: bindings::RouterCondition) -> Fallible<RouterCondition> {
    let bindings::RouterCondition {
        url_pattern,
        request_method,
        request_mode,
        request_destination,
        running_status,
        or,
        not,
    } = condition;
    let refused = |why: &str| Err(Exception::type_error(format!("a router condition {why}")));
    let mut verified = RequestCondition::default();
    let mut never_matches = false;
    // Step 2.
    if let Some(pattern) = url_pattern {
        let base_url = Environment::of(realm).url.borrow().to_string();
        let strings = url_pattern::build(pattern, &base_url)?;
        if strings.has_regexp_groups {
            return refused("may not have a URL pattern with regular expressions");
        }
        verified.url_pattern = Some(strings.strings);
    }
    // Step 3.
    if let Some(method) = request_method {
        let Ok(parsed) = Method::from_bytes(&method.0) else { return refused("has a method that is none") };
        if is_forbidden_method(parsed.as_str()) {
            return refused("has a forbidden method");
        }
        verified.method = Some(normalize_method(parsed).as_str().to_owned());
    }
    // Steps 4 to 6. What this engine does not know, no request of it is.
    if let Some(mode) = request_mode {
        verified.mode = RequestMode::parse(mode.as_str());
        never_matches |= verified.mode.is_none();
    }
    if let Some(destination) = request_destination {
        verified.destination = Destination::parse(destination.as_str());
        never_matches |= verified.destination.is_none();
    }
    verified.is_running = running_status.map(|status| status == RunningStatus::Running);
    let has_condition = never_matches || verified != RequestCondition::default();
    match (or, not) {
        (None, None) if never_matches => Ok(RouterCondition::Or(Vec::new())),
        (None, None) if has_condition => Ok(RouterCondition::Request(Box::new(verified))),
        (None, None) => refused("is empty"),
        // Step 7.
        (Some(conditions), None) if !has_condition => {
            let verified: Fallible<Vec<_>> =
                conditions.into_iter().map(|condition| verify(realm, condition)).collect();
            Ok(RouterCondition::Or(verified?))
        }
        // Step 8.
        (None, Some(condition)) if !has_condition => {
            Ok(RouterCondition::Not(Box::new(verify(realm, *condition)?)))
        }
        _ => refused("has \"or\" or \"not\" beside others"),
    }
}

/// A rule, verified.
fn verify_rule(realm: &Realm, rule: bindings::RouterRule) -> Fallible<RouterRule> {
    // Step 3.1.
    let condition = verify(realm, rule.condition)?;
    let source = match rule.source {
        bindings::RouterSource::RouterSourceDict(source) => {
            RouterSource::Cache(source.cache_name.map(|name| crate::dom::cache::names::to_text(&name)))
        }
        bindings::RouterSource::RouterSourceEnum(source) => match source {
            RouterSourceEnum::Cache => RouterSource::Cache(None),
            RouterSourceEnum::FetchEvent => RouterSource::FetchEvent,
            RouterSourceEnum::Network => RouterSource::Network,
            RouterSourceEnum::RaceNetworkAndFetchHandler => RouterSource::RaceNetworkAndFetchHandler,
        },
    };
    // Step 3.2.
    let needs_listener =
        matches!(source, RouterSource::FetchEvent | RouterSource::RaceNetworkAndFetchHandler);
    let handles_fetch =
        realm.global_as::<ServiceWorkerGlobalScope>().is_some_and(|global| global.handles_fetch());
    if needs_listener && !handles_fetch {
        let message = "a router rule needs a \"fetch\" listener, which the worker's script has not added";
        return Err(Exception::type_error(message));
    }
    Ok(RouterRule { condition, source })
}

impl InstallEventMethods for InstallEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ExtendableEventInit) -> Fallible<Self> {
        let event = ExtendableEvent::new_inherited(realm, type_, &event_init_dict.parent);
        Ok(Self { extendable_event: event })
    }

    /// [`addRoutes()`](https://w3c.github.io/ServiceWorker/#register-router-method)
    fn add_routes(&self, realm: &Realm, rules: RouterRuleOrRouterRuleSequence) -> Fallible<Promise<()>> {
        // Steps 1 to 3.
        let rules = match rules {
            RouterRuleOrRouterRuleSequence::RouterRule(rule) => vec![rule],
            RouterRuleOrRouterRuleSequence::RouterRuleSequence(rules) => rules,
        };
        // So many cannot pass step 8.4; patterns take their time.
        if rules.len() > MOST_RULES {
            let message = format!("a service worker can have {MOST_RULES} router rules at most");
            return Promise::rejected(realm, Exception::type_error(message));
        }
        let verified: Fallible<Vec<_>> = rules.into_iter().map(|rule| verify_rule(realm, rule)).collect();
        let verified = verified?;
        let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() else {
            return Err(Exception::dom("InvalidStateError", "only service workers have router rules"));
        };
        // Steps 4 and 5.
        let lifetime = Promise::new(realm)?;
        self.add_lifetime_promise(realm, &lifetime)?;
        // Steps 6 to 9.
        let (worker, owner) = (global.worker_id(), realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let added = ask_job(&owner, |reply| ServiceWorkerMsg::AddRoutes(worker, verified, reply)).await;
            lifetime.resolve(&owner, ());
            added
        })
    }
}
