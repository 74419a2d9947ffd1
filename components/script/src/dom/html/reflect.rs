//! [Reflecting content attributes in IDL attributes](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#reflecting-content-attributes-in-idl-attributes):
//! each macro writes getter and setter of one attribute within an `impl ...Methods for ...`.

use bgfetch_js::DomString;

use crate::dom::Element;

/// A `DOMString` attribute.
macro_rules! string {
    ($get:ident, $set:ident, $attribute:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<bgfetch_js::DomString> {
            Ok($crate::dom::Element::plain_attribute(self, $attribute).unwrap_or_default())
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: bgfetch_js::DomString) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, $attribute, value);
            Ok(())
        }
    };
}
pub(crate) use string;

/// A `USVString` attribute that is not a URL.
macro_rules! usv_string {
    ($get:ident, $set:ident, $attribute:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
            Ok($crate::dom::Element::plain_attribute(self, $attribute).unwrap_or_default().into_string())
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, $attribute, value.into());
            Ok(())
        }
    };
}
pub(crate) use usv_string;

/// A `USVString` attribute with `[ReflectURL]`.
macro_rules! url {
    ($get:ident, $set:ident, $attribute:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
            Ok($crate::dom::html::reflect::url_of(self, $attribute))
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, $attribute, value.into());
            Ok(())
        }
    };
}
pub(crate) use url;

/// A `boolean` attribute.
macro_rules! boolean {
    ($get:ident, $set:ident, $attribute:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<bool> {
            Ok($crate::dom::Element::plain_attribute(self, $attribute).is_some())
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: bool) -> bgfetch_js::Fallible<()> {
            $crate::dom::html::reflect::set_boolean(self, realm, $attribute, value);
            Ok(())
        }
    };
}
pub(crate) use boolean;

/// A `long` attribute with a default.
macro_rules! long {
    ($get:ident, $set:ident, $attribute:literal, $default:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<i32> {
            Ok($crate::dom::html::reflect::integer(self, $attribute).unwrap_or($default))
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: i32) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, $attribute, value.to_string().into());
            Ok(())
        }
    };
}
pub(crate) use long;

/// An `unsigned long` attribute with a default.
macro_rules! unsigned_long {
    ($get:ident, $set:ident, $attribute:literal, $default:literal) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<u32> {
            let value = $crate::dom::html::reflect::integer(self, $attribute);
            Ok(value.and_then(|value| u32::try_from(value).ok()).unwrap_or($default))
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: u32) -> bgfetch_js::Fallible<()> {
            $crate::dom::html::reflect::set_unsigned_long(self, realm, $attribute, value, $default);
            Ok(())
        }
    };
}
pub(crate) use unsigned_long;

/// A `DOMString` attribute
/// [limited to only known values](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#limited-to-only-known-values):
/// the known ones, what it is when missing, and what it is when none of them.
macro_rules! enumerated {
    ($get:ident, $set:ident, $attribute:literal, $known:expr, $missing:expr, $invalid:expr) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<bgfetch_js::DomString> {
            Ok($crate::dom::html::reflect::known(self, $attribute, &$known, $missing, $invalid).into())
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: bgfetch_js::DomString) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, $attribute, value);
            Ok(())
        }
    };
}
pub(crate) use enumerated;

/// What [form submission](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-attributes) looks for
/// at a submit button before it looks at the form.
macro_rules! submission {
    () => {
        $crate::dom::html::reflect::boolean!(form_no_validate, set_form_no_validate, "formnovalidate");
        $crate::dom::html::reflect::string!(form_target, set_form_target, "formtarget");
        $crate::dom::html::reflect::enumerated!(
            form_method,
            set_form_method,
            "formmethod",
            ["get", "post", "dialog"],
            "",
            "get"
        );
        $crate::dom::html::reflect::enumerated!(
            form_enctype,
            set_form_enctype,
            "formenctype",
            $crate::dom::html::html_form_element::ENCTYPES,
            "",
            $crate::dom::html::html_form_element::URL_ENCODED
        );

        /// [`formAction`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#dom-fs-formaction)
        fn form_action(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
            Ok($crate::dom::html::reflect::action(self, "formaction"))
        }

        fn set_form_action(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, "formaction", value.into());
            Ok(())
        }
    };
}
pub(crate) use submission;

/// Where a form goes, by the attribute of that name: the document's own URL, if it does not say.
pub(crate) fn action(element: &Element, attribute: &str) -> String {
    let empty = element.with_plain_attribute(attribute, |action| action.unwrap_or_default().is_empty());
    if empty { element.owner_doc().document_url().into() } else { url_of(element, attribute) }
}

