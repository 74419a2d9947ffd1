//! What of the world is implemented: the interfaces that `implemented.toml` names, without what it leaves out, and
//! the dictionaries, enumerations, callbacks and unions that these need.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::Modifier;
use crate::config::{Entry, Implemented};
use crate::diagnostics::Problems;
use crate::model::{
    Argument, Callback, Dictionary, DictionaryMember, Enumeration, Interface, Member, MemberKind, Type, World,
};
use crate::source::Span;

/// The implemented part of the world. No type in it refers to anything that is not.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Interfaces and namespaces, by name.
    pub interfaces: BTreeMap<String, Interface>,
    /// Callback interfaces, by name.
    pub callback_interfaces: BTreeMap<String, Interface>,
    /// Dictionaries, by name.
    pub dictionaries: BTreeMap<String, Dictionary>,
    /// Enumerations, by name.
    pub enums: BTreeMap<String, Enumeration>,
    /// Callback functions, by name.
    pub callbacks: BTreeMap<String, Callback>,
    /// Names of typedefs for unions.
    pub typedefs: BTreeMap<Vec<Type>, String>,
    /// Names for the methods of overloaded operations, by interface or mixin and operation.
    pub overload_names: BTreeMap<(String, String), Vec<String>>,
    /// What is left out: interface, member, reason.
    pub left_out: Vec<(String, String, String)>,
}

/// Selects what is implemented; a name in the configuration that does not exist is a problem, and so is an
/// implemented member whose types are not.
pub(crate) fn select(world: &World, implemented: &Implemented, problems: &mut Problems) -> Selection {
    let mut selector = Selector {
        world,
        implemented,
        problems,
        selection: Selection::default(),
        wanted: Vec::new(),
        seen: BTreeSet::new(),
    };
    for (name, entry) in &implemented.entries {
        selector.entry(name, entry);
    }
    while let Some(name) = selector.wanted.pop() {
        selector.definition(&name);
    }
    selector.typedefs();
    selector.check_mixins();
    selector.selection
}

struct Selector<'a> {
    world: &'a World,
    implemented: &'a Implemented,
    problems: &'a mut Problems,
    selection: Selection,
    /// Dictionaries, enumerations, callbacks and callback interfaces that something implemented needs.
    wanted: Vec<String>,
    seen: BTreeSet<String>,
}

/// Why a type cannot be used.
enum Missing {
    /// An interface that the configuration does not name.
    Unimplemented(String),
    /// A name that no file defines.
    Undefined(String),
}

