//! Cuts a file into definitions, and a definition into its header and its members.
//!
//! Each piece is parsed alone, so that one mistake does not hide the others and every mistake has a place.

use std::ops::Range;

use super::lex::{Kind, Token};
use crate::diagnostics::Problems;

/// Brackets nested deeper than this are refused: the parser is recursive, and real IDL nests 6 deep.
const MAX_NESTING: usize = 24;
/// Extended attributes nested deeper than this are refused: the parser goes back over them.
const MAX_ATTRIBUTE_NESTING: usize = 3;

/// The tokens of one definition, with its final `;`.
#[derive(Clone, Debug)]
pub(super) struct Piece<'t, 's> {
    pub(super) tokens: &'t [Token<'s>],
    /// Where the body's tokens are, without the braces; none for `typedef`, `callback`, `includes`.
    pub(super) body: Option<Range<usize>>,
}

impl<'t, 's> Piece<'t, 's> {
    /// The tokens of each member of the body, with their `;`.
    pub(super) fn members(&self) -> Vec<&'t [Token<'s>]> {
        let Some(body) = self.body.clone().and_then(|range| self.tokens.get(range)) else {
            return Vec::new();
        };
        let mut depth = 0_usize;
        body.split_inclusive(|token| {
            match token.kind {
                Kind::Sign('(' | '[' | '{') => depth += 1,
                Kind::Sign(')' | ']' | '}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.is(';')
        })
        .collect()
    }

    /// Whether one of the words before the body is `word`.
    pub(super) fn header_has(&self, word: &str) -> bool {
        let end = self.body.as_ref().map_or(self.tokens.len(), |body| body.start);
        self.tokens.iter().take(end).any(|token| token.text == word)
    }
}

/// Cuts the tokens of a file into definitions; unbalanced brackets are problems.
pub(super) fn definitions<'t, 's>(tokens: &'t [Token<'s>], problems: &mut Problems) -> Vec<Piece<'t, 's>> {
    let mut pieces = Vec::new();
    let mut rest = tokens;
    while !rest.is_empty() {
        let (len, piece) = definition(rest, problems);
        pieces.extend(piece);
        rest = rest.get(len..).unwrap_or_default();
    }
    pieces
}

/// The first definition and how many tokens it takes.
fn definition<'t, 's>(tokens: &'t [Token<'s>], problems: &mut Problems) -> (usize, Option<Piece<'t, 's>>) {
    let mut open: Vec<&Token<'_>> = Vec::new();
    // Angle brackets nest types; one that is not closed is the parser's to find.
    let mut angles = 0_usize;
    let mut body_start = None;
    let mut body = None;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('(' | '[' | '{') => {
                if open.is_empty() && token.is('{') && body_start.is_none() {
                    body_start = Some(index + 1);
                }
                open.push(token);
                if let Err(what) = nesting(&open, angles) {
                    problems.add(token.span, what, "the nesting here is too deep");
                    return (end_of_broken(tokens, index), None);
                }
            }
            Kind::Sign('<') => {
                angles += 1;
                if let Err(what) = nesting(&open, angles) {
                    problems.add(token.span, what, "the nesting here is too deep");
                    return (end_of_broken(tokens, index), None);
                }
            }
            Kind::Sign('>') => angles = angles.saturating_sub(1),
            Kind::Sign(';') if !open.is_empty() => angles = 0,
            Kind::Sign(sign @ (')' | ']' | '}')) => {
                let expected = open.last().map(|token| closing(token.text));
                if expected != Some(sign) {
                    let message = match expected {
                        Some(expected) => format!("expected {expected}, found {sign}"),
                        None => format!("{sign} closes nothing"),
                    };
                    problems.add(token.span, message, "this bracket does not match");
                    return (end_of_broken(tokens, index), None);
                }
                open.pop();
                if open.is_empty() && sign == '}' {
                    body = body_start.map(|start| start..index);
                }
            }
            Kind::Sign(';') if open.is_empty() => {
                let tokens = tokens.get(..=index).unwrap_or(tokens);
                return (index + 1, Some(Piece { tokens, body }));
            }
            _ => {}
        }
    }
    if let Some(last) = open.last().copied().or(tokens.last()) {
        let message = match open.last() {
            Some(token) => format!("{} is not closed", token.text),
            None => "expected ; at the end of the definition".to_owned(),
        };
        problems.add(last.span, message, "the file ends before the definition that has this");
    }
    (tokens.len(), None)
}

fn nesting(open: &[&Token<'_>], angles: usize) -> Result<(), String> {
    if open.len() + angles > MAX_NESTING {
        return Err(format!("brackets nested more than {MAX_NESTING} deep"));
    }
    let attributes = open.iter().filter(|token| token.is('[')).count();
    if attributes > MAX_ATTRIBUTE_NESTING {
        return Err(format!("extended attributes nested more than {MAX_ATTRIBUTE_NESTING} deep"));
    }
    Ok(())
}

fn closing(open: &str) -> char {
    match open {
        "(" => ')',
        "[" => ']',
        _ => '}',
    }
}

/// Where to go on after a definition with wrong brackets: behind the next `};`, or at the end.
fn end_of_broken(tokens: &[Token<'_>], from: usize) -> usize {
    let after = tokens.get(from..).unwrap_or_default();
    let end = after.windows(2).position(|pair| matches!(pair, [a, b] if a.is('}') && b.is(';')));
    end.map_or(tokens.len(), |end| from + end + 2)
}
