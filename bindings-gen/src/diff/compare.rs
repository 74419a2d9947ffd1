//! Two descriptions side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::{Description, MemberDescription};
use super::{Change, DefinitionDiff, Detail, Implementation, MemberDiff, RustDiff};
use crate::config::Implemented;
use crate::model::World;

/// The differences between the definitions of two worlds.
pub(super) fn definitions(
    old: &BTreeMap<String, Description>,
    new: &BTreeMap<String, Description>,
    implemented: Option<&Implemented>,
    worlds: [&World; 2],
) -> Vec<DefinitionDiff> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nothing = Description::default();
    let mut differences = Vec::new();
    for name in names {
        let (before, now) = (old.get(name), new.get(name));
        let (change, described) = match (before, now) {
            (None, Some(now)) => (Change::Added, now),
            (Some(before), None) => (Change::Removed, before),
            (_, now) => (Change::Changed, now.unwrap_or(&nothing)),
        };
        let (before, now) = (before.unwrap_or(&nothing), now.unwrap_or(&nothing));
        let details = details(&before.details, &now.details);
        let status = Status { implemented, worlds, name };
        let members = members(before, now, &described.item, &status);
        let rust = rust(&described.item, &before.rust, &now.rust);
        let same = details.is_empty() && members.is_empty() && rust.is_empty();
        if change == Change::Changed && same && before.kind == now.kind {
            continue;
        }
        differences.push(DefinitionDiff {
            change,
            kind: described.kind,
            name: name.clone(),
            specification: described.specification.clone(),
            details,
            members,
            rust,
            implemented: status.of(None),
        });
    }
    differences
}

fn details(old: &BTreeMap<&'static str, String>, new: &BTreeMap<&'static str, String>) -> Vec<Detail> {
    let names: BTreeSet<&'static str> = old.keys().chain(new.keys()).copied().collect();
    let differing = names.into_iter().filter(|name| old.get(name) != new.get(name));
    differing.map(|what| Detail { what, old: old.get(what).cloned(), new: new.get(what).cloned() }).collect()
}

fn rust(item: &str, old: &[String], new: &[String]) -> RustDiff {
    let only = |list: &[String], other: &[String]| {
        list.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>()
    };
    RustDiff { item: item.to_owned(), removed: only(old, new), added: only(new, old) }
}

/// Members in the order of the new IDL, then those that it no longer has.
fn members(old: &Description, new: &Description, item: &str, status: &Status<'_>) -> Vec<MemberDiff> {
    let before: BTreeMap<&str, &MemberDescription> =
        old.members.iter().map(|(name, member)| (name.as_str(), member)).collect();
    let now: BTreeSet<&str> = new.members.iter().map(|(name, _)| name.as_str()).collect();
    let nothing = MemberDescription::default();
    let mut differences = Vec::new();
    let mut add = |change, name: &str, before: &MemberDescription, now: &MemberDescription| {
        differences.push(MemberDiff {
            change,
            name: name.to_owned(),
            old_idl: before.idl.clone(),
            new_idl: now.idl.clone(),
            details: if change == Change::Changed {
                details(&before.details, &now.details)
            } else {
                Vec::new()
            },
            rust: rust(item, &before.rust, &now.rust),
            implemented: status.of(Some(name)),
        });
    };
    for (name, now) in &new.members {
        match before.get(name.as_str()) {
            None => add(Change::Added, name, &nothing, now),
            Some(before) if *before != now => add(Change::Changed, name, before, now),
            Some(_) => {}
        }
    }
    for (name, before) in old.members.iter().filter(|(name, _)| !now.contains(name.as_str())) {
        add(Change::Removed, name, before, &nothing);
    }
    differences
}

/// Looks up whether a definition's members are implemented.
struct Status<'a> {
    implemented: Option<&'a Implemented>,
    worlds: [&'a World; 2],
    name: &'a str,
}

impl Status<'_> {
    /// Of the definition, or of one of its members. Types come with what uses them, so that nothing is told of them.
    fn of(&self, member: Option<&str>) -> Option<Implementation> {
        let implemented = self.implemented?;
        let is = |of: fn(&World, &str) -> bool| self.worlds.iter().any(|world| of(world, self.name));
        let owners: BTreeSet<&str> = if is(|world, name| world.interfaces.contains_key(name)) {
            BTreeSet::from([self.name])
        } else if is(|world, name| world.mixins.contains_key(name)) {
            let interfaces = self.worlds.iter().flat_map(|world| world.interfaces.values());
            let includes = |mixins: &[crate::ast::Ident]| mixins.iter().any(|mixin| mixin.name == self.name);
            let includers = interfaces.filter(|interface| includes(&interface.mixins));
            includers.map(|interface| interface.name.name.as_str()).collect()
        } else {
            return None;
        };
        let named: Vec<_> = owners.iter().filter_map(|owner| implemented.entries.get(*owner)).collect();
        let (Some(_), Some(member)) = (named.first(), member) else {
            let named = if named.is_empty() { Implementation::NotNamed } else { Implementation::Implemented };
            return Some(named);
        };
        let of_mixin = implemented.entries.get(self.name).and_then(|entry| entry.left_out(member));
        let reasons: Vec<&str> = named.iter().filter_map(|entry| entry.left_out(member)).collect();
        let reason = if reasons.len() == named.len() { reasons.first().copied() } else { of_mixin };
        Some(reason.map_or(Implementation::Implemented, |reason| Implementation::LeftOut(reason.to_owned())))
    }
}
