//! [`StyleSheet`](https://drafts.csswg.org/cssom-1/#the-stylesheet-interface).

use std::cell::Cell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::{ElementOrProcessingInstruction, StyleSheetMethods};
use crate::dom::{CSSStyleSheet, MediaList};

/// `StyleSheet`: one that script constructed, which has no node, no address, no title and no parent.
pub(crate) struct StyleSheet {
    reflector: Reflector,
    media: Member<MediaList>,
    disabled: Cell<bool>,
}

trace_fields!(StyleSheet { media });
platform_object!(StyleSheet);

impl StyleSheet {
    /// For interfaces that inherit.
    pub(super) fn new_inherited(media: &Root<MediaList>, disabled: bool) -> Self {
        Self { reflector: Reflector::new(), media: media.clone().into(), disabled: Cell::new(disabled) }
    }
}

impl StyleSheetMethods for StyleSheet {
    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok("text/css".into())
    }

    fn href(&self, _: &Realm) -> Fallible<Option<String>> {
        Ok(None)
    }

    fn owner_node(&self, _: &Realm) -> Fallible<Option<ElementOrProcessingInstruction>> {
        Ok(None)
    }

    fn parent_style_sheet(&self, _: &Realm) -> Fallible<Option<Root<CSSStyleSheet>>> {
        Ok(None)
    }

    fn title(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(None)
    }

    fn media(&self, _: &Realm) -> Fallible<Root<MediaList>> {
        Ok((*self.media).clone())
    }

    fn disabled(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.disabled.get())
    }

    fn set_disabled(&self, _: &Realm, value: bool) -> Fallible<()> {
        self.disabled.set(value);
        Ok(())
    }
}
