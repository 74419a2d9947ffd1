//! What Web IDL says that a world must not have, beside what cannot be resolved.
//!
//! Each rule is a sentence of the standard with "must"; what breaks it is reported where it is written. Published
//! specifications break some of them, so that this is told apart from what is wrong with what cannot be read or resolved:
//! what is implemented has to keep the rules, everything else need not.

mod attributes;
mod members;
mod types;

use super::{Callback, Interface, InterfaceKind, Member, MemberKind, World, find_attribute};
use crate::ast::{AttributeValue, ExtendedAttribute, Modifier};
use crate::diagnostics::Problems;
use crate::select::Selection;
use crate::source::Span;

/// Checks all of a world.
pub(crate) fn check_world(world: &World, problems: &mut Problems) {
    let mut rules = Rules { world, problems };
    world.interfaces.values().for_each(|interface| rules.interface(interface));
    world.callback_interfaces.values().for_each(|interface| rules.callback_interface(interface));
    world.dictionaries.values().for_each(|dictionary| rules.dictionary(dictionary));
    world.callbacks.values().for_each(|callback| rules.callback(callback));
    world.typedefs.values().for_each(|(ty, span)| rules.ty(ty, *span));
}

/// Checks what of a world is implemented.
pub(crate) fn check_selection(world: &World, selection: &Selection, problems: &mut Problems) {
    let mut rules = Rules { world, problems };
    selection.interfaces.values().for_each(|interface| rules.interface(interface));
    selection.callback_interfaces.values().for_each(|interface| rules.callback_interface(interface));
    selection.dictionaries.values().for_each(|dictionary| rules.dictionary(dictionary));
    selection.callbacks.values().for_each(|callback| rules.callback(callback));
}

struct Rules<'w> {
    world: &'w World,
    problems: &'w mut Problems,
}

impl Rules<'_> {
    fn wrong(&mut self, span: Span, message: impl Into<String>, label: &str, anchor: &str) {
        let help = format!("see https://webidl.spec.whatwg.org/#{anchor}");
        self.problems.add_with_help(span, message, label, help);
    }

    fn interface(&mut self, interface: &Interface) {
        let name = &interface.name.name;
        let has = |attribute: &str| find_attribute(&interface.attributes, attribute).is_some();
        if !has("Exposed") {
            let message = format!("{name} does not say where it is exposed");
            self.wrong(interface.name.span, message, "[Exposed=...] is missing", "Exposed");
        }
        if let Some(parent) = interface.inherits.as_ref().and_then(|p| self.world.interfaces.get(&p.name))
            && interface.exposure.and(&parent.exposure) != interface.exposure
        {
            let message =
                format!("{name} is exposed where {}, which it inherits from, is not", parent.name.name);
            self.wrong(interface.name.span, message, "exposed in more realms than its parent", "Exposed");
        }
        if has("LegacyNoInterfaceObject")
            && let Some(member) = interface.members.iter().find(|member| needs_interface_object(member))
        {
            let message = format!("{name} has no interface object, which `{}` would be on", member.name());
            self.wrong(member.span, message, "this member", "LegacyNoInterfaceObject");
        }
        self.declarations(interface);
        self.identifiers(interface);
        for member in &interface.members {
            self.member(interface, member);
        }
        self.overloads(interface);
        for (factory, arguments) in &interface.legacy_factories {
            self.arguments(arguments);
            if self.world.interfaces.contains_key(&factory.name) {
                let message =
                    format!("the legacy factory function {} has the name of an interface", factory.name);
                self.wrong(factory.span, message, "this name is taken", "LegacyFactoryFunction");
            }
        }
    }

    /// At most one declaration of what an object is like.
    fn declarations(&mut self, interface: &Interface) {
        let mut first: Option<&Member> = None;
        for member in &interface.members {
            let anchor = match member.kind {
                MemberKind::Iterable { .. } => "idl-iterable",
                MemberKind::AsyncIterable { .. } => "idl-async-iterable-declaration",
                MemberKind::Maplike { .. } => "idl-maplike",
                MemberKind::Setlike { .. } => "idl-setlike",
                _ => continue,
            };
            if let Some(first) = first {
                let message = format!(
                    "{} is {} already, and cannot be {}",
                    interface.name.name,
                    first.name(),
                    member.name()
                );
                self.wrong(member.span, message, "the second declaration of that kind", anchor);
            }
            first = first.or(Some(member));
        }
        let indexed = interface.members.iter().any(|member| match &member.kind {
            MemberKind::Operation(operation) => {
                operation.modifier == Modifier::Getter && operation.is_indexed()
            }
            _ => false,
        });
        let values = |member: &&Member| matches!(member.kind, MemberKind::Iterable { key: None, .. });
        if let Some(member) = interface.members.iter().find(values)
            && !indexed
        {
            let message = format!("{} has a value iterator, and no indexed getter", interface.name.name);
            self.wrong(member.span, message, "what would it iterate over?", "dfn-value-iterator");
        }
    }

    fn callback(&mut self, callback: &Callback) {
        self.ty(&callback.returns, callback.name.span);
        self.arguments(&callback.arguments);
    }

    fn callback_interface(&mut self, interface: &Interface) {
        let operations = interface.members.iter().filter(|m| matches!(m.kind, MemberKind::Operation(_)));
        if operations.count() != 1 {
            let message =
                format!("the callback interface {} has not exactly one operation", interface.name.name);
            self.wrong(interface.name.span, message, "this callback interface", "idl-callback-interfaces");
        }
        for member in &interface.members {
            if !matches!(member.kind, MemberKind::Operation(_) | MemberKind::Constant { .. }) {
                let message = format!("`{}` cannot be a member of a callback interface", member.name());
                let label = "only constants and one operation can";
                self.wrong(member.span, message, label, "idl-callback-interfaces");
            }
            self.member(interface, member);
        }
    }
}

fn needs_interface_object(member: &Member) -> bool {
    match &member.kind {
        MemberKind::Constructor(_) => true,
        MemberKind::Attribute(attribute) => attribute.modifier == Modifier::Static,
        MemberKind::Operation(operation) => operation.modifier == Modifier::Static,
        _ => false,
    }
}

/// Whether members of an interface are on a namespace object.
fn is_namespace(interface: &Interface) -> bool {
    interface.kind == InterfaceKind::Namespace
}

/// The identifier that `[Name=identifier]` has.
fn identifier<'a>(attributes: &'a [ExtendedAttribute], name: &str) -> Option<&'a str> {
    match &find_attribute(attributes, name)?.value {
        AttributeValue::Name(ident) => Some(&ident.name),
        _ => None,
    }
}
