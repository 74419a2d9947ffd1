//! [Report a violation](https://w3c.github.io/webappsec-csp/#report-violation): the event, and what is sent to the policy's
//! `report-uri` or `report-to`.

use std::rc::Rc;
use std::time::Instant;

use bgfetch_js::{Exception, Realm, Root, Runtime, Value};
use bgfetch_policy::csp::{report_to, report_uris};
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, Priority, RedirectMode, Request, RequestBody, RequestHead, ResponseHead,
};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::{
    Client, PolicyContainer, ScriptPlace, Violation, ViolationResource, ViolationSink,
};
use bgfetch_traits::script::ScriptMsg;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::dom::{Element, EventTarget, HTMLScriptElement, Node, SecurityPolicyViolationEvent, Window};
use crate::environment::Environment;
use crate::fetching;
use crate::policies::reporting;

/// A violation with everything that its event and reports tell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) document_uri: String,
    pub(crate) referrer: String,
    pub(crate) blocked_uri: String,
    pub(crate) effective_directive: String,
    /// The same, but for an event that a page made.
    pub(crate) violated_directive: String,
    pub(crate) original_policy: String,
    /// Whether the policy is only reported.
    pub(crate) report_only: bool,
    pub(crate) source_file: String,
    pub(crate) status: u16,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) sample: String,
}

/// Where violations are told that other threads find; `None` if the environment has no policies.
pub(crate) fn sink(environment: &Environment) -> Option<ViolationSink> {
    if environment.policy.borrow().csp_list.is_empty() {
        return None;
    }
    let agent = Agent::current();
    let (sender, to) = (agent.script_sender(), environment.id);
    let place = place_in(&agent, to);
    Some(ViolationSink::new(move |violation| {
        let (violation, place) = (Box::new(violation), place.clone());
        sender.send(ScriptMsg::PolicyViolated { to, violation, place });
    }))
}

/// Where the script of an environment is, if one runs.
fn place_in(agent: &Agent, environment: ClientId) -> ScriptPlace {
    agent.realm_of(environment).map(|realm| place(&realm)).unwrap_or_default()
}

fn place(realm: &Realm) -> ScriptPlace {
    if !Runtime::is_running_script() {
        return ScriptPlace::default();
    }
    let location = Exception::js(Value::UNDEFINED).location(realm);
    ScriptPlace { file: location.file, line: location.line, column: location.column }
}

/// Reports violations that were found on this thread, those of an element at that.
pub(crate) fn all(realm: &Realm, violations: Vec<Violation>, element: Option<&Root<Element>>) {
    if violations.is_empty() {
        return;
    }
    let place = match element.and_then(|element| element.downcast::<HTMLScriptElement>()) {
        // What a parser inserts is where the parser is.
        Some(script) if script.state.is_parser_inserted() => ScriptPlace {
            file: script.owner_doc().document_url().into(),
            line: script.state.line.get(),
            column: 0,
        },
        _ => place(realm),
    };
    for violation in violations {
        violated(realm, violation, &place, element.cloned());
    }
}

/// [Report a violation](https://w3c.github.io/webappsec-csp/#report-violation), from step 3 on.
pub(crate) fn violated(
    realm: &Realm,
    violation: Violation,
    place: &ScriptPlace,
    element: Option<Root<Element>>,
) {
    let Some(environment) = Environment::try_of(realm) else { return };
    let report = create(realm, &environment, &violation, place);
    Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
        // Steps 3.1 to 3.3.
        if let Some(target) = target(realm, element) {
            SecurityPolicyViolationEvent::fire(realm, &target, &report)?;
        }
        // Step 3.4. What inherited its policies may have no URL that others could be relative to.
        let endpoints = report_uris(&violation.policy);
        let (url, self_url) =
            (environment.url.borrow().clone(), environment.policy.borrow().self_url.clone());
        let base = self_url.filter(|_| url.cannot_be_a_base()).map_or(url, |self_url| *self_url);
        let is_new = !endpoints.is_empty() && environment.reports.is_new(&serialize(&report));
        for endpoint in endpoints.iter().filter(|_| is_new).filter_map(|endpoint| base.join(endpoint).ok()) {
            send(realm, &environment, report_request(endpoint, environment.client(), &report));
        }
        // Step 3.5.
        if let Some(destination) = report_to(&violation.policy) {
            reporting::queue(&environment, for_reporting_api(&report, destination));
        }
        Ok(())
    });
}

