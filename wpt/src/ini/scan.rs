//! Reading within one line: names, quoted and bare values, escapes.

use super::{IniError, Scalar};

/// A position in one line of a file.
pub(super) struct Scanner<'a> {
    rest: std::str::Chars<'a>,
    line: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str, line: usize) -> Self {
        Self { rest: text.chars(), line }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> IniError {
        IniError { line: self.line, message: message.into() }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    pub(super) fn remaining(&self) -> &'a str {
        self.rest.as_str()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        self.rest.next()
    }

    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.next();
        }
    }

    /// Whether nothing but a comment is left.
    pub(super) fn at_end(&self) -> bool {
        matches!(self.remaining().trim_start_matches(' ').chars().next(), None | Some('#'))
    }

    /// Takes the end of the line and what its comment says.
    pub(super) fn end(&mut self) -> Result<Option<String>, IniError> {
        self.skip_spaces();
        match self.next() {
            None => Ok(None),
            Some('#') => Ok(Some(self.remaining().to_owned())),
            Some(other) => Err(self.error(format!("`{other}` is not expected here: the value has ended"))),
        }
    }

    /// `[heading]`: takes everything to the bracket that closes it.
    pub(super) fn heading(&mut self) -> Result<String, IniError> {
        self.next();
        let mut name = String::new();
        loop {
            match self.next() {
                Some('\\') => name.push(self.escape()?),
                Some(']') => return Ok(name),
                Some(other) => name.push(other),
                None => return Err(self.error("a heading must end with `]` on the same line")),
            }
        }
    }

    /// `key:`: takes everything to the colon.
    pub(super) fn key(&mut self) -> Result<String, IniError> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some('\\') => name.push(self.escape()?),
                Some(':') => return Ok(name.trim_end().to_owned()),
                Some(other) => name.push(other),
                None => {
                    return Err(self.error(format!("expected `[section]` or `key: value`, not `{name}`")));
                }
            }
        }
    }

    /// A value that is no list.
    pub(super) fn scalar(&mut self) -> Result<Scalar, IniError> {
        self.skip_spaces();
        match self.peek() {
            Some(quote @ ('"' | '\'')) => Ok(Scalar::Text(self.quoted(quote)?)),
            Some('@') => {
                self.next();
                let name = self.bare(|_| false)?;
                self.atom(&name)
            }
            _ => {
                let text = self.bare(|_| false)?;
                if text.starts_with("if ") {
                    return Err(self.error(
                        "a condition must start on a line of its own below its key; a text that starts with `if ` \
                         must be quoted",
                    ));
                }
                Ok(Scalar::Text(text))
            }
        }
    }

    fn atom(&self, name: &str) -> Result<Scalar, IniError> {
        match name {
            "True" => Ok(Scalar::Flag(true)),
            "False" => Ok(Scalar::Flag(false)),
            "Reset" => Ok(Scalar::Reset),
            _ => Err(self.error(format!("`@{name}` is none of @True, @False and @Reset"))),
        }
    }

    /// Items of a list to its `]` or to the end of the line; whether the list has ended.
    pub(super) fn list_items(&mut self, items: &mut Vec<String>) -> Result<bool, IniError> {
        loop {
            self.skip_spaces();
            match self.peek() {
                None | Some('#') => return Ok(false),
                Some(']') => {
                    self.next();
                    return Ok(true);
                }
                Some(',') => {
                    self.next();
                }
                Some(quote @ ('"' | '\'')) => items.push(self.quoted(quote)?),
                Some(_) => items.push(self.bare(|c| matches!(c, ',' | ']'))?),
            }
        }
    }

    /// Text in quotes, which stand around it still.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, IniError> {
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\\') => text.push(self.escape()?),
                Some(c) if c == quote => return Ok(text),
                Some(other) => text.push(other),
                None => {
                    return Err(self.error(format!("a quoted text must end with {quote} on the same line")));
                }
            }
        }
    }

    /// Text to a comment, to the end of the line, or to what `stop` says, without the spaces at its end.
    fn bare(&mut self, stop: impl Fn(char) -> bool) -> Result<String, IniError> {
        let mut text = String::new();
        let mut spaces = 0;
        while let Some(c) = self.peek() {
            if c == '#' || stop(c) {
                break;
            }
            self.next();
            if c == ' ' {
                spaces += 1;
                continue;
            }
            text.extend(std::iter::repeat_n(' ', spaces));
            spaces = 0;
            text.push(if c == '\\' { self.escape()? } else { c });
        }
        Ok(text)
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, IniError> {
        let digits = match self.next() {
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 6,
            Some('a') => return Ok('\x07'),
            Some('b') => return Ok('\x08'),
            Some('f') => return Ok('\x0c'),
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some('v') => return Ok('\x0b'),
            Some(other) => return Ok(other),
            None => return Err(self.error("nothing stands after a backslash")),
        };
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.next().and_then(|c| c.to_digit(16));
            let digit = digit
                .ok_or_else(|| self.error(format!("an escape of {digits} hexadecimal digits has fewer")))?;
            code = code * 16 + digit;
        }
        char::from_u32(code).ok_or_else(|| self.error(format!("U+{code:04X} is not a character")))
    }
}
