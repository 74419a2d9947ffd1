//! [Integration with Fetch](https://w3c.github.io/webappsec-csp/#fetch-integration).

use std::str::FromStr;

use bgfetch_traits::fetch::{Destination, ParserMetadata, RequestHead};
use bgfetch_traits::policy::ViolationResource;
use content_security_policy as csp;
use url::Url;

use super::{CspList, Verdict, is_blocked};

/// What of a request the policies of its client look at.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    head: &'a RequestHead,
    /// Its current URL.
    current_url: &'a Url,
    redirect_count: u32,
}

impl<'a> Subject<'a> {
    /// A request that so many redirects have led to `current_url`.
    #[must_use]
    pub const fn of(head: &'a RequestHead, current_url: &'a Url, redirect_count: u32) -> Self {
        Self { head, current_url, redirect_count }
    }
}

impl CspList {
    pub(super) fn request(&self, subject: &Subject<'_>) -> csp::Request {
        let Subject { head, current_url, redirect_count } = *subject;
        csp::Request {
            url: match head.destination {
                // In browsers each hop of a navigation is a request of its own; reports tell the origin of a frame's.
                Destination::Frame | Destination::Iframe => head.url.clone(),
                _ => head.redirected_from.first().unwrap_or(&head.url).clone(),
            },
            current_url: current_url.clone(),
            origin: self.self_origin.clone(),
            redirect_count,
            destination: csp::Destination::from_str(head.destination.as_str())
                .unwrap_or(csp::Destination::None),
            initiator: csp::Initiator::None,
            nonce: head.nonce.to_string(),
            integrity_metadata: head.integrity.clone(),
            parser_metadata: match head.parser_metadata {
                ParserMetadata::None => csp::ParserMetadata::None,
                ParserMetadata::ParserInserted => csp::ParserMetadata::ParserInserted,
                ParserMetadata::NotParserInserted => csp::ParserMetadata::NotParserInserted,
            },
        }
    }

    /// A document that is navigated to at the top is governed by other directives, which its navigation checks; reports are
    /// governed by none.
    fn is_governed(&self, subject: &Subject<'_>) -> bool {
        !self.is_empty() && !matches!(subject.head.destination, Destination::Document | Destination::Report)
    }

    /// [Report violations for request](https://w3c.github.io/webappsec-csp/#report-for-request) and
    /// [should request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-request)
    #[must_use]
    pub fn check_request(&self, subject: &Subject<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        if !self.is_governed(subject) {
            return verdict;
        }
        let request = self.request(subject);
        // Those that only report come first.
        let (report_only, enforced): (Vec<_>, Vec<_>) =
            self.iter().partition(|(source, _)| source.report_only);
        for (source, policy) in report_only.into_iter().chain(enforced) {
            if let csp::Violates::Directive(_) = policy.does_request_violate_policy(&request) {
                let resource = ViolationResource::Url(request.url.clone());
                verdict.violated(
                    source,
                    effective_directive(subject.head.destination),
                    resource,
                    String::new(),
                );
            }
        }
        verdict
    }

    /// [Should response to request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-response)
    #[must_use]
    pub fn check_response(&self, subject: &Subject<'_>, url: &Url) -> Verdict {
        let mut verdict = Verdict::default();
        // A response from where the request went says nothing new: what is only reported would be reported twice.
        if !self.is_governed(subject) || url == subject.current_url {
            return verdict;
        }
        let request = self.request(subject);
        let response = csp::Response { url: url.clone(), redirect_count: subject.redirect_count };
        for (source, policy) in self.iter() {
            for directive in &policy.directive_set {
                if is_blocked(&directive.post_request_check(&request, &response, policy)) {
                    let resource = ViolationResource::Url(request.url.clone());
                    let effective = effective_directive(subject.head.destination);
                    verdict.violated(source, effective, resource, String::new());
                }
            }
        }
        verdict
    }
}

