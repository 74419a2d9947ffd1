//! `implemented.toml`: which interfaces exist here, and what of them is left out, with the reason.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostics::Problems;
use crate::source::Span;

/// The file, read.
#[derive(Clone, Debug, Default)]
pub struct Implemented {
    /// What it says about each definition, by name.
    pub entries: BTreeMap<String, Entry>,
}

/// What the file says about one interface, mixin, namespace, dictionary or enumeration.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the name is written in the file.
    pub span: Span,
    /// Which members are implemented.
    pub members: Members,
    /// Names for the methods of overloaded operations, by operation, in the order of the overloads.
    pub overload_names: BTreeMap<String, (Vec<String>, Span)>,
}

/// Which members are implemented.
#[derive(Clone, Debug)]
pub enum Members {
    /// All.
    All,
    /// Only these; `on*` stands for all that begin with `on`.
    Only {
        /// The members, and where they are written.
        members: Vec<(String, Span)>,
        /// Why the others are not.
        reason: String,
    },
    /// All but these.
    LeftOut(Vec<LeftOut>),
}

/// A member that is not implemented.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its name; `on*` stands for all that begin with `on`.
    pub member: String,
    /// Where it is written.
    pub span: Span,
    /// Why it is not implemented.
    pub reason: String,
}

impl Entry {
    /// The reason why a member is left out; none if it is implemented.
    #[must_use]
    pub fn left_out(&self, member: &str) -> Option<&str> {
        match &self.members {
            Members::All => None,
            Members::Only { members, reason } => {
                let implemented = members.iter().any(|(pattern, _)| matches(pattern, member));
                (!implemented).then_some(reason.as_str())
            }
            Members::LeftOut(list) => {
                list.iter().find(|left_out| matches(&left_out.member, member)).map(|l| l.reason.as_str())
            }
        }
    }

    /// The member names and patterns that the entry mentions.
    pub(crate) fn mentioned(&self) -> Vec<(&str, Span)> {
        let overloads = self.overload_names.iter().map(|(name, (_, span))| (name.as_str(), *span));
        match &self.members {
            Members::All => overloads.collect(),
            Members::Only { members, .. } => {
                overloads.chain(members.iter().map(|(name, span)| (name.as_str(), *span))).collect()
            }
            Members::LeftOut(list) => {
                overloads.chain(list.iter().map(|left| (left.member.as_str(), left.span))).collect()
            }
        }
    }
}

/// Whether a name is meant by a pattern that may end in `*`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

/// Reads the text of the file, which is file number `file` of the sources.
pub(crate) fn parse(file: usize, text: &str, problems: &mut Problems) -> Implemented {
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            let span = Span { file, start: range.start, len: range.len() };
            problems.add(span, error.message().trim().to_owned(), "this is not TOML");
            return Implemented::default();
        }
    };
    let mut reader = Reader { file, problems };
    let mut implemented = Implemented::default();
    for (name, value) in &table {
        if let Some(entry) = reader.entry(reader.span(name), value) {
            implemented.entries.insert(name.get_ref().to_string(), entry);
        }
    }
    implemented
}

struct Reader<'a> {
    file: usize,
    problems: &'a mut Problems,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn span<T>(&self, spanned: &Spanned<T>) -> Span {
        let range = spanned.span();
        Span { file: self.file, start: range.start, len: range.len() }
    }

    fn entry(&mut self, span: Span, value: &Value<'_>) -> Option<Entry> {
        let DeValue::Table(table) = value.get_ref() else {
            self.problems.add(span, "expected a table: [Name]", "this is not one");
            return None;
        };
        let mut only = None;
        let mut left_out = None;
        let mut reason = None;
        let mut overload_names = BTreeMap::new();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "implemented-only" => only = Some(self.strings(value)),
                "not-implemented-reason" => reason = self.string(value).map(|(text, _)| text),
                "left-out" => left_out = Some(self.left_out(value)),
                "overload-names" => overload_names = self.overload_names(value),
                other => {
                    let expected =
                        "expected implemented-only, not-implemented-reason, left-out or overload-names";
                    let place = self.span(key);
                    self.problems.add(place, format!("unknown key `{other}`"), expected);
                }
            }
        }
        let members = match (only, left_out, reason) {
            (Some(_), Some(_), _) => {
                let message = "implemented-only and left-out exclude each other";
                self.problems.add(span, message, "this entry has both");
                return None;
            }
            (Some(members), None, Some(reason)) => Members::Only { members, reason },
            (Some(_), None, None) => {
                let message = "implemented-only needs a not-implemented-reason";
                self.problems.add(span, message, "why are the other members not implemented?");
                return None;
            }
            (None, Some(list), _) => Members::LeftOut(list),
            (None, None, _) => Members::All,
        };
        Some(Entry { span, members, overload_names })
    }

    fn string(&mut self, value: &Value<'_>) -> Option<(String, Span)> {
        let span = self.span(value);
        match value.get_ref() {
            DeValue::String(text) => Some((text.to_string(), span)),
            _ => {
                self.problems.add(span, "expected a string", "this is not one");
                None
            }
        }
    }

    fn strings(&mut self, value: &Value<'_>) -> Vec<(String, Span)> {
        match value.get_ref() {
            DeValue::Array(values) => values.iter().filter_map(|value| self.string(value)).collect(),
            _ => {
                self.problems.add(self.span(value), "expected a list of strings", "this is not one");
                Vec::new()
            }
        }
    }

    fn left_out(&mut self, value: &Value<'_>) -> Vec<LeftOut> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "expected a table of member names and reasons";
            self.problems.add(self.span(value), message, "this is not one");
            return Vec::new();
        };
        let mut list = Vec::new();
        for (member, reason) in table {
            if let Some((reason, _)) = self.string(reason) {
                list.push(LeftOut { member: member.get_ref().to_string(), span: self.span(member), reason });
            }
        }
        list
    }

    fn overload_names(&mut self, value: &Value<'_>) -> BTreeMap<String, (Vec<String>, Span)> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = "expected a table of operation names and lists of method names";
            self.problems.add(self.span(value), message, "this is not one");
            return BTreeMap::new();
        };
        let mut names = BTreeMap::new();
        for (operation, list) in table {
            let list = self.strings(list).into_iter().map(|(name, _)| name).collect();
            names.insert(operation.get_ref().to_string(), (list, self.span(operation)));
        }
        names
    }
}
