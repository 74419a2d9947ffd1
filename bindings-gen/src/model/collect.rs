//! First pass: definitions by name, each with its partials and the mixins it includes.

use std::collections::BTreeMap;

use super::find_attribute;
use crate::ast::{AttributeValue, Body, Definition, DefinitionKind, Ident};
use crate::diagnostics::Problems;

/// A definition and what adds to it.
#[derive(Debug)]
pub(super) struct Entry<'d> {
    pub(super) main: &'d Definition,
    pub(super) partials: Vec<&'d Definition>,
    /// The mixins of `main includes mixin`.
    pub(super) includes: Vec<&'d Ident>,
}

impl<'d> Entry<'d> {
    /// The definition and its partials.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'d Definition> + use<'_, 'd> {
        std::iter::once(self.main).chain(self.partials.iter().copied())
    }
}

/// All definitions by name. The name spaces of all kinds are one.
#[derive(Debug, Default)]
pub(super) struct Collected<'d> {
    pub(super) entries: BTreeMap<&'d str, Entry<'d>>,
    /// `[LegacyWindowAlias]`: the interface that has the name, too; specifications use it as a type.
    pub(super) aliases: BTreeMap<&'d str, &'d str>,
    /// Names that a `partial` or an `includes` mentions and nothing defines.
    pub(super) dangling: Vec<&'d Ident>,
}

/// Groups the definitions; a name that is defined twice is a problem.
pub(super) fn collect<'d>(definitions: &'d [Definition], problems: &mut Problems) -> Collected<'d> {
    let mut collected = Collected::default();
    for definition in definitions {
        if definition.partial || matches!(definition.kind, DefinitionKind::Includes(_)) {
            continue;
        }
        let name = definition.name.name.as_str();
        let entry = Entry { main: definition, partials: Vec::new(), includes: Vec::new() };
        if let Some(earlier) = collected.entries.insert(name, entry) {
            let message = format!("{name} is defined twice");
            problems.add(definition.name.span, message, "this is the second definition");
            collected.entries.insert(name, earlier);
        }
    }
    let mains: Vec<&Definition> = collected.entries.values().map(|entry| entry.main).collect();
    mains.into_iter().for_each(|main| collected.add_aliases(main));
    for definition in definitions {
        match &definition.kind {
            DefinitionKind::Includes(mixin) => collected.add_include(&definition.name, mixin, problems),
            _ if definition.partial => collected.add_partial(definition, problems),
            _ => {}
        }
    }
    collected
}

impl<'d> Collected<'d> {
    fn add_aliases(&mut self, main: &'d Definition) {
        let aliases = match find_attribute(&main.attributes, "LegacyWindowAlias").map(|found| &found.value) {
            Some(AttributeValue::Name(alias)) => std::slice::from_ref(alias),
            Some(AttributeValue::Names(aliases)) => aliases,
            _ => return,
        };
        self.aliases.extend(aliases.iter().map(|alias| (alias.name.as_str(), main.name.name.as_str())));
    }

    fn add_include(&mut self, into: &'d Ident, mixin: &'d Ident, problems: &mut Problems) {
        match self.entries.get(mixin.name.as_str()) {
            None => self.dangling.push(mixin),
            Some(entry) if !matches!(entry.main.kind, DefinitionKind::Mixin(_)) => {
                problems.add(mixin.span, format!("{} is no interface mixin", mixin.name), "included here");
            }
            Some(_) => match self.entries.get_mut(into.name.as_str()) {
                Some(entry) => entry.includes.push(mixin),
                None => self.dangling.push(into),
            },
        }
    }

    fn add_partial(&mut self, partial: &'d Definition, problems: &mut Problems) {
        let Some(entry) = self.entries.get_mut(partial.name.name.as_str()) else {
            self.dangling.push(&partial.name);
            return;
        };
        if std::mem::discriminant(&entry.main.kind) != std::mem::discriminant(&partial.kind) {
            let message = format!("this partial and {} are of different kinds", partial.name.name);
            problems.add(partial.name.span, message, "this partial");
            return;
        }
        entry.partials.push(partial);
    }
}

/// The body of everything that has attributes and operations.
pub(super) fn body(definition: &Definition) -> Option<&Body> {
    match &definition.kind {
        DefinitionKind::Interface(body)
        | DefinitionKind::Mixin(body)
        | DefinitionKind::CallbackInterface(body)
        | DefinitionKind::Namespace(body) => Some(body),
        DefinitionKind::Dictionary { .. }
        | DefinitionKind::Enum(_)
        | DefinitionKind::Callback { .. }
        | DefinitionKind::Typedef(_)
        | DefinitionKind::Includes(_) => None,
    }
}
