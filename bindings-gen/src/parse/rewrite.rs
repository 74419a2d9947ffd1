//! Writes a piece's tokens as text that weedle reads, and maps places of that text back to the file.
//!
//! weedle 0.13 knows neither of these, so they are written as something it knows, and the lowering reads it back:
//!
//! | IDL | written as |
//! |---|---|
//! | `[ReflectDefault=1]`, `[ReflectRange=(0, 8)]` | `[ReflectDefault="1"]`, `[ReflectRange="0, 8"]` |
//! | `async_iterable<T>` | `async iterable<T>` |
//! | `-webkit-transform` | `leading--dash-webkit-transform` |
//! | `async_sequence<T>` | `record<async--sequence, T>` |
//! | `= undefined` as a default value | `= ""`, at a place that is kept |
//! | `sequence<[Clamp] octet>` | `sequence<([Clamp] octet)>`: a union of one |
//! | `sequence<[Clamp] (octet or A)>` | `sequence<([Clamp] annotated--union or (octet or A))>` |

use super::lex::{Kind, Token};
use crate::source::Span;

/// The record key that stands for `async_sequence`. Not a word that IDL would use.
pub(super) const ASYNC_SEQUENCE: &str = "async--sequence";

/// What stands before a name that begins with a dash.
pub(super) const LEADING_DASH: &str = "leading--dash";

/// The member of a union that stands for the extended attributes of the other, which is a union itself.
pub(super) const ANNOTATED_UNION: &str = "annotated--union";

/// Text for weedle.
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Offset in `text` and span in the file of every token, in order.
    places: Vec<(usize, Span)>,
    /// Offsets in `text` of the empty strings that stand for `undefined`.
    undefined: Vec<usize>,
}

impl Rewritten {
    /// The place in the file of a part of [`text`](Self::text), as weedle hands it out.
    pub(super) fn span_of(&self, part: &str) -> Span {
        self.span_at(self.offset_of(part))
    }

    /// Whether a string, as weedle hands it out, stands for `undefined`.
    pub(super) fn is_undefined(&self, string: &str) -> bool {
        self.undefined.contains(&self.offset_of(string))
    }

