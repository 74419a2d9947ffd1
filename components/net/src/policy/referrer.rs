//! [Referrer Policy](https://w3c.github.io/webappsec-referrer-policy/).

use bgfetch_traits::fetch::ReferrerPolicy;
use bgfetch_traits::headers::HeaderList;

use crate::fetch::header_values::get_decode_and_split;

/// [Parse a referrer policy from a `Referrer-Policy` header](https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
pub(crate) fn parse_a_referrer_policy(headers: &HeaderList) -> ReferrerPolicy {
    get_decode_and_split(headers, "referrer-policy")
        .unwrap_or_default()
        .iter()
        .filter_map(|token| ReferrerPolicy::parse(&token.to_ascii_lowercase()))
        .rfind(|policy| *policy != ReferrerPolicy::Empty)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_policy_of_the_header_that_is_known_counts() {
        let cases = [
            ("no-referrer", ReferrerPolicy::NoReferrer),
            ("no-referrer, Unsafe-URL", ReferrerPolicy::UnsafeUrl),
            ("origin, something-new", ReferrerPolicy::Origin),
            ("", ReferrerPolicy::Empty),
        ];
        for (value, expected) in cases {
            let headers = HeaderList::from_iter([("Referrer-Policy", value)]);
            assert_eq!(parse_a_referrer_policy(&headers), expected, "{value}");
        }
    }
}
