//! [`Text`](https://dom.spec.whatwg.org/#interface-text).

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::mutation;
use crate::bindings::TextMethods;
use crate::dom::ranges::live;
use crate::dom::{CharacterData, Document, Node, NodeKind, Window};

/// `Text`.
pub(crate) struct Text {
    character_data: CharacterData,
}

trace_fields!(Text { character_data });
platform_object!(Text: CharacterData via character_data);

impl Text {
    /// For interfaces that inherit.
    pub(super) fn new_inherited(kind: NodeKind, document: &Root<Document>, data: DomString) -> Self {
        Self { character_data: CharacterData::new_inherited(kind, document, data) }
    }

    /// A text node.
    pub(crate) fn create(realm: &Realm, document: &Root<Document>, data: DomString) -> Fallible<Root<Self>> {
        realm.wrap(Self::new_inherited(NodeKind::Text, document, data))
    }

    /// [Splits](https://dom.spec.whatwg.org/#concept-text-split) it; gives the new node with what is behind `offset`.
    pub(crate) fn split(&self, realm: &Realm, offset: u32) -> Fallible<Root<Self>> {
        // Steps 1 to 5.
        let rest = self.substring(offset, u32::MAX)?;
        let new = Self::create(realm, &self.owner_doc(), rest)?;
        // Steps 6 and 7.
        if let Some(parent) = self.parent() {
            mutation::insert(realm, &new.upcast(), &parent, self.next().as_ref());
            live::text_split(&self.root().upcast(), offset, &new.upcast(), &parent);
        }
        // Step 8.
        self.replace(realm, offset, u32::MAX, &DomString::default())?;
        Ok(new)
    }
}

impl TextMethods for Text {
    fn constructor(realm: &Realm, data: DomString) -> Fallible<Self> {
        Ok(Self::new_inherited(NodeKind::Text, &Window::document_of(realm)?, data))
    }

    /// [`splitText()`](https://dom.spec.whatwg.org/#dom-text-splittext)
    fn split_text(&self, realm: &Realm, offset: u32) -> Fallible<Root<Self>> {
        self.split(realm, offset)
    }

    /// [`wholeText`](https://dom.spec.whatwg.org/#dom-text-wholetext)
    fn whole_text(&self, _: &Realm) -> Fallible<DomString> {
        let mut first: Root<Node> = self.root().upcast();
        while let Some(previous) = first.previous().filter(|node| node.as_text().is_some()) {
            first = previous;
        }
        let mut units = Vec::new();
        let mut node = Some(first);
        while let Some(text) = node.as_ref().and_then(|node| node.as_text()) {
            units.extend(text.text().to_utf16());
            node = text.next();
        }
        Ok(DomString::from_utf16(&units))
    }
}

super::slottable!(Text);
