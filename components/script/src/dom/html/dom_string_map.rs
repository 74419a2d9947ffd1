//! [`DOMStringMap`](https://html.spec.whatwg.org/multipage/dom.html#domstringmap).

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};

use crate::bindings::DOMStringMapMethods;
use crate::dom::Element;

/// `DOMStringMap`: the `data-*` attributes of an element.
pub(crate) struct DOMStringMap {
    reflector: Reflector,
    element: Member<Element>,
}

trace_fields!(DOMStringMap { element });
platform_object!(DOMStringMap);

impl DOMStringMap {
    pub(crate) fn new(element: &Root<Element>) -> Self {
        Self { reflector: Reflector::new(), element: element.clone().into() }
    }
}

/// `data-air-date` for `airDate`.
fn attribute_name(name: &str) -> String {
    let mut attribute = "data-".to_owned();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            attribute.push('-');
        }
        attribute.push(c.to_ascii_lowercase());
    }
    attribute
}

/// `airDate` for `data-air-date`; `None` if it is not a name of the map.
fn property_name(attribute: &str) -> Option<String> {
    let rest = attribute.strip_prefix("data-")?;
    if rest.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut name = String::with_capacity(rest.len());
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.next_if(|next| c == '-' && next.is_ascii_lowercase()) {
            Some(letter) => name.push(letter.to_ascii_uppercase()),
            None => name.push(c),
        }
    }
    Some(name)
}

impl DOMStringMapMethods for DOMStringMap {
    fn named_getter(&self, _: &Realm, name: DomString) -> Fallible<DomString> {
        Ok(self.element.plain_attribute(&attribute_name(&name)).unwrap_or_default())
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        let names = self.element.attribute_list().into_iter().filter(|(name, _)| name.ns.is_empty());
        names.filter_map(|(name, _)| property_name(&name.local)).map(Into::into).collect()
    }

    /// [Set the value of a new or existing named property](https://html.spec.whatwg.org/multipage/dom.html#dom-domstringmap-setitem).
    fn named_setter(&self, realm: &Realm, name: DomString, value: DomString) -> Fallible<()> {
        let bytes = name.as_bytes();
        if bytes.windows(2).any(|pair| pair[0] == b'-' && pair[1].is_ascii_lowercase()) {
            let message = format!("{name:?} has a hyphen before a lower-case letter");
            return Err(Exception::dom("SyntaxError", message));
        }
        if name.contains(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '=' | '>' | '\0')) {
            return Err(Exception::dom(
                "InvalidCharacterError",
                format!("{name:?} cannot be in an attribute's name"),
            ));
        }
        self.element.set_plain_attribute(realm, &attribute_name(&name), value);
        Ok(())
    }

    fn named_deleter(&self, realm: &Realm, name: DomString) -> Fallible<()> {
        self.element.remove_plain_attribute(realm, &attribute_name(&name));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{attribute_name, property_name};

    #[test]
    fn names_go_both_ways() {
        for name in ["airDate", "a", "xY-Z1", "-a"] {
            if name != "-a" {
                assert_eq!(property_name(&attribute_name(name)).as_deref(), Some(name));
            }
        }
        assert_eq!(property_name("data-"), Some(String::new()));
        assert_eq!(property_name("date-x"), None);
        assert_eq!(property_name("data-A"), None);
    }
}
