//! [Integration with HTML](https://w3c.github.io/webappsec-csp/#html-integration) and
//! [with ECMAScript](https://w3c.github.io/webappsec-csp/#ecma-integration).

use bgfetch_js::{DomString, Realm, Root};
use bgfetch_policy::csp::{InlineElement, InlineKind, Verdict};

use url::Url;

use super::{csp_list, report};
use crate::dom::{Element, HTMLScriptElement};
use crate::environment::Environment;

/// [Should element's inline type behavior be blocked by Content Security
/// Policy?](https://w3c.github.io/webappsec-csp/#should-block-inline) Whether it is allowed.
pub(crate) fn allows_inline(element: &Root<Element>, kind: InlineKind, source: &str) -> bool {
    let Some(realm) = element.owner_doc().realm() else { return true };
    let Some(environment) = Environment::try_of(&realm) else { return true };
    let Some(list) = csp_list(&environment) else { return true };
    let nonce = nonce_of(element);
    let parser_inserted =
        element.downcast::<HTMLScriptElement>().is_some_and(|script| script.state.is_parser_inserted());
    let matched = InlineElement { nonce: nonce.as_deref(), parser_inserted };
    let Verdict { violations, blocked_by } = list.check_inline(matched, kind, source);
    report::all(&realm, violations, Some(element));
    blocked_by.is_none()
}

/// An element's [`[[CryptographicNonce]]`](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cryptographicnonce), if
/// it is [nonceable](https://w3c.github.io/webappsec-csp/#is-element-nonceable).
///
/// The text asks for a content attribute; here, as elsewhere, one is nonceable too that got its nonce from script.
pub(crate) fn nonce_of(element: &Root<Element>) -> Option<DomString> {
    // Step 1. Spaces around it do not count: not in the text, but in the official tests.
    let nonce: DomString =
        element.cryptographic_nonce()?.trim_matches(|c: char| c.is_ascii_whitespace()).into();
    if nonce.is_empty() {
        return None;
    }
    // Steps 2 and 3.
    let Some(script) = element.downcast::<HTMLScriptElement>() else { return Some(nonce) };
    let opens = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("<script") || text.contains("<style")
    };
    let dangling = script.state.had_duplicate_attributes.get()
        || element.attribute_list().iter().any(|(name, value)| opens(&name.local) || opens(value));
    (!dangling).then_some(nonce)
}

/// [Is base allowed for document?](https://w3c.github.io/webappsec-csp/#allow-base-for-document), of the one that a realm shows.
pub(crate) fn allows_base(realm: &Realm, url: &Url) -> bool {
    let Some(list) = Environment::try_of(realm).and_then(|environment| csp_list(&environment)) else {
        return true;
    };
    let Verdict { violations, blocked_by } = list.check_base(url);
    report::all(realm, violations, None);
    blocked_by.is_none()
}

/// [`EnsureCSPDoesNotBlockStringCompilation`](https://w3c.github.io/webappsec-csp/#can-compile-strings): whether a string may be
/// compiled.
pub(crate) fn allows_eval(realm: &Realm, source: &str) -> bool {
    let Some(list) = Environment::try_of(realm).and_then(|environment| csp_list(&environment)) else {
        return true;
    };
    let Verdict { violations, blocked_by } = list.check_eval(source);
    report::all(realm, violations, None);
    blocked_by.is_none()
}

/// [`EnsureCSPDoesNotBlockWasmByteCompilation`](https://w3c.github.io/webappsec-csp/#can-compile-wasm-bytes): whether WebAssembly
/// may be compiled.
pub(crate) fn allows_wasm(realm: &Realm) -> bool {
    let Some(list) = Environment::try_of(realm).and_then(|environment| csp_list(&environment)) else {
        return true;
    };
    let Verdict { violations, blocked_by } = list.check_wasm();
    report::all(realm, violations, None);
    blocked_by.is_none()
}

/// Has a realm ask before it compiles strings, if its policies forbid that; to be called whenever they have changed.
///
/// What is only reported goes on unasked: to ask means to take `eval()`, and with it the scope of the code that calls it,
/// away.
pub(crate) fn apply_to_realm(realm: &Realm) {
    let list = Environment::try_of(realm).and_then(|environment| csp_list(&environment));
    let forbids = list.is_some_and(|list| list.forbids_eval());
    let applied = if forbids {
        realm.forbid_string_compilation(|realm, source| {
            // Asked for what it reports.
            allows_eval(realm, source);
        })
    } else {
        realm.allow_string_compilation()
    };
    if let Err(exception) = applied {
        tracing::error!(%exception, "eval() could not be taken away");
    }
}
