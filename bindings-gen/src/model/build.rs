//! Second pass: every definition with everything that adds to it, resolved.

use std::collections::BTreeSet;

use super::collect::{Collected, Entry, body, collect};
use super::exposure::{Exposure, GlobalNames, names};
use super::resolve::Resolver;
use super::{Argument, Callback, Dictionary, DictionaryMember, Enumeration, Interface, InterfaceKind};
use super::{Member, MemberKind, Type, World, find_attribute};
use crate::ast::{self, AttributeValue, Definition, DefinitionKind, ExtendedAttribute, Ident, TypeExpr};
use crate::diagnostics::Problems;
use crate::source::Span;

/// Builds the world from all definitions. What is wrong is a problem; the rest is in the answer.
pub(crate) fn build(definitions: &[Definition], problems: &mut Problems) -> World {
    let collected = collect(definitions, problems);
    let mut globals = GlobalNames::default();
    for (name, entry) in &collected.entries {
        if let Some(global) = find_attribute(&entry.main.attributes, "Global") {
            globals.add(name, &names(&global.value));
        }
    }
    let mut builder = Builder {
        resolver: Resolver::new(&collected, problems),
        collected: &collected,
        globals: &globals,
        world: World::default(),
    };
    for (name, entry) in &collected.entries {
        builder.entry(name, entry);
    }
    let mut world = builder.world;
    world.dangling = builder.resolver.dangling;
    world.dangling.extend(collected.dangling.iter().map(|ident| (*ident).clone()));
    check_inheritance(&mut world, problems);
    world
}

struct Builder<'c, 'd> {
    resolver: Resolver<'c, 'd>,
    collected: &'c Collected<'d>,
    globals: &'c GlobalNames,
    world: World,
}

/// A part of an interface: the definition, a partial, or one of those of a mixin.
struct Part<'d> {
    definition: &'d Definition,
    mixin: Option<&'d str>,
}

