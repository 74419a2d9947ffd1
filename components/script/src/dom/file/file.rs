//! [`File`](https://w3c.github.io/FileAPI/#file-section).

use std::time::{SystemTime, UNIX_EPOCH};

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use super::blob::BlobData;
use crate::bindings::{BlobPart, FileMethods, FilePropertyBag};
use crate::dom::Blob;

/// `File`.
pub(crate) struct File {
    blob: Blob,
    name: String,
    /// Milliseconds since the Unix epoch.
    last_modified: i64,
}

trace_fields!(File { blob });
platform_object!(File: Blob via blob);

/// The time, in milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl File {
    /// A file of these bytes.
    pub(crate) const fn of(data: BlobData, name: String, last_modified: i64) -> Self {
        Self { blob: Blob::of(data), name, last_modified }
    }

    /// Its name.
    pub(crate) fn file_name(&self) -> String {
        self.name.clone()
    }

    /// When it was modified, in milliseconds since the Unix epoch.
    pub(crate) const fn modified(&self) -> i64 {
        self.last_modified
    }
}

impl FileMethods for File {
    fn constructor(
        realm: &Realm,
        file_bits: Vec<BlobPart>,
        file_name: String,
        options: FilePropertyBag,
    ) -> Fallible<Self> {
        let data = BlobData::of_parts(realm, file_bits, &options.parent)?;
        Ok(Self::of(data, file_name, options.last_modified.unwrap_or_else(now)))
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.as_str().into())
    }

    fn last_modified(&self, _: &Realm) -> Fallible<i64> {
        Ok(self.last_modified)
    }
}
