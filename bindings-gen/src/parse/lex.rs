//! The tokens of WebIDL (<https://webidl.spec.whatwg.org/#idl-grammar>), with their places.

use crate::diagnostics::Problems;
use crate::source::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// An integer or decimal, with its sign; also `-Infinity`.
    Number,
    /// A string with its quotation marks.
    Text,
    /// `...`
    Ellipsis,
    /// Any other single character.
    Sign(char),
}

/// A token: a part of the source text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) span: Span,
}

impl Token<'_> {
    pub(super) fn is(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// Splits the text of a file into tokens. White space and comments are left out.
pub(super) fn tokens<'a>(file: usize, source: &'a str, problems: &mut Problems) -> Vec<Token<'a>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, len) = match next(rest) {
            Next::Skip(len) => {
                at += len;
                continue;
            }
            Next::Token(kind, len) => (kind, len),
            Next::Unterminated(what) => {
                let span = Span { file, start: at, len: 1 };
                problems.add(span, format!("a {what} does not end"), format!("this {what} has no end"));
                break;
            }
        };
        let text = rest.get(..len).unwrap_or(rest);
        tokens.push(Token { kind, text, span: Span { file, start: at, len: text.len() } });
        at += text.len();
    }
    tokens
}

enum Next {
    Skip(usize),
    Token(Kind, usize),
    Unterminated(&'static str),
}

fn next(rest: &str) -> Next {
    let first = rest.chars().next().unwrap_or(' ');
    if rest.starts_with("//") {
        return Next::Skip(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return match rest.find("*/") {
            Some(end) if end >= 2 => Next::Skip(end + 2),
            _ => match rest.get(3..).and_then(|tail| tail.find("*/")) {
                Some(end) => Next::Skip(end + 5),
                None => Next::Unterminated("comment"),
            },
        };
    }
    if first.is_whitespace() || first == '\u{feff}' {
        return Next::Skip(first.len_utf8());
    }
    if first == '"' {
        return match rest.get(1..).and_then(|tail| tail.find('"')) {
            Some(end) => Next::Token(Kind::Text, end + 2),
            None => Next::Unterminated("string"),
        };
    }
    if rest.starts_with("...") {
        return Next::Token(Kind::Ellipsis, 3);
    }
    if let Some(len) = number(rest) {
        return Next::Token(Kind::Number, len);
    }
    match word(rest) {
        0 => Next::Token(Kind::Sign(first), first.len_utf8()),
        len => Next::Token(Kind::Word, len),
    }
}

/// The length of `[_-]?[A-Za-z][0-9A-Z_a-z-]*` at the start, or 0.
fn word(rest: &str) -> usize {
    let prefix = usize::from(rest.starts_with(['_', '-']));
    let body = rest.get(prefix..).unwrap_or_default();
    if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return 0;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    prefix + body.find(|c| !is_part(c)).unwrap_or(body.len())
}

/// The length of an integer, a decimal or `-Infinity` at the start.
fn number(rest: &str) -> Option<usize> {
    if rest.starts_with("-Infinity") {
        return Some("-Infinity".len());
    }
    let sign = usize::from(rest.starts_with('-'));
    let body = rest.get(sign..)?;
    let dot_first = body.starts_with('.');
    if !body.get(usize::from(dot_first)..)?.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut previous = ' ';
    let end = body.find(|c: char| {
        let exponent_sign = (c == '-' || c == '+') && (previous == 'e' || previous == 'E');
        previous = c;
        !(c.is_ascii_alphanumeric() || c == '.' || exponent_sign)
    });
    Some(sign + end.unwrap_or(body.len()))
}
