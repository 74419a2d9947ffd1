//! [`Element`](https://dom.spec.whatwg.org/#interface-element).

use std::cell::{OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields,
};
use markup5ever::{QualName, ns};

use super::attributes::{Attribute, qualified};
use super::html_collection::Filter;
use super::namespaces::{self, NameOf, from_nullable, validate_and_extract};
use super::parent_node::ParentNodeCache;
use super::{fragment_html, mutation, selectors, shadow_root};
use crate::bindings::{ElementMethods, ShadowRootInit};
use crate::dom::globals::window_or_worker::once;
use crate::dom::html::custom_elements::construct;
use crate::dom::html::custom_elements::state::CustomPart;
use crate::dom::{
    Attr, DOMTokenList, Document, HTMLCollection, NamedNodeMap, Node, NodeKind, ShadowRoot, Text, html,
};

/// `Element`.
pub(crate) struct Element {
    node: Node,
    name: QualName,
    pub(super) attributes: RefCell<Vec<Attribute>>,
    attribute_map: OnceCell<Member<NamedNodeMap>>,
    class_list: OnceCell<Member<DOMTokenList>>,
    /// [`[[CryptographicNonce]]`](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cryptographicnonce); `None` is the
    /// empty string.
    nonce: RefCell<Option<DomString>>,
    pub(super) parent_node: ParentNodeCache,
    /// What only custom elements have.
    pub(crate) custom: OnceCell<Box<CustomPart>>,
}

trace_fields!(Element { node, attributes, attribute_map, class_list, parent_node, custom });
platform_object!(Element: Node via node);

impl Element {
    /// For interfaces that inherit, and elements of no interface of their own.
    pub(crate) fn new_inherited(document: &Root<Document>, name: QualName) -> Self {
        Self {
            node: Node::new_inherited(NodeKind::Element, Some(document)),
            name,
            attributes: RefCell::default(),
            attribute_map: OnceCell::new(),
            class_list: OnceCell::new(),
            nonce: RefCell::default(),
            parent_node: ParentNodeCache::default(),
            custom: OnceCell::new(),
        }
    }

    /// [Creates an element](https://dom.spec.whatwg.org/#concept-create-element) of the interface that its name asks for.
    pub(crate) fn create(realm: &Realm, document: &Root<Document>, name: QualName) -> Fallible<Root<Self>> {
        construct::create_element(realm, document, name, None, false)
    }

    /// Its name.
    pub(crate) const fn name(&self) -> &QualName {
        &self.name
    }

    /// Whether it is in the [HTML namespace](https://infra.spec.whatwg.org/#html-namespace).
    pub(crate) fn is_html(&self) -> bool {
        self.name.ns == ns!(html)
    }

    /// Whether it is the HTML element of that name.
    pub(crate) fn is_html_named(&self, name: &str) -> bool {
        self.is_html() && *self.name.local == *name
    }

    /// [HTML-uppercased qualified name](https://dom.spec.whatwg.org/#element-html-uppercased-qualified-name).
    pub(super) fn upper_qualified_name(&self) -> DomString {
        let name = qualified(&self.name);
        if self.is_html() && self.owner_doc().is_html_document() {
            return name.to_ascii_uppercase().into();
        }
        name.into()
    }

    /// Its [`[[CryptographicNonce]]`](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cryptographicnonce).
    pub(crate) fn cryptographic_nonce(&self) -> Option<DomString> {
        self.nonce.borrow().clone()
    }

    /// Sets it.
    pub(crate) fn set_cryptographic_nonce(&self, nonce: Option<DomString>) {
        self.nonce.replace(nonce);
    }

    fn node_root(&self) -> Root<Node> {
        self.root().upcast()
    }

    /// [Insert adjacent](https://dom.spec.whatwg.org/#insert-adjacent).
    pub(super) fn insert_adjacent(
        &self,
        realm: &Realm,
        place: &str,
        node: &Root<Node>,
    ) -> Fallible<Option<Root<Node>>> {
        let this = self.node_root();
        let (parent, child) = match place.to_ascii_lowercase().as_str() {
            "beforebegin" => (this.parent(), Some(this)),
            "afterbegin" => (Some(this.clone()), this.first()),
            "beforeend" => (Some(this), None),
            "afterend" => (this.parent(), this.next()),
            _ => {
                let message = format!("{place:?} is none of beforebegin, afterbegin, beforeend, afterend");
                return Err(Exception::dom("SyntaxError", message));
            }
        };
        let Some(parent) = parent else { return Ok(None) };
        mutation::pre_insert(realm, node, &parent, child.as_ref())?;
        Ok(Some(node.clone()))
    }
}

