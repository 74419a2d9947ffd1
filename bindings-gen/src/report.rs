//! What the command line prints: checks and coverage.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::diagnostics::{Diagnostics, Problems};
use crate::generator::Generator;
use crate::model::{self, InterfaceKind};
use crate::parse;
use crate::source::SourceSet;

/// How many definitions some files have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Interfaces.
    pub interfaces: usize,
    /// Namespaces.
    pub namespaces: usize,
    /// Callback interfaces and callback functions.
    pub callbacks: usize,
    /// Interface mixins.
    pub mixins: usize,
    /// Dictionaries.
    pub dictionaries: usize,
    /// Enumerations.
    pub enums: usize,
    /// Type definitions.
    pub typedefs: usize,
    /// Names that are used and defined in none of the files.
    pub undefined: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} interfaces, {} namespaces, {} mixins, {} callbacks, {} dictionaries, {} enums, {} typedefs; {} names \
             are used and not defined",
            self.interfaces,
            self.namespaces,
            self.mixins,
            self.callbacks,
            self.dictionaries,
            self.enums,
            self.typedefs,
            self.undefined,
        )
    }
}

/// Parses and resolves files.
///
/// # Errors
/// Everything that is wrong with them; if they are `complete`, a name that none of them defines is wrong, too.
pub fn check(sources: &SourceSet, complete: bool) -> Result<Summary, Diagnostics> {
    let mut problems = Problems::default();
    let definitions = parse::parse(sources, &mut problems);
    let world = model::build(&definitions, &mut problems);
    if complete {
        for name in &world.dangling {
            problems.add(name.span, format!("{} is not defined", name.name), "used here");
        }
    }
    let mut undefined: Vec<&str> = world.dangling.iter().map(|name| name.name.as_str()).collect();
    undefined.sort_unstable();
    undefined.dedup();
    let undefined = undefined.len();
    problems.finish(sources)?;
    let namespaces = world.interfaces.values().filter(|i| i.kind == InterfaceKind::Namespace).count();
    Ok(Summary {
        interfaces: world.interfaces.len() - namespaces,
        namespaces,
        callbacks: world.callbacks.len() + world.callback_interfaces.len(),
        mixins: world.mixins.len(),
        dictionaries: world.dictionaries.len(),
        enums: world.enums.len(),
        typedefs: world.typedefs.len(),
        undefined,
    })
}

/// What is implemented.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// Each implemented interface and namespace, by name.
    pub interfaces: BTreeMap<String, InterfaceCoverage>,
}

/// What of one interface is implemented.
#[derive(Clone, Debug, Default, Serialize)]
pub struct InterfaceCoverage {
    /// The specification that defines it.
    pub specification: String,
    /// How many members are implemented; overloads count each.
    pub implemented: usize,
    /// What is left out, and why.
    pub left_out: BTreeMap<String, String>,
}

/// Tells what a generator's configuration implements.
///
/// # Errors
/// Everything that is wrong with the IDL and the configuration.
pub fn coverage(generator: &Generator) -> Result<Coverage, Diagnostics> {
    let loaded = generator.load()?;
    let mut interfaces: BTreeMap<String, InterfaceCoverage> = BTreeMap::new();
    for (name, interface) in &loaded.selection.interfaces {
        let specification = loaded.sources.specification(interface.name.span);
        interfaces.insert(
            name.clone(),
            InterfaceCoverage {
                specification: specification.map(|(title, _)| title.to_owned()).unwrap_or_default(),
                implemented: interface.members.len(),
                left_out: BTreeMap::new(),
            },
        );
    }
    for (name, member, reason) in &loaded.selection.left_out {
        if let Some(interface) = interfaces.get_mut(name) {
            interface.left_out.insert(member.clone(), reason.clone());
        }
    }
    Ok(Coverage { interfaces })
}

impl Coverage {
    /// As JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps with string keys can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As a table for people, with the reasons below it.
    pub fn to_table(&self) -> String {
        let width = self.interfaces.keys().map(String::len).max().unwrap_or(0).max("interface".len());
        let mut text = format!("{:width$}  members  left out  specification\n", "interface");
        let (mut implemented, mut left_out) = (0, 0);
        for (name, interface) in &self.interfaces {
            implemented += interface.implemented;
            left_out += interface.left_out.len();
            text.push_str(&format!(
                "{name:width$}  {:7}  {:8}  {}\n",
                interface.implemented,
                interface.left_out.len(),
                interface.specification
            ));
        }
        text.push_str(&format!("{:width$}  {implemented:7}  {left_out:8}\n\n", "all"));
        for (name, interface) in self.interfaces.iter().filter(|(_, i)| !i.left_out.is_empty()) {
            let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for (member, reason) in &interface.left_out {
                by_reason.entry(reason).or_default().push(member);
            }
            for (reason, members) in by_reason {
                text.push_str(&format!("{name}: {reason}:\n    {}\n", members.join(", ")));
            }
        }
        text
    }
}
