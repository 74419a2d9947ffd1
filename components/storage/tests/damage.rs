//! What is on the disk is not what was written there.

use std::fs;
use std::path::{Path, PathBuf};

use bgfetch_traits::ids::{BodyId, StorageKey};
use bgfetch_traits::storage::{BodyOwner, RestoredProfile};
use rusqlite::Connection;

use crate::common::{Storage, entry, fetch, key, pattern, read_all, response_of};

/// A profile with one partition that will be damaged, and another that will not; and the damaged one's folder.
fn profile() -> (tempfile::TempDir, PathBuf, BodyId) {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    let body = storage.create(response_of(1, 0));
    storage.append(body, 0, pattern(1, 300_000));
    storage.seal(body).unwrap();
    storage.save(fetch(1, &storage.key, &[Some(body), None])).unwrap();
    let cache = storage.open_cache("v1");
    storage
        .put(cache, vec![entry("https://example.com/", Some(storage.open_body(body, 0, false).unwrap()))])
        .unwrap();
    storage.key = other();
    storage.save(fetch(2, &storage.key, &[])).unwrap();
    storage.shut_down();
    let folder = folder_of(profile.path(), &key("https://example.com/"));
    (profile, folder, body)
}

fn other() -> StorageKey {
    key("https://other.test/")
}

fn folder_of(profile: &Path, key: &StorageKey) -> PathBuf {
    let mut folders = fs::read_dir(profile.join("partitions")).unwrap().map(|entry| entry.unwrap().path());
    folders
        .find(|folder| fs::read_to_string(folder.join("origin")).unwrap().trim_end() == key.as_str())
        .unwrap()
}

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("meta.sqlite")).unwrap()
}

fn ids(restored: &RestoredProfile) -> Vec<u64> {
    restored.background_fetches.iter().map(|fetch| fetch.fetch.0).collect()
}

/// The partition was put aside whole, with what it held; the other one works, and so does a new one in its place.
fn assert_put_aside(profile: &Path, kept: &[&str]) {
    let storage = Storage::open(profile);
    let restored = storage.restore();
    assert_eq!(ids(&restored), [2]);
    let [damage] = &restored.damaged[..] else { panic!("{:?}", restored.damaged) };
    assert!(damage.kept_at.starts_with(profile.canonicalize().unwrap().join("damaged")), "{damage:?}");
    assert!(!damage.reason.is_empty());
    for name in kept {
        assert!(damage.kept_at.join(name).exists(), "{name} is lost");
    }
    assert!(restored.next_id > 2);
    assert_eq!(storage.settled_usage(), 0);
    let body = storage.create(response_of(3, 0));
    storage.append(body, 0, b"new".to_vec());
    storage.save(fetch(3, &storage.key, &[Some(body)])).unwrap();
    storage.shut_down();
    let restored = Storage::open(profile).restore();
    assert_eq!(ids(&restored), [2, 3]);
    assert_eq!(restored.damaged, []);
}

#[test]
fn a_database_that_is_none_is_put_aside() {
    let (profile, folder, body) = profile();
    fs::write(folder.join("meta.sqlite"), vec![b'x'; 10_000]).unwrap();
    assert_put_aside(profile.path(), &["meta.sqlite", "origin", &format!("bodies/{body}")]);
}

