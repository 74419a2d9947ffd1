//! [`CharacterData`](https://dom.spec.whatwg.org/#interface-characterdata).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, PlatformObject, Realm, Root, platform_object, trace_fields,
};

use super::mutation_observer::{self, Mutation};
use crate::bindings::CharacterDataMethods;
use crate::dom::html::hooks;
use crate::dom::ranges::live;
use crate::dom::{Document, Node, NodeKind};

/// `CharacterData`.
pub(crate) struct CharacterData {
    node: Node,
    data: RefCell<Data>,
}

/// Text that a parser can append to cheaply.
enum Data {
    Text(String),
    /// It has a lone surrogate.
    Units(DomString),
}

impl From<DomString> for Data {
    fn from(text: DomString) -> Self {
        if text.has_lone_surrogate() { Self::Units(text) } else { Self::Text(text.into_string()) }
    }
}

impl Data {
    fn to_dom_string(&self) -> DomString {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Units(text) => text.clone(),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.encode_utf16().count(),
            Self::Units(text) => text.to_utf16().len(),
        }
    }
}

trace_fields!(CharacterData { node });
platform_object!(CharacterData: Node via node);

impl CharacterData {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited(kind: NodeKind, document: &Root<Document>, data: DomString) -> Self {
        Self { node: Node::new_inherited(kind, Some(document)), data: RefCell::new(data.into()) }
    }

    /// Its [data](https://dom.spec.whatwg.org/#concept-cd-data).
    pub(crate) fn text(&self) -> DomString {
        self.data.borrow().to_dom_string()
    }

    /// Replaces all of its data.
    pub(crate) fn set_text(&self, realm: &Realm, text: DomString) {
        self.store(realm, text, 0, u32::MAX);
    }

    /// Steps 4 to 12 of [replacing data](https://dom.spec.whatwg.org/#concept-cd-replace), after which `count` code units from
    /// `offset` on are others.
    fn store(&self, realm: &Realm, text: DomString, offset: u32, count: u32) {
        let before = self.units();
        let count = count.min(before - offset.min(before));
        self.queue_record(realm);
        self.data.replace(text.into());
        let length = (self.units() + count).saturating_sub(before);
        live::data_replaced(&self.root().upcast(), offset, count, length);
        self.changed(realm);
    }

    /// Step 4 of [replacing data](https://dom.spec.whatwg.org/#concept-cd-replace).
    fn queue_record(&self, realm: &Realm) {
        if mutation_observer::is_anything_observed() {
            let mutation = Mutation::CharacterData { old: self.text() };
            mutation_observer::queue_record(realm, &self.root().upcast(), &mutation);
        }
    }

    /// Appends to its data.
    pub(crate) fn push_str(&self, realm: &Realm, more: &str) {
        self.queue_record(realm);
        {
            let mut data = self.data.borrow_mut();
            match &mut *data {
                Data::Text(text) => text.push_str(more),
                Data::Units(text) => {
                    let mut units = text.to_utf16();
                    units.extend(more.encode_utf16());
                    *text = DomString::from_utf16(&units);
                }
            }
        }
        self.changed(realm);
    }

    /// [Children changed steps](https://dom.spec.whatwg.org/#concept-node-children-changed-ext) of the parent.
    fn changed(&self, realm: &Realm) {
        if let Some(parent) = self.parent() {
            hooks::children_changed(realm, &parent);
        }
    }

    /// [Replaces data](https://dom.spec.whatwg.org/#concept-cd-replace).
    pub(crate) fn replace(&self, realm: &Realm, offset: u32, count: u32, data: &DomString) -> Fallible<()> {
        let mut units = self.text().to_utf16();
        let (start, end) = range(units.len(), offset, count)?;
        units.splice(start..end, data.to_utf16());
        self.store(realm, DomString::from_utf16(&units), offset, count);
        Ok(())
    }

    /// [Substring data](https://dom.spec.whatwg.org/#concept-cd-substring).
    pub(crate) fn substring(&self, offset: u32, count: u32) -> Fallible<DomString> {
        let units = self.text().to_utf16();
        let (start, end) = range(units.len(), offset, count)?;
        Ok(DomString::from_utf16(units.get(start..end).unwrap_or_default()))
    }

    /// [Length](https://dom.spec.whatwg.org/#dom-characterdata-length) in code units.
    pub(crate) fn units(&self) -> u32 {
        u32::try_from(self.data.borrow().length()).unwrap_or(u32::MAX)
    }
}

/// Steps 1 to 3 of replacing data: the range of code units that is meant.
fn range(length: usize, offset: u32, count: u32) -> Fallible<(usize, usize)> {
    let start = offset as usize;
    if start > length {
        let message = format!("the offset {offset} is greater than the length {length}");
        return Err(Exception::dom("IndexSizeError", message));
    }
    Ok((start, start.saturating_add(count as usize).min(length)))
}

impl CharacterDataMethods for CharacterData {
    fn data(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.text())
    }

    fn set_data(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        self.set_text(realm, value);
        Ok(())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.units())
    }

    fn substring_data(&self, _: &Realm, offset: u32, count: u32) -> Fallible<DomString> {
        self.substring(offset, count)
    }

    fn append_data(&self, realm: &Realm, data: DomString) -> Fallible<()> {
        self.replace(realm, self.units(), 0, &data)
    }

    fn insert_data(&self, realm: &Realm, offset: u32, data: DomString) -> Fallible<()> {
        self.replace(realm, offset, 0, &data)
    }

    fn delete_data(&self, realm: &Realm, offset: u32, count: u32) -> Fallible<()> {
        self.replace(realm, offset, count, &DomString::default())
    }

    fn replace_data(&self, realm: &Realm, offset: u32, count: u32, data: DomString) -> Fallible<()> {
        self.replace(realm, offset, count, &data)
    }
}

super::child_node!(CharacterData);
super::non_document_type_child_node!(CharacterData);
