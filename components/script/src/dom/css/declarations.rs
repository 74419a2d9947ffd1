//! [CSS declarations](https://drafts.csswg.org/cssom/#css-declarations) as text.

use cssparser::{Delimiter, ParseError, Parser, parse_important};

use super::properties;

/// A [CSS declaration](https://drafts.csswg.org/cssom/#css-declaration).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) important: bool,
}

/// [Parses a CSS declaration block](https://drafts.csswg.org/cssom/#parse-a-css-declaration-block). Whether a value is one of
/// its property's grammar is not checked: nothing is ever styled with it.
pub(super) fn parse(text: &str) -> Vec<Declaration> {
    let mut parser = Parser::new(text);
    let mut declarations = Vec::new();
    while !parser.is_exhausted() {
        if let Ok(declaration) = parser.parse_until_after(Delimiter::Semicolon, parse_one) {
            add(&mut declarations, declaration);
        }
    }
    declarations
}

fn parse_one(parser: &mut Parser<'_>) -> Result<Declaration, ParseError<()>> {
    let name = parser.expect_ident_cloned()?;
    parser.expect_colon()?;
    let value = parser.parse_until_before(Delimiter::Bang, |parser| {
        let start = parser.position();
        while let Ok(token) = parser.next_including_whitespace_and_comments() {
            if token.is_parse_error() {
                return Err(ParseError::unexpected_token());
            }
        }
        Ok::<_, ParseError<()>>(parser.slice_from(start).trim().to_owned())
    })?;
    let important = parser.try_parse(parse_important).is_ok();
    parser.expect_exhausted()?;
    match properties::known(&name).filter(|_| !value.is_empty()) {
        Some(name) => Ok(Declaration { name, value, important }),
        None => Err(ParseError::unexpected_token()),
    }
}

/// A value that is given by itself, if it is one.
pub(super) fn parse_value(name: &str, value: &str) -> Option<String> {
    let mut parsed = parse(&format!("{name}:{value}"));
    let only = parsed.pop().filter(|only| parsed.is_empty() && !only.important)?;
    // A semicolon that ends it would be lost.
    (only.value == value.trim()).then_some(only.value)
}

/// Adds a declaration in the place of an earlier one, unless that is important and this is not.
fn add(declarations: &mut Vec<Declaration>, declaration: Declaration) {
    if let Some(index) = declarations.iter().position(|known| known.name == declaration.name) {
        if declarations.get(index).is_some_and(|known| known.important && !declaration.important) {
            return;
        }
        declarations.remove(index);
    }
    declarations.push(declaration);
}

/// [Serializes a CSS declaration block](https://drafts.csswg.org/cssom/#serialize-a-css-declaration-block), without merging
/// properties into shorthands.
pub(super) fn serialize(declarations: &[Declaration]) -> String {
    let one = |declaration: &Declaration| {
        let important = if declaration.important { " !important" } else { "" };
        format!("{}: {}{important};", declaration.name, declaration.value)
    };
    declarations.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_value, serialize};

    #[test]
    fn what_is_written_can_be_read_again() {
        let text = " ;COLOR : red;color:Blue ! important; color: green; --X: {a;b} ; nothing: 1; width: calc( 1px + 2px );margin";
        let text = serialize(&parse(text));
        assert_eq!(text, "color: Blue !important; --X: {a;b}; width: calc( 1px + 2px );");
        assert_eq!(serialize(&parse(&text)), text);
    }

    #[test]
    fn a_value_is_not_more_than_a_value() {
        assert_eq!(parse_value("color", " red ").as_deref(), Some("red"));
        for bad in ["red;", "red; width: 1px", "red !important", "", "red)", "}"] {
            assert_eq!(parse_value("color", bad), None, "{bad}");
        }
    }
}