#[test]
fn a_database_with_a_broken_page_is_put_aside() {
    let (profile, folder, body) = profile();
    let path = folder.join("meta.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    assert_put_aside(profile.path(), &["meta.sqlite", &format!("bodies/{body}")]);
}

#[test]
fn a_database_of_another_version_or_another_program_is_put_aside() {
    for change in ["PRAGMA user_version = 77", "PRAGMA application_id = 1", "DROP TABLE owners"] {
        let (profile, folder, _) = profile();
        database(&folder).execute_batch(change).unwrap();
        assert_put_aside(profile.path(), &["meta.sqlite"]);
    }
}

#[test]
fn bodies_without_a_database_are_put_aside() {
    let (profile, folder, body) = profile();
    fs::remove_file(folder.join("meta.sqlite")).unwrap();
    assert_put_aside(profile.path(), &[&format!("bodies/{body}")]);
}

#[test]
fn a_partition_that_does_not_say_whose_it_is_is_put_aside() {
    for origin in [&b""[..], b"https://else.where", b"\xff"] {
        let (profile, folder, body) = profile();
        fs::write(folder.join("origin"), origin).unwrap();
        assert_put_aside(profile.path(), &["meta.sqlite", &format!("bodies/{body}")]);
    }
}

#[test]
fn a_partition_left_half_made_is_made() {
    let (profile, folder, _) = profile();
    fs::remove_dir_all(&folder).unwrap();
    fs::create_dir_all(folder.join("bodies")).unwrap();
    let storage = Storage::open(profile.path());
    let restored = storage.restore();
    assert_eq!((ids(&restored), restored.damaged), (vec![2], vec![]));
    storage.save(fetch(3, &storage.key, &[])).unwrap();
    storage.shut_down();
    assert_eq!(ids(&Storage::open(profile.path()).restore()), [2, 3]);
}

#[test]
fn one_row_that_cannot_be_read_is_put_aside_alone() {
    for change in [
        "UPDATE fetches SET json = '{' WHERE id = 1",
        "UPDATE records SET json = '[]' WHERE fetch = 1 AND position = 1",
        "DELETE FROM records WHERE fetch = 1 AND position = 0",
        "UPDATE fetches SET json = replace(json, 'https://example.com\"', 'https://else.where\"') WHERE id = 1",
    ] {
        let (profile, folder, body) = profile();
        database(&folder).execute_batch(change).unwrap();
        for _ in 0..2 {
            let storage = Storage::open(profile.path());
            let restored = storage.restore();
            assert_eq!(ids(&restored), [2], "{change}");
            let [damage] = &restored.damaged[..] else { panic!("{change}: {:?}", restored.damaged) };
            assert_eq!(damage.what, "background fetch 1");
            assert_eq!(damage.partition, Some(key("https://example.com/")));
            // Nothing of it is lost, and the rest of the partition works.
            assert_eq!(storage.content(body), pattern(1, 300_000));
            let cache = storage.open_cache("v1");
            let response = storage.matching(cache, "https://example.com/").unwrap();
            assert_eq!(read_all(response.body.unwrap()), pattern(1, 300_000));
            storage.shut_down();
        }
    }
}

#[test]
fn a_sealed_body_that_got_shorter_is_told_and_never_taken_for_whole() {
    for length in [Some(1000), None] {
        let (profile, folder, body) = profile();
        let path = folder.join("bodies").join(body.to_string());
        match length {
            Some(length) => fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let left = length.unwrap_or(0);
        let storage = Storage::open(profile.path());
        let restored = storage.restore();
        assert_eq!(restored.background_fetches[0].records[0].response_length, left);
        assert_eq!(restored.damaged.len(), 1, "{:?}", restored.damaged);
        assert_eq!(restored.damaged[0].what, format!("stored body {body}"));
        let cache = storage.open_cache("v1");
        for mut reader in [
            storage.open_body(body, 0, false).unwrap(),
            storage.matching(cache, "https://example.com/").unwrap().body.unwrap(),
        ] {
            let mut bytes = Vec::new();
            let end = loop {
                match reader.read_blocking() {
                    Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
                    end => break end,
                }
            };
            assert_eq!(bytes, &pattern(1, 300_000)[..usize::try_from(left).unwrap()]);
            assert!(matches!(end, Some(Err(_))), "it ended as if it were whole");
        }
    }
}

#[test]
fn a_body_that_was_still_written_goes_on_from_what_is_there() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(response_of(1, 0));
    storage.append(body, 0, pattern(1, 300_000));
    storage.save(fetch(1, &storage.key, &[Some(body)])).unwrap();
    storage.shut_down();
    let path = folder_of(profile.path(), &key("https://example.com/")).join("bodies").join(body.to_string());
    // Longer: written, but not committed when the process ended.
    fs::write(&path, [pattern(1, 300_000), vec![0; 5000]].concat()).unwrap();
    fs::write(path.with_file_name("999"), "nobody's").unwrap();
    let storage = Storage::open(profile.path());
    let restored = storage.restore();
    assert_eq!(restored.background_fetches[0].records[0].response_length, 300_000);
    assert_eq!(storage.content(body), pattern(1, 300_000));
    assert_eq!(fs::metadata(&path).unwrap().len(), 300_000);
    assert!(!path.with_file_name("999").exists());
    storage.shut_down();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100).unwrap();
    let storage = Storage::open(profile.path());
    let restored = storage.restore();
    assert_eq!((restored.background_fetches[0].records[0].response_length, restored.damaged), (100, vec![]));
    assert_eq!(storage.append(body, 100, pattern(1, 300_000)[100..].to_vec()).result, Ok(()));
    assert_eq!(read_all(storage.open_body(body, 0, false).unwrap()), pattern(1, 300_000));
}

#[test]
fn an_entry_of_a_cache_that_cannot_be_read_is_put_aside_and_the_others_are_served() {
    let (profile, folder, body) = profile();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    storage.put(cache, vec![entry("https://example.com/2", None)]).unwrap();
    storage.shut_down();
    database(&folder).execute_batch("UPDATE entries SET response = 'x' WHERE id = 1").unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    assert!(storage.matching(cache, "https://example.com/").is_none());
    assert_eq!(storage.match_all(cache).len(), 1);
    storage.put(cache, vec![entry("https://example.com/", None)]).unwrap();
    assert_eq!(storage.match_all(cache).len(), 2);
    let restored = storage.restore();
    assert_eq!(restored.damaged.len(), 1);
    assert_eq!(restored.damaged[0].what, "cache entry 1");
    assert_eq!(storage.content(body), pattern(1, 300_000));
}

/// The database breaks while it is in use: what is under way fails, and then the partition works again, empty.
#[test]
fn a_database_that_breaks_at_run_time_is_put_aside() {
    let (profile, folder, body) = profile();
    let storage = Storage::open(profile.path());
    assert_eq!(ids(&storage.restore()), [1, 2]);
    storage.shut_down();
    let root: i64 = database(&folder)
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'entries_by_path'", [], |row| row.get(0))
        .unwrap();
    let path = folder.join("meta.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let page = usize::try_from((root - 1) * 4096).unwrap();
    bytes[page..page + 4096].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let storage = Storage::open(profile.path());
    assert_eq!(ids(&storage.restore()), [1, 2]);
    let (writer, done) = storage.append_pipe(storage.create(BodyOwner::Pending), 0);
    let cache = storage.open_cache("v1");
    let selector = bgfetch_traits::storage::CacheSelector::Id(cache);
    let matched = storage.ask(|reply| {
        let mut query = crate::common::query("https://example.com/");
        query.ignore_search = true;
        bgfetch_traits::storage::PartitionMsg::Cache(bgfetch_traits::storage::CacheMsg::Match {
            cache: selector,
            query,
            reply,
        })
    });
    assert!(matched.is_err());
    assert!(crate::common::wait(&done).result.is_err());
    drop(writer);
    assert_eq!(storage.settled_usage(), 0);
    let restored = storage.restore();
    assert_eq!(ids(&restored), [2]);
    assert_eq!(restored.damaged.len(), 1);
    assert!(restored.damaged[0].kept_at.join("bodies").join(body.to_string()).exists());
}
