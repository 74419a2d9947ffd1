//! Profiles that cannot be opened, and one that can again.

use bgfetch::{EngineError, ProfileError};

use crate::support::{Embedder, builder, get, stop};

#[test]
fn one_engine_at_a_time() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let second = builder(profile.path(), &embedder).build().unwrap_err();
    assert!(matches!(second, EngineError::Profile(ProfileError::InUse { .. })), "{second}");
    assert!(second.to_string().contains(profile.path().file_name().unwrap().to_str().unwrap()));
    stop(engine);
    stop(builder(profile.path(), &embedder).build().unwrap());
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    std::fs::write(profile.path().join("thesis.tex"), "years of work").unwrap();
    let refused = builder(profile.path(), &embedder).build().unwrap_err();
    assert!(matches!(refused, EngineError::Profile(ProfileError::NotAProfile { .. })), "{refused}");
    assert_eq!(std::fs::read_dir(profile.path()).unwrap().count(), 1);
}

#[test]
fn certificates_that_are_none_are_named_and_the_profile_is_free_again() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    let refused = builder(profile.path(), &embedder)
        .ca_certificate("my-ca.pem", "not a certificate")
        .build()
        .unwrap_err();
    assert!(
        matches!(&refused, EngineError::Certificates { origin, .. } if origin == "my-ca.pem"),
        "{refused}"
    );
    stop(builder(profile.path(), &embedder).build().unwrap());
}

#[test]
fn an_engine_that_was_shut_down_says_so() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let other = engine.clone();
    get(engine.shutdown());
    assert!(matches!(other.when_idle().wait(), Err(EngineError::Stopped { .. })));
    assert!(matches!(other.shutdown().wait(), Err(EngineError::Stopped { .. })));
    other.set_online(false);
}
