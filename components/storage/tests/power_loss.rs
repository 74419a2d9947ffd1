//! Power goes at any moment: between a write, its sync, and the commit that names it.
//!
//! Bodies are on a simulated disk, which keeps what was synced and leaves the rest to chance, sector by sector. The
//! database is on the real one: at the moment of the loss it is copied as it is, because each of its commits is
//! synced by SQLite.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bgfetch_storage::vfs::SimVfs;
use bgfetch_storage::{QuotaPolicy, StorageConfig, Tuning};
use bgfetch_traits::ids::BodyId;
use bytes::Bytes;
use crossbeam_channel::bounded;

use crate::common::{Storage, entry, fetch, pattern, read_all, response_of, wait};

/// What must hold of a body.
#[derive(Clone, Debug, Default)]
struct Promise {
    /// What was appended, one after the other, each from the start. The last may be under way.
    versions: Vec<Vec<u8>>,
    /// Bytes of the last but one, or of the last if it is answered, that were answered.
    answered: usize,
    /// The last version is not answered.
    under_way: bool,
}

impl Promise {
    fn check(&self, found: &[u8], context: &str) {
        let last = self.versions.len() - 1;
        let is_prefix = |index: usize| self.versions[index].starts_with(found);
        let kept = found.len() >= self.answered;
        let holds = if self.under_way {
            // The old one whole, or the beginning of the new one.
            is_prefix(last) || (last > 0 && is_prefix(last - 1) && kept)
        } else {
            is_prefix(last) && kept
        };
        assert!(
            holds,
            "{context}: {} bytes are no version's beginning, {} were answered",
            found.len(),
            self.answered
        );
    }
}

fn config(profile: &Path) -> StorageConfig {
    let tuning = Tuning {
        io_threads: 1,
        inline_limit: 1000,
        write_size: 2048,
        sync_size: 10_000,
        sync_delay: Duration::from_millis(5),
        write_delay: Duration::from_millis(1),
        ..Tuning::default()
    };
    StorageConfig { quota: QuotaPolicy::Bytes(u64::MAX), tuning, ..StorageConfig::new(profile) }
}

/// Appends, cuts, shares and deletes; notes what was promised. Ends early when something fails.
fn work(storage: &Storage, promises: &mut BTreeMap<BodyId, Promise>) -> Option<()> {
    let bodies: Vec<BodyId> = (0..4).map(|index| storage.create(response_of(1, index))).collect();
    storage.save(fetch(1, &storage.key, &bodies.iter().copied().map(Some).collect::<Vec<_>>())).ok()?;
    for round in 0..3_u64 {
        for (index, body) in (0_u64..).zip(&bodies) {
            let size = [800, 5_000, 40_000, 3_000][usize::try_from((index + round) % 4).unwrap()];
            let content = pattern(round * 10 + index + 1, size);
            let promise = promises.entry(*body).or_default();
            promise.versions.push(content.clone());
            promise.under_way = true;
            let (mut writer, done) = storage.append_pipe(*body, 0);
            for chunk in content.chunks(1500) {
                writer.write_blocking(Bytes::copy_from_slice(chunk)).ok()?;
            }
            writer.finish(Ok(()));
            wait(&done).result.ok()?;
            promise.under_way = false;
            promise.answered = size;
        }
    }
    storage.seal(bodies[2]).ok()?;
    let reader = storage.open_body(bodies[2], 0, false).ok()?;
    let cache = storage.open_cache("v1");
    storage.put(cache, vec![entry("https://example.com/", Some(reader))]).ok()?;
    storage.delete(1).ok()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let to = to.join(item.file_name());
        if item.path().is_dir() {
            copy(&item.path(), &to);
        } else {
            fs::copy(item.path(), to).unwrap();
        }
    }
}

/// Loses power at one operation; answers whether it came to that.
fn lose_power(at: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (profile, found) = (folder.path().join("profile"), folder.path().join("found"));
    let disk = SimVfs::new();
    let (tell, lost) = bounded(1);
    let (from, to) = (profile.clone(), found.clone());
    disk.lose_power_at(at, move || {
        copy(&from, &to);
        tell.send(()).unwrap();
    });
    let storage = Storage::start_on(config(&profile), disk.clone());
    let mut promises = BTreeMap::new();
    work(&storage, &mut promises);
    storage.shut_down();
    if lost.try_recv().is_err() {
        return false;
    }
    for seed in 1..4 {
        let mut state = at << 8 | seed;
        let disk = disk.after_power_loss(|below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        });
        fs::remove_dir_all(&profile).unwrap();
        copy(&found, &profile);
        check(&profile, disk, &promises, &format!("power lost at operation {at}, seed {seed}"));
    }
    true
}

/// What is found after the loss keeps every promise, and can be used.
fn check(profile: &Path, disk: SimVfs, promises: &BTreeMap<BodyId, Promise>, context: &str) {
    let storage = Storage::start_on(config(profile), disk);
    let restored = storage.restore();
    assert_eq!(restored.damaged, [], "{context}");
    let records = restored.background_fetches.iter().flat_map(|fetch| &fetch.records);
    for record in records.clone() {
        let Some(body) = record.response_body else { continue };
        let reader = storage.open_body(body, 0, false).unwrap();
        let sealed = reader.stored().is_some();
        let content = read_all(reader);
        assert_eq!(content.len() as u64, record.response_length, "{context}");
        if let Some(promise) = promises.get(&body) {
            promise.check(&content, context);
        }
        let outcome = storage.append(body, record.response_length, vec![1; 2000]);
        assert_eq!(outcome.result.is_ok(), !sealed, "{context}");
    }
    if records.count() == 0 && !promises.is_empty() {
        let response = storage.matching(storage.open_cache("v1"), "https://example.com/").expect(context);
        promises.values().nth(2).unwrap().check(&read_all(response.body.unwrap()), context);
    }
    storage.shut_down();
}

#[test]
fn every_body_comes_back_as_the_beginning_of_what_was_appended() {
    let mut operation = 0;
    while lose_power(operation) {
        operation += 1;
    }
    assert!(operation > 30, "only {operation} operations were tried");
}

/// The test above would not notice much if the disk lost nothing: without syncs, it does lose.
#[test]
fn without_syncs_bytes_do_get_lost() {
    let folder = tempfile::tempdir().unwrap();
    let disk = SimVfs::new();
    let durability = bgfetch_storage::Durability::ProcessCrash;
    let storage = Storage::start_on(StorageConfig { durability, ..config(folder.path()) }, disk.clone());
    let body = storage.create(response_of(1, 0));
    storage.save(fetch(1, &storage.key, &[Some(body)])).unwrap();
    storage.append(body, 0, pattern(1, 100_000)).result.unwrap();
    storage.shut_down();
    let disk = disk.after_power_loss(|_| 0);
    assert!(disk.files().is_empty());
    let storage = Storage::start_on(config(folder.path()), disk);
    assert_eq!(storage.restore().background_fetches[0].records[0].response_length, 0);
    storage.append(body, 0, pattern(1, 100_000)).result.unwrap();
    assert_eq!(storage.content(body), pattern(1, 100_000));
}