/// [Create a violation object](https://w3c.github.io/webappsec-csp/#create-violation-for-global)
fn create(realm: &Realm, environment: &Environment, violation: &Violation, place: &ScriptPlace) -> Report {
    let document = realm.global_as::<Window>().and_then(|window| window.current_document());
    let referrer = document.map(|document| document.referrer_text().to_owned()).unwrap_or_default();
    let text = |url: &str| Url::parse(url).map_or_else(|_| url.to_owned(), |url| strip(&url));
    Report {
        document_uri: strip(&environment.url.borrow()),
        referrer: text(&referrer),
        blocked_uri: match &violation.resource {
            ViolationResource::Url(url) => blocked_uri(environment, &violation.effective_directive, url),
            ViolationResource::Inline => "inline".to_owned(),
            ViolationResource::Eval => "eval".to_owned(),
            ViolationResource::WasmEval => "wasm-eval".to_owned(),
        },
        effective_directive: violation.effective_directive.clone(),
        violated_directive: violation.effective_directive.clone(),
        original_policy: violation.policy.serialized.clone(),
        report_only: violation.policy.report_only,
        source_file: text(&place.file),
        status: environment.status.get(),
        line: place.line,
        column: place.column,
        sample: violation.sample.clone(),
    }
}

/// [Obtain the blocked URI](https://w3c.github.io/webappsec-csp/#obtain-violation-blocked-uri). Not in the text, but in the official
/// tests and in browsers: of a frame of another origin only the origin is told, since its own navigations count, too.
fn blocked_uri(environment: &Environment, directive: &str, url: &Url) -> String {
    let origin = url.origin();
    if matches!(directive, "frame-src" | "object-src") && origin.is_tuple() && origin != environment.origin {
        return origin.ascii_serialization();
    }
    strip(url)
}

/// [Strip URL for use in reports](https://w3c.github.io/webappsec-csp/#strip-url-for-use-in-reports)
fn strip(url: &Url) -> String {
    // Step 1.
    if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
        return url.scheme().to_owned();
    }
    // Steps 2 to 5. Neither call fails for a URL with a host.
    let mut url = url.clone();
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Steps 3.1 and 3.2: the element, if the document of the global object shows it, or else that document, or the global
/// object of a worker.
fn target(realm: &Realm, element: Option<Root<Element>>) -> Option<Root<EventTarget>> {
    let Some(window) = realm.global_as::<Window>() else { return realm.global_as::<EventTarget>() };
    let document = window.current_document()?;
    let root: Root<Node> = document.upcast();
    let shown = element.filter(|element| {
        element.is_in_document() && element.upcast::<Node>().shadow_including_root() == root
    });
    Some(shown.map_or_else(|| document.upcast(), |element| element.upcast()))
}

/// [Obtain the deprecated serialization](https://w3c.github.io/webappsec-csp/#deprecated-serialize-violation)
fn serialize(report: &Report) -> String {
    let mut body = serde_json::json!({
        "document-uri": report.document_uri,
        "referrer": report.referrer,
        "blocked-uri": report.blocked_uri,
        "effective-directive": report.effective_directive,
        "violated-directive": report.violated_directive,
        "original-policy": report.original_policy,
        "disposition": if report.report_only { "report" } else { "enforce" },
        "status-code": report.status,
        "script-sample": report.sample,
    });
    if !report.source_file.is_empty() {
        body["source-file"] = report.source_file.as_str().into();
        body["line-number"] = report.line.into();
        body["column-number"] = report.column.into();
    }
    serde_json::json!({ "csp-report": body }).to_string()
}

