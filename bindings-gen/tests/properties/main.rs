//! Properties of the parser that hold for all input: what is printed parses to the same, and no text is too odd.

mod strategies;

use bindings_gen::ast::Definition;
use bindings_gen::{SourceSet, parse_definitions, print};
use proptest::prelude::*;

use crate::strategies::definitions;

/// Definitions without their places, as text that can be compared.
fn shape(definitions: &[Definition]) -> String {
    let shown = format!("{definitions:#?}");
    let mut lines = Vec::new();
    let mut in_span = false;
    for line in shown.lines() {
        let word = line.trim_start();
        // Spans are the only fields with this name, and the only tuples' parts that begin so.
        in_span |= word.starts_with("span: Span {") || word.starts_with("Span {");
        if !in_span {
            lines.push(line);
        }
        in_span &= word != "}," && word != "}";
    }
    lines.join("\n")
}

fn parse(text: &str) -> Vec<Definition> {
    let mut sources = SourceSet::default();
    sources.add("printed.idl", text);
    parse_definitions(&sources).unwrap_or_else(|problems| panic!("{}\n{text}", problems.render()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_parses_to_the_same(definitions in definitions()) {
        let printed = print(&definitions);
        let parsed = parse(&printed);
        prop_assert_eq!(shape(&parsed), shape(&definitions), "{}", printed);
        prop_assert_eq!(print(&parsed), printed);
    }
}

/// The specifications of the project, which have all that random definitions do not think of.
#[test]
fn specifications_print_and_parse_to_the_same() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../webidl");
    let sources = SourceSet::read_dir(&folder).expect("the folder is part of the repository");
    let definitions = parse_definitions(&sources).unwrap_or_else(|problems| panic!("{}", problems.render()));
    assert!(definitions.len() > 300);
    let printed = print(&definitions);
    assert_eq!(shape(&parse(&printed)), shape(&definitions));
}
