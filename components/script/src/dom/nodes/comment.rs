//! `Comment`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::CommentMethods;
use crate::dom::CharacterData;

/// `Comment`.
pub(crate) struct Comment {
    character_data: CharacterData,
}

trace_fields!(Comment { character_data });
platform_object!(Comment: CharacterData via character_data);

impl CommentMethods for Comment {}