/// The same as a report of the Reporting API, with a
/// [`CSPViolationReportBody`](https://w3c.github.io/webappsec-csp/#cspviolationreportbody).
fn for_reporting_api(report: &Report, destination: String) -> reporting::Report {
    let or_null = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
    let known = !report.source_file.is_empty();
    let body = serde_json::json!({
        "documentURL": report.document_uri,
        "referrer": report.referrer,
        "blockedURL": report.blocked_uri,
        "effectiveDirective": report.effective_directive,
        "originalPolicy": report.original_policy,
        "sourceFile": or_null(&report.source_file),
        "sample": report.sample,
        "disposition": if report.report_only { "report" } else { "enforce" },
        "statusCode": report.status,
        "lineNumber": known.then_some(report.line),
        "columnNumber": known.then_some(report.column),
    });
    let (report_type, url) = ("csp-violation", report.document_uri.clone());
    reporting::Report { report_type, destination, url, body, timestamp: Instant::now() }
}

/// Reports what a navigation's response violates whose document is not shown
/// ([`frame-ancestors`](https://w3c.github.io/webappsec-csp/#directive-frame-ancestors)): there is no global object that
/// would be told.
pub(crate) fn of_response(
    parent: &Environment,
    response: &ResponseHead,
    policies: &PolicyContainer,
    violations: Vec<Violation>,
) {
    let Some(url) = response.url() else { return };
    let client = Client { top_level_origin: parent.top_level_origin.clone(), ..Client::of_url(url) };
    let mut queued = Vec::new();
    for violation in violations {
        let report = Report {
            document_uri: strip(url),
            referrer: strip(&parent.url.borrow()),
            blocked_uri: strip(url),
            effective_directive: violation.effective_directive.clone(),
            violated_directive: violation.effective_directive.clone(),
            original_policy: violation.policy.serialized.clone(),
            report_only: violation.policy.report_only,
            status: response.status,
            ..Report::default()
        };
        for endpoint in report_uris(&violation.policy).iter().filter_map(|endpoint| url.join(endpoint).ok()) {
            reporting::send(&parent.hosts, report_request(endpoint, client.clone(), &report));
        }
        queued
            .extend(report_to(&violation.policy).map(|destination| for_reporting_api(&report, destination)));
    }
    reporting::deliver(&parent.hosts, &client, &policies.reporting_endpoints, queued);
}

/// Step 3.4.2.2.
fn report_request(endpoint: Url, client: Client, report: &Report) -> Request {
    let mut head = RequestHead {
        method: http::Method::POST,
        destination: Destination::Report,
        credentials: CredentialsMode::SameOrigin,
        redirect: RedirectMode::Error,
        keepalive: true,
        ..RequestHead::get(endpoint)
    };
    head.headers.append("Content-Type", "application/csp-report");
    let body = Some(RequestBody::Bytes(serialize(report).into_bytes().into()));
    Request { head, client, body, priority: Priority::Foreground }
}

/// Step 3.4.2.3: what comes of it is ignored.
fn send(realm: &Realm, environment: &Rc<Environment>, request: Request) {
    let environment = Rc::clone(environment);
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        if let Err(error) = fetching::fetch(&environment, request, CancelHandle::new(), Some("other")).await {
            tracing::debug!(%error, "a report could not be sent");
        }
        Ok(())
    });
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::strip;

    #[test]
    fn reports_tell_no_secrets_of_urls() {
        for (url, stripped) in [
            ("https://u:p@a.test/x?y#z", "https://a.test/x?y"),
            ("data:text/plain,secret", "data"),
            ("blob:https://a.test/id", "blob"),
            ("wss://a.test/#z", "wss://a.test/"),
        ] {
            assert_eq!(strip(&Url::parse(url).unwrap()), stripped);
        }
    }
}
