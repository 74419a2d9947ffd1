use super::*;

const EXAMPLE: &str = r#"# Of the whole file
bug: 17
# Of the test
[abort.https.window.html]  # beside it
  # Of the key
  expected: TIMEOUT  # slow
  [with \] and \\ and # in its name]
    reason: "a # in the reason"
    expected:
      if product == "chromium" and not debug: [PASS, FAIL]
      if (os == "linux" or os == "mac") and bits != 32: NOTRUN
      FAIL

  [other]
    disabled: @True
"#;

fn info(pairs: &[(&str, Property)]) -> RunInfo {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(text: &str) -> Property {
    Property::Text(text.to_owned())
}

#[test]
fn a_file_is_read_and_written_back_as_it_was() {
    let root = parse(EXAMPLE).expect("the example is well formed");
    assert_eq!(write(&root), EXAMPLE);
    assert_eq!(parse(&write(&root)).expect("what was written can be read"), root);
}

#[test]
fn the_first_condition_that_holds_decides() {
    let root = parse(EXAMPLE).expect("well formed");
    let test = root.section("abort.https.window.html").expect("there");
    let subtest = test.section("with ] and \\ and # in its name").expect("unescaped");
    let expected = |info| subtest.get("expected", &info).map(|value| value.words().join("|"));
    let chromium = [("product", text("chromium")), ("debug", Property::Flag(false))];
    assert_eq!(expected(info(&chromium)).as_deref(), Some("PASS|FAIL"));
    let mac = [("os", text("mac")), ("bits", Property::Number(64.0))];
    assert_eq!(expected(info(&mac)).as_deref(), Some("NOTRUN"));
    let narrow = [("os", text("mac")), ("bits", Property::Number(32.0))];
    assert_eq!(expected(info(&narrow)).as_deref(), Some("FAIL"));
    assert_eq!(expected(info(&[])).as_deref(), Some("FAIL"));
}

#[test]
fn comments_stay_with_what_they_stand_before() {
    let root = parse(EXAMPLE).expect("well formed");
    assert_eq!(root.keys[0].comments, [" Of the whole file"]);
    let test = &root.sections[0];
    assert_eq!(test.comments, [" Of the test"]);
    assert_eq!(test.inline_comment.as_deref(), Some(" beside it"));
    assert_eq!(test.keys[0].inline_comment.as_deref(), Some(" slow"));
}

#[test]
fn not_binds_looser_than_equality_and_tighter_than_and() {
    let root = parse("a:\n  if not os == \"mac\" and x: 1\n  if not (x or os == \"mac\"): 3\n  2\n")
        .expect("well formed");
    let get = |info| root.get("a", &info).map(|value| value.words().concat());
    assert_eq!(get(info(&[("os", text("linux")), ("x", Property::Flag(true))])).as_deref(), Some("1"));
    assert_eq!(get(info(&[("os", text("linux"))])).as_deref(), Some("3"));
    assert_eq!(get(info(&[("os", text("mac"))])).as_deref(), Some("2"));
    assert_eq!(parse(&write(&root)).expect("read back"), root);
}

#[test]
fn lists_go_over_lines_and_hold_quoted_items() {
    let root = parse("a: [one, \"two, too\",\n  'thr\"ee' ]\nb: x\n").expect("well formed");
    assert_eq!(root.get("a", &RunInfo::new()).map(Scalar::words), Some(vec!["one", "two, too", "thr\"ee"]));
    assert_eq!(parse(&write(&root)).expect("read back"), root);
}

#[test]
fn texts_that_look_like_something_else_survive() {
    for odd in ["", "if x: y", "@True", "[x]", "\"quoted\"", "tab\tand\u{1}", " spaces ", "a # b", "a\\b"] {
        let mut root = Section::default();
        root.set("reason", Value::plain(odd));
        let mut child = Section::new(odd);
        child.set("expected", Value::plain("FAIL"));
        root.sections.push(child);
        let written = write(&root);
        assert_eq!(parse(&written).map(|read| read == root), Ok(true), "{written}");
    }
}

#[test]
fn errors_name_the_line() {
    for (bad, line, word) in [
        ("[a\n", 1, "heading"),
        ("a: b\n  c: d\n", 2, "indented"),
        ("[a]\n    b: c\n  d: e\n", 3, "indented"),
        ("a\n", 1, "key: value"),
        ("a: \"b\n", 1, "quoted"),
        ("a: if b: c\n", 1, "condition"),
        ("a:\n  if b c: d\n", 2, "expected"),
        ("a:\n", 1, "no value"),
        ("\n\ta: b\n", 2, "tabs"),
        ("a: [b\n", 1, "list"),
        ("a: \"b\" c\n", 1, "not expected"),
        ("a: @Maybe\n", 1, "@Maybe"),
        ("a: \\ud800\n", 1, "not a character"),
    ] {
        let error = parse(bad).expect_err(bad);
        assert_eq!(error.line, line, "{bad}: {error}");
        assert!(error.message.contains(word), "{bad}: {error}");
    }
}
