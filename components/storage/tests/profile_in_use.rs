//! Two engines and one profile.

use bgfetch_storage::{ProfileError, StorageConfig, StorageThread};

use crate::common::{Storage, child};

#[test]
fn the_second_is_told_who_has_it_and_what_to_do() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let error = StorageThread::spawn(StorageConfig::new(profile.path())).unwrap_err();
    assert!(matches!(error, ProfileError::InUse { .. }));
    let message = error.to_string();
    let folder = profile.path().canonicalize().unwrap();
    for part in [folder.to_str().unwrap(), "another engine of this process", "choose another profile folder"]
    {
        assert!(message.contains(part), "{message}");
    }
    storage.shut_down();
    Storage::open(profile.path()).shut_down();
}

#[test]
fn another_process_is_named_and_its_death_gives_the_profile_free() {
    let profile = tempfile::tempdir().unwrap();
    let mut process = child::start("hold_profile", profile.path());
    process.wait_for("holding");
    let error = StorageThread::spawn(StorageConfig::new(profile.path())).unwrap_err();
    assert!(error.to_string().contains(&format!("its id is {}", process.id())), "{error}");
    process.kill();
    Storage::open(profile.path()).shut_down();
}
