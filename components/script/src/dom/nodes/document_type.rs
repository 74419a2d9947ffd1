//! [`DocumentType`](https://dom.spec.whatwg.org/#interface-documenttype).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::DocumentTypeMethods;
use crate::dom::{Document, Node, NodeKind};

/// `DocumentType`.
pub(crate) struct DocumentType {
    node: Node,
    name: DomString,
    public_id: DomString,
    system_id: DomString,
}

trace_fields!(DocumentType { node });
platform_object!(DocumentType: Node via node);

impl DocumentType {
    /// A doctype.
    pub(crate) fn create(
        realm: &Realm,
        document: &Root<Document>,
        name: DomString,
        public_id: DomString,
        system_id: DomString,
    ) -> Fallible<Root<Self>> {
        let node = Node::new_inherited(NodeKind::DocumentType, Some(document));
        realm.wrap(Self { node, name, public_id, system_id })
    }

    /// Its [name](https://dom.spec.whatwg.org/#concept-doctype-name).
    pub(crate) fn type_name(&self) -> DomString {
        self.name.clone()
    }

    pub(super) fn copy(&self, realm: &Realm, document: &Root<Document>) -> Fallible<Root<Self>> {
        Self::create(realm, document, self.name.clone(), self.public_id.clone(), self.system_id.clone())
    }

    /// It [as XML](https://www.w3.org/TR/DOM-Parsing/#dfn-xml-serializing-a-documenttype-node).
    pub(super) fn markup(&self) -> String {
        let mut markup = format!("<!DOCTYPE {}", self.name);
        if !self.public_id.is_empty() {
            markup.push_str(&format!(" PUBLIC \"{}\"", self.public_id));
        } else if !self.system_id.is_empty() {
            markup.push_str(" SYSTEM");
        }
        if !self.system_id.is_empty() {
            markup.push_str(&format!(" \"{}\"", self.system_id));
        }
        markup.push('>');
        markup
    }

    pub(super) fn is_equal(&self, other: &Self) -> bool {
        self.name == other.name && self.public_id == other.public_id && self.system_id == other.system_id
    }
}

impl DocumentTypeMethods for DocumentType {
    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }

    fn public_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.public_id.clone())
    }

    fn system_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.system_id.clone())
    }
}

super::child_node!(DocumentType);
