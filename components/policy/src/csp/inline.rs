//! [Should element's inline type behavior be blocked?](https://w3c.github.io/webappsec-csp/#should-block-inline), and the
//! [integration with ECMAScript](https://w3c.github.io/webappsec-csp/#ecma-integration).

use std::borrow::Cow;

use bgfetch_traits::policy::ViolationResource;
use content_security_policy as csp;
use content_security_policy::{Directive, InlineCheckType, Policy};
use url::Url;

use super::{CspList, Verdict, is_blocked, sample};

/// What is inline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlineKind {
    /// "script"
    Script,
    /// "script attribute": an event handler.
    ScriptAttribute,
    /// "style"
    Style,
    /// "style attribute"
    StyleAttribute,
}

impl InlineKind {
    const fn check(self) -> InlineCheckType {
        match self {
            Self::Script => InlineCheckType::Script,
            Self::ScriptAttribute => InlineCheckType::ScriptAttribute,
            Self::Style => InlineCheckType::Style,
            Self::StyleAttribute => InlineCheckType::StyleAttribute,
        }
    }

    /// [Get the effective directive for inline checks](https://w3c.github.io/webappsec-csp/#effective-directive-for-inline-check)
    const fn effective_directive(self) -> &'static str {
        match self {
            Self::Script => "script-src-elem",
            Self::ScriptAttribute => "script-src-attr",
            Self::Style => "style-src-elem",
            Self::StyleAttribute => "style-src-attr",
        }
    }
}

/// What of an element matters.
#[derive(Clone, Copy, Debug, Default)]
pub struct InlineElement<'a> {
    /// Its nonce, if it is [nonceable](https://w3c.github.io/webappsec-csp/#is-element-nonceable).
    pub nonce: Option<&'a str>,
    /// Whether it is [parser-inserted](https://html.spec.whatwg.org/multipage/scripting.html#parser-inserted).
    pub parser_inserted: bool,
}

impl CspList {
    /// [Should element's inline type behavior be blocked by Content Security
    /// Policy?](https://w3c.github.io/webappsec-csp/#should-block-inline)
    #[must_use]
    pub fn check_inline(&self, element: InlineElement<'_>, kind: InlineKind, source: &str) -> Verdict {
        let mut verdict = Verdict::default();
        let matched = csp::Element { nonce: element.nonce.map(Cow::Borrowed) };
        for (serialized, policy) in self.iter() {
            for directive in &policy.directive_set {
                if !is_blocked(&directive.inline_check(&matched, kind.check(), policy, source)) {
                    continue;
                }
                // Does element match source list for type and source?, step 5.2.1, which the crate does not have.
                if kind == InlineKind::Script
                    && !element.parser_inserted
                    && has_keyword(directive, "'strict-dynamic'")
                {
                    continue;
                }
                let sample = sample(directive, source);
                verdict.violated(serialized, kind.effective_directive(), ViolationResource::Inline, sample);
            }
        }
        verdict
    }

    /// [Should navigation request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-navigation-request), step 3: of a
    /// `javascript:` URL.
    #[must_use]
    pub fn check_javascript_url(&self, url: &Url) -> Verdict {
        let mut verdict = Verdict::default();
        let nobody = csp::Element { nonce: None };
        for (serialized, policy) in self.iter() {
            for directive in &policy.directive_set {
                let kind = InlineCheckType::Navigation;
                if is_blocked(&directive.inline_check(&nobody, kind, policy, url.as_str())) {
                    // The text takes no sample here; others do, and so does this.
                    let sample = sample(directive, url.as_str());
                    verdict.violated(serialized, "script-src-elem", ViolationResource::Inline, sample);
                }
            }
        }
        verdict
    }

    /// [`EnsureCSPDoesNotBlockStringCompilation`](https://w3c.github.io/webappsec-csp/#can-compile-strings): of `eval()`, function
    /// constructors, and timers. Trusted types are not implemented.
    #[must_use]
    pub fn check_eval(&self, source: &str) -> Verdict {
        let mut verdict = Verdict::default();
        for (serialized, policy) in self.iter() {
            if let Some(directive) = forbids_eval(policy) {
                let sample = sample(directive, source);
                verdict.violated(serialized, "script-src", ViolationResource::Eval, sample);
            }
        }
        verdict
    }

    /// [Whether WebAssembly may be compiled](https://w3c.github.io/webappsec-csp/#can-compile-wasm-bytes).
    #[must_use]
    pub fn check_wasm(&self) -> Verdict {
        let mut verdict = Verdict::default();
        for (serialized, policy) in self.iter() {
            let directive = forbids_eval(policy).filter(|found| !has_keyword(found, "'wasm-unsafe-eval'"));
            if directive.is_some() {
                verdict.violated(serialized, "script-src", ViolationResource::WasmEval, String::new());
            }
        }
        verdict
    }

