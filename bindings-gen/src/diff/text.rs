//! Differences as text for people.

use std::collections::BTreeSet;

use super::{Change, DefinitionDiff, Detail, Diff, Implementation, MemberDiff, RustDiff};

pub(super) fn text(diff: &Diff) -> String {
    let mut text = String::new();
    for definition in &diff.definitions {
        self::definition(&mut text, definition);
        text.push('\n');
    }
    text.push_str(&summary(diff));
    text
}

fn sign(change: Change) -> char {
    match change {
        Change::Added => '+',
        Change::Removed => '-',
        Change::Changed => '~',
    }
}

fn definition(text: &mut String, definition: &DefinitionDiff) {
    let DefinitionDiff { change, kind, name, specification, .. } = definition;
    let specification = specification.as_ref().map(|title| format!("  ({title})")).unwrap_or_default();
    let status = status(definition.implemented.as_ref());
    text.push_str(&format!("{} {kind} {name}{specification}{status}\n", sign(*change)));
    // What a definition is as a whole is told only if that is what is different.
    if *change == Change::Changed {
        details(text, "    ", &definition.details);
    }
    for member in &definition.members {
        self::member(text, member, definition);
    }
    rust(text, "    ", &definition.rust);
}

fn member(text: &mut String, member: &MemberDiff, of: &DefinitionDiff) {
    let same_status = member.implemented == of.implemented;
    let status = if same_status { String::new() } else { status(member.implemented.as_ref()) };
    text.push_str(&format!("    {} {}{status}\n", sign(member.change), member.name));
    if member.old_idl != member.new_idl {
        let plain = |idl: &String| format!("\"{}\"", member.name.trim_matches('"')) == *idl;
        for (sign, idl) in [('-', &member.old_idl), ('+', &member.new_idl)] {
            for idl in idl.iter().filter(|idl| !plain(idl)) {
                text.push_str(&format!("        {sign} {idl}\n"));
            }
        }
    }
    details(text, "        ", &member.details);
    rust(text, "        ", &member.rust);
    if member.change == Change::Changed && member.rust.is_empty() {
        text.push_str("        Rust: the same; the glue changes by itself\n");
    }
}

fn details(text: &mut String, indent: &str, details: &[Detail]) {
    for Detail { what, old, new } in details {
        match (what, old, new) {
            (&"exposed in", Some(old), Some(new)) => exposure(text, indent, old, new),
            (what, Some(old), Some(new)) => text.push_str(&format!("{indent}{what}: {old} -> {new}\n")),
            (what, Some(old), None) => text.push_str(&format!("{indent}{what}: no longer {old}\n")),
            (what, None, Some(new)) => text.push_str(&format!("{indent}{what}: now {new}\n")),
            (_, None, None) => {}
        }
    }
}

/// The globals that lose and gain something.
fn exposure(text: &mut String, indent: &str, old: &str, new: &str) {
    let names = |list| str::split(list, ", ").filter(|name| !name.is_empty()).collect::<BTreeSet<_>>();
    let (before, now) = (names(old), names(new));
    for (words, difference) in [
        ("no longer exposed in", before.difference(&now).copied().collect::<Vec<_>>()),
        ("now exposed in", now.difference(&before).copied().collect()),
    ] {
        if !difference.is_empty() {
            text.push_str(&format!("{indent}{words} {}\n", difference.join(", ")));
        }
    }
}

fn rust(text: &mut String, indent: &str, rust: &RustDiff) {
    if rust.is_empty() {
        return;
    }
    text.push_str(&format!("{indent}Rust: {}\n", rust.item));
    for (sign, lines) in [('-', &rust.removed), ('+', &rust.added)] {
        for line in lines {
            text.push_str(&format!("{indent}    {sign} {line}\n"));
        }
    }
}

fn status(implemented: Option<&Implementation>) -> String {
    match implemented {
        None | Some(Implementation::Implemented) => String::new(),
        Some(Implementation::NotNamed) => "  [not implemented here]".to_owned(),
        Some(Implementation::LeftOut(reason)) => format!("  [left out here: {reason}]"),
    }
}

/// How much there is to do.
fn summary(diff: &Diff) -> String {
    if diff.is_empty() {
        return "no difference\n".to_owned();
    }
    let count = |change| diff.definitions.iter().filter(|definition| definition.change == change).count();
    let mut text = format!(
        "definitions: {} added, {} removed, {} changed\n",
        count(Change::Added),
        count(Change::Removed),
        count(Change::Changed)
    );
    let members = diff.definitions.iter().flat_map(|definition| &definition.members);
    let touched =
        members.filter(|member| matches!(member.implemented, None | Some(Implementation::Implemented)));
    let methods: Vec<&RustDiff> =
        touched.map(|member| &member.rust).filter(|rust| rust.item.starts_with("trait ")).collect();
    let sum = |of: fn(&RustDiff) -> usize| methods.iter().map(|rust| of(rust)).sum::<usize>();
    let (added, removed) = (sum(|rust| rust.added.len()), sum(|rust| rust.removed.len()));
    text.push_str(&match (added, removed) {
        (0, 0) => "trait methods: all stay the same\n".to_owned(),
        _ => format!("trait methods: {added} to write, {removed} to remove; a changed one counts as both\n"),
    });
    text
}
