//! Lines into sections.

use super::condition::Condition;
use super::scan::Scanner;
use super::{IniError, Key, Scalar, Section, Value};

/// How deep sections may nest.
const MAX_DEPTH: usize = 32;

/// Reads a file. The section that is returned has no name and stands for the whole of it.
///
/// # Errors
/// The first line that cannot be read, and why.
pub fn parse(text: &str) -> Result<Section, IniError> {
    let mut parser = Parser { lines: lines(text)?, at: 0, comments: Vec::new() };
    let mut root = Section::default();
    parser.block(&mut root, 0, 0)?;
    match parser.peek() {
        Some(line) => Err(IniError {
            line: line.number,
            message: "the indentation matches no section above".to_owned(),
        }),
        None => Ok(root),
    }
}

struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

fn lines(text: &str) -> Result<Vec<Line<'_>>, IniError> {
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let text = line.trim_start_matches(' ');
        let number = index + 1;
        if text.starts_with('\t') {
            return Err(IniError { line: number, message: "indent with spaces, not with tabs".to_owned() });
        }
        if !text.is_empty() {
            lines.push(Line { number, indent: line.len() - text.len(), text });
        }
    }
    Ok(lines)
}

struct Parser<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
    comments: Vec<String>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Line<'a>> {
        self.lines.get(self.at)
    }

    /// Collects comment lines, whatever their indentation, for what follows them.
    fn skip_comments(&mut self) {
        while let Some(line) = self.lines.get(self.at) {
            let Some(comment) = line.text.strip_prefix('#') else { return };
            self.comments.push(comment.to_owned());
            self.at += 1;
        }
    }

    /// Reads lines of exactly this indentation into `section`.
    fn block(&mut self, section: &mut Section, indent: usize, depth: usize) -> Result<(), IniError> {
        loop {
            self.skip_comments();
            let Some(line) = self.lines.get(self.at) else { return Ok(()) };
            if line.indent < indent {
                return Ok(());
            }
            let (number, text) = (line.number, line.text);
            if line.indent > indent || depth > MAX_DEPTH {
                return Err(IniError { line: number, message: "it is indented too far".to_owned() });
            }
            self.at += 1;
            let comments = std::mem::take(&mut self.comments);
            let mut scanner = Scanner::new(text, number);
            if text.starts_with('[') {
                let name = scanner.heading()?;
                let inline_comment = scanner.end()?;
                let mut child = Section { name, comments, inline_comment, ..Section::default() };
                self.skip_comments();
                let inner = self.peek().map(|line| line.indent).filter(|inner| *inner > indent);
                if let Some(inner) = inner {
                    self.block(&mut child, inner, depth + 1)?;
                }
                section.sections.push(child);
            } else {
                let name = scanner.key()?;
                let (value, inline_comment) = self.value(&mut scanner, indent)?;
                section.keys.push(Key { name, value, comments, inline_comment });
            }
        }
    }

    /// What stands after `key:`, on its line or indented below it.
    fn value(
        &mut self,
        scanner: &mut Scanner<'a>,
        indent: usize,
    ) -> Result<(Value, Option<String>), IniError> {
        if !scanner.at_end() {
            let (scalar, comment) = self.scalar(scanner)?;
            return Ok((Value { conditions: Vec::new(), default: Some(scalar) }, comment));
        }
        let inline_comment = scanner.end()?;
        let mut value = Value::default();
        self.skip_comments();
        let inner = self.peek().map(|line| line.indent).filter(|inner| *inner > indent);
        let Some(inner) = inner else {
            return Err(scanner.error("the key has no value"));
        };
        while value.default.is_none() {
            self.skip_comments();
            let Some(line) = self.lines.get(self.at).filter(|line| line.indent == inner) else { break };
            let mut scanner = Scanner::new(line.text, line.number);
            self.at += 1;
            if let Some(rest) = line_after_if(scanner.remaining()) {
                scanner = Scanner::new(rest, self.lines.get(self.at - 1).map_or(0, |line| line.number));
                let condition = Condition::parse(&mut scanner)?;
                let (scalar, _) = self.scalar(&mut scanner)?;
                value.conditions.push((condition, scalar));
            } else {
                value.default = Some(self.scalar(&mut scanner)?.0);
            }
        }
        Ok((value, inline_comment))
    }

    /// One value; a list may go on for several lines.
    fn scalar(&mut self, scanner: &mut Scanner<'a>) -> Result<(Scalar, Option<String>), IniError> {
        scanner.skip_spaces();
        if scanner.peek() != Some('[') {
            let scalar = scanner.scalar()?;
            return Ok((scalar, scanner.end()?));
        }
        scanner.next();
        let mut items = Vec::new();
        if scanner.list_items(&mut items)? {
            return Ok((Scalar::List(items), scanner.end()?));
        }
        while let Some(line) = self.lines.get(self.at) {
            let mut next = Scanner::new(line.text, line.number);
            self.at += 1;
            if next.list_items(&mut items)? {
                return Ok((Scalar::List(items), next.end()?));
            }
        }
        Err(scanner.error("a list must end with `]`"))
    }
}

fn line_after_if(text: &str) -> Option<&str> {
    text.strip_prefix("if ")
}
