//! [Cross-origin isolation](https://html.spec.whatwg.org/multipage/document-sequences.html#cross-origin-isolation-mode): the two policies that
//! a document states for it.

use serde::{Deserialize, Serialize};

use crate::headers::HeaderList;

/// [Embedder policy value](https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value). Policies that are only reported
/// on are not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmbedderPolicy {
    /// `unsafe-none`
    #[default]
    UnsafeNone,
    /// `credentialless`
    Credentialless,
    /// `require-corp`
    RequireCorp,
}

impl EmbedderPolicy {
    /// [Obtains an embedder policy](https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy) from a response's
    /// headers, for an environment that is a secure context.
    #[must_use]
    pub fn of_headers(headers: &HeaderList) -> Self {
        match item(headers, "cross-origin-embedder-policy").as_deref() {
            Some("require-corp") => Self::RequireCorp,
            Some("credentialless") => Self::Credentialless,
            _ => Self::UnsafeNone,
        }
    }

    /// Whether it is [compatible with cross-origin
    /// isolation](https://html.spec.whatwg.org/multipage/browsers.html#compatible-with-cross-origin-isolation).
    #[must_use]
    pub const fn is_compatible_with_isolation(self) -> bool {
        !matches!(self, Self::UnsafeNone)
    }
}

/// [Whether a response's opener policy](https://html.spec.whatwg.org/multipage/browsers.html#obtain-coop) is "same-origin", for an
/// environment that is a secure context.
#[must_use]
pub fn has_same_origin_opener_policy(headers: &HeaderList) -> bool {
    item(headers, "cross-origin-opener-policy").as_deref() == Some("same-origin")
}

/// The token that a [structured header](https://www.rfc-editor.org/rfc/rfc9651#name-items) of type "item" is, without parameters.
fn item(headers: &HeaderList, name: &str) -> Option<String> {
    let value = headers.get_str(name)?;
    let token = value.split(';').next()?.trim_matches(' ');
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedder_policies_are_tokens_and_nothing_else_counts() {
        for (value, policy) in [
            ("require-corp", EmbedderPolicy::RequireCorp),
            (" credentialless; report-to=\"x\"", EmbedderPolicy::Credentialless),
            ("Require-Corp", EmbedderPolicy::UnsafeNone),
            ("\"require-corp\"", EmbedderPolicy::UnsafeNone),
            ("require-corp, require-corp", EmbedderPolicy::UnsafeNone),
            ("", EmbedderPolicy::UnsafeNone),
        ] {
            let headers = HeaderList::from_iter([("Cross-Origin-Embedder-Policy", value)]);
            assert_eq!(EmbedderPolicy::of_headers(&headers), policy, "{value}");
        }
        assert_eq!(EmbedderPolicy::of_headers(&HeaderList::new()), EmbedderPolicy::UnsafeNone);
    }

    #[test]
    fn opener_policies() {
        for (value, same_origin) in [
            ("same-origin", true),
            ("same-origin; report-to=\"x\"", true),
            ("same-origin-allow-popups", false),
        ] {
            let headers = HeaderList::from_iter([("Cross-Origin-Opener-Policy", value)]);
            assert_eq!(has_same_origin_opener_policy(&headers), same_origin, "{value}");
        }
    }
}
