//! [Content Security Policy](https://w3c.github.io/webappsec-csp/) of requests, and of responses.

use std::str::FromStr;

use bgfetch_traits::fetch::Destination;
use bgfetch_traits::policy::{CspPolicy, PolicyContainer};
use content_security_policy as csp;
use content_security_policy::{CheckResult, CspList, PolicyDisposition, PolicySource};
use url::{Origin, Url};

/// A client's policies, parsed once per fetch.
#[derive(Debug)]
pub(crate) struct ClientCsp(CspList);

/// What of a request its client's policies look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CspSubject<'a> {
    /// The request's URL as it was asked for.
    pub(crate) url: &'a Url,
    /// Its current URL.
    pub(crate) current_url: &'a Url,
    /// The client's origin: what `'self'` means.
    pub(crate) origin: &'a Origin,
    /// How many redirects led here.
    pub(crate) redirect_count: u32,
    /// What the response is for.
    pub(crate) destination: Destination,
    /// Integrity metadata.
    pub(crate) integrity: &'a str,
}

impl CspSubject<'_> {
    fn request(&self) -> csp::Request {
        csp::Request {
            url: self.url.clone(),
            current_url: self.current_url.clone(),
            origin: self.origin.clone(),
            redirect_count: self.redirect_count,
            destination: csp::Destination::from_str(self.destination.as_str())
                .unwrap_or(csp::Destination::None),
            initiator: csp::Initiator::None,
            // Elements with nonces are not this engine's: no request carries one.
            nonce: String::new(),
            integrity_metadata: self.integrity.to_owned(),
            parser_metadata: csp::ParserMetadata::None,
        }
    }
}

impl ClientCsp {
    /// The policies of a client's policy container.
    pub(crate) fn of(policy: &PolicyContainer) -> Self {
        let parse = |policy: &CspPolicy| {
            let source = if policy.from_meta { PolicySource::Meta } else { PolicySource::Header };
            let disposition =
                if policy.report_only { PolicyDisposition::Report } else { PolicyDisposition::Enforce };
            csp::Policy::parse(&policy.serialized, source, disposition)
        };
        Self(CspList(policy.csp_list.iter().map(parse).collect()))
    }

    /// [Report violations for request](https://w3c.github.io/webappsec-csp/#report-for-request) and
    /// [should request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-request) The directive that
    /// blocks it, if one does.
    pub(crate) fn request_blocked_by(&self, subject: &CspSubject<'_>) -> Option<String> {
        // A document that is navigated to is governed by other directives, which its navigation checks.
        if self.0.0.is_empty() || subject.destination == Destination::Document {
            return None;
        }
        let request = subject.request();
        for violation in self.0.report_violations_for_request(&request) {
            tracing::warn!(url = %subject.current_url, directive = %violation.directive, "report-only policy violated");
        }
        blocking_directive(self.0.should_request_be_blocked(&request))
    }

    /// [Should response to request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-response) The
    /// directive that blocks it, if one does.
    pub(crate) fn response_blocked_by(&self, subject: &CspSubject<'_>) -> Option<String> {
        if self.0.0.is_empty() || subject.destination == Destination::Document {
            return None;
        }
        let response =
            csp::Response { url: subject.current_url.clone(), redirect_count: subject.redirect_count };
        blocking_directive(self.0.should_response_to_request_be_blocked(&subject.request(), &response))
    }
}

fn blocking_directive((result, violations): (CheckResult, Vec<csp::Violation>)) -> Option<String> {
    (result == CheckResult::Blocked)
        .then(|| violations.first().map_or_else(|| "the policy".to_owned(), |v| v.directive.to_string()))
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::fetch::ReferrerPolicy;
    use bgfetch_traits::headers::HeaderList;

    use super::*;

    fn blocked(policy: &str, destination: Destination, target: &str, redirect_count: u32) -> Option<String> {
        let container = PolicyContainer {
            csp_list: vec![CspPolicy { serialized: policy.to_owned(), report_only: false, from_meta: false }],
            referrer_policy: ReferrerPolicy::Empty,
        };
        let url = Url::parse(target).unwrap();
        let origin = Url::parse("https://page.test/").unwrap().origin();
        let subject = CspSubject {
            url: &url,
            current_url: &url,
            origin: &origin,
            redirect_count,
            destination,
            integrity: "",
        };
        ClientCsp::of(&container).request_blocked_by(&subject)
    }

    #[test]
    fn directives_against_destinations_and_redirects() {
        use Destination::{Document, Empty, Script, ServiceWorker};
        let cases = [
            ("connect-src 'self'", Empty, "https://page.test/x", 0, false),
            ("connect-src 'self'", Empty, "https://other.test/x", 0, true),
            ("connect-src 'none'", Empty, "https://page.test/x", 0, true),
            ("default-src 'none'", Empty, "https://page.test/x", 0, true),
            ("connect-src 'none'", Script, "https://page.test/x", 0, false),
            ("script-src 'none'", Script, "https://page.test/x", 0, true),
            ("worker-src 'none'", ServiceWorker, "https://page.test/x", 0, true),
            ("connect-src https://other.test/path/", Empty, "https://other.test/path/x", 0, false),
            ("connect-src https://other.test/path/", Empty, "https://other.test/else", 0, true),
            ("connect-src https://other.test/path/", Empty, "https://other.test/else", 1, false),
            ("default-src 'none'", Document, "https://page.test/x", 0, false),
        ];
        for (policy, destination, target, redirects, expected) in cases {
            let blocked = blocked(policy, destination, target, redirects);
            assert_eq!(blocked.is_some(), expected, "{policy} {destination} {target} {blocked:?}");
        }
    }

    #[test]
    fn a_response_delivers_its_policies() {
        let headers = HeaderList::from_iter([
            ("Content-Security-Policy", "default-src 'self', connect-src 'none'"),
            ("Content-Security-Policy-Report-Only", "img-src 'none'"),
            ("Content-Security-Policy", "script-src x.test"),
            ("Referrer-Policy", "origin"),
        ]);
        let policy = PolicyContainer::of_response(&headers);
        let list: Vec<_> = policy.csp_list.iter().map(|p| (p.serialized.as_str(), p.report_only)).collect();
        assert_eq!(
            list,
            [
                ("default-src 'self'", false),
                ("connect-src 'none'", false),
                ("script-src x.test", false),
                ("img-src 'none'", true),
            ]
        );
        assert_eq!(policy.referrer_policy, ReferrerPolicy::Origin);
    }
}
