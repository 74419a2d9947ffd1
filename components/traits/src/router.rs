//! [Router rules](https://w3c.github.io/ServiceWorker/#service-worker-list-of-router-rules) of a service worker: which requests
//! it does not want to see, and where their responses come from instead.

use serde::{Deserialize, Serialize};

use crate::fetch::{Destination, RequestMode};

/// [`RouterRule`](https://w3c.github.io/ServiceWorker/#dictdef-routerrule).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterRule {
    /// Which requests it is about.
    pub condition: RouterCondition,
    /// Where their responses come from.
    pub source: RouterSource,
}

/// [`RouterCondition`](https://w3c.github.io/ServiceWorker/#dictdef-routercondition).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouterCondition {
    /// `or`: one of them matches.
    Or(Vec<RouterCondition>),
    /// `not`: it does not match.
    Not(Box<RouterCondition>),
    /// All that is given matches.
    Request(Box<RequestCondition>),
}

/// What a [`RouterCondition`] may say of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCondition {
    /// What its URL matches.
    pub url_pattern: Option<PatternStrings>,
    /// Its method, normalized.
    pub method: Option<String>,
    /// Its mode.
    pub mode: Option<RequestMode>,
    /// Its destination.
    pub destination: Option<Destination>,
    /// Whether the worker runs when it is made.
    pub is_running: Option<bool>,
}

/// [`RouterSource`](https://w3c.github.io/ServiceWorker/#typedefdef-routersource).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouterSource {
    /// `network`
    Network,
    /// `cache`: the cache of that name, or the first that has it, and else the network.
    Cache(Option<String>),
    /// `fetch-event`
    FetchEvent,
    /// `race-network-and-fetch-handler`: who answers first.
    RaceNetworkAndFetchHandler,
}

/// The [pattern strings](https://urlpattern.spec.whatwg.org/#component-pattern-string) of a URL pattern's components, from which
/// the same pattern can be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatternStrings {
    /// `protocol`, `username`, `password`, `hostname`, `port`, `pathname`, `search`, `hash`.
    pub components: [String; 8],
    /// Whether it matches in any case.
    pub ignore_case: bool,
}
