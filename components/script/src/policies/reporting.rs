//! [The Reporting API](https://w3c.github.io/reporting/): reports that are queued, and delivered together. There is no
//! `ReportingObserver`.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bgfetch_traits::fetch::{
    CredentialsMode, Destination, Priority, Request, RequestBody, RequestHead, RequestMode,
};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::reporting::ReportingEndpoint;
use serde_json::{Value, json};
use url::Url;

use crate::agent::Agent;
use crate::environment::{Environment, Hosts};

/// Reports wait so long for others that go to the same endpoint.
const DELAY: Duration = Duration::from_millis(200);
/// Of one environment, so many wait at most, and so many different ones go to `report-uri`.
const MOST: usize = 256;

/// A [report](https://w3c.github.io/reporting/#report).
pub(crate) struct Report {
    /// [Type](https://w3c.github.io/reporting/#report-type)
    pub(crate) report_type: &'static str,
    /// The name of the endpoint that it goes to.
    pub(crate) destination: String,
    /// [URL](https://w3c.github.io/reporting/#report-url), stripped.
    pub(crate) url: String,
    pub(crate) body: Value,
    /// [Timestamp](https://w3c.github.io/reporting/#report-timestamp)
    pub(crate) timestamp: Instant,
}

/// The [reports](https://w3c.github.io/reporting/#windoworworkerglobalscope-reports) of an environment that are to be
/// delivered.
#[derive(Default)]
pub(crate) struct ReportQueue {
    reports: RefCell<Vec<Report>>,
    delivery_is_due: Cell<bool>,
    /// What was sent to a `report-uri`.
    sent: RefCell<BTreeSet<String>>,
}

impl ReportQueue {
    /// Whether this is not sent to a `report-uri` yet: not in the text, but in browsers and in the official tests,
    /// violations are reported there that differ.
    pub(super) fn is_new(&self, serialized: &str) -> bool {
        let mut sent = self.sent.borrow_mut();
        sent.len() < MOST && sent.insert(serialized.to_owned())
    }
}

impl std::fmt::Debug for ReportQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ReportQueue").field(&self.reports.borrow().len()).finish()
    }
}

/// [Generate and queue a report](https://w3c.github.io/reporting/#generate-a-report)
pub(crate) fn queue(environment: &Rc<Environment>, report: Report) {
    let reports = &environment.reports;
    if reports.reports.borrow().len() >= MOST {
        tracing::debug!(url = %report.url, "a report too many is dropped");
        return;
    }
    reports.reports.borrow_mut().push(report);
    if !reports.delivery_is_due.replace(true) {
        let owner = Rc::clone(environment);
        Agent::current().after(environment.id, DELAY, true, move || deliver_all(&owner));
    }
}

/// [Send reports](https://w3c.github.io/reporting/#send-reports), all that an environment has queued; also when it ends.
pub(crate) fn deliver_all(environment: &Environment) {
    let ReportQueue { reports, delivery_is_due, .. } = &environment.reports;
    delivery_is_due.set(false);
    let reports = reports.take();
    if !reports.is_empty() {
        let endpoints = environment.policy.borrow().reporting_endpoints.clone();
        deliver(&environment.hosts, &environment.client(), &endpoints, reports);
    }
}

/// Delivers reports to their endpoints; those to endpoints that nobody has named are dropped.
pub(super) fn deliver(hosts: &Hosts, client: &Client, endpoints: &[ReportingEndpoint], reports: Vec<Report>) {
    let mut by_endpoint: BTreeMap<&Url, Vec<Report>> = BTreeMap::new();
    for report in reports {
        // Of several with one name, the last one counts, as in the header's dictionary.
        match endpoints.iter().rfind(|endpoint| endpoint.name == report.destination) {
            Some(endpoint) => by_endpoint.entry(&endpoint.url).or_default().push(report),
            None => tracing::debug!(destination = report.destination, "there is no such reporting endpoint"),
        }
    }
    for (endpoint, reports) in by_endpoint {
        let body = serialize(&reports, &hosts.user_agent);
        attempt_to_deliver(hosts, client.clone(), endpoint.clone(), body);
    }
}

/// [Serialize a list of reports to JSON](https://w3c.github.io/reporting/#serialize-reports)
fn serialize(reports: &[Report], user_agent: &str) -> String {
    let report = |report: &Report| {
        json!({
            "age": u64::try_from(report.timestamp.elapsed().as_millis()).unwrap_or(u64::MAX),
            "type": report.report_type,
            "url": report.url,
            "user_agent": user_agent,
            "body": report.body,
        })
    };
    Value::Array(reports.iter().map(report).collect()).to_string()
}

/// [Attempt to deliver reports to endpoint](https://w3c.github.io/reporting/#try-delivery): past any service worker.
fn attempt_to_deliver(hosts: &Hosts, client: Client, endpoint: Url, body: String) {
    let mut head = RequestHead {
        method: http::Method::POST,
        mode: RequestMode::Cors,
        unsafe_request: true,
        credentials: CredentialsMode::SameOrigin,
        destination: Destination::Report,
        keepalive: true,
        ..RequestHead::get(endpoint)
    };
    head.headers.append("Content-Type", "application/reports+json");
    send(
        hosts,
        Request {
            head,
            client,
            body: Some(RequestBody::Bytes(body.into_bytes().into())),
            priority: Priority::Foreground,
        },
    );
}

/// Sends a report; what comes of it is ignored.
pub(super) fn send(hosts: &Hosts, request: Request) {
    let url = request.head.url.clone();
    let reply = Reply::new(move |answer| match answer {
        Ok(_) => tracing::debug!(%url, "a report was sent"),
        Err(error) => tracing::debug!(%url, %error, "a report could not be sent"),
    });
    let message =
        NetMsg::Fetch { request, cancel: CancelHandle::new(), upload_progress: None, timing: None, reply };
    hosts.net.send(message);
}
