//! [`HTMLAllCollection`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#the-htmlallcollection-interface):
//! `document.all`.

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};

use super::html_collection::Filter;
use crate::bindings::{HTMLAllCollectionMethods, HTMLCollectionMethods, HTMLCollectionOrElement};
use crate::dom::{Document, Element, HTMLCollection, Node};

/// `HTMLAllCollection`.
pub(crate) struct HTMLAllCollection {
    reflector: Reflector,
    document: Member<Node>,
    elements: Member<HTMLCollection>,
}

trace_fields!(HTMLAllCollection { document, elements });
platform_object!(HTMLAllCollection);

/// Elements that have [a name here](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#all-named-elements).
const NAMED: [&str; 14] = [
    "a", "button", "embed", "form", "frame", "frameset", "iframe", "img", "input", "map", "meta", "object",
    "select", "textarea",
];

/// Whether that is the ID of an element, or a name that counts here.
pub(super) fn has_name(element: &Root<Element>, name: &str) -> bool {
    let is = |value: Option<&str>| value.is_some_and(|value| value == name);
    element.with_plain_attribute("id", is) || (is_named(element) && element.with_plain_attribute("name", is))
}

fn is_named(element: &Root<Element>) -> bool {
    element.is_html() && NAMED.contains(&&*element.name().local)
}

impl HTMLAllCollection {
    /// The object of a document.
    pub(super) fn create(realm: &Realm, document: &Root<Document>) -> Fallible<Root<Self>> {
        let document: Root<Node> = document.upcast();
        let elements = realm.wrap(HTMLCollection::new(&document, Filter::All))?;
        let all = Self { reflector: Reflector::new(), document: document.into(), elements: elements.into() };
        let all = realm.wrap(all)?;
        all.to_object().emulate_undefined(realm);
        Ok(all)
    }

    /// [Gets the "all"-named elements](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#concept-get-all-named).
    fn named(&self, realm: &Realm, name: &DomString) -> Fallible<Option<HTMLCollectionOrElement>> {
        // Step 1.
        if name.is_empty() {
            return Ok(None);
        }
        // Step 2.
        let found = self.document.collection(realm, Filter::AllNamed(name.to_string()))?;
        // Steps 3 to 5.
        Ok(match found.length(realm)? {
            0 => None,
            1 => found.item(realm, 0)?.map(HTMLCollectionOrElement::Element),
            _ => Some(HTMLCollectionOrElement::HTMLCollection(found)),
        })
    }
}

/// The [array index](https://tc39.es/ecma262/#array-index) that a property's name is.
fn array_index(name: &str) -> Option<u32> {
    let index: u32 = name.parse().ok()?;
    (index != u32::MAX && index.to_string() == name).then_some(index)
}

impl HTMLAllCollectionMethods for HTMLAllCollection {
    fn length(&self, realm: &Realm) -> Fallible<u32> {
        self.elements.length(realm)
    }

    fn indexed_length(&self) -> u32 {
        self.elements.indexed_length()
    }

    fn indexed_getter(&self, realm: &Realm, index: u32) -> Fallible<Root<Element>> {
        let element = self.elements.item(realm, index)?;
        element.ok_or_else(|| Exception::range_error("there is no such element"))
    }

    fn named_item(&self, realm: &Realm, name: DomString) -> Fallible<Option<HTMLCollectionOrElement>> {
        self.named(realm, &name)
    }

    /// [`item()`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmlallcollection-item)
    fn item(
        &self,
        realm: &Realm,
        name_or_index: Option<DomString>,
    ) -> Fallible<Option<HTMLCollectionOrElement>> {
        // Step 1.
        let Some(name) = name_or_index else { return Ok(None) };
        // Step 2.
        match array_index(&name) {
            Some(index) => Ok(self.elements.item(realm, index)?.map(HTMLCollectionOrElement::Element)),
            None => self.named(realm, &name),
        }
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        let mut names: Vec<DomString> = Vec::new();
        for element in self.document.descendant_elements() {
            let name = if is_named(&element) { element.plain_attribute("name") } else { None };
            for name in [element.plain_attribute("id"), name].into_iter().flatten() {
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::array_index;

    #[test]
    fn only_whole_numbers_in_their_shortest_form_are_indices() {
        assert_eq!(
            ["0", "12", "01", "-1", "1.0", "4294967295"].map(array_index),
            [Some(0), Some(12), None, None, None, None]
        );
    }
}
