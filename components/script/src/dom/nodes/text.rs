//! `Text`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::TextMethods;
use crate::dom::CharacterData;

/// `Text`.
pub(crate) struct Text {
    character_data: CharacterData,
}

trace_fields!(Text { character_data });
platform_object!(Text: CharacterData via character_data);

impl TextMethods for Text {}
