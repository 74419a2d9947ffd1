//! What the command line prints: checks and coverage.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::diagnostics::{Diagnostics, Problems};
use crate::generator::{Generator, Loaded};
use crate::model::{self, Interface, InterfaceKind};
use crate::parse;
use crate::source::{SourceSet, Span};

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
    check_rules(sources, complete).map(|(summary, _)| summary)
}

/// As [`check`], and tells which rules of Web IDL the files break. Published specifications do.
///
/// # Errors
/// As [`check`].
pub fn check_rules(
    sources: &SourceSet,
    complete: bool,
) -> Result<(Summary, Result<(), Diagnostics>), Diagnostics> {
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
    let mut broken = Problems::default();
    model::check_world(&world, &mut broken);
    let namespaces = world.interfaces.values().filter(|i| i.kind == InterfaceKind::Namespace).count();
    let summary = Summary {
        interfaces: world.interfaces.len() - namespaces,
        namespaces,
        callbacks: world.callbacks.len() + world.callback_interfaces.len(),
        mixins: world.mixins.len(),
        dictionaries: world.dictionaries.len(),
        enums: world.enums.len(),
        typedefs: world.typedefs.len(),
        undefined,
    };
    Ok((summary, broken.finish(sources)))
}

/// What is implemented.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// Each specification of which something is implemented, by title.
    pub specifications: BTreeMap<String, SpecificationCoverage>,
    /// Each implemented interface and namespace, by name.
    pub interfaces: BTreeMap<String, InterfaceCoverage>,
}

/// What of one specification is implemented. Overloads count each, members of mixins once.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SpecificationCoverage {
    /// Where it is published.
    pub url: String,
    /// How many of its interfaces and namespaces are implemented.
    pub interfaces: usize,
    /// How many it defines.
    pub of_interfaces: usize,
    /// How many of the members that it defines are implemented, those of mixins and of other specifications' interfaces
    /// among them.
    pub members: usize,
    /// How many it defines.
    pub of_members: usize,
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
    Ok(Coverage { specifications: specifications(&loaded), interfaces })
}

fn specifications(loaded: &Loaded) -> BTreeMap<String, SpecificationCoverage> {
    let mut specifications: BTreeMap<String, SpecificationCoverage> = BTreeMap::new();
    let mut count = |span: Span, add: fn(&mut SpecificationCoverage)| {
        if let Some((title, url)) = loaded.sources.specification(span) {
            let specification = specifications.entry(title.to_owned()).or_default();
            url.clone_into(&mut specification.url);
            add(specification);
        }
    };
    let members = |interfaces: &BTreeMap<String, Interface>| {
        let members = interfaces.values().flat_map(|interface| &interface.members);
        members.map(|member| member.span).collect::<BTreeSet<_>>()
    };
    for interface in loaded.world.interfaces.values() {
        count(interface.name.span, |specification| specification.of_interfaces += 1);
    }
    for interface in loaded.selection.interfaces.values() {
        count(interface.name.span, |specification| specification.interfaces += 1);
    }
    for member in members(&loaded.world.interfaces) {
        count(member, |specification| specification.of_members += 1);
    }
    for member in members(&loaded.selection.interfaces) {
        count(member, |specification| specification.members += 1);
    }
    specifications.retain(|_, specification| specification.members > 0);
    specifications
}

impl Coverage {
    /// As JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        // Strings, numbers and maps with string keys can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The specifications as a table in Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = String::from("| specification | interfaces | members |\n|---|---|---|\n");
        let mut all = SpecificationCoverage::default();
        for (title, specification) in &self.specifications {
            let SpecificationCoverage { url, interfaces, of_interfaces, members, of_members } = specification;
            all.interfaces += interfaces;
            all.of_interfaces += of_interfaces;
            all.members += members;
            all.of_members += of_members;
            let row = format!(
                "| [{title}]({url}) | {interfaces} of {of_interfaces} | {members} of {of_members} |\n"
            );
            text.push_str(&row);
        }
        text + &format!(
            "| **all** | {} of {} | {} of {} |\n",
            all.interfaces, all.of_interfaces, all.members, all.of_members
        )
    }

    /// The specifications as a table for people.
    pub fn to_specification_table(&self) -> String {
        let width = self.specifications.keys().map(|title| title.chars().count()).max().unwrap_or(0);
        let width = width.max("specification".len());
        let mut text = format!("{:width$}  interfaces     members\n", "specification");
        for (title, specification) in &self.specifications {
            let SpecificationCoverage { interfaces, of_interfaces, members, of_members, .. } = specification;
            text.push_str(&format!(
                "{title:width$}  {interfaces:3} of {of_interfaces:3}  {members:4} of {of_members:4}\n"
            ));
        }
        text
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
        text + "\n" + &self.to_specification_table()
    }
}

/// A text with what stands between its lines `<!-- name -->` and `<!-- /name -->` replaced; none if it has no such lines.
#[must_use]
pub fn replace_section(text: &str, name: &str, content: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open)? + open.len();
    let end = start + text.get(start..)?.find(&close)?;
    Some(format!("{}\n{}\n{}", text.get(..start)?, content.trim(), text.get(end..)?))
}