fn check_attribute_name(name: &str) -> Fallible<()> {
    if namespaces::is_valid_attribute_local_name(name) {
        Ok(())
    } else {
        Err(Exception::dom("InvalidCharacterError", format!("{name:?} is not a valid attribute name")))
    }
}

impl ElementMethods for Element {
    fn namespace_uri(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(namespaces::nullable(&self.name.ns))
    }

    fn prefix(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.name.prefix.as_deref().map(Into::into))
    }

    fn local_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok((&*self.name.local).into())
    }

    fn tag_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.upper_qualified_name())
    }

    html::reflect::string!(id, set_id, "id");
    html::reflect::string!(class_name, set_class_name, "class");
    html::reflect::string!(slot, set_slot, "slot");

    fn class_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        once(&self.class_list, || realm.wrap(DOMTokenList::new(&self.root(), "class", None)))
    }

    fn has_attributes(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.attribute_count() > 0)
    }

    fn attributes(&self, realm: &Realm) -> Fallible<Root<NamedNodeMap>> {
        once(&self.attribute_map, || realm.wrap(NamedNodeMap::new(&self.root())))
    }

    fn get_attribute_names(&self, _: &Realm) -> Fallible<Vec<DomString>> {
        Ok(self.attribute_names())
    }

    fn get_attribute(&self, _: &Realm, qualified_name: DomString) -> Fallible<Option<DomString>> {
        Ok(self.attribute_by_name(&qualified_name))
    }

    fn get_attribute_ns(
        &self,
        _: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Option<DomString>> {
        Ok(self.attribute_in(&from_nullable(namespace.as_deref()), &(&*local_name).into()))
    }

    /// [`setAttribute()`](https://dom.spec.whatwg.org/#dom-element-setattribute)
    fn set_attribute(&self, realm: &Realm, qualified_name: DomString, value: DomString) -> Fallible<()> {
        check_attribute_name(&qualified_name)?;
        self.set_attribute_by_name(realm, &self.adjust_name(&qualified_name), value);
        Ok(())
    }

    /// [`setAttributeNS()`](https://dom.spec.whatwg.org/#dom-element-setattributens)
    fn set_attribute_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        qualified_name: DomString,
        value: DomString,
    ) -> Fallible<()> {
        let name = validate_and_extract(namespace.as_deref(), &qualified_name, NameOf::Attribute)?;
        self.set_attribute_value(realm, name, value);
        Ok(())
    }

    fn remove_attribute(&self, realm: &Realm, qualified_name: DomString) -> Fallible<()> {
        self.remove_attribute_by_name(realm, &qualified_name);
        Ok(())
    }

    fn remove_attribute_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<()> {
        self.remove_attribute_in(realm, &from_nullable(namespace.as_deref()), &local_name);
        Ok(())
    }

    /// [`toggleAttribute()`](https://dom.spec.whatwg.org/#dom-element-toggleattribute)
    fn toggle_attribute(
        &self,
        realm: &Realm,
        qualified_name: DomString,
        force: Option<bool>,
    ) -> Fallible<bool> {
        check_attribute_name(&qualified_name)?;
        let name = self.adjust_name(&qualified_name);
        match (self.attribute_by_name(&name).is_some(), force) {
            (false, None | Some(true)) => {
                self.set_attribute_by_name(realm, &name, DomString::default());
                Ok(true)
            }
            (false, Some(false)) => Ok(false),
            (true, None | Some(false)) => {
                self.remove_attribute_by_name(realm, &name);
                Ok(false)
            }
            (true, Some(true)) => Ok(true),
        }
    }

    fn has_attribute(&self, _: &Realm, qualified_name: DomString) -> Fallible<bool> {
        Ok(self.attribute_by_name(&qualified_name).is_some())
    }

    fn has_attribute_ns(
        &self,
        _: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<bool> {
        Ok(self.attribute_in(&from_nullable(namespace.as_deref()), &(&*local_name).into()).is_some())
    }

    fn get_attribute_node(&self, realm: &Realm, qualified_name: DomString) -> Fallible<Option<Root<Attr>>> {
        self.attr_by_name(realm, &qualified_name)
    }

    fn get_attribute_node_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Option<Root<Attr>>> {
        self.attr_in(realm, &from_nullable(namespace.as_deref()), &local_name)
    }

    fn set_attribute_node(&self, realm: &Realm, attr: Root<Attr>) -> Fallible<Option<Root<Attr>>> {
        self.set_attr(realm, &attr)
    }

    fn set_attribute_node_ns(&self, realm: &Realm, attr: Root<Attr>) -> Fallible<Option<Root<Attr>>> {
        self.set_attr(realm, &attr)
    }

    fn remove_attribute_node(&self, realm: &Realm, attr: Root<Attr>) -> Fallible<Root<Attr>> {
        self.remove_attr(realm, &attr)?;
        Ok(attr)
    }

    /// [`attachShadow()`](https://dom.spec.whatwg.org/#dom-element-attachshadow)
    fn attach_shadow(&self, realm: &Realm, init: ShadowRootInit) -> Fallible<Root<ShadowRoot>> {
        shadow_root::attach(realm, &self.root(), init)
    }

    fn shadow_root(&self, _: &Realm) -> Fallible<Option<Root<ShadowRoot>>> {
        Ok(self.shadow().filter(|shadow| !shadow.is_closed()))
    }

    /// [`closest()`](https://dom.spec.whatwg.org/#dom-element-closest)
    fn closest(&self, _: &Realm, selectors: DomString) -> Fallible<Option<Root<Self>>> {
        let list = selectors::parse(&selectors)?;
        let mut matcher = list.matcher(&self.node_root());
        let mut current = Some(self.root());
        while let Some(element) = current {
            if matcher.matches(&element) {
                return Ok(Some(element));
            }
            current = element.parent_as_element();
        }
        Ok(None)
    }

    fn matches(&self, _: &Realm, selectors: DomString) -> Fallible<bool> {
        Ok(selectors::parse(&selectors)?.matcher(&self.node_root()).matches(&self.root()))
    }

    fn webkit_matches_selector(&self, realm: &Realm, selectors: DomString) -> Fallible<bool> {
        self.matches(realm, selectors)
    }

    fn get_elements_by_tag_name(
        &self,
        realm: &Realm,
        qualified_name: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_tag_name(&qualified_name))
    }

    fn get_elements_by_tag_name_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_name(namespace, &local_name))
    }

    fn get_elements_by_class_name(
        &self,
        realm: &Realm,
        class_names: DomString,
    ) -> Fallible<Root<HTMLCollection>> {
        self.collection(realm, Filter::by_class_names(&class_names))
    }

    fn insert_adjacent_element(
        &self,
        realm: &Realm,
        where_: DomString,
        element: Root<Self>,
    ) -> Fallible<Option<Root<Self>>> {
        Ok(self.insert_adjacent(realm, &where_, &element.upcast())?.map(|_| element))
    }

    fn insert_adjacent_text(&self, realm: &Realm, where_: DomString, data: DomString) -> Fallible<()> {
        let text = Text::create(realm, &self.owner_doc(), data)?;
        self.insert_adjacent(realm, &where_, &text.upcast()).map(drop)
    }

    fn inner_html(&self, _: &Realm) -> Fallible<DomString> {
        Ok(fragment_html::serialize_children(&self.node_root()).into())
    }

    fn set_inner_html(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        fragment_html::set_inner(realm, &self.root(), &value)
    }

    fn outer_html(&self, _: &Realm) -> Fallible<DomString> {
        Ok(fragment_html::serialize(&self.node_root()).into())
    }

    fn set_outer_html(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        fragment_html::set_outer(realm, &self.root(), &value)
    }

    fn insert_adjacent_html(&self, realm: &Realm, position: DomString, string: DomString) -> Fallible<()> {
        fragment_html::insert_adjacent(realm, &self.root(), &position, &string)
    }
}

super::slottable!(Element);
super::parent_node!(Element);
super::child_node!(Element);
super::non_document_type_child_node!(Element);
