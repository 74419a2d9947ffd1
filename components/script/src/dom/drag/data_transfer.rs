//! [`DataTransfer`](https://html.spec.whatwg.org/multipage/dnd.html#the-datatransfer-interface): one that a page makes, whose
//! [drag data store](https://html.spec.whatwg.org/multipage/dnd.html#drag-data-store) is in the read/write mode.

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::DataTransferMethods;
use crate::dom::{DataTransferItemList, Element, FileList};

/// `DataTransfer`.
pub(crate) struct DataTransfer {
    reflector: Reflector,
    drop_effect: RefCell<DomString>,
    effect_allowed: RefCell<DomString>,
    /// Its [drag data store item list](https://html.spec.whatwg.org/multipage/dnd.html#drag-data-store-item-list).
    items: Member<DataTransferItemList>,
    files: Member<FileList>,
}

trace_fields!(DataTransfer { items, files });
platform_object!(DataTransfer);

const DROP_EFFECTS: [&str; 4] = ["none", "copy", "link", "move"];
const EFFECTS_ALLOWED: [&str; 9] =
    ["none", "copy", "copyLink", "copyMove", "link", "linkMove", "move", "all", "uninitialized"];

/// What a format is called, and whether it means the first URL of a list of them.
fn format_of(format: &DomString) -> (DomString, bool) {
    match format.to_ascii_lowercase().as_str() {
        "text" => ("text/plain".into(), false),
        "url" => ("text/uri-list".into(), true),
        other => (other.into(), false),
    }
}

/// The first URL of a [`text/uri-list`](https://www.rfc-editor.org/rfc/rfc2483#section-5), without its comments.
fn first_url(list: &str) -> &str {
    list.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
}

impl DataTransferMethods for DataTransfer {
    /// [The constructor](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer)
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let files = realm.wrap(FileList::empty())?;
        Ok(Self {
            reflector: Reflector::new(),
            drop_effect: RefCell::new("none".into()),
            effect_allowed: RefCell::new("none".into()),
            items: realm.wrap(DataTransferItemList::new(&files))?.into(),
            files: files.into(),
        })
    }

    fn drop_effect(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.drop_effect.borrow().clone())
    }

    fn set_drop_effect(&self, _: &Realm, value: DomString) -> Fallible<()> {
        if DROP_EFFECTS.contains(&&*value) {
            self.drop_effect.replace(value);
        }
        Ok(())
    }

    fn effect_allowed(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.effect_allowed.borrow().clone())
    }

    fn set_effect_allowed(&self, _: &Realm, value: DomString) -> Fallible<()> {
        if EFFECTS_ALLOWED.contains(&&*value) {
            self.effect_allowed.replace(value);
        }
        Ok(())
    }

    fn items(&self, _: &Realm) -> Fallible<Root<DataTransferItemList>> {
        Ok((*self.items).clone())
    }

    /// [`setDragImage()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-setdragimage): of a store that is
    /// dragged, which none is.
    fn set_drag_image(&self, _: &Realm, _: Root<Element>, _: i32, _: i32) -> Fallible<()> {
        Ok(())
    }

    /// [`types`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-types)
    fn types(&self, _: &Realm) -> Fallible<Vec<DomString>> {
        Ok(self.items.types())
    }

    /// [`getData()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-getdata)
    fn get_data(&self, _: &Realm, format: DomString) -> Fallible<DomString> {
        let (format, converts_to_url) = format_of(&format);
        let data = self.items.text(&format).unwrap_or_default();
        Ok(if converts_to_url { first_url(&data).into() } else { data })
    }

    /// [`setData()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-setdata)
    fn set_data(&self, realm: &Realm, format: DomString, data: DomString) -> Fallible<()> {
        let (format, _) = format_of(&format);
        self.items.remove_text(Some(&format));
        self.items.add_text(realm, format, data).map(drop)
    }

    /// [`clearData()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-cleardata)
    fn clear_data(&self, _: &Realm, format: Option<DomString>) -> Fallible<()> {
        let format = format.map(|format| format_of(&format).0);
        self.items.remove_text(format.as_ref());
        Ok(())
    }

    fn files(&self, _: &Realm) -> Fallible<Root<FileList>> {
        Ok((*self.files).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::first_url;

    #[test]
    fn comments_of_a_list_are_no_urls() {
        assert_eq!(first_url("# two\r\nhttps://a.example/\r\nhttps://b.example/"), "https://a.example/");
        assert_eq!(first_url("#\n"), "");
    }
}
