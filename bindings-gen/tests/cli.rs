//! What a person sees of the command line: for each case a command, what it prints and the status that it ends with,
//! in `tests/cli/NAME.txt`. These change only by `UPDATE_GOLDEN=1 cargo test -p bindings-gen --test cli`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bindings_gen::{Generator, coverage, replace_section};

/// Names of the expected files, and the commands.
const CASES: [(&str, &str); 25] = [
    ("help", "--help"),
    ("help_diff", "help diff"),
    ("help_coverage", "help coverage"),
    ("no_command", ""),
    ("expand", "expand Shop --webidl old"),
    ("expand_rust_only", "expand Shop --webidl old --backend rust-only"),
    ("expand_typing_error", "expand Itme --webidl old"),
    ("expand_unknown", "expand Gamepad --webidl old"),
    ("expand_unknown_backend", "expand Shop --webidl old --backend spidermonkey"),
    ("check", "check old"),
    ("check_complete", "check --complete --short new/shop.idl"),
    ("check_wrong", "check wrong"),
    ("check_wrong_short", "check --short wrong/shop.idl"),
    ("check_missing_file", "check nowhere.idl"),
    ("coverage", "coverage --webidl old"),
    ("coverage_json", "coverage --webidl old --json"),
    ("coverage_markdown", "coverage --webidl old --markdown"),
    ("coverage_of_nothing", "coverage --webidl nowhere"),
    ("coverage_without_configuration", "coverage --webidl new"),
    ("diff", "diff old new"),
    ("diff_relevant", "diff old new --relevant"),
    ("diff_json", "diff old new --relevant --json"),
    ("diff_same", "diff old old/shop.idl"),
    ("diff_wrong", "diff old wrong"),
    ("diff_relevant_to_nothing", "diff new old --relevant"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli")
}

fn run(arguments: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bindings-gen"));
    command.args(arguments.split_whitespace()).current_dir(folder);
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn each_command_prints_what_is_expected() {
    let mut differences = String::new();
    for (name, arguments) in CASES {
        let output = run(arguments, &folder());
        let status = output.status.code().unwrap_or(-1);
        let actual = format!(
            "$ bindings-gen {arguments}\n{}{}[status {status}]\n",
            text(&output.stdout),
            text(&output.stderr)
        );
        let path = folder().join(name).with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, actual).expect("an expected file can be written");
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != actual {
            differences.push_str(&format!("==== {}\n{actual}\n", path.display()));
        }
    }
    assert!(differences.is_empty(), "not as expected:\n{differences}");
}

#[test]
fn generated_files_can_be_modules_of_a_crate() {
    let folder = std::env::temp_dir().join(format!("bindings-gen-{}", std::process::id()));
    let out = folder.join("src/bindings");
    let arguments = format!("generate --webidl old --backend rust-only --out {}", out.display());
    let output = run(&arguments, &self::folder());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lib = folder.join("src/lib.rs");
    fs::write(&lib, "pub mod bindings;\n").expect("the folder is there");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata",
            "-D",
            "warnings",
            "--out-dir",
        ])
        .arg(&folder)
        .arg(&lib)
        .output()
        .expect("the compiler that builds this test is there");
    let errors = text(&built.stderr);
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    assert!(built.status.success(), "{errors}");
}

/// The project's own IDL: what it implements of Background Fetch is all of it.
#[test]
fn coverage_has_every_interface_of_background_fetch_complete() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = run("coverage --json", &repository);
    let coverage: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    for name in ["Manager", "Registration", "Record", "Event", "UpdateUIEvent"] {
        let interface = &coverage["interfaces"][format!("BackgroundFetch{name}")];
        assert_eq!(interface["specification"], "Background Fetch");
        assert_eq!(interface["left_out"], serde_json::json!({}), "{name}");
    }
    let specification = &coverage["specifications"]["Background Fetch"];
    assert_eq!(specification["members"], specification["of_members"]);
}

#[test]
fn the_readme_shows_how_much_is_implemented() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let webidl = repository.join("webidl");
    let implemented = webidl.join("implemented.toml");
    let coverage = coverage(&Generator::new(webidl, implemented)).expect("the project's IDL is right");
    let readme = fs::read_to_string(repository.join("README.md")).expect("there is a README");
    let updated = replace_section(&readme, "coverage", &coverage.to_markdown()).expect("it has the section");
    assert!(
        updated == readme,
        "the table in README.md is not up to date: cargo run -p bindings-gen -- coverage --update README.md"
    );
}
