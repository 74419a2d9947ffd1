//! [`FileReaderSync`](https://w3c.github.io/FileAPI/#dfn-FileReaderSync), for workers.

use bgfetch_js::{ArrayBuffer, DomString, Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use super::packaging;
use crate::bindings::FileReaderSyncMethods;
use crate::dom::Blob;

/// `FileReaderSync`.
pub(crate) struct FileReaderSync {
    reflector: Reflector,
}

trace_fields!(FileReaderSync {});
platform_object!(FileReaderSync);

impl FileReaderSyncMethods for FileReaderSync {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self { reflector: Reflector::new() })
    }

    fn read_as_array_buffer(&self, realm: &Realm, blob: Root<Blob>) -> Fallible<ArrayBuffer> {
        packaging::array_buffer(realm, &blob.data())
    }

    fn read_as_binary_string(&self, _: &Realm, blob: Root<Blob>) -> Fallible<DomString> {
        Ok(packaging::binary_string(&blob.data()))
    }

    fn read_as_text(&self, _: &Realm, blob: Root<Blob>, encoding: Option<DomString>) -> Fallible<DomString> {
        Ok(packaging::text(&blob.data(), encoding.as_ref()))
    }

    fn read_as_data_url(&self, _: &Realm, blob: Root<Blob>) -> Fallible<DomString> {
        Ok(packaging::data_url(&blob.data()))
    }
}
