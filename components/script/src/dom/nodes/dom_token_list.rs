//! [`DOMTokenList`](https://dom.spec.whatwg.org/#interface-domtokenlist).

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};

use crate::bindings::DOMTokenListMethods;
use crate::dom::Element;

/// `DOMTokenList`: the tokens of an attribute.
pub(crate) struct DOMTokenList {
    reflector: Reflector,
    element: Member<Element>,
    attribute: &'static str,
    /// [Supported tokens](https://dom.spec.whatwg.org/#concept-supported-tokens), if the attribute defines any.
    supported: Option<&'static [&'static str]>,
}

trace_fields!(DOMTokenList { element });
platform_object!(DOMTokenList);

/// [Parses an ordered set](https://dom.spec.whatwg.org/#concept-ordered-set-parser).
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for token in text.split_ascii_whitespace() {
        if !tokens.iter().any(|known| known == token) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

impl DOMTokenList {
    /// The tokens of an attribute.
    pub(crate) fn new(
        element: &Root<Element>,
        attribute: &'static str,
        supported: Option<&'static [&'static str]>,
    ) -> Self {
        Self { reflector: Reflector::new(), element: element.clone().into(), attribute, supported }
    }

    fn tokens(&self) -> Vec<String> {
        self.element.with_plain_attribute(self.attribute, |value| value.map(tokens).unwrap_or_default())
    }

    /// [Update steps](https://dom.spec.whatwg.org/#concept-dtl-update).
    fn update(&self, realm: &Realm, tokens: &[String]) {
        let missing = self.element.with_plain_attribute(self.attribute, |value| value.is_none());
        if !(missing && tokens.is_empty()) {
            self.element.set_plain_attribute(realm, self.attribute, tokens.join(" ").into());
        }
    }
}

/// What no token may be.
fn validate(token: &str) -> Fallible<()> {
    if token.is_empty() {
        return Err(Exception::dom("SyntaxError", "a token must not be empty"));
    }
    if token.contains(|c: char| c.is_ascii_whitespace()) {
        return Err(Exception::dom("InvalidCharacterError", format!("the token {token:?} has white space")));
    }
    Ok(())
}

impl DOMTokenListMethods for DOMTokenList {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<DomString>> {
        Ok(self.tokens().into_iter().nth(index as usize).map(Into::into))
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.tokens().len()).unwrap_or(u32::MAX)
    }

    fn contains(&self, _: &Realm, token: DomString) -> Fallible<bool> {
        Ok(self.tokens().iter().any(|known| *known == *token))
    }

    fn add(&self, realm: &Realm, tokens: Vec<DomString>) -> Fallible<()> {
        tokens.iter().try_for_each(|token| validate(token))?;
        let mut list = self.tokens();
        for token in tokens {
            if !list.iter().any(|known| *known == *token) {
                list.push(token.into_string());
            }
        }
        self.update(realm, &list);
        Ok(())
    }

    fn remove(&self, realm: &Realm, tokens: Vec<DomString>) -> Fallible<()> {
        tokens.iter().try_for_each(|token| validate(token))?;
        let mut list = self.tokens();
        list.retain(|known| !tokens.iter().any(|token| **token == **known));
        self.update(realm, &list);
        Ok(())
    }

    /// [`toggle()`](https://dom.spec.whatwg.org/#dom-domtokenlist-toggle)
    fn toggle(&self, realm: &Realm, token: DomString, force: Option<bool>) -> Fallible<bool> {
        validate(&token)?;
        let mut list = self.tokens();
        let place = list.iter().position(|known| *known == *token);
        match (place, force) {
            (Some(index), None | Some(false)) => {
                list.remove(index);
                self.update(realm, &list);
                Ok(false)
            }
            (Some(_), Some(true)) => Ok(true),
            (None, None | Some(true)) => {
                list.push(token.into_string());
                self.update(realm, &list);
                Ok(true)
            }
            (None, Some(false)) => Ok(false),
        }
    }

    /// [`replace()`](https://dom.spec.whatwg.org/#dom-domtokenlist-replace)
    fn replace(&self, realm: &Realm, token: DomString, new_token: DomString) -> Fallible<bool> {
        for empty in [&token, &new_token] {
            if empty.is_empty() {
                validate(empty)?;
            }
        }
        validate(&token)?;
        validate(&new_token)?;
        let list = self.tokens();
        if !list.iter().any(|known| *known == *token) {
            return Ok(false);
        }
        let replaced: Vec<&str> =
            list.iter().map(|known| if *known == *token { &*new_token } else { known.as_str() }).collect();
        self.update(realm, &tokens(&replaced.join(" ")));
        Ok(true)
    }

    /// [`supports()`](https://dom.spec.whatwg.org/#dom-domtokenlist-supports)
    fn supports(&self, _: &Realm, token: DomString) -> Fallible<bool> {
        match self.supported {
            Some(supported) => Ok(supported.contains(&token.to_ascii_lowercase().as_str())),
            None => Err(Exception::type_error(format!("the attribute {} defines no tokens", self.attribute))),
        }
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.element.plain_attribute(self.attribute).unwrap_or_default())
    }

    fn set_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.element.set_plain_attribute(realm, self.attribute, value);
        Ok(())
    }
}
