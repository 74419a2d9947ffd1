//! A folder that is not a profile is not made one, and not touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bgfetch_storage::{ProfileError, StorageConfig, StorageThread};

use crate::common::Storage;

fn refused(folder: &Path) -> ProfileError {
    let before = content(folder);
    let error = StorageThread::spawn(StorageConfig::new(folder)).unwrap_err();
    assert_eq!(content(folder), before, "the folder was changed");
    assert!(error.to_string().contains(folder.file_name().unwrap().to_str().unwrap()), "{error}");
    error
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let read = |entry: fs::DirEntry| {
        (entry.path().display().to_string(), fs::read(entry.path()).unwrap_or_default())
    };
    entries.map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn a_folder_with_other_things_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "the only copy").unwrap();
    assert!(matches!(refused(folder.path()), ProfileError::NotAProfile { .. }));
}

#[test]
fn somebody_elses_format_file_is_not_ours() {
    for text in
        [&b"png"[..], b"", b"\xff\xfe", b"bgfetch profile, format x\n", b"bgfetch profile, format -1\n"]
    {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("format"), text).unwrap();
        assert!(matches!(refused(folder.path()), ProfileError::NotAProfile { .. }));
    }
}

#[test]
fn a_profile_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    Storage::open(folder.path()).shut_down();
    fs::write(folder.path().join("format"), "bgfetch profile, format 2\nsomething new\n").unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, ProfileError::NewerFormat { found: 2, supported: 1, .. }));
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(refused(&file), ProfileError::Io { .. }));
}

#[test]
fn an_empty_folder_a_missing_one_and_one_left_half_made_become_profiles() {
    let folder = tempfile::tempdir().unwrap();
    for (name, files) in [("a/b/c", &[][..]), ("half", &["lock", "format.new"])] {
        let profile = folder.path().join(name);
        for file in files {
            fs::create_dir_all(&profile).unwrap();
            fs::write(profile.join(file), "x").unwrap();
        }
        Storage::open(&profile).shut_down();
        assert_eq!(fs::read_to_string(profile.join("format")).unwrap(), "bgfetch profile, format 1\n");
    }
    Storage::open(folder.path().join("half").as_path()).shut_down();
}
