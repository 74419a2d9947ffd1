//! The files that bodies live in, behind a trait: the disk, or a [simulated](SimVfs) one that runs full, tears
//! writes and loses power.

mod real;
mod sim;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

pub use real::RealVfs;
pub(crate) use real::sync_dir;
pub use sim::SimVfs;

/// A file system, as far as bodies need one. Each call may block.
pub trait Vfs: Send + Sync + fmt::Debug {
    /// Makes a folder and those above it.
    ///
    /// # Errors
    /// As [`std::fs::create_dir_all`].
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// Names and lengths in bytes of the files in a folder.
    ///
    /// # Errors
    /// As [`std::fs::read_dir`].
    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>>;

    /// Opens a file to append to; makes it if `create`, and it is not there.
    ///
    /// # Errors
    /// As [`std::fs::OpenOptions::open`].
    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn BodyFile>>;

    /// Up to `length` bytes from `offset` on; fewer only at the end of the file.
    ///
    /// # Errors
    /// As [`std::fs::File::open`] and [`std::io::Read::read`].
    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Bytes>;

    /// Deletes a file.
    ///
    /// # Errors
    /// As [`std::fs::remove_file`].
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes files that were created in a folder, or deleted from it, so for good.
    ///
    /// # Errors
    /// As [`std::fs::File::sync_all`].
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Moves a folder with all that is in it.
    ///
    /// # Errors
    /// As [`std::fs::rename`].
    fn rename_dir(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a folder with all that is in it.
    ///
    /// # Errors
    /// As [`std::fs::remove_dir_all`].
    fn remove_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// How many bytes can still be stored on the disk that holds `dir`.
    ///
    /// # Errors
    /// When the system does not tell.
    fn free_space(&self, dir: &Path) -> io::Result<u64>;
}

/// A file that is open for appending. One thread at a time changes it; another may sync it meanwhile.
pub trait BodyFile: Send + Sync + fmt::Debug {
    /// Writes all of `chunks` from `offset` on.
    ///
    /// # Errors
    /// As [`std::io::Write::write_all`]; some of the bytes may have been written.
    fn write_at(&self, offset: u64, chunks: &[Bytes]) -> io::Result<()>;

    /// Cuts the file, or fills it with zeros, to `length` bytes.
    ///
    /// # Errors
    /// As [`std::fs::File::set_len`].
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// Makes all that was written before durable.
    ///
    /// # Errors
    /// As [`std::fs::File::sync_data`].
    fn sync(&self) -> io::Result<()>;
}
