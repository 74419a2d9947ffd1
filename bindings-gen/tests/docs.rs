//! What the book shows is what is: outputs are those of the commands, code is that of the files, tables are the compiler's.
//!
//! Between the lines `<!-- kind argument -->` and `<!-- /kind argument -->` of the files in `docs` stands what is made here.
//! It changes only by `UPDATE_GOLDEN=1 cargo test -p bindings-gen --test docs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bindings_gen::{ATTRIBUTES, Effect, Generator, SourceSet, attribute_table, backend, replace_section};

fn crate_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(crate_folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A folder in which commands run: the project's IDL, and two changed copies of it.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Desk {
        let folder = std::env::temp_dir().join(format!("bindings-gen-docs-{}", std::process::id()));
        let desk = Desk(folder);
        let own = SourceSet::read_dir(&crate_folder().join("../webidl")).expect("the project's IDL");
        let patched =
            |patch: &str| own.patched(&read(patch)).unwrap_or_else(|| panic!("{patch} does not fit"));
        desk.write("webidl", &own);
        desk.write("new", &patched("docs/update/pull-180.patch"));
        desk.write("reason", &patched("docs/update/reason.patch"));
        desk
    }

    fn write(&self, name: &str, sources: &SourceSet) {
        let folder = self.0.join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        for file in &sources.files {
            let name = Path::new(&file.name).file_name().expect("a file has a name");
            fs::write(folder.join(name), &*file.text).expect("a file can be written");
        }
        fs::write(folder.join("implemented.toml"), read("../webidl/implemented.toml")).expect("as above");
    }

    fn run(&self, arguments: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bindings-gen"));
        let output =
            command.args(arguments.split(' ')).current_dir(&self.0).output().expect("the program starts");
        assert!(output.stderr.is_empty(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What the Rust compiler says of the walk-through's implementation, with a version of the IDL.
    fn compile(&self, version: &str) -> String {
        let crate_folder = self.0.join(format!("crate-{version}"));
        let bindings = crate_folder.join("bindings");
        fs::create_dir_all(&bindings).expect("a folder can be made");
        let mut implemented = read("docs/update/implemented.toml");
        if version == "reason" {
            implemented = implemented.replace(r#""id", "abort""#, r#""id", "abort", "paused""#);
        }
        let sources = SourceSet::read_dir(&self.0.join(version)).expect("the folder is there");
        let rust_only = backend("rust-only").expect("the backend is part of the compiler");
        let generator = Generator::new("", "implemented.toml").backend(rust_only);
        let generated = generator.generate_from(sources, &implemented);
        for (name, text) in generated.unwrap_or_else(|problems| panic!("{}", problems.render())).files {
            fs::write(bindings.join(name), text).expect("a file can be written");
        }
        fs::write(crate_folder.join("lib.rs"), "pub mod bindings;\npub mod registration;\n")
            .expect("as above");
        fs::write(crate_folder.join("registration.rs"), read("docs/update/registration.rs"))
            .expect("as above");
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let arguments = "--edition 2024 --crate-type lib --emit metadata --error-format short lib.rs";
        let mut command = Command::new(rustc);
        let output =
            command.args(arguments.split(' ')).current_dir(&crate_folder).output().expect("rustc starts");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```", text.trim_end())
}

/// The places and codes of errors: the words differ from one version of the Rust compiler to the next.
fn codes(errors: &str) -> Vec<&str> {
    errors.lines().filter_map(|line| Some(line.split_once(']')?.0)).collect()
}

/// What belongs into a section of a chapter.
fn content(desk: &Desk, chapter: &str, section: &str) -> String {
    let (kind, argument) = section.split_once(' ').unwrap_or((section, ""));
    match kind {
        "run" if argument.starts_with("expand") => fenced("rust,ignore", &desk.run(argument)),
        "run" => fenced("text", &format!("$ bindings-gen {argument}\n{}", desk.run(argument))),
        "file" => {
            let language = match argument.rsplit('.').next() {
                Some("rs") => "rust,ignore",
                Some("patch") => "diff",
                Some("toml") => "toml",
                _ => "webidl",
            };
            fenced(language, &read(argument))
        }
        "trait" => {
            let (name, folder) =
                argument.split_once(' ').expect("a trait's name, and the folder with its IDL");
            let folder = crate_folder().join(folder);
            let generator = Generator::new(&folder, folder.join("implemented.toml"));
            let text = generator.expand(name).unwrap_or_else(|problems| panic!("{}", problems.render()));
            let text = text.expect("the interface is implemented");
            let end = text.find("\n}\n").expect("a trait ends");
            fenced("rust,ignore", &text[..end + 2])
        }
        "changed" => fenced("diff", &changed_lines(desk, argument)),
        "compiler" => {
            assert_eq!(
                desk.compile("webidl"),
                "",
                "the walk-through's implementation compiles with the old IDL"
            );
            let errors = desk.compile("reason");
            let errors =
                errors.lines().filter(|line| line.contains("error[")).map(|line| format!("{line}\n"));
            let errors: String = errors.collect();
            let shown = chapter.split("<!-- compiler -->").nth(1).and_then(|rest| rest.split("```").nth(1));
            let shown = shown.and_then(|shown| shown.strip_prefix("text\n")).unwrap_or_default();
            fenced("text", if codes(shown) == codes(&errors) { shown } else { &errors })
        }
        "attributes" => attribute_table(),
        other => panic!("nothing is known of `{other}`"),
    }
}

/// The lines of an interface's Rust that a new IDL changes, wherever they stand.
fn changed_lines(desk: &Desk, name: &str) -> String {
    let texts = ["webidl", "new"].map(|folder| desk.run(&format!("expand {name} --webidl {folder}")));
    let lines = texts.each_ref().map(|text| text.lines().map(str::trim).collect::<BTreeSet<&str>>());
    let [old, new] = &lines;
    let only = |text: &str, sign: char, other: &BTreeSet<&str>| {
        let lines = text.lines().map(str::trim).filter(|line| !other.contains(line));
        lines.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    only(&texts[0], '-', new) + &only(&texts[1], '+', old)
}

#[test]
fn the_book_shows_what_is() {
    let desk = Desk::new();
    let mut old = Vec::new();
    let mut chapters: Vec<PathBuf> = fs::read_dir(crate_folder().join("docs"))
        .expect("docs")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    chapters.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(chapters.len() >= 6);
    for chapter in chapters {
        let text = fs::read_to_string(&chapter).expect("a chapter can be read");
        let mut updated = text.clone();
        let opening = text.lines().filter_map(|line| line.strip_prefix("<!-- ")?.strip_suffix(" -->"));
        for section in opening.filter(|section| !section.starts_with('/')) {
            updated = replace_section(&updated, section, &content(&desk, &text, section))
                .unwrap_or_else(|| panic!("{}: {section} does not end", chapter.display()));
        }
        if updated != text && std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&chapter, updated).expect("a chapter can be written");
        } else if updated != text {
            let differing = text.lines().zip(updated.lines()).find(|(old, new)| old != new);
            old.push(format!("{}: {differing:?}", chapter.display()));
        }
    }
    assert!(old.is_empty(), "UPDATE_GOLDEN=1 cargo test -p bindings-gen --test docs would change {old:#?}");
}

/// The table of extended attributes, against the names that the compiler's source asks for.
#[test]
fn every_extended_attribute_that_does_something_is_in_the_source() {
    let mut asked_for = BTreeSet::new();
    let mut folders = vec![crate_folder().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "attributes.rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                asked_for.extend(code.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    for known in ATTRIBUTES {
        let does = matches!(known.effect, Effect::Does(_));
        assert_eq!(asked_for.contains(known.name), does, "[{}] {:?}", known.name, known.effect);
    }
}
