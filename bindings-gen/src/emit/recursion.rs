//! Dictionaries that have members of their own type.
//!
//! The standard [forbids them](https://webidl.spec.whatwg.org/#idl-dictionaries), but
//! [`RouterCondition`](https://w3c.github.io/ServiceWorker/#dictdef-routercondition) is one, and browsers have it. Where the
//! value would be part of itself, Rust has a box.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Type;
use crate::select::Selection;

/// What is in what.
#[derive(Debug, Default)]
pub(super) struct Recursion {
    /// The dictionaries whose Rust types are part of a dictionary's.
    within: BTreeMap<String, BTreeSet<String>>,
    /// As `within`, and those whose values it can hold in lists.
    reached: BTreeMap<String, BTreeSet<String>>,
}

impl Recursion {
    pub(super) fn new(selection: &Selection) -> Recursion {
        Recursion { within: closure(selection, parts), reached: closure(selection, everything) }
    }

    /// Whether a dictionary's member has to be boxed, because its type has the dictionary in it.
    pub(super) fn is_boxed(&self, dictionary: &str, member: &Type) -> bool {
        let mut found = BTreeSet::new();
        parts(member, &mut found);
        found.iter().any(|part| {
            part == dictionary || self.within.get(part).is_some_and(|in_it| in_it.contains(dictionary))
        })
    }

    /// Whether a value of a dictionary can have another value of it in it, however deep.
    pub(super) fn is_nested(&self, dictionary: &str) -> bool {
        self.reached.get(dictionary).is_some_and(|reached| reached.contains(dictionary))
    }
}

/// The dictionaries that can be reached from each by its parent and members, as `of_type` finds them in a type.
fn closure(
    selection: &Selection,
    of_type: fn(&Type, &mut BTreeSet<String>),
) -> BTreeMap<String, BTreeSet<String>> {
    let direct = selection.dictionaries.values().map(|dictionary| {
        let mut found = BTreeSet::new();
        found.extend(dictionary.inherits.as_ref().map(|parent| parent.name.clone()));
        dictionary.members.iter().for_each(|member| of_type(&member.ty, &mut found));
        (dictionary.name.name.clone(), found)
    });
    let direct: BTreeMap<String, BTreeSet<String>> = direct.collect();
    let from = |start: &BTreeSet<String>| {
        let mut reached = BTreeSet::new();
        let mut wanted: Vec<&String> = start.iter().collect();
        while let Some(name) = wanted.pop() {
            if reached.insert(name.clone()) {
                wanted.extend(direct.get(name).into_iter().flatten());
            }
        }
        reached
    };
    direct.iter().map(|(name, start)| (name.clone(), from(start))).collect()
}

/// The dictionaries that are part of a type's Rust type.
fn parts(ty: &Type, found: &mut BTreeSet<String>) {
    match ty {
        Type::Dictionary(name) => drop(found.insert(name.clone())),
        Type::Nullable(inner) => parts(inner, found),
        Type::Union(members) => members.iter().for_each(|member| parts(member, found)),
        _ => {}
    }
}

/// The dictionaries in a type.
fn everything(ty: &Type, found: &mut BTreeSet<String>) {
    ty.walk(&mut |ty| {
        if let Type::Dictionary(name) = ty {
            found.insert(name.clone());
        }
    });
}
