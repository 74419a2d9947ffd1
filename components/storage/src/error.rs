//! Errors, and how they become [`StorageError`], the one that leaves the thread.

use std::io;
use std::path::{Path, PathBuf};

use bgfetch_traits::storage::StorageError;
use rusqlite::ErrorCode;

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Another process, or another engine of this one, has it.
    #[error(
        "the profile {} is in use by {holder}: end that first, or choose another profile folder",
        path.display()
    )]
    InUse {
        /// The profile's folder.
        path: PathBuf,
        /// Who has it, as far as it can be told.
        holder: String,
    },
    /// The folder holds other things.
    #[error(
        "{} is not a bgfetch profile (it is not empty, and has no `format` file that bgfetch wrote); nothing in it \
         was changed: choose an empty folder or one that does not exist",
        path.display()
    )]
    NotAProfile {
        /// The folder.
        path: PathBuf,
    },
    /// A later version of bgfetch wrote it.
    #[error(
        "the profile {} has format {found}, and this version of bgfetch reads up to {supported}: use the newer \
         version that wrote it, or another profile folder",
        path.display()
    )]
    NewerFormat {
        /// The profile's folder.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest this version knows.
        supported: u32,
    },
    /// The file system refused.
    #[error("the profile cannot be used, because {} failed: {source}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
}

impl ProfileError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A failure of a file operation on `path`.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> StorageError {
    let path = path.display().to_string();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::DiskFull { path },
        _ => StorageError::Io { path, message: error.to_string() },
    }
}

/// Why an operation on a partition's metadata failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MetaError {
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The database does not hold what this program puts there.
    #[error("{0}")]
    Damaged(String),
}

pub(crate) type MetaResult<T> = Result<T, MetaError>;

impl MetaError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }

    /// Whether the database itself is broken, so that trying again cannot help.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sql(error) => match error {
                rusqlite::Error::SqliteFailure(failure, message) => {
                    matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                        || message.as_deref().is_some_and(is_foreign_schema)
                }
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..) => true,
                rusqlite::Error::SqlInputError { msg, .. } => is_foreign_schema(msg),
                _ => false,
            },
            Self::Damaged(_) => true,
            // One row, not all of them: where it matters the row is put aside.
            Self::Json(_) | Self::Storage(_) | Self::Io { .. } => false,
        }
    }

    /// Whether there is no room for it.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _)) => failure.code == ErrorCode::DiskFull,
            Self::Io { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Storage(StorageError::DiskFull { .. }) => true,
            _ => false,
        }
    }

    /// What the outside is told; `path` is the database.
    pub(crate) fn into_storage(self, path: &Path) -> StorageError {
        match self {
            Self::Storage(error) => error,
            Self::Io { path, source } => io_error(&path, &source),
            other if other.is_disk_full() => StorageError::DiskFull { path: path.display().to_string() },
            other => StorageError::Io { path: path.display().to_string(), message: other.to_string() },
        }
    }
}

/// Statements are fixed: when one does not fit, the schema is not ours.
fn is_foreign_schema(message: &str) -> bool {
    message.starts_with("no such table") || message.starts_with("no such column")
}
