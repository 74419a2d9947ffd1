//! [Parsing a list of rules](https://drafts.csswg.org/css-syntax-3/#parse-stylesheets-contents): where each begins and ends. What is
//! within stays text, since nothing is styled with it.

use cssparser::{ParseError, Parser, Token};

/// A rule of a style sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// As it was written.
    pub(super) text: String,
    pub(super) kind: RuleKind,
}

/// What [`type`](https://drafts.csswg.org/cssom-1/#dom-cssrule-type) gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleKind {
    Style = 1,
    Import = 3,
    Media = 4,
    FontFace = 5,
    Page = 6,
    Keyframes = 7,
    Namespace = 10,
    CounterStyle = 11,
    Supports = 12,
    /// Has no number.
    Other = 0,
}

impl RuleKind {
    fn of_at_keyword(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "import" => Self::Import,
            "media" => Self::Media,
            "font-face" => Self::FontFace,
            "page" => Self::Page,
            "keyframes" | "-webkit-keyframes" => Self::Keyframes,
            "namespace" => Self::Namespace,
            "counter-style" => Self::CounterStyle,
            "supports" => Self::Supports,
            _ => Self::Other,
        }
    }
}

/// The rules of a style sheet's text, and whether there was nothing else in it.
pub(super) fn parse(text: &str) -> (Vec<Rule>, bool) {
    let mut parser = Parser::new(text);
    let (mut rules, mut clean) = (Vec::new(), true);
    loop {
        parser.skip_whitespace();
        let start = parser.position();
        let kind = match parser.next() {
            Err(_) => return (rules, clean),
            Ok(Token::CDO | Token::CDC) => continue,
            Ok(Token::AtKeyword(name)) => Some(RuleKind::of_at_keyword(name)),
            Ok(Token::CurlyBracketBlock) => {
                // A rule for no selector is none.
                skip_block(&mut parser);
                clean = false;
                continue;
            }
            Ok(_) => None,
        };
        // A rule without a name of its own is a style rule, and has a block.
        let whole = skip_to_end(&mut parser, kind.is_some());
        // `@charset` is not a rule, but says how the bytes of a file are to be read.
        let text = parser.slice_from(start).trim_end();
        if whole && !text.to_ascii_lowercase().starts_with("@charset") {
            rules.push(Rule { text: text.to_owned(), kind: kind.unwrap_or(RuleKind::Style) });
        } else {
            clean = false;
        }
    }
}

/// Skips a rule to the end of its block, or to the semicolon that ends an at-rule; whether it is whole.
fn skip_to_end(parser: &mut Parser<'_>, is_at_rule: bool) -> bool {
    loop {
        match parser.next() {
            Ok(Token::CurlyBracketBlock) => {
                skip_block(parser);
                return true;
            }
            Ok(Token::Semicolon) if is_at_rule => return true,
            Ok(_) => {}
            Err(_) => return is_at_rule,
        }
    }
}

/// Skips the block that the last token began.
fn skip_block(parser: &mut Parser<'_>) {
    let skipped: Result<(), ParseError<()>> = parser.parse_nested_block(|block| {
        while block.next().is_ok() {}
        Ok(())
    });
    drop(skipped);
}

#[cfg(test)]
mod tests {
    use super::{Rule, RuleKind, parse};

    fn rule(text: &str, kind: RuleKind) -> Rule {
        Rule { text: text.to_owned(), kind }
    }

    #[test]
    fn rules_end_with_their_block_or_a_semicolon() {
        let (rules, clean) =
            parse(" a, b > c { color: red } @media print { a { x: {} } b{} } @namespace x 'y'; ");
        let media = rule("@media print { a { x: {} } b{} }", RuleKind::Media);
        let style = rule("a, b > c { color: red }", RuleKind::Style);
        assert_eq!(rules, [style, media, rule("@namespace x 'y';", RuleKind::Namespace)]);
        assert!(clean);
    }

    #[test]
    fn what_is_no_rule_is_left_out() {
        let (rules, clean) = parse("<!-- {} a{} --> b; c");
        assert_eq!(rules, [rule("a{}", RuleKind::Style)]);
        assert!(!clean);
        assert_eq!(parse("/* nothing */"), (vec![], true));
    }
}
