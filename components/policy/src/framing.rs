//! Whether a response may be shown in a frame: `frame-ancestors`, and `X-Frame-Options` before it.

use bgfetch_traits::headers::HeaderList;
use url::Origin;

use crate::csp::CspList;

/// [Checks a navigation response's adherence to
/// `X-Frame-Options`](https://html.spec.whatwg.org/multipage/document-lifecycle.html#check-a-navigation-response's-adherence-to-x-frame-options)
/// for a frame that is to show a document of `origin`, with the policies `list`; `ancestors` are the origins of the
/// documents around it.
#[must_use]
pub fn adheres_to_x_frame_options(
    headers: &HeaderList,
    list: &CspList,
    origin: &Origin,
    ancestors: &[Origin],
) -> bool {
    // Steps 1 and 2.
    if ancestors.is_empty() || list.has_frame_ancestors() {
        return true;
    }
    // Steps 3 to 5.
    let values = headers.get_decode_and_split("x-frame-options").unwrap_or_default();
    let mut options: Vec<String> = values.iter().map(|value| value.to_ascii_lowercase()).collect();
    options.sort_unstable();
    options.dedup();
    match options.as_slice() {
        // Steps 8 and 9.
        [only] if only == "deny" => false,
        [only] if only == "sameorigin" => ancestors.iter().all(|ancestor| ancestor == origin),
        [] | [_] => true,
        // Steps 6 and 7.
        several => !several.iter().any(|value| ["deny", "allowall", "sameorigin"].contains(&value.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::policy::{CspPolicy, PolicyContainer};
    use url::Url;

    use super::*;

    #[test]
    fn options_against_ancestors() {
        let origin = |text: &str| Url::parse(text).unwrap().origin();
        let (own, other) = (origin("https://a.test"), origin("https://b.test"));
        let framed_by = |value: &str, policy: &str, ancestors: &[Origin]| {
            let csp_list =
                vec![CspPolicy { serialized: policy.to_owned(), report_only: false, from_meta: false }];
            let list = CspList::of(&PolicyContainer { csp_list, ..PolicyContainer::default() }, &own);
            let headers = HeaderList::from_iter([("X-Frame-Options", value)]);
            adheres_to_x_frame_options(&headers, &list, &own, ancestors)
        };
        let cases: [(&str, &str, Vec<Origin>, bool); 9] = [
            ("DENY", "", vec![own.clone()], false),
            ("DENY", "", Vec::new(), true),
            ("DENY", "frame-ancestors *", vec![own.clone()], true),
            ("SameOrigin", "", vec![own.clone()], true),
            ("SameOrigin", "", vec![own.clone(), other.clone()], false),
            ("sameorigin, deny", "", vec![own.clone()], false),
            ("sameorigin, sameorigin", "", vec![own.clone()], true),
            ("nonsense", "", vec![other.clone()], true),
            ("nonsense, other", "", vec![other], true),
        ];
        for (value, policy, ancestors, adheres) in cases {
            assert_eq!(framed_by(value, policy, &ancestors), adheres, "{value} {policy} {ancestors:?}");
        }
    }
}
