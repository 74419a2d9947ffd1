//! The `.ini` format of web-platform-tests: nested `[sections]` with `key: value`, used for what is run
//! (`include.ini`) and for what is expected (`metadata/`).
//!
//! ```text
//! [fetch.any.html]
//!   expected: TIMEOUT
//!   [a subtest]
//!     reason: why it fails
//!     expected:
//!       if product == "chromium": FAIL
//!       [PASS, FAIL]
//! ```
//!
//! Indentation groups; `#` starts a comment; a value may depend on the run's properties. Comments are kept, so
//! that a file can be rewritten without losing what people wrote into it.

mod condition;
mod parse;
mod scan;
mod write;

use std::collections::BTreeMap;

pub use condition::Condition;
pub use parse::parse;
pub use write::write;

/// What a condition may ask about the run: `product`, `os`, `debug` and the like.
pub type RunInfo = BTreeMap<String, Property>;

/// One property of the run.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Property {
    /// Such as `os == "linux"`.
    Text(String),
    /// Such as `not debug`.
    Flag(bool),
    /// Such as `bits == 64`.
    Number(f64),
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct IniError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// A `[section]`, or the whole file, whose name is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// What stands between the brackets, unescaped.
    pub name: String,
    /// Comment lines before it, without their `#`.
    pub comments: Vec<String>,
    /// The comment at the end of its own line.
    pub inline_comment: Option<String>,
    /// Its own keys, in the order of the file.
    pub keys: Vec<Key>,
    /// The sections within it, in the order of the file.
    pub sections: Vec<Section>,
}

/// A `key: value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// What stands before the colon.
    pub name: String,
    /// What stands after it.
    pub value: Value,
    /// Comment lines before it, without their `#`.
    pub comments: Vec<String>,
    /// The comment at the end of its own line.
    pub inline_comment: Option<String>,
}

/// What a key is, which may depend on the run: the first condition that holds decides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// `if ...: value`, in order.
    pub conditions: Vec<(Condition, Scalar)>,
    /// What holds when no condition does.
    pub default: Option<Scalar>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// A word or a sentence.
    Text(String),
    /// `[one, other]`
    List(Vec<String>),
    /// `@True` or `@False`
    Flag(bool),
    /// `@Reset`
    Reset,
}

impl Scalar {
    /// It as a list of words: a text is a list of one.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Flag(true) => vec!["true"],
            Self::Flag(false) => vec!["false"],
            Self::Reset => Vec::new(),
        }
    }

    /// Whether it says yes: `true` in any case, or `@True`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::Text(text) => text.eq_ignore_ascii_case("true"),
            Self::Flag(flag) => *flag,
            Self::List(_) | Self::Reset => false,
        }
    }

    /// Whether it says no: `false` in any case, or `@False`.
    #[must_use]
    pub fn is_false(&self) -> bool {
        match self {
            Self::Text(text) => text.eq_ignore_ascii_case("false"),
            Self::Flag(flag) => !*flag,
            Self::List(_) | Self::Reset => false,
        }
    }
}

impl Value {
    /// A value that depends on nothing.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { conditions: Vec::new(), default: Some(Scalar::Text(text.to_owned())) }
    }

    /// What it is in a run with these properties.
    #[must_use]
    pub fn get(&self, info: &RunInfo) -> Option<&Scalar> {
        self.conditions
            .iter()
            .find(|(condition, _)| condition.holds(info))
            .map(|(_, value)| value)
            .or(self.default.as_ref())
    }
}

impl Section {
    /// A section of that name with nothing in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The key of that name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// What the key of that name is in a run with these properties.
    #[must_use]
    pub fn get(&self, name: &str, info: &RunInfo) -> Option<&Scalar> {
        self.key(name)?.value.get(info)
    }

    /// Sets a key, in place if it is there, with its comments kept.
    pub fn set(&mut self, name: &str, value: Value) {
        match self.keys.iter_mut().find(|key| key.name == name) {
            Some(key) => key.value = value,
            None => self.keys.push(Key {
                name: name.to_owned(),
                value,
                comments: Vec::new(),
                inline_comment: None,
            }),
        }
    }

    /// Takes a key away.
    pub fn remove(&mut self, name: &str) {
        self.keys.retain(|key| key.name != name);
    }

    /// The section of that name directly within this one.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<&Self> {
        self.sections.iter().find(|section| section.name == name)
    }
}

#[cfg(test)]
mod tests;
