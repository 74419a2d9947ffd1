//! The [File API](https://w3c.github.io/FileAPI/), and form data.

pub(crate) mod blob;
pub(crate) mod blob_url;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod file;
pub(crate) mod file_list;
pub(crate) mod file_reader;
pub(crate) mod file_reader_sync;
pub(crate) mod form_data;
mod packaging;

pub(crate) use blob::Blob;
pub(crate) use file::File;
pub(crate) use file_list::FileList;
pub(crate) use file_reader::FileReader;
pub(crate) use file_reader_sync::FileReaderSync;
pub(crate) use form_data::FormData;
