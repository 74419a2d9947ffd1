//! The IDL of the whole platform parses and resolves.

use std::path::{Path, PathBuf};

use bindings_gen::{Generator, SourceSet, check};

fn webidl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../webidl")
}

#[test]
fn every_checked_in_file_parses_and_resolves() {
    let sources = SourceSet::read_dir(&webidl()).expect("the folder is part of the repository");
    let summary = check(&sources, false).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 200, "{summary}");
}

/// The folder of an unpacked `@webref/idl`, told by `WEBREF_IDL`; without it there is nothing to look at.
#[test]
fn all_of_webref_parses_and_resolves() {
    let Some(folder) = std::env::var_os("WEBREF_IDL") else { return };
    let sources = SourceSet::read_dir(Path::new(&folder)).expect("WEBREF_IDL is a folder of .idl files");
    let summary = check(&sources, false).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 1000 && summary.undefined <= 3, "{summary}");
}

#[test]
fn everything_that_is_implemented_is_generated_the_same_way_twice() {
    let generator = Generator::new(webidl(), webidl().join("implemented.toml"));
    let first = generator.generate().unwrap_or_else(|problems| panic!("{}", problems.render()));
    let second = generator.generate().unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert_eq!(first.files, second.files);
    assert!(first.files.iter().any(|(name, _)| name == "background_fetch_manager.rs"));
}
