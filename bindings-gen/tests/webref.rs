//! The IDL of the whole platform parses and resolves, and everything in it is generated.
//!
//! What is all of it is told by `WEBREF_IDL`, the folder of an unpacked `@webref/idl`; without it there is nothing to look at
//! but the files of this repository.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use bindings_gen::{BACKENDS, Generator, SourceSet, backend, check, load};

/// Where `@webref/idl` 3.85.0 breaks a rule of Web IDL: definition and member. Whoever implements these leaves them out.
const WRONG: [(&str, &str, &str); 13] = [
    ("FragmentResultOptions", "breakToken", "null is no dictionary"),
    ("CSSColorValue", "parse", "its union cannot be told apart"),
    ("DigitalCredential", "protocol", "its union cannot be told apart"),
    ("IntersectionObserverEntryInit", "rootBounds", "a nullable dictionary"),
    ("CaptureController", "constructor", "there are two"),
    ("PushSubscriptionChangeEventInit", "newSubscription", "null is no object"),
    ("PushSubscriptionChangeEventInit", "oldSubscription", "null is no object"),
    ("Report", "body", "a nullable dictionary"),
    ("NetworkInformation", "saveData", "[SameObject] of a boolean"),
    ("CollectedClientPaymentData", "payment", "its union cannot be told apart"),
    ("GPUPipelineError", "constructor", "a required argument behind an optional one"),
    ("XRSessionInit", "domOverlay", "a nullable dictionary"),
    ("XRSession", "domOverlayState", "a dictionary as an attribute"),
];

fn webidl() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../webidl")
}

fn webref() -> Option<SourceSet> {
    let folder = env::var_os("WEBREF_IDL")?;
    Some(SourceSet::read_dir(Path::new(&folder)).expect("WEBREF_IDL is a folder of .idl files"))
}

#[test]
fn every_checked_in_file_parses_and_resolves() {
    let sources = SourceSet::read_dir(&webidl()).expect("the folder is part of the repository");
    let summary = check(&sources, false).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 200, "{summary}");
}

#[test]
fn all_of_webref_parses_and_resolves() {
    let Some(sources) = webref() else { return };
    let summary = check(&sources, true).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(summary.interfaces > 1000, "{summary}");
}

#[test]
fn all_of_webref_is_generated_and_compiles() {
    let Some(sources) = webref() else { return };
    let implemented = implement_everything(&sources);
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

/// A configuration with all that some files define, but for what is wrong with them.
fn implement_everything(sources: &SourceSet) -> String {
    let world = load(sources).unwrap_or_else(|problems| panic!("{}", problems.render()));
    let names = world.interfaces.keys().chain(world.callback_interfaces.keys()).chain(world.enums.keys());
    let names = names.chain(world.dictionaries.keys()).chain(world.callbacks.keys());
    let entry = |name: &String| {
        let wrong = WRONG.iter().filter(|(of, ..)| of == name);
        let wrong: Vec<String> = wrong.map(|(_, member, why)| format!("{member:?} = {why:?}")).collect();
        match wrong.is_empty() {
            true => format!("[{name}]\n"),
            false => format!("[{name}]\nleft-out = {{ {} }}\n", wrong.join(", ")),
        }
    };
    names.map(entry).collect()
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