    /// Whether no string may be compiled.
    #[must_use]
    pub fn forbids_eval(&self) -> bool {
        self.iter().any(|(serialized, policy)| !serialized.report_only && forbids_eval(policy).is_some())
    }
}

/// The directive that forbids to compile strings.
fn forbids_eval(policy: &Policy) -> Option<&Directive> {
    let named = |name: &str| policy.directive_set.iter().find(|directive| directive.name == name);
    named("script-src").or_else(|| named("default-src")).filter(|found| !has_keyword(found, "'unsafe-eval'"))
}

fn has_keyword(directive: &Directive, keyword: &str) -> bool {
    directive.value.iter().any(|value| value.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::super::tests::list;
    use super::*;

    const SHA_OF_1: &str = "'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='";

    #[test]
    fn inline_scripts() {
        let hashed = format!("script-src {SHA_OF_1}");
        let cases = [
            ("script-src 'self'", None, true, true),
            ("script-src 'unsafe-inline'", None, true, false),
            ("script-src 'unsafe-inline' 'nonce-abc'", None, true, true),
            ("script-src 'nonce-abc'", Some("abc"), true, false),
            ("script-src 'nonce-abc'", Some("ABC"), true, true),
            ("script-src 'nonce-abc' 'strict-dynamic'", None, false, false),
            ("script-src 'nonce-abc' 'strict-dynamic'", None, true, true),
            ("script-src-elem 'none'; script-src 'unsafe-inline'", None, true, true),
            ("img-src 'none'", None, true, false),
            (&*hashed, None, true, false),
        ];
        for (policy, nonce, parser_inserted, blocked) in cases {
            let element = InlineElement { nonce, parser_inserted };
            let verdict = list(&[policy]).check_inline(element, InlineKind::Script, "1");
            assert_eq!(verdict.is_blocked(), blocked, "{policy} {nonce:?} {parser_inserted}");
        }
    }

    #[test]
    fn handlers_and_urls_want_unsafe_hashes() {
        let element = InlineElement::default();
        let (plain, unsafe_hashes) =
            (format!("script-src {SHA_OF_1}"), format!("script-src 'unsafe-hashes' {SHA_OF_1}"));
        let attribute = InlineKind::ScriptAttribute;
        assert!(list(&[&plain]).check_inline(element, attribute, "1").is_blocked());
        assert!(!list(&[&unsafe_hashes]).check_inline(element, attribute, "1").is_blocked());
        let url = Url::parse("javascript:1").unwrap();
        assert!(list(&["script-src 'self'"]).check_javascript_url(&url).is_blocked());
        assert!(!list(&["script-src 'unsafe-inline'"]).check_javascript_url(&url).is_blocked());
    }

    #[test]
    fn samples_are_forty_characters_if_they_are_wanted() {
        let source = "é".repeat(60);
        let sample = |policy: &str| {
            let verdict = list(&[policy]).check_inline(InlineElement::default(), InlineKind::Script, &source);
            verdict.violations[0].sample.clone()
        };
        assert_eq!(sample("script-src 'report-sample'"), "é".repeat(40));
        assert_eq!(sample("script-src 'self'"), "");
    }

    #[test]
    fn strings_are_compiled_with_unsafe_eval_only() {
        let cases = [
            ("script-src 'self'", true),
            ("script-src 'unsafe-eval'", false),
            ("default-src 'self'", true),
            ("default-src 'self'; script-src 'UNSAFE-EVAL'", false),
            ("img-src 'none'", false),
        ];
        for (policy, blocked) in cases {
            assert_eq!(list(&[policy]).forbids_eval(), blocked, "{policy}");
            assert_eq!(list(&[policy]).check_eval("1").is_blocked(), blocked, "{policy}");
        }
        for (policy, blocked) in [
            ("script-src 'self'", true),
            ("default-src 'none'", true),
            ("script-src 'wasm-unsafe-eval'", false),
            ("script-src 'unsafe-eval'", false),
            ("img-src 'none'", false),
        ] {
            assert_eq!(list(&[policy]).check_wasm().is_blocked(), blocked, "{policy}");
        }
        let report_only = list(&["img-src 'none'", "script-src 'self'"]);
        assert!(!report_only.forbids_eval());
        assert_eq!(report_only.check_eval("1").violations[0].effective_directive, "script-src");
    }
}