impl Selector<'_> {
    fn entry(&mut self, name: &str, entry: &Entry) {
        for (operation, (names, _)) in &entry.overload_names {
            self.selection.overload_names.insert((name.to_owned(), operation.clone()), names.clone());
        }
        if let Some(interface) = self.world.interfaces.get(name) {
            let factories = interface.legacy_factories.iter().map(|(factory, _)| factory.name.as_str());
            self.check_mentioned(
                entry,
                interface.members.iter().map(Member::name).chain(factories).collect(),
            );
            self.interface(interface, entry);
        } else if let Some(dictionary) = self.world.dictionaries.get(name) {
            self.check_mentioned(entry, dictionary.members.iter().map(|m| m.name.name.as_str()).collect());
            self.want(name);
        } else if self.world.mixins.contains_key(name) {
            let includers = self.world.interfaces.values();
            let members = includers.flat_map(|interface| &interface.members);
            let members = members.filter(|member| member.mixin.as_deref() == Some(name)).map(Member::name);
            self.check_mentioned(entry, members.collect());
        } else if self.world.enums.contains_key(name)
            || self.world.callbacks.contains_key(name)
            || self.world.callback_interfaces.contains_key(name)
        {
            self.check_mentioned(entry, Vec::new());
            self.want(name);
        } else {
            let label = "no IDL file defines it";
            self.problems.add(entry.span, format!("there is no `{name}` in the IDL"), label);
        }
    }

    fn check_mentioned(&mut self, entry: &Entry, members: Vec<&str>) {
        for (mentioned, span) in entry.mentioned() {
            if !members.iter().any(|member| crate::config::matches(mentioned, member)) {
                let message = format!("there is no member `{mentioned}`");
                self.problems.add(span, message, "neither the definition, a partial, nor a mixin has it");
            }
        }
    }

    fn want(&mut self, name: &str) {
        if self.seen.insert(name.to_owned()) {
            self.wanted.push(name.to_owned());
        }
    }

    fn interface(&mut self, interface: &Interface, entry: &Entry) {
        let name = &interface.name.name;
        if let Some(parent) = &interface.inherits
            && !self.implemented.entries.contains_key(&parent.name)
        {
            let message = format!("{name} inherits from {}, which is not implemented", parent.name);
            self.problems.add(entry.span, message, format!("add [{}] to this file", parent.name));
        }
        let mut selected = interface.clone();
        selected.members.clear();
        for member in &interface.members {
            let of_mixin = member.mixin.as_ref().and_then(|mixin| self.implemented.entries.get(mixin));
            let reason = entry.left_out(member.name());
            let reason = reason.or_else(|| of_mixin.and_then(|entry| entry.left_out(member.name())));
            match reason {
                Some(reason) => {
                    let left_out = (name.clone(), member.name().to_owned(), reason.to_owned());
                    self.selection.left_out.push(left_out);
                }
                None => selected.members.extend(self.member(name, member)),
            }
        }
        for (factory, arguments) in std::mem::take(&mut selected.legacy_factories) {
            if entry.left_out(&factory.name).is_none() {
                let arguments = self.arguments(name, &arguments);
                selected.legacy_factories.extend(arguments.map(|arguments| (factory, arguments)));
            }
        }
        self.selection.interfaces.insert(name.clone(), selected);
    }

    fn member(&mut self, of: &str, member: &Member) -> Option<Member> {
        let kind = match &member.kind {
            MemberKind::Constant { name, ty, value } => {
                let ty = self.require(of, member.span, ty)?;
                MemberKind::Constant { name: name.clone(), ty, value: value.clone() }
            }
            MemberKind::Attribute(attribute) => {
                let ty = self.require(of, attribute.name.span, &attribute.ty)?;
                MemberKind::Attribute(crate::model::Attribute { ty, ..attribute.clone() })
            }
            MemberKind::Operation(operation) => {
                if !supported(operation) {
                    return self.unsupported(of, member);
                }
                let arguments = self.arguments(of, &operation.arguments);
                let returns = self.require(of, member.span, &operation.returns);
                let (arguments, returns) = (arguments?, returns?);
                MemberKind::Operation(crate::model::Operation { arguments, returns, ..operation.clone() })
            }
            MemberKind::Constructor(arguments) => MemberKind::Constructor(self.arguments(of, arguments)?),
            MemberKind::Iterable { key, value } => {
                let key = match key {
                    Some(key) => Some(self.require(of, member.span, key)?),
                    None => None,
                };
                MemberKind::Iterable { key, value: self.require(of, member.span, value)? }
            }
            MemberKind::AsyncIterable { key, value, arguments } => MemberKind::AsyncIterable {
                key: match key {
                    Some(key) => Some(self.require(of, member.span, key)?),
                    None => None,
                },
                value: self.require(of, member.span, value)?,
                arguments: self.arguments(of, arguments)?,
            },
            MemberKind::Maplike { key, value, readonly } => MemberKind::Maplike {
                key: self.require(of, member.span, key)?,
                value: self.require(of, member.span, value)?,
                readonly: *readonly,
            },
            MemberKind::Setlike { value, readonly } => {
                MemberKind::Setlike { value: self.require(of, member.span, value)?, readonly: *readonly }
            }
            MemberKind::Stringifier => MemberKind::Stringifier,
        };
        Some(Member { kind, ..member.clone() })
    }

    fn unsupported(&mut self, of: &str, member: &Member) -> Option<Member> {
        let what = member.name();
        self.problems.add_with_help(
            member.span,
            format!("`{what}` of {of} is not supported"),
            "no code is generated for this construct",
            format!("leave `{what}` out of [{of}] in implemented.toml, with the reason"),
        );
        None
    }

    fn arguments(&mut self, of: &str, arguments: &[Argument]) -> Option<Vec<Argument>> {
        let mut optional_seen = false;
        let mut selected = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let (place, name) = (argument.name.span, &argument.name.name);
            if optional_seen && !argument.optional {
                self.problems.add(
                    place,
                    format!("`{name}` follows an optional argument"),
                    "must be optional",
                );
            }
            if argument.variadic && index + 1 != arguments.len() {
                self.problems.add(place, format!("`{name}` is variadic"), "must be the last argument");
            }
            optional_seen |= argument.optional;
            let ty = match self.unimplemented_interface(argument) {
                Some(ty) => Some(ty),
                None => self.require(of, place, &argument.ty),
            };
            selected.push(ty.map(|ty| Argument { ty, ..argument.clone() }));
        }
        selected.into_iter().collect()
    }

    /// The type of an argument that may be missing, and otherwise is an object of an interface that is not
    /// implemented: there is no such object.
    fn unimplemented_interface(&self, argument: &Argument) -> Option<Type> {
        let Type::Interface(name) = argument.ty.inner() else { return None };
        if self.implemented.entries.contains_key(name) || !argument.optional || argument.variadic {
            return None;
        }
        let never = Type::NotImplemented(name.clone());
        Some(if argument.ty.is_nullable() { Type::Nullable(Box::new(never)) } else { never })
    }

    /// The type without what is not implemented; a type that is left empty by that is a problem.
    fn require(&mut self, of: &str, place: Span, ty: &Type) -> Option<Type> {
        match self.prune(ty) {
            Ok(ty) => Some(ty),
            Err(missing) => {
                let leave_out = format!("leave this out of [{of}] in implemented.toml, with the reason");
                let (message, help) = match missing {
                    Missing::Unimplemented(name) => (
                        format!("{of} uses {name}, which is not implemented"),
                        format!("implement {name}, or {leave_out}"),
                    ),
                    Missing::Undefined(name) => (
                        format!("{of} uses {name}, which no IDL file defines"),
                        format!(
                            "add the file that defines {name}, define it in an .idl file of your own (as a typedef, say), \
                             or {leave_out}"
                        ),
                    ),
                };
                self.problems.add_with_help(place, message, "used here", help);
                None
            }
        }
    }

    fn prune(&mut self, ty: &Type) -> Result<Type, Missing> {
        Ok(match ty {
            Type::Interface(name) => {
                if !self.implemented.entries.contains_key(name) {
                    return Err(Missing::Unimplemented(name.clone()));
                }
                ty.clone()
            }
            Type::CallbackInterface(name)
            | Type::Callback(name)
            | Type::Dictionary(name)
            | Type::Enum(name) => {
                self.want(name);
                ty.clone()
            }
            Type::Unknown(name, _) => return Err(Missing::Undefined(name.clone())),
            Type::Nullable(inner) => Type::Nullable(Box::new(self.prune(inner)?)),
            Type::Generic(generic, inner) => Type::Generic(*generic, Box::new(self.prune(inner)?)),
            Type::Record(key, value) => {
                Type::Record(Box::new(self.prune(key)?), Box::new(self.prune(value)?))
            }
            Type::Union(members) => self.prune_union(members)?,
            other => other.clone(),
        })
    }

    /// A union without the members that no value can ever be.
    fn prune_union(&mut self, members: &[Type]) -> Result<Type, Missing> {
        let mut kept = Vec::new();
        let mut last_missing = None;
        for member in members {
            match self.prune(member) {
                Ok(member) => kept.push(member),
                Err(missing) => last_missing = Some(missing),
            }
        }
        match (kept.pop(), last_missing) {
            (Some(only), _) if kept.is_empty() => Ok(only),
            (Some(last), _) => {
                kept.push(last);
                Ok(Type::Union(kept))
            }
            (None, Some(missing)) => Err(missing),
            (None, None) => Ok(Type::Undefined),
        }
    }

    /// Adds a dictionary, enumeration, callback or callback interface.
    fn definition(&mut self, name: &str) {
        if let Some(dictionary) = self.world.dictionaries.get(name) {
            self.dictionary(dictionary);
        } else if let Some(enumeration) = self.world.enums.get(name) {
            self.selection.enums.insert(name.to_owned(), enumeration.clone());
        } else if let Some(callback) = self.world.callbacks.get(name) {
            let arguments = self.arguments(name, &callback.arguments);
            let returns = self.require(name, callback.name.span, &callback.returns);
            if let (Some(arguments), Some(returns)) = (arguments, returns) {
                let callback = Callback { arguments, returns, ..callback.clone() };
                self.selection.callbacks.insert(name.to_owned(), callback);
            }
        } else if let Some(interface) = self.world.callback_interfaces.get(name) {
            let mut selected = interface.clone();
            selected.members = interface.members.iter().filter_map(|m| self.member(name, m)).collect();
            self.selection.callback_interfaces.insert(name.to_owned(), selected);
        }
    }

    fn dictionary(&mut self, dictionary: &Dictionary) {
        let name = &dictionary.name.name;
        let entry = self.implemented.entries.get(name);
        if let Some(parent) = &dictionary.inherits {
            if self.world.dictionaries.contains_key(&parent.name) {
                self.want(&parent.name);
            } else {
                let message = format!("{name} inherits from {}, which no IDL file defines", parent.name);
                self.problems.add(parent.span, message, "not a dictionary that is known");
            }
        }
        let mut members = Vec::new();
        for member in &dictionary.members {
            match entry.and_then(|entry| entry.left_out(&member.name.name)) {
                Some(reason) => {
                    let left_out = (name.clone(), member.name.name.clone(), reason.to_owned());
                    self.selection.left_out.push(left_out);
                }
                None => {
                    let ty = self.require(name, member.name.span, &member.ty);
                    members.extend(ty.map(|ty| DictionaryMember { ty, ..member.clone() }));
                }
            }
        }
        self.selection.dictionaries.insert(name.clone(), Dictionary { members, ..dictionary.clone() });
    }

    /// The names of typedefs for the unions that are left.
    fn typedefs(&mut self) {
        for (name, (ty, _)) in &self.world.typedefs {
            if let Type::Union(members) = ty.inner()
                && let Some(kept) = self.prune_known(members)
            {
                self.selection.typedefs.entry(kept).or_insert_with(|| name.clone());
            }
        }
    }

    /// As [`prune_union`](Self::prune_union), but nothing becomes implemented by it.
    fn prune_known(&mut self, members: &[Type]) -> Option<Vec<Type>> {
        let (seen, wanted) = (self.seen.clone(), self.wanted.clone());
        let pruned = self.prune_union(members);
        (self.seen, self.wanted) = (seen, wanted);
        match pruned {
            Ok(Type::Union(members)) => Some(members),
            _ => None,
        }
    }

    /// A mixin has one trait: its includers must agree on what of it is implemented.
    fn check_mixins(&mut self) {
        let mut kept: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        let mut includers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for interface in self.selection.interfaces.values() {
            let name = interface.name.name.as_str();
            for mixin in &interface.mixins {
                includers.entry(&mixin.name).or_default().insert(name);
            }
            for member in interface.members.iter().filter(|member| !is_event_handler(member)) {
                if let Some(mixin) = &member.mixin {
                    kept.entry((mixin, member.name())).or_default().insert(name);
                }
            }
        }
        for ((mixin, member), keepers) in kept {
            let missing = includers.get(mixin).and_then(|all| all.difference(&keepers).next());
            if let Some(missing) = missing
                && let Some(entry) = self.implemented.entries.get(*missing)
            {
                let keeper = keepers.first().copied().unwrap_or_default();
                let message =
                    format!("{missing} leaves out `{member}` of the mixin {mixin}, {keeper} does not");
                self.problems.add(entry.span, message, "implement it in both, or leave it out of both");
            }
        }
    }
}

/// Whether code is generated for a special operation: not for legacy callers, which the standard no longer has, and
/// deleters of indices, which it never had.
fn supported(operation: &crate::model::Operation) -> bool {
    let by_name =
        !matches!(operation.arguments.first().map(|argument| &argument.ty), Some(Type::Integer(..)));
    match operation.modifier {
        Modifier::Deleter => by_name,
        Modifier::LegacyCaller => false,
        _ => true,
    }
}

/// Whether a member is an attribute for an event handler, which needs no method.
pub(crate) fn is_event_handler(member: &Member) -> bool {
    match &member.kind {
        MemberKind::Attribute(attribute) => event_handler_type(&attribute.ty),
        _ => false,
    }
}

pub(crate) fn event_handler_type(ty: &Type) -> bool {
    let handlers = ["EventHandlerNonNull", "OnErrorEventHandlerNonNull", "OnBeforeUnloadEventHandlerNonNull"];
    matches!(ty.inner(), Type::Callback(name) if handlers.contains(&name.as_str()))
}
