//! A disk in memory that keeps apart what programs see and what has reached the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use super::{BodyFile, Vfs};

/// Writes tear at this grain, in bytes.
const SECTOR: usize = 512;

/// A simulated disk for tests: of limited size, and with a power switch. Only bodies are on it: the metadata, and
/// the folders that hold it, are on the real disk, and move and go together with the bodies.
///
/// Clones are the same disk.
#[derive(Clone, Debug)]
pub struct SimVfs(Arc<Mutex<Disk>>);

struct Disk {
    /// What programs see.
    live: BTreeMap<PathBuf, Inode>,
    /// Names that survive a loss of power.
    durable_names: BTreeMap<PathBuf, Inode>,
    capacity: u64,
    /// Operations that change something, until now.
    operations: u64,
    /// At this many operations power goes, and this is called once.
    power_loss: Option<(u64, Box<dyn FnOnce() + Send>)>,
    /// At this many operations this is called once, and then the operation goes on.
    pause: Option<(u64, Box<dyn FnOnce() + Send>)>,
    powered: bool,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("files", &self.live.len()).field("operations", &self.operations).finish()
    }
}

type Inode = Arc<Mutex<Content>>;

#[derive(Debug, Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
}

impl Default for SimVfs {
    fn default() -> Self {
        Self::new()
    }
}