/// `crossOrigin`: a [CORS settings attribute](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-settings-attribute).
macro_rules! cross_origin {
    () => {
        fn cross_origin(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<Option<bgfetch_js::DomString>> {
            let known = ["anonymous", "use-credentials"];
            let present =
                $crate::dom::Element::with_plain_attribute(self, "crossorigin", |value| value.is_some());
            let value =
                || $crate::dom::html::reflect::known(self, "crossorigin", &known, "anonymous", "anonymous");
            Ok(present.then(|| value().into()))
        }

        fn set_cross_origin(
            &self,
            realm: &bgfetch_js::Realm,
            value: Option<bgfetch_js::DomString>,
        ) -> bgfetch_js::Fallible<()> {
            match value {
                Some(value) => $crate::dom::Element::set_plain_attribute(self, realm, "crossorigin", value),
                None => $crate::dom::Element::remove_plain_attribute(self, realm, "crossorigin"),
            }
            Ok(())
        }
    };
}
pub(crate) use cross_origin;

/// `referrerPolicy`: a [referrer policy attribute](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#referrer-policy-attribute).
macro_rules! referrer_policy {
    () => {
        fn referrer_policy(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<bgfetch_js::DomString> {
            let known = $crate::dom::html::reflect::REFERRER_POLICIES;
            Ok($crate::dom::html::reflect::known(self, "referrerpolicy", known, "", "").into())
        }

        fn set_referrer_policy(
            &self,
            realm: &bgfetch_js::Realm,
            value: bgfetch_js::DomString,
        ) -> bgfetch_js::Fallible<()> {
            $crate::dom::Element::set_plain_attribute(self, realm, "referrerpolicy", value);
            Ok(())
        }
    };
}
pub(crate) use referrer_policy;

/// Values of `referrerpolicy`.
pub(crate) const REFERRER_POLICIES: &[&str] = &[
    "",
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

/// Sets an `unsigned long` attribute: what is too large is the default.
pub(crate) fn set_unsigned_long(
    element: &Element,
    realm: &bgfetch_js::Realm,
    attribute: &str,
    value: u32,
    default: u32,
) {
    let value = if i32::try_from(value).is_ok() { value } else { default };
    element.set_plain_attribute(realm, attribute, value.to_string().into());
}

/// The value of a URL attribute: resolved if it can be.
pub(crate) fn url_of(element: &Element, attribute: &str) -> String {
    let Some(value) = element.plain_attribute(attribute) else { return String::new() };
    element.owner_doc().parse_url(&value).map_or_else(|_| value.into_string(), Into::into)
}

/// Sets or removes a boolean attribute.
pub(crate) fn set_boolean(element: &Element, realm: &bgfetch_js::Realm, attribute: &str, value: bool) {
    if value {
        element.set_plain_attribute(realm, attribute, DomString::default());
    } else {
        element.remove_plain_attribute(realm, attribute);
    }
}

/// [Parses an integer](https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#rules-for-parsing-integers).
pub(crate) fn integer(element: &Element, attribute: &str) -> Option<i32> {
    element.with_plain_attribute(attribute, |value| {
        let text = value?.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let sign = usize::from(text.starts_with(['+', '-']));
        let digits = text.get(sign..)?.bytes().take_while(u8::is_ascii_digit).count();
        text.get(..sign + digits)?.parse().ok()
    })
}

/// [Parses a floating-point number](https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#rules-for-parsing-floating-point-number-values).
pub(crate) fn float(element: &Element, attribute: &str) -> Option<f64> {
    element.with_plain_attribute(attribute, |value| parse_float(value?))
}

/// The longest number at the start of a text.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = usize::from(text.starts_with(['+', '-']));
    let whole = digits(end);
    end += whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += if fraction > 0 { fraction + 1 } else { 0 };
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        end += if exponent > 0 { 1 + sign + exponent } else { 0 };
    }
    text.get(..end)?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The value of an enumerated attribute, in its canonical spelling.
pub(crate) fn known(
    element: &Element,
    attribute: &str,
    known: &[&'static str],
    missing: &'static str,
    invalid: &'static str,
) -> &'static str {
    element.with_plain_attribute(attribute, |value| match value {
        None => missing,
        Some(value) => {
            known.iter().find(|known| known.eq_ignore_ascii_case(value)).copied().unwrap_or(invalid)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::parse_float;

    #[test]
    fn a_number_is_as_long_as_it_can_be() {
        assert_eq!(parse_float(" 0.5"), Some(0.5));
        assert_eq!(parse_float("-1.5e2x"), Some(-150.0));
        assert_eq!(parse_float(".25"), Some(0.25));
        assert_eq!(parse_float("1.x"), Some(1.0));
        assert_eq!(parse_float("1e"), Some(1.0));
        assert_eq!(parse_float("x1"), None);
        assert_eq!(parse_float("."), None);
        assert_eq!(parse_float("1e999"), None);
    }
}