/// [Get the effective directive for request](https://w3c.github.io/webappsec-csp/#effective-directive-for-a-request)
const fn effective_directive(destination: Destination) -> &'static str {
    match destination {
        Destination::Manifest => "manifest-src",
        Destination::Object | Destination::Embed => "object-src",
        Destination::Frame | Destination::Iframe => "frame-src",
        Destination::Audio | Destination::Track | Destination::Video => "media-src",
        Destination::Font => "font-src",
        Destination::Image => "img-src",
        Destination::Style => "style-src-elem",
        Destination::Script | Destination::Xslt | Destination::AudioWorklet | Destination::PaintWorklet => {
            "script-src-elem"
        }
        Destination::ServiceWorker | Destination::SharedWorker | Destination::Worker => "worker-src",
        _ => "connect-src",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::list;
    use super::*;

    fn head(destination: Destination, url: &str) -> RequestHead {
        RequestHead { destination, ..RequestHead::get(Url::parse(url).unwrap()) }
    }

    #[test]
    fn directives_against_destinations_and_redirects() {
        use Destination::{Document, Empty, Iframe, Report, Script, ServiceWorker};
        let cases = [
            ("connect-src 'self'", Empty, "https://page.test/x", 0, None),
            ("connect-src 'self'", Empty, "https://other.test/x", 0, Some("connect-src")),
            ("connect-src 'none'", Empty, "https://page.test/x", 0, Some("connect-src")),
            ("default-src 'none'", Empty, "https://page.test/x", 0, Some("connect-src")),
            ("default-src 'none'", Report, "https://page.test/x", 0, None),
            ("connect-src 'none'", Script, "https://page.test/x", 0, None),
            ("script-src 'none'", Script, "https://page.test/x", 0, Some("script-src-elem")),
            ("child-src 'none'", Iframe, "https://page.test/x", 0, Some("frame-src")),
            ("worker-src 'none'", ServiceWorker, "https://page.test/x", 0, Some("worker-src")),
            ("connect-src https://other.test/path/", Empty, "https://other.test/path/x", 0, None),
            (
                "connect-src https://other.test/path/",
                Empty,
                "https://other.test/else",
                0,
                Some("connect-src"),
            ),
            ("connect-src https://other.test/path/", Empty, "https://other.test/else", 1, None),
            ("default-src 'none'", Document, "https://page.test/x", 0, None),
        ];
        for (policy, destination, target, redirects, expected) in cases {
            let head = head(destination, target);
            let verdict = list(&[policy]).check_request(&Subject::of(&head, &head.url, redirects));
            assert_eq!(verdict.blocked_by.as_deref(), expected, "{policy} {destination} {target}");
            assert_eq!(verdict.violations.len(), usize::from(expected.is_some()));
        }
    }

    #[test]
    fn a_redirect_is_not_told_to_the_page() {
        let asked = head(Destination::Empty, "https://page.test/x");
        let current = Url::parse("https://secret.test/").unwrap();
        let verdict = list(&["connect-src 'self'"]).check_request(&Subject::of(&asked, &current, 1));
        assert_eq!(verdict.violations[0].resource, ViolationResource::Url(asked.url));
    }

    #[test]
    fn report_only_policies_report_and_do_not_block() {
        let list = list(&["img-src 'none'", "connect-src 'none'; report-uri /r"]);
        let head = head(Destination::Empty, "https://page.test/x");
        let verdict = list.check_request(&Subject::of(&head, &head.url, 0));
        assert!(!verdict.is_blocked());
        assert!(verdict.violations.iter().all(|violation| violation.policy.report_only));
        assert_eq!(verdict.violations.len(), 1);
    }

    #[test]
    fn nonces_and_strict_dynamic_allow_scripts() {
        let strict = "script-src 'nonce-abc' 'strict-dynamic'";
        let cases = [
            ("script-src 'nonce-abc'", "abc", ParserMetadata::ParserInserted, false),
            ("script-src 'nonce-abc'", "", ParserMetadata::ParserInserted, true),
            (strict, "", ParserMetadata::NotParserInserted, false),
            (strict, "", ParserMetadata::ParserInserted, true),
        ];
        for (policy, nonce, parser_metadata, blocked) in cases {
            let nonce = nonce.into();
            let head =
                RequestHead { nonce, parser_metadata, ..head(Destination::Script, "https://other.test/") };
            let verdict = list(&[policy]).check_request(&Subject::of(&head, &head.url, 0));
            assert_eq!(verdict.is_blocked(), blocked, "{policy} {parser_metadata}");
        }
    }

    #[test]
    fn responses_are_checked_by_where_they_came_from() {
        let list = list(&["connect-src 'self'"]);
        let head = head(Destination::Empty, "https://page.test/x");
        let subject = Subject::of(&head, &head.url, 0);
        assert!(!list.check_response(&subject, &head.url).is_blocked());
        assert!(list.check_response(&subject, &Url::parse("https://other.test/").unwrap()).is_blocked());
        let refused = self::head(Destination::Empty, "https://other.test/x");
        let subject = Subject::of(&refused, &refused.url, 0);
        assert_eq!(list.check_request(&subject).violations.len(), 1);
        assert!(list.check_response(&subject, &refused.url).violations.is_empty());
    }
}
