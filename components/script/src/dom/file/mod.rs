//! The [File API](https://w3c.github.io/FileAPI/), and form data.

pub(crate) mod blob;
pub(crate) mod blob_url;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod file;
pub(crate) mod form_data;

pub(crate) use blob::Blob;
pub(crate) use file::File;
pub(crate) use form_data::FormData;
