//! [`DataTransferItemList`](https://html.spec.whatwg.org/multipage/dnd.html#the-datatransferitemlist-interface).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};

use super::data_transfer_item::ItemData;
use crate::bindings::DataTransferItemListMethods;
use crate::dom::{DataTransferItem, File, FileList};

/// `DataTransferItemList`.
pub(crate) struct DataTransferItemList {
    reflector: Reflector,
    items: RefCell<Vec<Member<DataTransferItem>>>,
    /// [`files`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransfer-files), which has the files among the items.
    files: Member<FileList>,
}

trace_fields!(DataTransferItemList { items, files });
platform_object!(DataTransferItemList);

impl DataTransferItemList {
    /// An empty list, whose files are also in `files`.
    pub(super) fn new(files: &Root<FileList>) -> Self {
        Self { reflector: Reflector::new(), items: RefCell::default(), files: files.clone().into() }
    }

    fn roots(&self) -> Vec<Root<DataTransferItem>> {
        self.items.borrow().iter().map(|item| (**item).clone()).collect()
    }

    /// The types of its texts, and `Files` if there are any.
    pub(super) fn types(&self) -> Vec<DomString> {
        let items = self.roots();
        let texts = items.iter().filter(|item| item.file().is_none()).map(|item| item.type_name());
        let has_files = items.iter().any(|item| item.file().is_some());
        texts.chain(has_files.then(|| "Files".into())).collect()
    }

    /// The text of that type.
    pub(super) fn text(&self, type_: &DomString) -> Option<DomString> {
        self.roots().iter().filter(|item| item.type_name() == *type_).find_map(|item| item.text())
    }

    /// Adds a text.
    pub(super) fn add_text(
        &self,
        realm: &Realm,
        type_: DomString,
        data: DomString,
    ) -> Fallible<Root<DataTransferItem>> {
        self.push(realm, ItemData::Text(data), type_)
    }

    /// Removes the text of a type, or all texts.
    pub(super) fn remove_text(&self, type_: Option<&DomString>) {
        self.remove_those(|item| {
            item.file().is_none() && type_.is_none_or(|type_| item.type_name() == *type_)
        });
    }

    fn push(&self, realm: &Realm, data: ItemData, type_: DomString) -> Fallible<Root<DataTransferItem>> {
        let item = realm.wrap(DataTransferItem::new(data, type_))?;
        self.items.borrow_mut().push(item.clone().into());
        self.update_files();
        Ok(item)
    }

    fn remove_those(&self, is_meant: impl Fn(&DataTransferItem) -> bool) {
        let removed: Vec<_> = self.items.borrow_mut().extract_if(.., |item| is_meant(item)).collect();
        removed.iter().for_each(|item| item.disable());
        self.update_files();
    }

    fn update_files(&self) {
        self.files.set(self.roots().iter().filter_map(|item| item.file()).collect());
    }
}

impl DataTransferItemListMethods for DataTransferItemList {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.items.borrow().len()).unwrap_or(u32::MAX)
    }

    fn indexed_getter(&self, _: &Realm, index: u32) -> Fallible<Root<DataTransferItem>> {
        let item = self.roots().into_iter().nth(index as usize);
        item.ok_or_else(|| Exception::range_error("there is no such item"))
    }

    /// [`add()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransferitemlist-add) of a text
    fn add(
        &self,
        realm: &Realm,
        data: DomString,
        type_: DomString,
    ) -> Fallible<Option<Root<DataTransferItem>>> {
        let type_: DomString = type_.to_ascii_lowercase().into();
        if self.text(&type_).is_some() {
            let message = format!("there is a text of the type {type_:?} already");
            return Err(Exception::dom("NotSupportedError", message));
        }
        self.add_text(realm, type_, data).map(Some)
    }

    /// [`add()`](https://html.spec.whatwg.org/multipage/dnd.html#dom-datatransferitemlist-add) of a file
    fn add_file(&self, realm: &Realm, data: Root<File>) -> Fallible<Option<Root<DataTransferItem>>> {
        let type_ = data.data().mime_type.to_ascii_lowercase();
        self.push(realm, ItemData::File(data.into()), type_.into()).map(Some)
    }

    fn remove(&self, _: &Realm, index: u32) -> Fallible<()> {
        if let Some(item) = self.roots().get(index as usize) {
            self.remove_those(|other| std::ptr::eq(&raw const **item, other));
        }
        Ok(())
    }

    fn clear(&self, _: &Realm) -> Fallible<()> {
        self.remove_those(|_| true);
        Ok(())
    }
}
