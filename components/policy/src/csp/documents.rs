//! [Document](https://w3c.github.io/webappsec-csp/#directives-document) and
//! [navigation directives](https://w3c.github.io/webappsec-csp/#directives-navigation).

use bgfetch_traits::fetch::RequestHead;
use bgfetch_traits::policy::ViolationResource;
use content_security_policy as csp;
use content_security_policy::{CspList as Checks, NavigationCheckType, Policy};
use url::{Origin, Url};

use super::{CspList, Subject, Verdict, is_blocked};

impl CspList {
    /// [Is base allowed for document?](https://w3c.github.io/webappsec-csp/#allow-base-for-document)
    #[must_use]
    pub fn check_base(&self, base: &Url) -> Verdict {
        let mut verdict = Verdict::default();
        for (serialized, policy) in self.iter() {
            let alone = Checks(vec![policy.clone()]);
            let (_, violations) = alone.is_base_allowed_for_document(base, &self.self_origin);
            if !violations.is_empty() {
                verdict.violated(serialized, "base-uri", ViolationResource::Inline, String::new());
            }
            if verdict.is_blocked() {
                break;
            }
        }
        verdict
    }

    /// [Should navigation request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-navigation-request), step 2, of a
    /// form's submission: `form-action`.
    #[must_use]
    pub fn check_form_action(&self, head: &RequestHead, redirect_count: u32) -> Verdict {
        let mut verdict = Verdict::default();
        let mut request = self.request(&Subject::of(head, &head.url, redirect_count));
        for (serialized, policy) in self.iter() {
            for directive in policy.directive_set.iter().filter(|directive| directive.name == "form-action") {
                let kind = NavigationCheckType::FormSubmission;
                let check = directive.pre_navigation_check(&mut request, kind, |_| None, policy);
                if is_blocked(&check) {
                    let asked = head.redirected_from.first().unwrap_or(&head.url);
                    let resource = ViolationResource::Url(asked.clone());
                    verdict.violated(serialized, "form-action", resource, String::new());
                }
            }
        }
        verdict
    }

    /// [Should navigation response be blocked?](https://w3c.github.io/webappsec-csp/#should-block-navigation-response), step 2, by
    /// the policies that the response delivered: `frame-ancestors`. `ancestors` are the origins of the documents around
    /// it, innermost first.
    #[must_use]
    pub fn check_frame_ancestors(&self, response_url: &Url, ancestors: &[Origin]) -> Verdict {
        let mut verdict = Verdict::default();
        // An opaque origin serializes to "null", which is no URL: it matches nothing, not even `*`.
        let opaque = Url::parse("about:opaque").ok();
        let urls: Vec<Url> = ancestors
            .iter()
            .filter_map(|origin| Url::parse(&origin.ascii_serialization()).ok().or_else(|| opaque.clone()))
            .collect();
        let response = csp::Response { url: response_url.clone(), redirect_count: 0 };
        for (serialized, policy) in self.iter() {
            let violated = |directive: &&csp::Directive| {
                is_blocked(&directive.navigation_response_check(&response, &self.self_origin, &urls, policy))
            };
            if let Some(directive) = policy.directive_set.iter().find(violated) {
                let resource = ViolationResource::Url(response_url.clone());
                verdict.violated(serialized, &directive.name, resource, String::new());
            }
        }
        verdict
    }

    /// Whether an enforced policy has a `frame-ancestors` directive, which makes `X-Frame-Options`
    /// [be ignored](https://w3c.github.io/webappsec-csp/#frame-ancestors-and-frame-options).
    #[must_use]
    pub fn has_frame_ancestors(&self) -> bool {
        self.iter().any(|(serialized, policy)| {
            !serialized.report_only && policy.contains_a_directive_whose_name_is("frame-ancestors")
        })
    }

    /// [`sandbox` initialization](https://w3c.github.io/webappsec-csp/#sandbox-init): whether a worker may run.
    #[must_use]
    pub fn allows_worker(&self) -> bool {
        self.iter().filter(|(serialized, _)| !serialized.report_only).all(|(_, policy)| runs_worker(policy))
    }
}

fn runs_worker(policy: &Policy) -> bool {
    let directive = policy.directive_set.iter().find(|directive| directive.name == "sandbox");
    directive.is_none_or(|directive| {
        ["allow-scripts", "allow-same-origin"]
            .iter()
            .all(|wanted| directive.value.iter().any(|token| token.eq_ignore_ascii_case(wanted)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::list;
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn base_urls_and_forms() {
        for (policy, target, blocked) in [
            ("'self'", "https://page.test/a/", false),
            ("'none'", "https://page.test/a/", true),
            ("https://other.test", "https://other.test/", false),
            ("'self'", "https://other.test/", true),
        ] {
            let verdict = list(&[&format!("base-uri {policy}")]).check_base(&url(target));
            assert_eq!(verdict.blocked_by.is_some(), blocked, "{policy} {target}");
            let head = RequestHead::get(url(target));
            let verdict = list(&[&format!("form-action {policy}")]).check_form_action(&head, 0);
            assert_eq!(verdict.blocked_by.as_deref(), blocked.then_some("form-action"), "{policy} {target}");
        }
        assert!(!list(&["default-src 'none'"]).check_base(&url("https://other.test/")).is_blocked());
    }

    #[test]
    fn every_ancestor_has_to_be_allowed() {
        let page = url("https://page.test/framed");
        let origins = |texts: &[&str]| texts.iter().map(|text| url(text).origin()).collect::<Vec<_>>();
        for (policy, ancestors, blocked) in [
            ("'self'", vec!["https://page.test"], false),
            ("'self'", vec!["https://page.test", "https://other.test"], true),
            ("'none'", vec![], false),
            ("*", vec!["https://other.test"], false),
            ("*", vec!["data:,opaque"], true),
        ] {
            let list = list(&[&format!("frame-ancestors {policy}")]);
            let verdict = list.check_frame_ancestors(&page, &origins(&ancestors));
            assert_eq!(verdict.is_blocked(), blocked, "{policy} {ancestors:?}");
            assert!(list.has_frame_ancestors());
        }
    }

    #[test]
    fn sandboxed_workers_do_not_run() {
        for (policy, runs) in [
            ("sandbox", false),
            ("sandbox allow-scripts", false),
            ("sandbox allow-scripts allow-same-origin", true),
            ("script-src 'none'", true),
        ] {
            assert_eq!(list(&[policy]).allows_worker(), runs, "{policy}");
        }
    }
}