    fn offset_of(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    /// The place in the file of the token at or before an offset of [`text`](Self::text).
    pub(super) fn span_at(&self, offset: usize) -> Span {
        let after = self.places.partition_point(|(start, _)| *start <= offset);
        self.places.get(after.saturating_sub(1)).map_or(Span { file: 0, start: 0, len: 0 }, |(_, span)| *span)
    }

    /// The place of everything.
    pub(super) fn whole(&self) -> Span {
        let first = self.span_at(0);
        self.places.last().map_or(first, |(_, last)| first.to(*last))
    }
}

/// Writes tokens for weedle.
pub(super) fn rewrite(tokens: &[Token<'_>]) -> Rewritten {
    let out = Rewritten { text: String::new(), places: Vec::new(), undefined: Vec::new() };
    let mut writer = Writer { out, open: Vec::new() };
    let mut rest = tokens;
    while let Some((token, tail)) = rest.split_first() {
        rest = tail.get(writer.token(token, tail)..).unwrap_or_default();
    }
    writer.out
}

/// An open bracket, and whether a `(` was added that has to be closed.
struct Open {
    sign: char,
    added: bool,
}

struct Writer {
    out: Rewritten,
    open: Vec<Open>,
}

impl Writer {
    fn push(&mut self, span: Span, text: &str) {
        if !self.out.text.is_empty() {
            self.out.text.push(' ');
        }
        self.out.places.push((self.out.text.len(), span));
        self.out.text.push_str(text);
    }

    fn inside(&self, sign: char) -> bool {
        self.open.last().is_some_and(|open| open.sign == sign)
    }

    /// Writes a token and answers how many of the tokens after it are written, too.
    fn token(&mut self, token: &Token<'_>, after: &[Token<'_>]) -> usize {
        let next = after.first();
        match token.kind {
            Kind::Word if token.text == "async_iterable" => self.push(token.span, "async iterable"),
            Kind::Word if token.text.starts_with('-') => {
                self.push(token.span, &format!("{LEADING_DASH}{}", token.text));
            }
            Kind::Word if token.text == "async_sequence" && next.is_some_and(|next| next.is('<')) => {
                self.push(token.span, "record <");
                self.push(token.span, ASYNC_SEQUENCE);
                self.push(token.span, ",");
                self.open.push(Open { sign: '<', added: false });
                self.begin_type(token.span, after.get(1));
                return 1;
            }
            Kind::Sign('=') if self.inside('[') => {
                self.push(token.span, "=");
                return self.attribute_value(after);
            }
            Kind::Sign('=') if is_undefined(after) => {
                self.push(token.span, "=");
                self.out.undefined.push(self.out.text.len() + " \"".len());
                self.push(next.map_or(token.span, |next| next.span), "\"\"");
                return 1;
            }
            Kind::Sign(sign @ ('(' | '[' | '{' | '<')) => {
                self.push(token.span, token.text);
                self.open.push(Open { sign, added: false });
                if sign == '<' {
                    self.begin_type(token.span, next);
                }
            }
            Kind::Sign('>') => {
                if self.inside('<') {
                    self.end_type(token.span);
                    self.open.pop();
                }
                self.push(token.span, ">");
            }
            Kind::Sign(')' | ']' | '}') => {
                self.open.pop();
                self.push(token.span, token.text);
                let annotated = token.is(']') && self.open.last().is_some_and(|open| open.added);
                if annotated && next.is_some_and(|next| next.is('(')) {
                    self.push(token.span, ANNOTATED_UNION);
                    self.push(token.span, "or");
                }
            }
            Kind::Sign(',') if self.inside('<') => {
                self.end_type(token.span);
                self.push(token.span, ",");
                self.begin_type(token.span, next);
            }
            _ => self.push(token.span, token.text),
        }
        0
    }

    /// At the start of a type argument: `[` begins an annotated type, which becomes a union of one.
    fn begin_type(&mut self, span: Span, next: Option<&Token<'_>>) {
        if next.is_some_and(|next| next.is('[')) {
            self.push(span, "(");
            if let Some(open) = self.open.last_mut() {
                open.added = true;
            }
        }
    }

    fn end_type(&mut self, span: Span) {
        if self.open.last_mut().is_some_and(|open| std::mem::take(&mut open.added)) {
            self.push(span, ")");
        }
    }

    /// After `=` in an extended attribute: numbers, and lists of numbers or strings, become one string.
    fn attribute_value(&mut self, after: &[Token<'_>]) -> usize {
        let literal = |token: &Token<'_>| matches!(token.kind, Kind::Number | Kind::Text);
        match after {
            [value, ..] if value.kind == Kind::Number => {
                self.push(value.span, &format!("\"{}\"", value.text));
                1
            }
            [open, value, ..] if open.is('(') && literal(value) => {
                let list = after.iter().skip(1).take_while(|token| literal(token) || token.is(','));
                let texts: Vec<&str> = list
                    .clone()
                    .filter(|token| literal(token))
                    .map(|token| token.text.trim_matches('"'))
                    .collect();
                self.push(open.span, &format!("\"{}\"", texts.join(", ")));
                let closed = after.get(list.clone().count() + 1).is_some_and(|token| token.is(')'));
                list.count() + 1 + usize::from(closed)
            }
            _ => 0,
        }
    }
}

/// Whether what follows a `=` is the default value `undefined`, and not the return type of a callback.
fn is_undefined(after: &[Token<'_>]) -> bool {
    match after {
        [value, end, ..] => value.text == "undefined" && !end.is('('),
        [value] => value.text == "undefined",
        [] => false,
    }
}
