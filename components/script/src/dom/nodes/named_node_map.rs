//! [`NamedNodeMap`](https://dom.spec.whatwg.org/#interface-namednodemap).

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::namespaces::from_nullable;
use super::node::not_found;
use crate::bindings::NamedNodeMapMethods;
use crate::dom::{Attr, Element};

/// `NamedNodeMap`: the attributes of an element.
pub(crate) struct NamedNodeMap {
    reflector: Reflector,
    element: Member<Element>,
}

trace_fields!(NamedNodeMap { element });
platform_object!(NamedNodeMap);

impl NamedNodeMap {
    pub(super) fn new(element: &Root<Element>) -> Self {
        Self { reflector: Reflector::new(), element: element.clone().into() }
    }
}

impl NamedNodeMapMethods for NamedNodeMap {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn item(&self, realm: &Realm, index: u32) -> Fallible<Option<Root<Attr>>> {
        self.element.attr_at(realm, index as usize)
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.element.attribute_count()).unwrap_or(u32::MAX)
    }

    fn get_named_item(&self, realm: &Realm, qualified_name: DomString) -> Fallible<Option<Root<Attr>>> {
        self.element.attr_by_name(realm, &qualified_name)
    }

    /// [Supported property names](https://dom.spec.whatwg.org/#interface-namednodemap)
    fn supported_property_names(&self) -> Vec<DomString> {
        let mut names: Vec<DomString> = Vec::new();
        let lower = self.element.is_html() && self.element.owner_doc().is_html_document();
        for name in self.element.attribute_names() {
            let hidden = lower && name.bytes().any(|byte| byte.is_ascii_uppercase());
            if !hidden && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn get_named_item_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Option<Root<Attr>>> {
        self.element.attr_in(realm, &from_nullable(namespace.as_deref()), &local_name)
    }

    fn set_named_item(&self, realm: &Realm, attr: Root<Attr>) -> Fallible<Option<Root<Attr>>> {
        self.element.set_attr(realm, &attr)
    }

    fn set_named_item_ns(&self, realm: &Realm, attr: Root<Attr>) -> Fallible<Option<Root<Attr>>> {
        self.element.set_attr(realm, &attr)
    }

    fn remove_named_item(&self, realm: &Realm, qualified_name: DomString) -> Fallible<Root<Attr>> {
        let attr = self.element.attr_by_name(realm, &qualified_name)?;
        let attr = attr.ok_or_else(|| not_found("there is no attribute of that name"))?;
        self.element.remove_attr(realm, &attr)?;
        Ok(attr)
    }

    fn remove_named_item_ns(
        &self,
        realm: &Realm,
        namespace: Option<DomString>,
        local_name: DomString,
    ) -> Fallible<Root<Attr>> {
        let attr = self.element.attr_in(realm, &from_nullable(namespace.as_deref()), &local_name)?;
        let attr = attr.ok_or_else(|| not_found("there is no attribute of that name"))?;
        self.element.remove_attr(realm, &attr)?;
        Ok(attr)
    }
}
