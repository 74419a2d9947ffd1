//! [`Comment`](https://dom.spec.whatwg.org/#interface-comment).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::CommentMethods;
use crate::dom::{CharacterData, Document, NodeKind, Window};

/// `Comment`.
pub(crate) struct Comment {
    character_data: CharacterData,
}

trace_fields!(Comment { character_data });
platform_object!(Comment: CharacterData via character_data);

impl Comment {
    fn new_inherited(document: &Root<Document>, data: DomString) -> Self {
        Self { character_data: CharacterData::new_inherited(NodeKind::Comment, document, data) }
    }

    /// A comment.
    pub(crate) fn create(realm: &Realm, document: &Root<Document>, data: DomString) -> Fallible<Root<Self>> {
        realm.wrap(Self::new_inherited(document, data))
    }
}

impl CommentMethods for Comment {
    fn constructor(realm: &Realm, data: DomString) -> Fallible<Self> {
        Ok(Self::new_inherited(&Window::document_of(realm)?, data))
    }
}
