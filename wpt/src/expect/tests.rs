use std::time::Duration;

use super::*;
use crate::ini::Property;
use crate::manifest::Scheme;
use crate::outcome::{Outcome, Subtest};

const FILE: &str = "# Of the file
[b.any.html]
  expected: [OK, TIMEOUT]
  reason: the whole test
  [first]
    expected: FAIL

  [second]
    # A remark.
    reason: its own
    expected:
      if product == \"chromium\": PASS
      FAIL

  [third]
    expected: [PASS, FAIL]

  [fourth]
    disabled: not looked at


[b.any.worker.html]
  disabled: no workers
";

struct Fixture {
    folder: tempfile::TempDir,
    metadata: Metadata,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let info = RunInfo::from([("product".to_owned(), Property::Text("bgfetch".to_owned()))]);
        let metadata = Metadata::new(folder.path().to_owned(), info);
        let fixture = Self { folder, metadata };
        fixture.write("a/b.any.js.ini", FILE);
        fixture.write("a/__dir__.ini", "reason: the folder\n");
        fixture
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("has one")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    fn read(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join("a/b.any.js.ini")).ok()
    }

    fn expected(&self, url: &str) -> Expected {
        self.metadata.expected(&test(url)).expect("well formed")
    }
}

fn test(url: &str) -> Test {
    Test {
        url: url.to_owned(),
        source: "a/b.any.js".to_owned(),
        long_timeout: false,
        scheme: Scheme::Http,
        www: false,
    }
}

fn outcome(status: Status, subtests: &[(&str, Status)]) -> Outcome {
    let subtests = subtests
        .iter()
        .map(|(name, status)| Subtest { name: (*name).to_owned(), status: *status, message: None })
        .collect();
    Outcome { status, message: None, subtests, duration: Duration::ZERO, hung: false }
}

const AS_EXPECTED: [(&str, Status); 6] = [
    ("first", Status::Fail),
    ("second", Status::Fail),
    ("third", Status::Pass),
    ("fourth", Status::Timeout),
    ("fifth", Status::Pass),
    ("sixth", Status::Pass),
];

#[test]
fn the_nearest_reason_counts() {
    let fixture = Fixture::new();
    let expected = fixture.expected("/a/b.any.html");
    let reason = |name: &str| expected.subtests[name].reason.as_deref();
    assert_eq!(reason("first"), Some("the whole test"));
    assert_eq!(reason("second"), Some("its own"));
    assert_eq!(fixture.expected("/a/b.any.html?variant").reason.as_deref(), Some("the folder"));
    assert_eq!(fixture.expected("/a/b.any.worker.html").disabled.as_deref(), Some("no workers"));
    assert!(without_reason(fixture.folder.path()).expect("readable").is_empty());
    fixture.write("a/__dir__.ini", "");
    fixture.write("a/c.html.ini", "[c.html]\n  [x]\n    expected: FAIL\n");
    assert_eq!(without_reason(fixture.folder.path()).expect("readable"), ["a/c.html.ini: [c.html]: [x]"]);
}

#[test]
fn what_is_as_expected_is_no_news() {
    let fixture = Fixture::new();
    let judged = judge(&outcome(Status::Ok, &AS_EXPECTED), &fixture.expected("/a/b.any.html"));
    assert_eq!(judged, Judged { unexpected: Vec::new(), passed: 3, known: 3, subtests: 6 });
}

#[test]
fn both_directions_and_what_is_gone_are_unexpected() {
    let fixture = Fixture::new();
    let came = outcome(Status::Ok, &[("first", Status::Pass), ("seventh", Status::NotRun)]);
    let judged = judge(&came, &fixture.expected("/a/b.any.html"));
    let seen: Vec<_> =
        judged.unexpected.iter().map(|one| (one.subtest.as_deref().unwrap_or(""), one.status)).collect();
    assert_eq!(seen, [("first", Some(Status::Pass)), ("seventh", Some(Status::NotRun)), ("second", None)]);
    let judged = judge(&outcome(Status::Crash, &[]), &fixture.expected("/a/b.any.html"));
    assert_eq!(judged.unexpected.len(), 1);
    assert_eq!(judged.unexpected[0].expected, [Status::Ok, Status::Timeout]);
}

#[test]
fn an_update_that_changes_nothing_writes_nothing() {
    let fixture = Fixture::new();
    let came = outcome(Status::Timeout, &AS_EXPECTED);
    let change = update(&fixture.metadata, &test("/a/b.any.html"), &came, Some("new")).expect("writable");
    assert_eq!((change, fixture.read().as_deref()), (Change::None, Some(FILE)));
}

#[test]
fn an_update_keeps_reasons_and_remarks() {
    let fixture = Fixture::new();
    let came = outcome(
        Status::Ok,
        &[
            ("first", Status::Pass),
            ("second", Status::Timeout),
            ("fifth", Status::Fail),
            ("fourth", Status::Pass),
        ],
    );
    let change = update(&fixture.metadata, &test("/a/b.any.html"), &came, Some("new")).expect("writable");
    assert_eq!(change, Change::Written);
    let expected = "# Of the file
[b.any.html]
  expected: [OK, TIMEOUT]
  reason: the whole test
  [second]
    # A remark.
    reason: its own
    expected:
      if product == \"chromium\": PASS
      TIMEOUT

  [fourth]
    disabled: not looked at

  [fifth]
    expected: FAIL
    reason: new


[b.any.worker.html]
  disabled: no workers
";
    assert_eq!(fixture.read().as_deref(), Some(expected));
    let judged = judge(&came, &fixture.expected("/a/b.any.html"));
    assert!(judged.unexpected.is_empty(), "{judged:?}");
}

#[test]
fn a_file_with_nothing_left_to_say_goes_away() {
    let fixture = Fixture::new();
    fixture.write("a/b.any.js.ini", "[b.any.html]\n  expected: CRASH\n  reason: gone\n");
    let came = outcome(Status::Ok, &[("first", Status::Pass)]);
    let change = update(&fixture.metadata, &test("/a/b.any.html"), &came, None).expect("writable");
    assert_eq!((change, fixture.read()), (Change::Removed, None));
    let change = update(&fixture.metadata, &test("/a/b.any.html"), &came, None).expect("writable");
    assert_eq!(change, Change::None);
}

#[test]
fn a_status_that_is_none_is_named() {
    let fixture = Fixture::new();
    fixture.write("a/b.any.js.ini", "[b.any.html]\n  expected: FINE\n");
    let error = fixture.metadata.expected(&test("/a/b.any.html")).expect_err("no such status");
    assert!(error.to_string().contains("FINE"), "{error}");
}
