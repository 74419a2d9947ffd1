//! Conditions: `if os == "linux" and not debug:`

use super::scan::Scanner;
use super::{IniError, Property, RunInfo};

/// How deep parentheses and `not` may nest.
const MAX_DEPTH: usize = 32;

/// What must hold for a value to be taken. Precedence, from the tightest: `==` and `!=`, `not`, `and`, `or`.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A property of the run: on its own it asks whether it is true.
    Variable(String),
    /// A text or number to compare with.
    Literal(Property),
    /// `not a`
    Not(Box<Condition>),
    /// `a == b`
    Equal(Box<Condition>, Box<Condition>),
    /// `a != b`
    NotEqual(Box<Condition>, Box<Condition>),
    /// `a and b`
    And(Box<Condition>, Box<Condition>),
    /// `a or b`
    Or(Box<Condition>, Box<Condition>),
}

impl Condition {
    /// Whether it holds in a run with these properties. A property that the run does not have is false and
    /// equals nothing.
    #[must_use]
    pub fn holds(&self, info: &RunInfo) -> bool {
        match self {
            Self::Variable(_) | Self::Literal(_) => match self.value(info) {
                Some(Property::Flag(flag)) => flag,
                Some(Property::Text(text)) => !text.is_empty(),
                Some(Property::Number(number)) => number != 0.0,
                None => false,
            },
            Self::Not(inner) => !inner.holds(info),
            Self::Equal(a, b) => a.value(info).is_some() && a.value(info) == b.value(info),
            Self::NotEqual(a, b) => a.value(info) != b.value(info),
            Self::And(a, b) => a.holds(info) && b.holds(info),
            Self::Or(a, b) => a.holds(info) || b.holds(info),
        }
    }

    fn value(&self, info: &RunInfo) -> Option<Property> {
        match self {
            Self::Variable(name) => info.get(name).cloned(),
            Self::Literal(value) => Some(value.clone()),
            _ => Some(Property::Flag(self.holds(info))),
        }
    }

    /// Reads a condition up to its colon.
    pub(super) fn parse(scanner: &mut Scanner<'_>) -> Result<Self, IniError> {
        let condition = Self::any(scanner, 0)?;
        scanner.skip_spaces();
        match scanner.next() {
            Some(':') => Ok(condition),
            Some(other) => {
                Err(scanner.error(format!("expected `==`, `!=`, `and`, `or` or `:`, not `{other}`")))
            }
            None => Err(scanner.error("a condition must end with a colon and a value")),
        }
    }

    fn any(scanner: &mut Scanner<'_>, depth: usize) -> Result<Self, IniError> {
        let mut left = Self::all(scanner, depth)?;
        while take_word(scanner, "or") {
            left = Self::Or(Box::new(left), Box::new(Self::all(scanner, depth)?));
        }
        Ok(left)
    }

    fn all(scanner: &mut Scanner<'_>, depth: usize) -> Result<Self, IniError> {
        let mut left = Self::not(scanner, depth)?;
        while take_word(scanner, "and") {
            left = Self::And(Box::new(left), Box::new(Self::not(scanner, depth)?));
        }
        Ok(left)
    }

    fn not(scanner: &mut Scanner<'_>, depth: usize) -> Result<Self, IniError> {
        if depth > MAX_DEPTH {
            return Err(scanner.error("the condition nests too deep"));
        }
        if take_word(scanner, "not") {
            return Ok(Self::Not(Box::new(Self::not(scanner, depth + 1)?)));
        }
        let left = Self::operand(scanner, depth)?;
        if take_sign(scanner, "==") {
            return Ok(Self::Equal(Box::new(left), Box::new(Self::operand(scanner, depth)?)));
        }
        if take_sign(scanner, "!=") {
            return Ok(Self::NotEqual(Box::new(left), Box::new(Self::operand(scanner, depth)?)));
        }
        Ok(left)
    }

    fn operand(scanner: &mut Scanner<'_>, depth: usize) -> Result<Self, IniError> {
        scanner.skip_spaces();
        match scanner.peek() {
            Some('(') => {
                scanner.next();
                let inner = Self::any(scanner, depth + 1)?;
                scanner.skip_spaces();
                match scanner.next() {
                    Some(')') => Ok(inner),
                    _ => Err(scanner.error("a parenthesis is not closed")),
                }
            }
            Some(quote @ ('"' | '\'')) => Ok(Self::Literal(Property::Text(scanner.quoted(quote)?))),
            Some(_) => {
                let word = word(scanner.remaining());
                if word.is_empty() {
                    return Err(scanner.error("expected a property, a text or a number"));
                }
                skip(scanner, word);
                Ok(match word.parse::<f64>() {
                    Ok(number) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                        Self::Literal(Property::Number(number))
                    }
                    _ => Self::Variable(word.to_owned()),
                })
            }
            None => Err(scanner.error("the condition has ended too early")),
        }
    }
}

fn word(text: &str) -> &str {
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn skip(scanner: &mut Scanner<'_>, text: &str) {
    for _ in text.chars() {
        scanner.next();
    }
}

fn take_word(scanner: &mut Scanner<'_>, expected: &str) -> bool {
    scanner.skip_spaces();
    let found = word(scanner.remaining()) == expected;
    if found {
        skip(scanner, expected);
    }
    found
}

fn take_sign(scanner: &mut Scanner<'_>, expected: &str) -> bool {
    scanner.skip_spaces();
    let found = scanner.remaining().starts_with(expected);
    if found {
        skip(scanner, expected);
    }
    found
}
