//! Effective overload sets (<https://webidl.spec.whatwg.org/#compute-the-effective-overload-set>).

use super::{Argument, Type, World, distinguishable};

/// How an argument may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Optionality {
    /// It must be given.
    Required,
    /// It may be missing.
    Optional,
    /// It is one of any number.
    Variadic,
}

/// One way to call an overloaded operation with a given number of arguments.
#[derive(Clone, Debug)]
pub struct OverloadEntry<'a> {
    /// Index of the overload.
    pub overload: usize,
    /// Type and optionality of each argument.
    pub types: Vec<(&'a Type, Optionality)>,
}

/// All ways to call an overloaded operation, and where the overloads differ.
#[derive(Clone, Debug)]
pub struct OverloadSet<'a> {
    /// The entries by number of arguments; a number that is not there cannot be called.
    pub by_count: Vec<(usize, Vec<OverloadEntry<'a>>)>,
}

/// Computes the set for calls with up to the largest declared number of arguments.
#[must_use]
pub fn overload_set<'a>(overloads: &[&'a [Argument]]) -> OverloadSet<'a> {
    let max = overloads.iter().map(|arguments| arguments.len()).max().unwrap_or(0);
    let mut by_count: Vec<(usize, Vec<OverloadEntry<'a>>)> = (0..=max).map(|n| (n, Vec::new())).collect();
    for (overload, arguments) in overloads.iter().enumerate() {
        for (count, entries) in &mut by_count {
            if let Some(types) = types_for(arguments, *count) {
                entries.push(OverloadEntry { overload, types });
            }
        }
    }
    by_count.retain(|(_, entries)| !entries.is_empty());
    OverloadSet { by_count }
}

/// The types with which an overload may be called with `count` arguments.
fn types_for(arguments: &[Argument], count: usize) -> Option<Vec<(&Type, Optionality)>> {
    let missing_may_be = arguments.get(count..).unwrap_or_default().iter().all(|argument| argument.optional);
    let variadic = arguments.last().filter(|argument| argument.variadic);
    if !missing_may_be || (count > arguments.len() && variadic.is_none()) {
        return None;
    }
    let declared = arguments.iter().take(count).map(|argument| {
        let optionality = match argument {
            argument if argument.variadic => Optionality::Variadic,
            argument if argument.optional => Optionality::Optional,
            _ => Optionality::Required,
        };
        (&argument.ty, optionality)
    });
    let repeated = variadic.into_iter().cycle().take(count.saturating_sub(arguments.len()));
    Some(declared.chain(repeated.map(|argument| (&argument.ty, Optionality::Variadic))).collect())
}

/// The index of the argument that tells the entries apart
/// (<https://webidl.spec.whatwg.org/#dfn-distinguishing-argument-index>); none if there is no such argument.
#[must_use]
pub fn distinguishing_index(world: &World, entries: &[OverloadEntry<'_>]) -> Option<usize> {
    let count = entries.first().map_or(0, |entry| entry.types.len());
    (0..count).find(|&index| {
        let types: Vec<&Type> = entries.iter().filter_map(|entry| Some(entry.types.get(index)?.0)).collect();
        types
            .iter()
            .enumerate()
            .all(|(at, a)| types.iter().skip(at + 1).all(|b| distinguishable(world, a, b)))
    })
}
