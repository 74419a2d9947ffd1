//! [Content Security Policy](https://w3c.github.io/webappsec-csp/), as of 2026-04-19.
//!
//! | module | what it asks |
//! |---|---|
//! | `requests` | may this be fetched, may this response be seen |
//! | `inline` | may this inline script, event handler, style or `javascript:` URL run, may strings be compiled |
//! | `documents` | may this be the base URL, may this form go there, may this be framed, may this worker run |
//!
//! The grammar of source lists and what they match are the `content-security-policy` crate's. Its checks of whole lists are
//! not used: they cut samples at bytes, and their violations do not tell which serialized policy was violated.

mod documents;
mod inline;
mod requests;

use bgfetch_traits::policy::{CspPolicy, PolicyContainer, Violation, ViolationResource};
use content_security_policy::{CheckResult, Directive, Policy, PolicyDisposition, PolicySource};
use url::Origin;

pub use inline::{InlineElement, InlineKind};
pub use requests::Subject;

/// A [CSP list](https://w3c.github.io/webappsec-csp/#csp-list), parsed.
#[derive(Debug)]
pub struct CspList {
    policies: Vec<(CspPolicy, Policy)>,
    self_origin: Origin,
}

/// What came of a check.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Every violation, of policies that are enforced and of those that are not.
    pub violations: Vec<Violation>,
    /// The directive that forbids it, if one of an enforced policy does.
    pub blocked_by: Option<String>,
}

impl Verdict {
    /// Whether an enforced policy forbids it.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        self.blocked_by.is_some()
    }

    fn violated(&mut self, policy: &CspPolicy, effective: &str, resource: ViolationResource, sample: String) {
        if !policy.report_only && self.blocked_by.is_none() {
            self.blocked_by = Some(effective.to_owned());
        }
        self.violations.push(Violation {
            resource,
            effective_directive: effective.to_owned(),
            policy: policy.clone(),
            sample,
        });
    }
}

impl CspList {
    /// That of a policy container, for a client of `origin`.
    #[must_use]
    pub fn of(container: &PolicyContainer, origin: &Origin) -> Self {
        Self {
            policies: container.csp_list.iter().map(|policy| (policy.clone(), parse(policy))).collect(),
            self_origin: container.self_url.as_ref().map_or_else(|| origin.clone(), |url| url.origin()),
        }
    }

    /// Whether it allows everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&CspPolicy, &Policy)> {
        self.policies.iter().map(|(serialized, policy)| (serialized, policy))
    }
}

/// [Parse a serialized CSP](https://w3c.github.io/webappsec-csp/#parse-serialized-policy), without the directives that
/// [have no effect in a `meta` element](https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-content-security-policy).
fn parse(policy: &CspPolicy) -> Policy {
    let source = if policy.from_meta { PolicySource::Meta } else { PolicySource::Header };
    let disposition = if policy.report_only { PolicyDisposition::Report } else { PolicyDisposition::Enforce };
    let mut parsed = Policy::parse(&policy.serialized, source, disposition);
    if policy.from_meta {
        parsed
            .directive_set
            .retain(|directive| !["report-uri", "frame-ancestors", "sandbox"].contains(&&*directive.name));
    }
    parsed
}

/// Where violations of a policy are [reported to](https://w3c.github.io/webappsec-csp/#directive-report-uri), as URLs that may be
/// relative: none if the policy has a `report-to` directive, which takes the place of `report-uri`.
#[must_use]
pub fn report_uris(policy: &CspPolicy) -> Vec<String> {
    let parsed = parse(policy);
    let value = |name: &str| parsed.directive_set.iter().find(|directive| directive.name == name);
    match (value("report-uri"), value("report-to")) {
        (Some(directive), None) => directive.value.clone(),
        _ => Vec::new(),
    }
}

/// The name of the [reporting endpoint](https://w3c.github.io/webappsec-csp/#directive-report-to) that violations of a policy
/// are reported to.
#[must_use]
pub fn report_to(policy: &CspPolicy) -> Option<String> {
    let parsed = parse(policy);
    let directive = parsed.directive_set.into_iter().find(|directive| directive.name == "report-to")?;
    directive.value.into_iter().next()
}

/// The directive's [sample](https://w3c.github.io/webappsec-csp/#violation-sample) of a source: its first 40 characters, if the
/// policy wants one.
fn sample(directive: &Directive, source: &str) -> String {
    let wanted = directive.value.iter().any(|value| value.eq_ignore_ascii_case("'report-sample'"));
    if wanted { source.chars().take(40).collect() } else { String::new() }
}

fn is_blocked(result: &CheckResult) -> bool {
    *result == CheckResult::Blocked
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list of a page at `https://page.test/` with these policies, the first of them enforced.
    pub(super) fn list(policies: &[&str]) -> CspList {
        let policy = |(index, serialized): (usize, &&str)| CspPolicy {
            serialized: (*serialized).to_owned(),
            report_only: index > 0,
            from_meta: false,
        };
        let csp_list = policies.iter().enumerate().map(policy).collect();
        let container = PolicyContainer { csp_list, ..PolicyContainer::default() };
        CspList::of(&container, &url::Url::parse("https://page.test/").unwrap().origin())
    }

    #[test]
    fn reports_go_where_the_policy_says() {
        let uris = |serialized: &str, from_meta| {
            report_uris(&CspPolicy { serialized: serialized.to_owned(), report_only: false, from_meta })
        };
        assert_eq!(uris("img-src 'none'; report-uri /a https://b.test/c", false), ["/a", "https://b.test/c"]);
        assert!(uris("report-uri /a; report-to group", false).is_empty());
        assert!(uris("report-uri /a", true).is_empty());
        assert!(uris("img-src 'none'", false).is_empty());
        let name = |serialized: &str| {
            report_to(&CspPolicy { serialized: serialized.to_owned(), report_only: false, from_meta: true })
        };
        assert_eq!(name("report-to group other").as_deref(), Some("group"));
        assert_eq!(name("report-uri /a"), None);
    }

    #[test]
    fn nonsense_in_a_policy_is_not_an_error() {
        for serialized in
            ["", ";;,", "img-src :99999 *.:1 'nonce-' [::1]:x", "\u{e9}", "script-src 'sha256-'"]
        {
            let list = list(&[serialized]);
            let url = url::Url::parse("https://other.test:99/x").unwrap();
            let head = bgfetch_traits::fetch::RequestHead::get(url.clone());
            drop(list.check_request(&Subject::of(&head, &url, 0)));
            drop(list.check_eval("é".repeat(50).as_str()));
        }
    }
}
