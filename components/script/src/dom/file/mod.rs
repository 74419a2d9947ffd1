//! Interfaces: file.

pub(crate) mod blob;
pub(crate) mod file;
pub(crate) mod form_data;

pub(crate) use blob::Blob;
pub(crate) use file::File;
pub(crate) use form_data::FormData;
