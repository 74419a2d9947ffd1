//! What would be no valid Rust, or would be generated wrongly: told before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use super::Emitter;
use super::names::snake;
use super::types::enum_variant;
use crate::ast::{ExtendedAttribute, Ident, Literal};
use crate::attributes::known_attribute;
use crate::model::Dictionary;

impl Emitter<'_> {
    /// Reports everything that Rust or the backend cannot express.
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
            self.check_own_default(dictionary);
        }
        let types = selection.dictionaries.values().map(|dictionary| &dictionary.name);
        let types = types.chain(selection.enums.values().map(|enumeration| &enumeration.name));
        let types = types.chain(selection.callbacks.values().map(|callback| &callback.name));
        let types = types.chain(selection.callback_interfaces.values().map(|interface| &interface.name));
        let types = types.chain(selection.interfaces.values().map(|interface| &interface.name));
        let reserved = self.backend.reserved_names();
        types.for_each(|name| self.check_reserved(name, &reserved));
        for interface in selection.interfaces.values() {
            self.check_attributes(&interface.attributes);
            interface.members.iter().for_each(|member| self.check_attributes(&member.attributes));
        }
        self.backend.check(self);
    }

    /// An extended attribute that nobody knows of may mean anything.
    fn check_attributes(&self, attributes: &[ExtendedAttribute]) {
        for attribute in attributes {
            let name = &attribute.name.name;
            if known_attribute(name).is_none() {
                let message = format!("the extended attribute [{name}] is not known");
                self.problem(attribute.name.span, &message, "nothing is known of what it asks for");
            }
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

    /// A dictionary with a member that is, by default, a dictionary of its kind has no end.
    fn check_own_default(&self, dictionary: &Dictionary) {
        let of = &dictionary.name.name;
        for member in &dictionary.members {
            let is_empty = member.default == Some(Literal::EmptyDictionary);
            if is_empty && self.types.recursion.is_boxed(of, &member.ty) {
                let message =
                    format!("the default value of `{}` would have another {of} in it", member.name.name);
                self.problem(member.span, &message, "without end");
            }
        }
    }

    fn check_reserved(&self, name: &Ident, reserved: &BTreeSet<&'static str>) {
        if reserved.contains(name.name.as_str()) {
            let message = format!("`{}` is a type of the engine's already", name.name);
            self.problem(name.span, &message, "Rust code could not tell the two apart");
        }
    }
}
