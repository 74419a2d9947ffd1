//! [`MediaList`](https://drafts.csswg.org/cssom-1/#the-medialist-interface): media queries, which are not evaluated.

use std::cell::RefCell;

use bgfetch_js::{DomString, Exception, Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::MediaListMethods;

/// `MediaList`.
pub(crate) struct MediaList {
    reflector: Reflector,
    media: RefCell<Vec<String>>,
}

trace_fields!(MediaList {});
platform_object!(MediaList);

/// The queries of a list, each with single spaces and in lower case.
fn parse(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let one = |query: &str| query.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    // A query that is empty is one that cannot be read.
    text.split(',').map(one).map(|query| if query.is_empty() { "not all".into() } else { query }).collect()
}

impl MediaList {
    /// [Creates a `MediaList`](https://drafts.csswg.org/cssom-1/#create-a-medialist-object).
    pub(super) fn new(text: &str) -> Self {
        Self { reflector: Reflector::new(), media: RefCell::new(parse(text)) }
    }

    /// Its queries as one text.
    pub(super) fn text(&self) -> String {
        self.media.borrow().join(", ")
    }
}

impl MediaListMethods for MediaList {
    fn media_text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.text().into())
    }

    fn set_media_text(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.media.replace(parse(&value));
        Ok(())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<DomString>> {
        Ok(self.media.borrow().get(index as usize).map(|query| query.as_str().into()))
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.media.borrow().len()).unwrap_or(u32::MAX)
    }

    /// [`appendMedium()`](https://drafts.csswg.org/cssom-1/#dom-medialist-appendmedium)
    fn append_medium(&self, _: &Realm, medium: DomString) -> Fallible<()> {
        if let [query] = parse(&medium).as_slice() {
            let mut media = self.media.borrow_mut();
            if !media.contains(query) {
                media.push(query.clone());
            }
        }
        Ok(())
    }

    /// [`deleteMedium()`](https://drafts.csswg.org/cssom-1/#dom-medialist-deletemedium)
    fn delete_medium(&self, _: &Realm, medium: DomString) -> Fallible<()> {
        let [query] = &parse(&medium)[..] else { return Ok(()) };
        let mut media = self.media.borrow_mut();
        let before = media.len();
        media.retain(|known| known != query);
        if media.len() == before {
            return Err(Exception::dom("NotFoundError", format!("{query:?} is not in the list")));
        }
        Ok(())
    }
}
