//! `CharacterData`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::CharacterDataMethods;
use crate::dom::Node;

/// `CharacterData`.
pub(crate) struct CharacterData {
    node: Node,
}

trace_fields!(CharacterData { node });
platform_object!(CharacterData: Node via node);

impl CharacterDataMethods for CharacterData {}