impl SimVfs {
    /// An empty disk without limits.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Disk {
            live: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            capacity: u64::MAX,
            operations: 0,
            power_loss: None,
            pause: None,
            powered: true,
        })))
    }

    /// From now on, files hold at most `bytes` together; what is there already stays.
    pub fn set_capacity(&self, bytes: u64) {
        self.0.lock().capacity = bytes;
    }

    /// How many operations have changed something, until now.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.0.lock().operations
    }

    /// Power goes just before operation number `operation` (from 0) takes effect: it and all later ones fail.
    /// `at_that_moment` runs on the thread of that operation.
    pub fn lose_power_at(&self, operation: u64, at_that_moment: impl FnOnce() + Send + 'static) {
        self.0.lock().power_loss = Some((operation, Box::new(at_that_moment)));
    }

    /// Just before operation number `operation` (from 0) takes effect, `wait` runs on its thread.
    pub fn before_operation(&self, operation: u64, wait: impl FnOnce() + Send + 'static) {
        self.0.lock().pause = Some((operation, Box::new(wait)));
    }

    /// The disk as it is found when power is back: what was synced, and of the rest what `chance` leaves. It is
    /// asked for a number below its argument; equal answers make equal disks.
    pub fn after_power_loss(&self, mut chance: impl FnMut(usize) -> usize) -> Self {
        let disk = self.0.lock();
        let found = Self::new();
        {
            let mut after = found.0.lock();
            let names: BTreeSet<&PathBuf> = disk.live.keys().chain(disk.durable_names.keys()).collect();
            for name in names {
                let (live, durable) = (disk.live.get(name), disk.durable_names.get(name));
                let same = matches!((live, durable), (Some(a), Some(b)) if Arc::ptr_eq(a, b));
                let inode = if same || chance(2) == 0 { durable } else { live };
                let Some(inode) = inode else { continue };
                let bytes = torn(&inode.lock(), &mut chance);
                let content = Content { live: bytes.clone(), durable: bytes };
                let inode = Arc::new(Mutex::new(content));
                after.live.insert(name.clone(), Arc::clone(&inode));
                after.durable_names.insert(name.clone(), inode);
            }
        }
        found
    }

    /// What programs see of a file.
    #[must_use]
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let inode = Arc::clone(self.0.lock().live.get(path)?);
        let bytes = inode.lock().live.clone();
        Some(bytes)
    }

    /// Paths of all files, in order.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.0.lock().live.keys().cloned().collect()
    }

    /// Counts an operation; fails if there is no power (any more).
    fn operate(&self) -> io::Result<()> {
        let mut disk = self.0.lock();
        let now = disk.operations;
        disk.operations += 1;
        if let Some((_, wait)) = disk.pause.take_if(|(at, _)| *at == now) {
            drop(disk);
            wait();
            disk = self.0.lock();
        }
        if let Some((_, then)) = disk.power_loss.take_if(|(at, _)| *at == now) {
            disk.powered = false;
            drop(disk);
            then();
            return Err(no_power());
        }
        if disk.powered { Ok(()) } else { Err(no_power()) }
    }

    fn used(&self) -> u64 {
        let inodes: Vec<Inode> = self.0.lock().live.values().cloned().collect();
        inodes.iter().map(|inode| inode.lock().live.len() as u64).sum()
    }

    fn inode(&self, path: &Path) -> io::Result<Inode> {
        self.0.lock().live.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Bytes of a file after power was lost: each sector is as synced, or as written since.
fn torn(content: &Content, chance: &mut impl FnMut(usize) -> usize) -> Vec<u8> {
    let (live, durable) = (&content.live, &content.durable);
    let length = match chance(3) {
        0 => durable.len(),
        1 => live.len(),
        _ => durable.len().min(live.len()) + chance(live.len().abs_diff(durable.len()) + 1),
    };
    let mut bytes = vec![0; length];
    for (index, sector) in bytes.chunks_mut(SECTOR).enumerate() {
        let from = if chance(2) == 0 { durable } else { live };
        for (at, byte) in sector.iter_mut().enumerate() {
            let at = index * SECTOR + at;
            *byte = match (durable.get(at), live.get(at)) {
                // Synced and not written since: it is there in any case.
                (Some(a), Some(b)) if a == b => *a,
                _ => from.get(at).copied().unwrap_or(0),
            };
        }
    }
    bytes
}

fn no_power() -> io::Error {
    io::Error::other("the simulated machine has no power")
}

impl Vfs for SimVfs {
    fn create_dir_all(&self, _: &Path) -> io::Result<()> {
        if self.0.lock().powered { Ok(()) } else { Err(no_power()) }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<(String, u64)>> {
        let disk = self.0.lock();
        let inside = disk.live.iter().filter(|(path, _)| path.parent() == Some(dir));
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(inside.map(|(path, inode)| (name(path), inode.lock().live.len() as u64)).collect())
    }

    fn open(&self, path: &Path, create: bool) -> io::Result<Arc<dyn BodyFile>> {
        let inode = match self.inode(path) {
            Ok(inode) => inode,
            Err(error) if !create => return Err(error),
            Err(_) => {
                self.operate()?;
                let inode = Inode::default();
                self.0.lock().live.insert(path.to_owned(), Arc::clone(&inode));
                inode
            }
        };
        Ok(Arc::new(SimFile { disk: self.clone(), inode }))
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Bytes> {
        let inode = self.inode(path)?;
        let content = inode.lock();
        let end = content.live.len();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(end);
        Ok(Bytes::copy_from_slice(&content.live[start..start.saturating_add(length).min(end)]))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.operate()?;
        self.0.lock().live.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.operate()?;
        let mut disk = self.0.lock();
        let here: Vec<(PathBuf, Inode)> = disk
            .live
            .iter()
            .filter(|(path, _)| path.parent() == Some(dir))
            .map(|(path, inode)| (path.clone(), Arc::clone(inode)))
            .collect();
        disk.durable_names.retain(|path, _| path.parent() != Some(dir));
        disk.durable_names.extend(here);
        Ok(())
    }

    fn rename_dir(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)?;
        let mut disk = self.0.lock();
        let Disk { live, durable_names, .. } = &mut *disk;
        for names in [live, durable_names] {
            *names = std::mem::take(names)
                .into_iter()
                .map(|(path, inode)| match path.strip_prefix(from) {
                    Ok(rest) => (to.join(rest), inode),
                    Err(_) => (path, inode),
                })
                .collect();
        }
        Ok(())
    }

    fn remove_dir_all(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(dir)?;
        let mut disk = self.0.lock();
        disk.live.retain(|path, _| !path.starts_with(dir));
        disk.durable_names.retain(|path, _| !path.starts_with(dir));
        Ok(())
    }

    fn free_space(&self, _: &Path) -> io::Result<u64> {
        let used = self.used();
        Ok(self.0.lock().capacity.saturating_sub(used))
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimVfs,
    inode: Inode,
}

impl BodyFile for SimFile {
    fn write_at(&self, offset: u64, chunks: &[Bytes]) -> io::Result<()> {
        self.disk.operate()?;
        let mut room = self.disk.free_space(Path::new(""))?;
        let mut content = self.inode.lock();
        let mut at = usize::try_from(offset).map_err(io::Error::other)?;
        for chunk in chunks {
            let growth = (at + chunk.len()).saturating_sub(content.live.len());
            let fits = usize::try_from(room).unwrap_or(usize::MAX).min(growth);
            let writable = chunk.len() - (growth - fits);
            let end = at + writable;
            if content.live.len() < end {
                content.live.resize(end, 0);
            }
            content.live[at..end].copy_from_slice(&chunk[..writable]);
            if writable < chunk.len() {
                return Err(io::ErrorKind::StorageFull.into());
            }
            room -= fits as u64;
            at = end;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.disk.operate()?;
        self.inode.lock().live.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.operate()?;
        let mut content = self.inode.lock();
        content.durable = content.live.clone();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        Path::new("/bodies").join(name)
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_is_up_to_chance() {
        let disk = SimVfs::new();
        let file = disk.open(&path("1"), true).unwrap();
        file.write_at(0, &[Bytes::from(vec![1; 1000])]).unwrap();
        file.sync().unwrap();
        disk.sync_dir(Path::new("/bodies")).unwrap();
        file.write_at(1000, &[Bytes::from(vec![2; 2000])]).unwrap();
        disk.open(&path("2"), true).unwrap();
        for seed in 0..50_usize {
            let mut state = seed;
            let after = disk.after_power_loss(|below| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            });
            let found = after.content(&path("1")).unwrap();
            assert!((1000..=3000).contains(&found.len()));
            assert_eq!(found[..1000], [1; 1000]);
        }
    }

    #[test]
    fn a_full_disk_takes_what_fits() {
        let disk = SimVfs::new();
        disk.set_capacity(10);
        let file = disk.open(&path("1"), true).unwrap();
        let error =
            file.write_at(0, &[Bytes::from_static(b"123456"), Bytes::from_static(b"7890ab")]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(disk.content(&path("1")).unwrap(), b"1234567890");
    }

    #[test]
    fn without_power_nothing_works() {
        let disk = SimVfs::new();
        let (tell, told) = crossbeam_channel::bounded(1);
        disk.lose_power_at(1, move || tell.send(()).unwrap());
        let file = disk.open(&path("1"), true).unwrap();
        assert!(file.write_at(0, &[Bytes::from_static(b"x")]).is_err());
        assert!(file.sync().is_err());
        told.try_recv().unwrap();
        assert_eq!(disk.content(&path("1")).unwrap(), b"");
    }
}