impl<'d> Builder<'_, 'd> {
    fn entry(&mut self, name: &str, entry: &Entry<'d>) {
        let ident = entry.main.name.clone();
        let name = name.to_owned();
        match &entry.main.kind {
            DefinitionKind::Interface(_) => {
                let interface = self.interface(entry, InterfaceKind::Interface);
                self.world.interfaces.insert(name, interface);
            }
            DefinitionKind::Namespace(_) => {
                let interface = self.interface(entry, InterfaceKind::Namespace);
                self.world.interfaces.insert(name, interface);
            }
            DefinitionKind::CallbackInterface(_) => {
                let interface = self.interface(entry, InterfaceKind::Callback);
                self.world.callback_interfaces.insert(name, interface);
            }
            DefinitionKind::Mixin(_) => {
                self.world.mixins.insert(name, ident.span);
            }
            DefinitionKind::Dictionary { inherits, .. } => {
                let dictionary = self.dictionary(entry, inherits.clone());
                self.world.dictionaries.insert(name, dictionary);
            }
            DefinitionKind::Enum(values) => {
                self.check_enum(values);
                self.world.enums.insert(name, Enumeration { name: ident, values: values.clone() });
            }
            DefinitionKind::Callback { returns, arguments } => {
                let attributes = &entry.main.attributes;
                let callback = Callback {
                    returns: self.resolver.ty(returns, &[], ident.span),
                    arguments: self.arguments(arguments),
                    treat_non_object_as_null: find_attribute(attributes, "LegacyTreatNonObjectAsNull")
                        .is_some(),
                    name: ident,
                };
                self.world.callbacks.insert(name, callback);
            }
            DefinitionKind::Typedef(ty) => {
                let resolved = self.resolver.ty(ty, &entry.main.attributes, ident.span);
                self.world.typedefs.insert(name, (resolved, ident.span));
            }
            DefinitionKind::Includes(_) => {}
        }
    }

    fn interface(&mut self, entry: &Entry<'d>, kind: InterfaceKind) -> Interface {
        let main = entry.main;
        let exposure = self.globals.exposure(&main.attributes);
        let exposure = exposure.unwrap_or_else(|| Exposure::Globals(BTreeSet::from(["Window".to_owned()])));
        let secure_context = find_attribute(&main.attributes, "SecureContext").is_some();
        let mut parts: Vec<Part<'d>> =
            entry.parts().map(|definition| Part { definition, mixin: None }).collect();
        for mixin in &entry.includes {
            if let Some(mixin_entry) = self.collected.entries.get(mixin.name.as_str()) {
                let name = mixin.name.as_str();
                parts.extend(mixin_entry.parts().map(|definition| Part { definition, mixin: Some(name) }));
            }
        }
        let mut members = Vec::new();
        for part in parts {
            // What the main definition says holds for the interface as a whole.
            let apart = part.mixin.is_some() || part.definition.partial;
            let attributes = if apart { part.definition.attributes.as_slice() } else { &[] };
            let part_exposure = self.globals.exposure(attributes).unwrap_or(Exposure::All);
            let part_secure = find_attribute(attributes, "SecureContext").is_some();
            let part_isolated = find_attribute(attributes, "CrossOriginIsolated").is_some();
            for member in body(part.definition).map(|body| body.members.as_slice()).unwrap_or_default() {
                let member_exposure = self.globals.exposure(&member.attributes);
                members.push(Member {
                    mixin: part.mixin.map(str::to_owned),
                    span: member.span,
                    exposure: match member_exposure {
                        Some(member_exposure) => member_exposure.and(&part_exposure),
                        None => part_exposure.clone(),
                    },
                    secure_context: part_secure
                        || find_attribute(&member.attributes, "SecureContext").is_some(),
                    cross_origin_isolated: part_isolated
                        || find_attribute(&member.attributes, "CrossOriginIsolated").is_some(),
                    kind: self.member(&member.kind, &member.attributes, member.span),
                    attributes: member.attributes.clone(),
                });
            }
        }
        let global = find_attribute(&main.attributes, "Global");
        Interface {
            name: main.name.clone(),
            kind,
            inherits: body(main).and_then(|body| body.inherits.clone()),
            attributes: main.attributes.clone(),
            exposure,
            secure_context,
            cross_origin_isolated: find_attribute(&main.attributes, "CrossOriginIsolated").is_some(),
            global_names: global.map(|global| names(&global.value)).unwrap_or_default(),
            mixins: entry.includes.iter().map(|mixin| (*mixin).clone()).collect(),
            members,
            legacy_factories: self.legacy_factories(&main.attributes),
        }
    }

    fn legacy_factories(&mut self, attributes: &[ExtendedAttribute]) -> Vec<(Ident, Vec<Argument>)> {
        let mut factories = Vec::new();
        for attribute in attributes.iter().filter(|a| a.name.name == "LegacyFactoryFunction") {
            if let AttributeValue::NamedArguments(name, arguments) = &attribute.value {
                factories.push((name.clone(), self.arguments(arguments)));
            }
        }
        factories
    }

    fn member(&mut self, kind: &ast::MemberKind, outer: &[ExtendedAttribute], place: Span) -> MemberKind {
        match kind {
            ast::MemberKind::Constant { name, ty, value } => MemberKind::Constant {
                name: name.clone(),
                ty: self.resolver.ty(ty, outer, place),
                value: value.clone(),
            },
            ast::MemberKind::Attribute(attribute) => MemberKind::Attribute(ast::Attribute {
                name: attribute.name.clone(),
                ty: self.resolver.ty(&attribute.ty, outer, place),
                readonly: attribute.readonly,
                modifier: attribute.modifier,
            }),
            ast::MemberKind::Operation(operation) => MemberKind::Operation(ast::Operation {
                name: operation.name.clone(),
                returns: self.resolver.ty(&operation.returns, outer, place),
                arguments: self.arguments(&operation.arguments),
                modifier: operation.modifier,
            }),
            ast::MemberKind::Constructor(arguments) => MemberKind::Constructor(self.arguments(arguments)),
            ast::MemberKind::Iterable { key, value } => MemberKind::Iterable {
                key: self.optional(key.as_ref(), place),
                value: self.plain(value, place),
            },
            ast::MemberKind::AsyncIterable { key, value, arguments } => MemberKind::AsyncIterable {
                key: self.optional(key.as_ref(), place),
                value: self.plain(value, place),
                arguments: self.arguments(arguments),
            },
            ast::MemberKind::Maplike { key, value, readonly } => MemberKind::Maplike {
                key: self.plain(key, place),
                value: self.plain(value, place),
                readonly: *readonly,
            },
            ast::MemberKind::Setlike { value, readonly } => {
                MemberKind::Setlike { value: self.plain(value, place), readonly: *readonly }
            }
            ast::MemberKind::Stringifier => MemberKind::Stringifier,
        }
    }

    fn plain(&mut self, ty: &TypeExpr, place: Span) -> Type {
        self.resolver.ty(ty, &[], place)
    }

    fn optional(&mut self, ty: Option<&TypeExpr>, place: Span) -> Option<Type> {
        ty.map(|ty| self.plain(ty, place))
    }

    fn arguments(&mut self, arguments: &[ast::Argument]) -> Vec<Argument> {
        let mut resolved = Vec::new();
        for argument in arguments {
            resolved.push(Argument {
                name: argument.name.clone(),
                ty: self.resolver.ty(&argument.ty, &[], argument.name.span),
                optional: argument.optional,
                variadic: argument.variadic,
                default: argument.default.clone(),
            });
        }
        resolved
    }

    fn dictionary(&mut self, entry: &Entry<'d>, inherits: Option<Ident>) -> Dictionary {
        let mut members: Vec<DictionaryMember> = Vec::new();
        for part in entry.parts() {
            let DefinitionKind::Dictionary { members: written, .. } = &part.kind else { continue };
            for member in written {
                members.push(DictionaryMember {
                    span: member.span,
                    name: member.name.clone(),
                    ty: self.resolver.ty(&member.ty, &member.attributes, member.name.span),
                    required: member.required,
                    default: member.default.clone(),
                    attributes: member.attributes.clone(),
                });
            }
        }
        members.sort_by(|a, b| a.name.name.cmp(&b.name.name));
        for pair in members.windows(2) {
            if let [first, second] = pair
                && first.name.name == second.name.name
            {
                let message = format!("{} has two members `{}`", entry.main.name.name, first.name.name);
                self.resolver.problems.add(second.name.span, message, "the second one");
            }
        }
        Dictionary { name: entry.main.name.clone(), inherits, members }
    }

    fn check_enum(&mut self, values: &[(String, Span)]) {
        let mut seen = BTreeSet::new();
        for (value, span) in values {
            if !seen.insert(value) {
                self.resolver.problems.add(
                    *span,
                    format!("the value \"{value}\" is there twice"),
                    "again here",
                );
            }
        }
    }
}

/// A parent that is not there goes to the dangling names; a cycle is a problem.
fn check_inheritance(world: &mut World, problems: &mut Problems) {
    let mut dangling = Vec::new();
    let interfaces = world.interfaces.values().map(|i| (&i.name, i.inherits.as_ref()));
    for (name, parent) in interfaces {
        let Some(parent) = parent else { continue };
        if !world.interfaces.contains_key(&parent.name) {
            dangling.push(parent.clone());
        } else if world.ancestry(&name.name).len() > world.interfaces.len() {
            problems.add(parent.span, format!("{} inherits from itself", name.name), "this inheritance");
        }
    }
    for dictionary in world.dictionaries.values() {
        let Some(parent) = &dictionary.inherits else { continue };
        let name = &dictionary.name.name;
        if !world.dictionaries.contains_key(&parent.name) {
            dangling.push(parent.clone());
        } else if world.dictionary_ancestry(name).len() > world.dictionaries.len() {
            problems.add(parent.span, format!("{name} inherits from itself"), "this inheritance");
        }
    }
    world.dangling.extend(dangling);
}
