//! The IDL of the whole platform parses and resolves, and everything in it is generated.

mod platform;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use bindings_gen::{BACKENDS, Generator, SourceSet, backend, check};

fn webidl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../webidl")
}

#[test]
fn every_checked_in_file_parses_and_resolves() {
    let sources = SourceSet::read_dir(&webidl()).expect("the folder is part of the repository");
    let summary = check(&sources, false).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 200, "{summary}");
}

#[test]
fn each_file_of_webref_is_here_once() {
    let sources = platform::sources();
    let name = |file: &bindings_gen::SourceFile| Path::new(&file.name).file_name().map(ToOwned::to_owned);
    let mut names: Vec<_> = sources.files.iter().map(name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), sources.files.len(), "a file of webidl/ is left in tests/webref, too");
    // A proposal's, which is not of the package.
    names.retain(|name| name.as_deref() != Some("wasm-threads.idl".as_ref()));
    assert_eq!(names.len(), 334, "@webref/idl 3.85.0 has 334 files");
}

#[test]
fn all_of_webref_parses_and_resolves() {
    let sources = platform::sources();
    let summary = check(&sources, true).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 1000, "{summary}");
}

#[test]
fn all_of_webref_is_generated_and_compiles() {
    let sources = platform::sources();
    let implemented = platform::implement_everything(&sources);
    for name in BACKENDS {
        let backend = backend(name).expect("the list has the backends that there are");
        let generator = Generator::new("", "everything.toml").backend(backend);
        let generated = generator.generate_from(sources.clone(), &implemented);
        let generated = generated.unwrap_or_else(|problems| panic!("{}", problems.render()));
        assert!(generated.files.len() > 1200, "{}", generated.files.len());
        for (file, text) in &generated.files {
            syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        if name == "rust-only" {
            let folder = env::temp_dir().join(format!("bindings-gen-webref-{}", std::process::id()));
            generated.write_to(&folder).expect("a temporary folder can be written");
            compile(&folder.join("bindings/mod.rs"));
            fs::remove_dir_all(folder).expect("what was written can be removed");
        }
    }
}

/// Compiles a file and the modules beside it as a library without dependencies.
fn compile(file: &Path) {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--crate-type=lib", "--edition=2024", "--emit=metadata", "--cap-lints=warn", "-Awarnings"]);
    let out = command.arg(file).arg("--out-dir").arg(file.with_extension("out")).output();
    let out = out.expect("the compiler that compiled this test is there");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn everything_that_is_implemented_is_generated_the_same_way_twice() {
    let generator = Generator::new(webidl(), webidl().join("implemented.toml"));
    let first = generator.generate().unwrap_or_else(|problems| panic!("{}", problems.render()));
    let second = generator.generate().unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert_eq!(first.files, second.files);
    assert!(first.files.iter().any(|(name, _)| name == "background_fetch_manager.rs"));
}
