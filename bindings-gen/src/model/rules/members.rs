//! Rules about members, their names and their overloads.

use std::collections::BTreeMap;

use super::{Rules, is_namespace};
use crate::ast::Modifier;
use crate::model::{
    Argument, Dictionary, Interface, Member, MemberKind, Operation, Type, distinguishing_index, overload_set,
};

/// A member and its arguments.
type Overload<'m> = (&'m Member, &'m [Argument]);

impl Rules<'_> {
    pub(super) fn member(&mut self, interface: &Interface, member: &Member) {
        match &member.kind {
            MemberKind::Constant { name, ty, .. } => {
                if !matches!(ty, Type::Boolean | Type::Integer(..) | Type::Float { .. } | Type::Bigint) {
                    let message = format!("the constant `{}` is of the type {ty}", name.name);
                    self.wrong(
                        name.span,
                        message,
                        "only booleans and numbers can be constants",
                        "idl-constants",
                    );
                }
            }
            MemberKind::Attribute(attribute) => {
                self.ty(&attribute.ty, attribute.name.span);
                self.attribute(interface, member, attribute);
            }
            MemberKind::Operation(operation) => {
                self.ty(&operation.returns, member.span);
                self.arguments(&operation.arguments);
                self.operation(interface, member, operation);
            }
            MemberKind::Constructor(arguments) => {
                self.arguments(arguments);
                if is_namespace(interface) {
                    let message = format!("the namespace {} has a constructor", interface.name.name);
                    self.wrong(member.span, message, "namespaces have no objects", "idl-namespaces");
                }
            }
            MemberKind::AsyncIterable { key, value, arguments } => {
                key.iter().chain([value]).for_each(|ty| self.ty(ty, member.span));
                self.arguments(arguments);
                if let Some(argument) = arguments.iter().find(|argument| !argument.optional) {
                    let message =
                        format!("the argument `{}` of async_iterable is required", argument.name.name);
                    let label = "`for await` passes no arguments";
                    self.wrong(argument.name.span, message, label, "idl-async-iterable-declaration");
                }
            }
            MemberKind::Iterable { key, value } => {
                key.iter().chain([value]).for_each(|ty| self.ty(ty, member.span));
            }
            MemberKind::Maplike { key, value, .. } => {
                self.ty(key, member.span);
                self.ty(value, member.span);
            }
            MemberKind::Setlike { value, .. } => self.ty(value, member.span),
            MemberKind::Stringifier => {}
        }
    }

    fn operation(&mut self, interface: &Interface, member: &Member, operation: &Operation) {
        let special = match operation.modifier {
            Modifier::Getter => Some(("getter", 1)),
            Modifier::Setter => Some(("setter", 2)),
            Modifier::Deleter => Some(("deleter", 1)),
            _ => None,
        };
        if let Some((what, count)) = special {
            let key = operation.arguments.first().map(|argument| &argument.ty);
            let keyed = operation.is_indexed()
                || matches!(key, Some(Type::DomString { .. } | Type::UsvString | Type::Unknown(..)));
            if operation.arguments.len() != count || !keyed {
                let message = format!("this {what} of {} has not the right arguments", interface.name.name);
                let label = "the first is a DOMString or an unsigned long, and a setter has the value, too";
                self.wrong(member.span, message, label, "idl-special-operations");
            }
        }
        if operation.name.is_none() && special.is_none() {
            let nameless = matches!(operation.modifier, Modifier::Stringifier | Modifier::LegacyCaller);
            if !nameless {
                let message = format!("an operation of {} has no name", interface.name.name);
                self.wrong(member.span, message, "only special operations can do without", "idl-operations");
            }
        }
        let is_static = operation.modifier == Modifier::Static;
        if is_static && operation.name.as_ref().is_some_and(|name| name.name == "prototype") {
            let message = "a static operation cannot have the name `prototype`";
            self.wrong(member.span, message, "this name is taken", "idl-static-attributes-and-operations");
        }
        if member.has("Default") && member.name() != "toJSON" {
            let message = format!("[Default] is on `{}`, which has no default steps", member.name());
            self.wrong(member.span, message, "only toJSON has", "Default");
        }
        if member.name() == "toJSON" && !is_static {
            let overloaded = interface.members.iter().filter(|other| other.name() == "toJSON").count() > 1;
            if overloaded || !operation.arguments.is_empty() {
                let message = format!("toJSON of {} is overloaded, or has arguments", interface.name.name);
                self.wrong(member.span, message, "JSON.stringify() passes none", "idl-tojson-operation");
            }
        }
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument]) {
        for (index, argument) in arguments.iter().enumerate() {
            let (name, place) = (&argument.name.name, argument.name.span);
            self.ty(&argument.ty, place);
            if argument.ty == Type::Undefined {
                let message = format!("the argument `{name}` is of the type undefined");
                self.wrong(place, message, "no value could be told from a missing one", "idl-undefined");
            }
            if arguments.iter().take(index).any(|other| other.name.name == *name) {
                let message = format!("there are two arguments `{name}`");
                self.wrong(place, message, "the second one", "idl-operations");
            }
            if !argument.ty.includes_dictionary() {
                continue;
            }
            if argument.ty.is_nullable() {
                let message = format!("the argument `{name}` is a dictionary, and nullable");
                self.wrong(place, message, "null is the empty dictionary already", "idl-operations");
            }
            let last = arguments.iter().skip(index + 1).all(|other| other.optional);
            let may_be_missing = last && !argument.variadic && self.has_no_required_member(&argument.ty);
            if may_be_missing && (!argument.optional || argument.default.is_none()) {
                let message = format!("the argument `{name}` is a dictionary without required members");
                self.wrong(place, message, "must be optional, with the default value {}", "idl-operations");
            }
        }
    }

    /// Whether every dictionary in a type can be empty.
    fn has_no_required_member(&self, ty: &Type) -> bool {
        let members = match ty.inner() {
            Type::Union(members) => members.as_slice(),
            other => std::slice::from_ref(other),
        };
        let dictionaries = members.iter().filter_map(|ty| match ty {
            Type::Dictionary(name) => Some(name),
            _ => None,
        });
        let mut chains = dictionaries.map(|name| self.world.dictionary_ancestry(name));
        chains.all(|chain| !chain.iter().any(|one| one.members.iter().any(|member| member.required)))
    }

    /// Names of members are their own, and not those of what declarations add.
    pub(super) fn identifiers(&mut self, interface: &Interface) {
        let mut seen: BTreeMap<(&str, bool), &Member> = BTreeMap::new();
        for member in &interface.members {
            let (overloadable, is_static) = match &member.kind {
                MemberKind::Operation(operation) if operation.name.is_some() => {
                    (true, operation.modifier == Modifier::Static)
                }
                MemberKind::Attribute(attribute) => (false, attribute.modifier == Modifier::Static),
                MemberKind::Constant { .. } => (false, false),
                _ => continue,
            };
            let Some(other) = seen.insert((member.name(), is_static), member) else { continue };
            if !overloadable || !matches!(other.kind, MemberKind::Operation(_)) {
                let message = format!("{} has two members `{}`", interface.name.name, member.name());
                self.wrong(member.span, message, "the second one", "idl-members");
            } else if other.mixin != member.mixin {
                let message =
                    format!("`{}` of {} is overloaded across mixins", member.name(), interface.name.name);
                self.wrong(member.span, message, "the second one", "idl-overloading");
            }
        }
        for declaration in &interface.members {
            let (added, anchor): (&[&str], _) = match declaration.kind {
                MemberKind::Maplike { .. } => {
                    (&["entries", "forEach", "get", "has", "keys", "size", "values"], "idl-maplike")
                }
                MemberKind::Setlike { .. } => {
                    (&["entries", "forEach", "has", "keys", "size", "values"], "idl-setlike")
                }
                MemberKind::Iterable { .. } => (&["entries", "forEach", "keys", "values"], "idl-iterable"),
                MemberKind::AsyncIterable { .. } => {
                    (&["entries", "keys", "values"], "idl-async-iterable-declaration")
                }
                _ => continue,
            };
            for name in added {
                if let Some(member) = seen.get(&(*name, false)) {
                    let message =
                        format!("{} has `{name}` by its {} already", interface.name.name, declaration.name());
                    self.wrong(member.span, message, "the second one", anchor);
                }
            }
        }
    }

    /// Overloads that can be called with the same number of arguments can be told apart.
    pub(super) fn overloads(&mut self, interface: &Interface) {
        let mut groups: BTreeMap<(&str, bool), Vec<Overload<'_>>> = BTreeMap::new();
        for member in &interface.members {
            let (arguments, is_static) = match &member.kind {
                MemberKind::Operation(operation) if operation.name.is_some() => {
                    (operation.arguments.as_slice(), operation.modifier == Modifier::Static)
                }
                MemberKind::Constructor(arguments) => (arguments.as_slice(), false),
                _ => continue,
            };
            groups.entry((member.name(), is_static)).or_default().push((member, arguments));
        }
        for ((name, _), list) in groups {
            let arguments: Vec<&[Argument]> = list.iter().map(|(_, arguments)| *arguments).collect();
            let Some((last, _)) = list.last().filter(|_| list.len() > 1) else { continue };
            for (count, entries) in &overload_set(&arguments).by_count {
                if entries.len() > 1 && distinguishing_index(self.world, entries).is_none() {
                    let message = format!("overloads of `{name}` cannot be told apart");
                    let label = format!("with {count} arguments, more than one is meant");
                    self.wrong(last.span, message, &label, "dfn-distinguishing-argument-index");
                    break;
                }
            }
        }
    }

    pub(super) fn dictionary(&mut self, dictionary: &Dictionary) {
        let name = &dictionary.name.name;
        let chain = self.world.dictionary_ancestry(name);
        for member in &dictionary.members {
            let place = member.name.span;
            self.ty(&member.ty, place);
            let inherited = chain.iter().filter(|one| one.name.name != *name).flat_map(|one| &one.members);
            if inherited.into_iter().any(|other| other.name.name == member.name.name) {
                let message = format!("{name} inherits `{}`, and has another of that name", member.name.name);
                self.wrong(place, message, "the second one", "idl-dictionaries");
            }
            if member.required && member.default.is_some() {
                let message = format!("`{}` is required, and has a default value", member.name.name);
                self.wrong(place, message, "never used", "required-dictionary-member");
            }
            if member.ty.is_nullable() && matches!(member.ty.inner(), Type::Dictionary(_)) {
                let message = format!("`{}` is a dictionary, and nullable", member.name.name);
                self.wrong(place, message, "null is the empty dictionary already", "idl-dictionaries");
            }
        }
    }
}
