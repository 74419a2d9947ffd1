//! [`Attr`](https://dom.spec.whatwg.org/#interface-attr).
//!
//! An element keeps names and values; an `Attr` is made when script asks for one, and then has a copy of the value.

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};
use markup5ever::QualName;

use super::namespaces;
use crate::bindings::AttrMethods;
use crate::dom::{Document, Element, Node, NodeKind};

/// `Attr`.
pub(crate) struct Attr {
    node: Node,
    name: QualName,
    value: RefCell<DomString>,
    owner: RefCell<Option<Member<Element>>>,
}

trace_fields!(Attr { node, owner });
platform_object!(Attr: Node via node);

impl Attr {
    /// An attribute, of `owner` or of no element.
    pub(crate) fn create(
        realm: &Realm,
        document: &Root<Document>,
        name: QualName,
        value: DomString,
        owner: Option<&Root<Element>>,
    ) -> Fallible<Root<Self>> {
        realm.wrap(Self {
            node: Node::new_inherited(NodeKind::Attribute, Some(document)),
            name,
            value: RefCell::new(value),
            owner: RefCell::new(owner.map(|owner| owner.clone().into())),
        })
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &QualName {
        &self.name
    }

    /// Its value.
    pub(crate) fn text(&self) -> DomString {
        self.value.borrow().clone()
    }

    /// Its [element](https://dom.spec.whatwg.org/#concept-attribute-element).
    pub(crate) fn owner(&self) -> Option<Root<Element>> {
        self.owner.borrow().as_ref().map(|owner| (**owner).clone())
    }

    /// The element has another value for it now.
    pub(super) fn update_value(&self, value: DomString) {
        self.value.replace(value);
    }

    /// It belongs to another element now, or to none.
    pub(super) fn update_owner(&self, owner: Option<&Root<Element>>) {
        let before = self.owner.replace(owner.map(|owner| owner.clone().into()));
        drop(before);
    }

    /// Its [qualified name](https://dom.spec.whatwg.org/#concept-attribute-qualified-name).
    pub(crate) fn qualified_name(&self) -> DomString {
        super::attributes::qualified(&self.name).into()
    }

    /// [Sets an existing attribute value](https://dom.spec.whatwg.org/#set-an-existing-attribute-value).
    pub(super) fn set_existing_value(&self, realm: &Realm, value: DomString) {
        match self.owner() {
            Some(owner) => owner.set_attribute_value(realm, self.name.clone(), value),
            None => self.update_value(value),
        }
    }
}

impl AttrMethods for Attr {
    fn namespace_uri(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(namespaces::nullable(&self.name.ns))
    }

    fn prefix(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.name.prefix.as_deref().map(Into::into))
    }

    fn local_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok((&*self.name.local).into())
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.qualified_name())
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.text())
    }

    fn set_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_existing_value(realm, value);
        Ok(())
    }

    fn owner_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        Ok(self.owner())
    }

    fn specified(&self, _: &Realm) -> Fallible<bool> {
        Ok(true)
    }
}
