//! What is generated for each construct: `tests/golden/NAME.idl` (and `NAME.toml`, if it is not simply everything) gives
//! `NAME.rs`, and `rust-only/NAME.rs` for no engine. What is said about wrong input: `tests/errors/NAME.idl` gives `NAME.txt`.
//!
//! The expected files change only by `UPDATE_GOLDEN=1 cargo test -p bindings-gen --test golden`.

use std::fs;
use std::path::{Path, PathBuf};

use bindings_gen::{Diagnostics, Generated, Generator, SourceSet, backend, load};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The cases of a folder, in order of name.
fn cases(name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(name)).expect("the folder is part of the repository");
    let mut cases: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a folder can be listed").path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "idl"));
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// Generates from a case; without a configuration of its own, everything that it defines is implemented.
fn generate(case: &Path, for_engine: &str) -> Result<Generated, Diagnostics> {
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(case).expect("a case can be read");
    let mut sources = SourceSet::default();
    sources.add(name.clone(), text);
    let implemented = match fs::read_to_string(case.with_extension("toml")) {
        Ok(text) => text,
        Err(_) => {
            // What is wrong with the file is told when it is generated from.
            let names = load(&sources).map(|world| world.interfaces.into_keys().collect::<Vec<_>>());
            names.unwrap_or_default().iter().map(|name| format!("[{name}]\n")).collect()
        }
    };
    let backend = backend(for_engine).expect("the backend is part of the compiler");
    let generator = Generator::new("", name.replace(".idl", ".toml")).backend(backend);
    generator.generate_from(sources, &implemented)
}

/// All files but the one that names the others, one after the other.
fn text_of(generated: &Generated) -> String {
    let files = generated.files.iter().filter(|(name, text)| name != "mod.rs" && text.lines().count() > 2);
    files.map(|(name, text)| format!("// ======== {name}\n{text}\n")).collect()
}

/// Compares with the expected file, or writes it if that is what was asked for. Tells what is different.
fn compare(expected_path: &Path, actual: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(expected_path, actual).expect("an expected file can be written");
        return None;
    }
    let expected = fs::read_to_string(expected_path).unwrap_or_default();
    if expected == actual {
        return None;
    }
    let lines = expected.lines().zip(actual.lines()).enumerate();
    let (number, (expected, actual)) =
        lines.into_iter().find(|(_, (a, b))| a != b).unwrap_or((0, ("(length)", "(length)")));
    Some(format!("{}:{}\n  expected {expected}\n  but got  {actual}\n", expected_path.display(), number + 1))
}

#[test]
fn each_construct_gives_the_expected_rust() {
    let mut differences = String::new();
    for (for_engine, folder) in [("js", ""), ("rust-only", "rust-only")] {
        for case in cases("golden") {
            let actual = match generate(&case, for_engine) {
                Ok(generated) => text_of(&generated),
                Err(problems) => panic!("{}", problems.render()),
            };
            let name = case.with_extension("rs").file_name().map(Path::new).map(Path::to_owned);
            let expected = case.with_file_name(folder).join(name.unwrap_or_default());
            differences.extend(compare(&expected, &actual));
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let mut differences = String::new();
    for case in cases("errors") {
        let actual = match generate(&case, "js") {
            Ok(_) => panic!("{} is not wrong", case.display()),
            Err(problems) => format!("{}\n{}", problems.render_short(), problems.render()),
        };
        differences.extend(compare(&case.with_extension("txt"), &actual));
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn what_is_generated_is_rust() {
    for case in cases("golden") {
        let generated = generate(&case, "js").unwrap_or_else(|problems| panic!("{}", problems.render()));
        for (name, text) in &generated.files {
            syn::parse_file(text).unwrap_or_else(|error| panic!("{name} of {}: {error}", case.display()));
        }
    }
}
