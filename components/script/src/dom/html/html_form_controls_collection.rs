//! [`HTMLFormControlsCollection`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#the-htmlformcontrolscollection-interface)
//! and [`RadioNodeList`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#radionodelist).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use super::html_input_element;
use crate::bindings::{
    HTMLCollectionMethods, HTMLFormControlsCollectionMethods, HTMLInputElementMethods, RadioNodeListMethods,
    RadioNodeListOrElement,
};
use crate::dom::nodes::html_collection::Filter;
use crate::dom::{Element, HTMLCollection, HTMLFormElement, HTMLInputElement, NodeList};

/// `HTMLFormControlsCollection`: the controls of a form.
pub(crate) struct HTMLFormControlsCollection {
    collection: HTMLCollection,
    form: Member<HTMLFormElement>,
}

trace_fields!(HTMLFormControlsCollection { collection, form });
platform_object!(HTMLFormControlsCollection: HTMLCollection via collection);

impl HTMLFormControlsCollection {
    /// The controls of `form`.
    pub(super) fn new(form: &Root<HTMLFormElement>) -> Self {
        Self { collection: HTMLCollection::new(&form.upcast(), Filter::Controls), form: form.clone().into() }
    }
}

impl HTMLFormControlsCollectionMethods for HTMLFormControlsCollection {
    /// [`namedItem()`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmlformcontrolscollection-nameditem)
    fn named_item(&self, realm: &Realm, name: DomString) -> Fallible<Option<RadioNodeListOrElement>> {
        if name.is_empty() {
            return Ok(None);
        }
        one_or_list(realm, &self.form, self.form.named_controls(&name), name)
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        HTMLCollectionMethods::supported_property_names(&self.collection)
    }
}

/// What a form or its collection has by a name: nothing, the only one, or a list of those there are.
pub(super) fn one_or_list(
    realm: &Realm,
    form: &Root<HTMLFormElement>,
    mut named: Vec<Root<Element>>,
    name: DomString,
) -> Fallible<Option<RadioNodeListOrElement>> {
    if named.len() > 1 {
        let list = realm.wrap(RadioNodeList::new(form, name))?;
        return Ok(Some(RadioNodeListOrElement::RadioNodeList(list)));
    }
    Ok(named.pop().map(RadioNodeListOrElement::Element))
}

/// `RadioNodeList`: the elements of a form that have a name, live.
pub(crate) struct RadioNodeList {
    list: NodeList,
}

trace_fields!(RadioNodeList { list });
platform_object!(RadioNodeList: NodeList via list);

impl RadioNodeList {
    fn new(form: &Root<HTMLFormElement>, name: DomString) -> Self {
        Self { list: NodeList::of_form(&form.upcast(), name) }
    }

    fn radio_buttons(&self) -> impl Iterator<Item = Root<HTMLInputElement>> {
        let elements = self.list.current().into_iter().filter_map(|node| node.downcast::<Element>());
        elements.filter_map(|element| html_input_element::of(&element)).filter(|e| e.input_type() == "radio")
    }
}

impl RadioNodeListMethods for RadioNodeList {
    /// [`value`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-radionodelist-value)
    fn value(&self, _: &Realm) -> Fallible<DomString> {
        let checked = self.radio_buttons().find(|button| button.is_checked());
        Ok(checked.map(|button| button.current_value()).unwrap_or_default())
    }

    fn set_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        match self.radio_buttons().find(|button| button.current_value() == value) {
            Some(button) => button.set_checked(realm, true),
            None => Ok(()),
        }
    }
}
