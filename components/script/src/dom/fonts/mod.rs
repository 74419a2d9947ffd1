//! Interfaces: [CSS font loading](https://drafts.csswg.org/css-font-loading/). Fonts are fetched and read; no text is drawn with them.

mod descriptors;
pub(crate) mod font_face;
pub(crate) mod font_face_set;
pub(crate) mod font_face_set_load_event;
mod loading;
mod matching;
mod source;

pub(crate) use font_face::FontFace;
pub(crate) use font_face_set::FontFaceSet;
pub(crate) use font_face_set_load_event::FontFaceSetLoadEvent;
