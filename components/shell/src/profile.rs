//! The folder that holds what outlives the process, or a temporary one.

use std::path::{Path, PathBuf};

use bgfetch::ProfileError;
use tempfile::TempDir;

use crate::failure::Failure;

/// A profile's folder.
#[derive(Debug)]
pub struct Profile {
    path: PathBuf,
    /// Deleted with this.
    _temporary: Option<TempDir>,
}

impl Profile {
    /// The folder `path`, or a temporary one.
    ///
    /// # Errors
    /// When a temporary one cannot be had; a given one is not looked at.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = path {
            return Ok(Self { path: path.to_owned(), _temporary: None });
        }
        let temporary = tempfile::Builder::new().prefix("bgfetch-").tempdir().map_err(|error| {
            let path = std::env::temp_dir();
            Failure::Engine(ProfileError::Io { path, reason: error.to_string() }.into())
        })?;
        Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
