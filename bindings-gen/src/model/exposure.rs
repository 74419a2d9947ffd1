//! Where a construct is exposed (<https://webidl.spec.whatwg.org/#Exposed>).

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{AttributeValue, ExtendedAttribute};
use crate::model::find_attribute;

/// The realms that have a construct, by the names of their global interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// All realms.
    All,
    /// Realms whose global object is one of these interfaces.
    Globals(BTreeSet<String>),
}

impl Exposure {
    /// The realms that have both.
    #[must_use]
    pub fn and(&self, other: &Exposure) -> Exposure {
        match (self, other) {
            (Exposure::All, other) => other.clone(),
            (this, Exposure::All) => this.clone(),
            (Exposure::Globals(a), Exposure::Globals(b)) => {
                Exposure::Globals(a.intersection(b).cloned().collect())
            }
        }
    }
}

/// What each name in `[Exposed=...]` stands for: the interfaces that have it in their `[Global=...]`.
#[derive(Debug, Default)]
pub(super) struct GlobalNames {
    pub(super) by_name: BTreeMap<String, BTreeSet<String>>,
}

impl GlobalNames {
    /// Notes an interface with `[Global=names]`.
    pub(super) fn add(&mut self, interface: &str, names: &[String]) {
        for name in names {
            self.by_name.entry(name.clone()).or_default().insert(interface.to_owned());
        }
    }

    /// The exposure that the extended attributes tell; none if there is no `[Exposed]`.
    pub(super) fn exposure(&self, attributes: &[ExtendedAttribute]) -> Option<Exposure> {
        let names = match &find_attribute(attributes, "Exposed")?.value {
            AttributeValue::Wildcard => return Some(Exposure::All),
            value => names(value),
        };
        let globals = names.into_iter().flat_map(|name| match self.by_name.get(&name) {
            Some(globals) => globals.iter().cloned().collect::<Vec<_>>(),
            None => vec![name],
        });
        Some(Exposure::Globals(globals.collect()))
    }
}

/// The names of `=name` and `=(a, b)`.
pub(super) fn names(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::Name(name) => vec![name.name.clone()],
        AttributeValue::Names(names) => names.iter().map(|name| name.name.clone()).collect(),
        _ => Vec::new(),
    }
}
