//! [`HTMLOptionsCollection`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#the-htmloptionscollection-interface).

use bgfetch_js::{Exception, Fallible, Member, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use crate::bindings::{
    HTMLElementOrLong, HTMLOptionElementOrHTMLOptGroupElement, HTMLOptionsCollectionMethods,
    HTMLSelectElementMethods,
};
use crate::dom::nodes::html_collection::Filter;
use crate::dom::nodes::mutation;
use crate::dom::{DocumentFragment, Element, HTMLCollection, HTMLOptionElement, HTMLSelectElement, Node};

/// The most options that setting a length makes.
const MOST: usize = 100_000;

/// `HTMLOptionsCollection`: the options of a select element.
pub(crate) struct HTMLOptionsCollection {
    collection: HTMLCollection,
    select: Member<HTMLSelectElement>,
}

trace_fields!(HTMLOptionsCollection { collection, select });
platform_object!(HTMLOptionsCollection: HTMLCollection via collection);

impl HTMLOptionsCollection {
    /// The options of `select`.
    pub(super) fn new(select: &Root<HTMLSelectElement>) -> Self {
        Self {
            collection: HTMLCollection::new(&select.upcast(), Filter::Options),
            select: select.clone().into(),
        }
    }
}

impl HTMLOptionsCollectionMethods for HTMLOptionsCollection {
    fn length(&self, realm: &Realm) -> Fallible<u32> {
        self.select.length(realm)
    }

    fn set_length(&self, realm: &Realm, value: u32) -> Fallible<()> {
        set_length(realm, &self.select, value)
    }

    fn indexed_setter(
        &self,
        realm: &Realm,
        index: u32,
        option: Option<Root<HTMLOptionElement>>,
    ) -> Fallible<()> {
        set(realm, &self.select, index, option)
    }

    fn add(
        &self,
        realm: &Realm,
        element: HTMLOptionElementOrHTMLOptGroupElement,
        before: Option<HTMLElementOrLong>,
    ) -> Fallible<()> {
        add(realm, &self.select, element, before)
    }

    fn remove(&self, realm: &Realm, index: i32) -> Fallible<()> {
        remove(realm, &self.select, index);
        Ok(())
    }

    fn selected_index(&self, realm: &Realm) -> Fallible<i32> {
        self.select.selected_index(realm)
    }

    fn set_selected_index(&self, realm: &Realm, value: i32) -> Fallible<()> {
        self.select.set_selected_index(realm, value)
    }
}

/// Appends new options, in one go.
fn append_empty(realm: &Realm, select: &Root<HTMLSelectElement>, count: usize) -> Fallible<()> {
    let document = select.owner_doc();
    let fragment: Root<Node> = DocumentFragment::create(realm, &document)?.upcast();
    for _ in 0..count {
        let name = QualName::new(None, ns!(html), LocalName::from("option"));
        mutation::append(realm, &Element::create(realm, &document, name)?.upcast(), &fragment);
    }
    mutation::append(realm, &fragment, &select.upcast());
    Ok(())
}

/// [Sets the length](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmloptionscollection-length).
pub(super) fn set_length(realm: &Realm, select: &Root<HTMLSelectElement>, value: u32) -> Fallible<()> {
    let (options, wanted) = (select.option_list(), value as usize);
    if wanted > options.len() {
        return if wanted > MOST { Ok(()) } else { append_empty(realm, select, wanted - options.len()) };
    }
    for option in &options[wanted..] {
        mutation::remove(realm, &option.upcast());
    }
    Ok(())
}

/// [Sets an indexed property](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmloptionscollection-setter).
pub(super) fn set(
    realm: &Realm,
    select: &Root<HTMLSelectElement>,
    index: u32,
    option: Option<Root<HTMLOptionElement>>,
) -> Fallible<()> {
    // Step 1.
    let Some(option) = option else {
        if let Ok(index) = i32::try_from(index) {
            remove(realm, select, index);
        }
        return Ok(());
    };
    // Steps 2 to 5.
    let (options, index) = (select.option_list(), index as usize);
    if let Some(replaced) = options.get(index) {
        let replaced: Root<Node> = replaced.upcast();
        return match replaced.parent() {
            Some(parent) => mutation::replace(realm, &replaced, &option.upcast(), &parent),
            None => Ok(()),
        };
    }
    let missing = index - options.len();
    if missing > 0 && index <= MOST {
        append_empty(realm, select, missing)?;
    }
    mutation::pre_insert(realm, &option.upcast(), &select.upcast(), None)
}

/// [Adds](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmloptionscollection-add).
pub(super) fn add(
    realm: &Realm,
    select: &Root<HTMLSelectElement>,
    element: HTMLOptionElementOrHTMLOptGroupElement,
    before: Option<HTMLElementOrLong>,
) -> Fallible<()> {
    let element: Root<Node> = match element {
        HTMLOptionElementOrHTMLOptGroupElement::HTMLOptionElement(option) => option.upcast(),
        HTMLOptionElementOrHTMLOptGroupElement::HTMLOptGroupElement(group) => group.upcast(),
    };
    let select_node: Root<Node> = select.upcast();
    // Step 1.
    if element.is_inclusive_ancestor_of(&select_node) {
        return Err(Exception::dom(
            "HierarchyRequestError",
            "the element is an ancestor of the select element",
        ));
    }
    // Steps 2 to 4.
    let reference: Option<Root<Node>> = match before {
        Some(HTMLElementOrLong::HTMLElement(before)) => {
            let before: Root<Node> = before.upcast();
            if before == select_node || !select_node.is_inclusive_ancestor_of(&before) {
                return Err(Exception::dom("NotFoundError", "the reference is not in the select element"));
            }
            if before == element {
                return Ok(());
            }
            Some(before)
        }
        Some(HTMLElementOrLong::Long(index)) => {
            let option =
                usize::try_from(index).ok().and_then(|index| select.option_list().get(index).cloned());
            option.map(|option| option.upcast())
        }
        None => None,
    };
    // Steps 5 and 6.
    let parent = reference.as_ref().and_then(|reference| reference.parent()).unwrap_or(select_node);
    mutation::pre_insert(realm, &element, &parent, reference.as_ref())
}

/// [Removes](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#dom-htmloptionscollection-remove).
pub(super) fn remove(realm: &Realm, select: &Root<HTMLSelectElement>, index: i32) {
    let option = usize::try_from(index).ok().and_then(|index| select.option_list().get(index).cloned());
    if let Some(option) = option {
        mutation::remove(realm, &option.upcast());
    }
}
