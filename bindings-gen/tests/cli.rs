//! What a person sees of the command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(args: &[&str]) -> Output {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new(env!("CARGO_BIN_EXE_bindings-gen")).args(args).current_dir(repository).output();
    output.expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn expand_shows_the_trait_of_an_interface_with_its_idl() {
    let output = run(&["expand", "BackgroundFetchManager"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("pub trait BackgroundFetchManagerMethods"), "{shown}");
    assert!(shown.contains("/// `Promise<sequence<DOMString>> getIds();`"), "{shown}");
    assert!(
        shown.contains("fn get_ids(&self, realm: &Realm) -> Fallible<Promise<Vec<DomString>>>;"),
        "{shown}"
    );
}

#[test]
fn expand_shows_dictionaries_enumerations_unions_and_mixins() {
    for (name, part) in [
        ("BackgroundFetchOptions", "pub struct BackgroundFetchOptions"),
        ("BackgroundFetchFailureReason", "DownloadTotalExceeded"),
        ("RequestInfo", "pub enum RequestInfo"),
        ("Body", "pub trait BodyMethods"),
        ("EventListener", "fn handle_event"),
    ] {
        let shown = text(&run(&["expand", name]).stdout);
        assert!(shown.contains(part), "{name}: {shown}");
    }
}

#[test]
fn expand_of_something_that_is_not_implemented_fails_and_says_so() {
    let output = run(&["expand", "Gamepad"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("Gamepad is not implemented"));
}

#[test]
fn check_tells_file_line_and_column_and_fails() {
    let file = PathBuf::from("bindings-gen/tests/errors/members.idl");
    let output = run(&["check", "--short", &file.to_string_lossy()]);
    assert!(!output.status.success());
    let errors = text(&output.stderr);
    assert!(errors.contains("members.idl:3:24: a member of Members is not WebIDL"), "{errors}");
    assert!(errors.ends_with("9 problems\n"), "{errors}");
}

#[test]
fn check_of_a_file_that_is_not_there_names_it() {
    let output = run(&["check", "nowhere.idl"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("nowhere.idl cannot be read"));
}

#[test]
fn coverage_has_every_interface_of_background_fetch_complete() {
    let output = run(&["coverage", "--json"]);
    let coverage: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    for name in ["Manager", "Registration", "Record", "Event", "UpdateUIEvent"] {
        let interface = &coverage["interfaces"][format!("BackgroundFetch{name}")];
        assert_eq!(interface["specification"], "Background Fetch");
        assert_eq!(interface["left_out"], serde_json::json!({}), "{name}");
    }
}
