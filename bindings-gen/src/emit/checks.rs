//! What would be no valid Rust, or would be generated wrongly: told before anything is written.

use std::collections::BTreeMap;

use super::Emitter;
use super::files::is_engine_name;
use super::names::snake;
use super::types::enum_variant;
use crate::ast::{Ident, Modifier};
use crate::model::{Member, MemberKind};

/// How deep interfaces may inherit: what the engine's platform objects have room for.
const MAX_DEPTH: u8 = 8;

impl Emitter<'_> {
    /// Reports everything that the backends cannot express.
    pub(super) fn check(&self) {
        let selection = self.types.selection;
        for enumeration in selection.enums.values() {
            let names = enumeration.values.iter().map(|(value, span)| (enum_variant(value), *span));
            self.check_clashes(&enumeration.name.name, names);
        }
        for dictionary in selection.dictionaries.values() {
            let fields = dictionary.members.iter().map(|member| (snake(&member.name.name), member.name.span));
            let parent = dictionary.inherits.as_ref().map(|parent| ("parent".to_owned(), parent.span));
            self.check_clashes(&dictionary.name.name, parent.into_iter().chain(fields));
        }
        let types = selection.dictionaries.values().map(|dictionary| &dictionary.name);
        let types = types.chain(selection.enums.values().map(|enumeration| &enumeration.name));
        let types = types.chain(selection.callbacks.values().map(|callback| &callback.name));
        let types = types.chain(selection.callback_interfaces.values().map(|interface| &interface.name));
        let types = types.chain(selection.interfaces.values().map(|interface| &interface.name));
        types.for_each(|name| self.check_engine_name(name));
        for interface in selection.interfaces.values() {
            let depth = self.places.get(&interface.name.name).map_or(0, |place| place.depth);
            if depth >= MAX_DEPTH {
                let message =
                    format!("{} inherits from more than {} others", interface.name.name, MAX_DEPTH - 1);
                self.problem(
                    interface.name.span,
                    &message,
                    "inheritance is too deep for the engine's objects",
                );
            }
            for (factory, _) in &interface.legacy_factories {
                let message = format!("the legacy factory function {} is not supported", factory.name);
                let label = format!("leave it out of [{}] in implemented.toml", interface.name.name);
                self.problem(factory.span, &message, &label);
            }
            interface.members.iter().for_each(|member| self.check_mixin_member(member));
        }
    }

    fn check_clashes(&self, of: &str, names: impl Iterator<Item = (String, crate::source::Span)>) {
        let mut seen = BTreeMap::new();
        for (name, span) in names {
            if seen.insert(name.clone(), span).is_some() {
                let message = format!("two members of {of} would have the name `{name}` in Rust");
                self.problem(span, &message, "the second one");
            }
        }
    }

    fn check_engine_name(&self, name: &Ident) {
        if is_engine_name(&name.name) {
            let message = format!("`{}` is a type of the engine's door already", name.name);
            self.problem(name.span, &message, "Rust code could not tell the two apart");
        }
    }

    /// A mixin's table has attributes and regular operations.
    fn check_mixin_member(&self, member: &Member) {
        let supported = match &member.kind {
            MemberKind::Attribute(attribute) => attribute.modifier != Modifier::Static,
            MemberKind::Operation(operation) => {
                matches!(operation.modifier, Modifier::None | Modifier::Stringifier)
            }
            MemberKind::Stringifier | MemberKind::Constant { .. } => true,
            _ => false,
        } && !member.has("LegacyUnforgeable");
        if member.mixin.is_some() && !supported {
            let label = "only constants, attributes and regular operations are supported in a mixin";
            self.problem(member.span, "not supported in a mixin", label);
        }
    }
}
