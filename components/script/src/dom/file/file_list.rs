//! [`FileList`](https://w3c.github.io/FileAPI/#filelist-section).

use std::cell::RefCell;

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::FileListMethods;
use crate::dom::File;

/// `FileList`.
pub(crate) struct FileList {
    reflector: Reflector,
    files: RefCell<Vec<Member<File>>>,
}

trace_fields!(FileList { files });
platform_object!(FileList);

impl FileList {
    /// The list of a control in which nobody has chosen a file.
    pub(crate) const fn empty() -> Self {
        Self { reflector: Reflector::new(), files: RefCell::new(Vec::new()) }
    }

    /// A list of these.
    pub(crate) fn of(files: Vec<Root<File>>) -> Self {
        let list = Self::empty();
        list.set(files);
        list
    }

    /// It has these files from now on.
    pub(crate) fn set(&self, files: Vec<Root<File>>) {
        let before = self.files.replace(files.into_iter().map(Into::into).collect());
        drop(before);
    }

    /// Its files, in order.
    pub(crate) fn files(&self) -> Vec<Root<File>> {
        self.files.borrow().iter().map(|file| (**file).clone()).collect()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.files.borrow().len()).unwrap_or(u32::MAX)
    }
}

impl FileListMethods for FileList {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.count())
    }

    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<Root<File>>> {
        Ok(self.files.borrow().get(index as usize).map(|file| (**file).clone()))
    }

    fn indexed_length(&self) -> u32 {
        self.count()
    }
}
