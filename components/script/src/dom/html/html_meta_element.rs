//! [`HTMLMetaElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-meta-element), and what one does when it is
//! inserted.

use bgfetch_js::{Realm, Root};
use bgfetch_traits::fetch::ReferrerPolicy;
use bgfetch_traits::policy::CspPolicy;

use super::reflect;
use super::simple::html_element;
use crate::dom::{Element, HTMLElement};
use crate::environment::Environment;
use crate::policies;

html_element!(
    /// `HTMLMetaElement`
    HTMLMetaElement, HTMLMetaElementMethods {
        reflect::string!(name, set_name, "name");
        reflect::string!(http_equiv, set_http_equiv, "http-equiv");
        reflect::string!(content, set_content, "content");
        reflect::string!(media, set_media, "media");
    }
);

/// A `meta` element became connected.
pub(super) fn inserted(realm: &Realm, element: &Root<Element>) {
    if !element.owner_doc().runs_scripts() {
        return;
    }
    let is = |attribute: &str, expected: &str| {
        element
            .with_plain_attribute(attribute, |value| value.is_some_and(|v| v.eq_ignore_ascii_case(expected)))
    };
    let content = element.plain_attribute("content").unwrap_or_default();
    if is("http-equiv", "content-security-policy") {
        enforce_policy(realm, element, &content);
    } else if is("name", "referrer") {
        set_referrer_policy(realm, &content);
    }
}

/// [Content security policy state](https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-content-security-policy).
fn enforce_policy(realm: &Realm, element: &Root<Element>, content: &str) {
    // Steps 1 and 2.
    let in_head = element.parent_as_element().is_some_and(|parent| parent.is_html_named("head"));
    if !in_head || content.trim().is_empty() {
        return;
    }
    // Steps 3 to 5. What such a policy may not have is of no effect.
    let policy = CspPolicy { serialized: content.to_owned(), report_only: false, from_meta: true };
    Environment::of(realm).policy.borrow_mut().csp_list.push(policy);
    policies::apply_to_realm(realm);
}

/// [`meta name=referrer`](https://html.spec.whatwg.org/multipage/semantics.html#meta-referrer).
fn set_referrer_policy(realm: &Realm, content: &str) {
    let value = content.trim().to_ascii_lowercase();
    let policy = match value.as_str() {
        "never" => Some(ReferrerPolicy::NoReferrer),
        "default" => Some(ReferrerPolicy::StrictOriginWhenCrossOrigin),
        "always" => Some(ReferrerPolicy::UnsafeUrl),
        "origin-when-crossorigin" => Some(ReferrerPolicy::OriginWhenCrossOrigin),
        "" => None,
        other => ReferrerPolicy::parse(other),
    };
    if let Some(policy) = policy {
        Environment::of(realm).policy.borrow_mut().referrer_policy = policy;
    }
}
