//! A world as texts that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Implemented;
use crate::diagnostics::Problems;
use crate::emit::names::trait_name;
use crate::emit::{Backend, Emitter, Paths};
use crate::model::{
    Callback, Dictionary, DictionaryMember, Enumeration, Exposure, Interface, InterfaceKind, Member, Type,
    World,
};
use crate::select::{Selection, select};
use crate::source::{SourceSet, Span};

/// Everything that is compared of a definition.
#[derive(Clone, Debug, Default)]
pub(super) struct Description {
    pub(super) kind: &'static str,
    pub(super) specification: Option<String>,
    /// What is told of the definition as a whole.
    pub(super) details: BTreeMap<&'static str, String>,
    /// Members in the order of the IDL.
    pub(super) members: Vec<(String, MemberDescription)>,
    /// The Rust item that it becomes, and what that has beside the members.
    pub(super) item: String,
    pub(super) rust: Vec<String>,
}

/// Everything that is compared of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MemberDescription {
    pub(super) idl: Vec<String>,
    pub(super) details: BTreeMap<&'static str, String>,
    pub(super) rust: Vec<String>,
}

/// Describes every definition, implemented or not.
pub(super) fn describe(
    sources: &SourceSet,
    world: &World,
    implemented: Option<&Implemented>,
    backend: &dyn Backend,
    paths: &Paths,
) -> BTreeMap<String, Description> {
    let selection = everything(world, implemented);
    // What the backend cannot write is no matter here: nothing is written.
    let emitter = Emitter::new(sources, world, &selection, backend, paths);
    let describer = Describer { sources, emitter: &emitter };
    let mut all = BTreeMap::new();
    for interface in selection.interfaces.values().chain(selection.callback_interfaces.values()) {
        all.insert(interface.name.name.clone(), describer.interface(interface));
    }
    for (mixin, span) in &world.mixins {
        all.insert(mixin.clone(), describer.mixin(&selection, mixin, *span));
    }
    for dictionary in selection.dictionaries.values() {
        all.insert(dictionary.name.name.clone(), describer.dictionary(dictionary));
    }
    for enumeration in world.enums.values() {
        all.insert(enumeration.name.name.clone(), describer.enumeration(enumeration));
    }
    for callback in selection.callbacks.values() {
        all.insert(callback.name.name.clone(), describer.callback(callback));
    }
    for (name, (ty, span)) in &world.typedefs {
        all.insert(name.clone(), describer.typedef(name, ty, *span));
    }
    all
}

/// A selection with all of the world in it: what is implemented with the types that it has in the code, the rest with
/// those of the IDL.
fn everything(world: &World, implemented: Option<&Implemented>) -> Selection {
    // What cannot be selected is no matter here: a build tells of it.
    let mut selection = match implemented {
        Some(implemented) => select(world, implemented, &mut Problems::default()),
        None => Selection::default(),
    };
    for (name, interface) in &world.interfaces {
        let selected = selection.interfaces.entry(name.clone()).or_insert_with(|| interface.clone());
        let members = interface.members.iter().map(|member| {
            let same = |selected: &&Member| selected.span == member.span;
            selected.members.iter().find(same).unwrap_or(member).clone()
        });
        selected.members = members.collect();
    }
    for (name, dictionary) in &world.dictionaries {
        let selected = selection.dictionaries.entry(name.clone()).or_insert_with(|| dictionary.clone());
        let members = dictionary.members.iter().map(|member| {
            let same = |selected: &&DictionaryMember| selected.span == member.span;
            selected.members.iter().find(same).unwrap_or(member).clone()
        });
        selected.members = members.collect();
    }
    for (name, callback) in &world.callbacks {
        selection.callbacks.entry(name.clone()).or_insert_with(|| callback.clone());
    }
    for (name, interface) in &world.callback_interfaces {
        selection.callback_interfaces.entry(name.clone()).or_insert_with(|| interface.clone());
    }
    selection.enums = world.enums.clone();
    for (name, (ty, _)) in &world.typedefs {
        if let Type::Union(members) = ty.inner() {
            selection.typedefs.entry(members.clone()).or_insert_with(|| name.clone());
        }
    }
    selection
}

struct Describer<'e, 's> {
    sources: &'s SourceSet,
    emitter: &'e Emitter<'s>,
}

impl Describer<'_, '_> {
    fn description(&self, kind: &'static str, span: Span, item: String) -> Description {
        let specification = self.sources.specification(span).map(|(title, _)| title.to_owned());
        Description { kind, specification, item, ..Description::default() }
    }

    fn interface(&self, interface: &Interface) -> Description {
        let name = &interface.name.name;
        let (kind, item) = match interface.kind {
            InterfaceKind::Interface => ("interface", format!("trait {}", trait_name(name))),
            InterfaceKind::Namespace => {
                ("namespace", format!("trait {}", self.emitter.namespace_trait(name)))
            }
            InterfaceKind::Callback => ("callback interface", name.clone()),
        };
        let mut described = self.description(kind, interface.name.span, item);
        let details = &mut described.details;
        details.extend(interface.inherits.as_ref().map(|parent| ("inherits from", parent.name.clone())));
        let attributes: Vec<String> =
            interface.attributes.iter().map(|attribute| format!("[{attribute}]")).collect();
        if !attributes.is_empty() {
            details.insert("extended attributes", attributes.join(" "));
        }
        details.insert("exposed in", exposed_in(&interface.exposure));
        let mixins: Vec<&str> = interface.mixins.iter().map(|mixin| mixin.name.as_str()).collect();
        if !mixins.is_empty() {
            details.insert("includes", mixins.join(", "));
        }
        let own: Vec<&Member> = interface.members.iter().filter(|member| member.mixin.is_none()).collect();
        described.members = self.members(name, interface.kind, &interface.exposure, &own);
        if interface.kind == InterfaceKind::Callback {
            described.rust = self.emitter.callback_interface_signatures(interface);
            described.members.iter_mut().for_each(|(_, member)| member.rust.clear());
        }
        described
    }

    fn mixin(&self, selection: &Selection, mixin: &str, span: Span) -> Description {
        let mut described = self.description("interface mixin", span, format!("trait {}", trait_name(mixin)));
        // The members of a mixin are known by those that include it; all of them have the same.
        let includer = selection
            .interfaces
            .values()
            .find(|interface| interface.members.iter().any(|member| member.mixin.as_deref() == Some(mixin)));
        if let Some(includer) = includer {
            let of_mixin = includer.members.iter().filter(|member| member.mixin.as_deref() == Some(mixin));
            let members: Vec<&Member> = of_mixin.collect();
            described.members = self.members(mixin, InterfaceKind::Interface, &Exposure::All, &members);
        }
        described
    }

    /// Overloads are one member.
    fn members(
        &self,
        of: &str,
        kind: InterfaceKind,
        exposure: &Exposure,
        members: &[&Member],
    ) -> Vec<(String, MemberDescription)> {
        let mut names: Vec<&str> = members.iter().map(|member| member.name()).collect();
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let described = names.into_iter().map(|name| {
            let overloads: Vec<&Member> =
                members.iter().copied().filter(|member| member.name() == name).collect();
            let mut details = BTreeMap::new();
            if let Some(first) = overloads.first() {
                details.insert("exposed in", exposed_in(&first.exposure.and(exposure)));
                if first.secure_context {
                    details.insert("secure contexts only", "yes".to_owned());
                }
            }
            let idl = overloads.iter().map(|member| self.text(member.span)).collect();
            let rust = self.emitter.method_signatures(of, kind, &overloads);
            (name.to_owned(), MemberDescription { idl, details, rust })
        });
        described.collect()
    }

    fn dictionary(&self, dictionary: &Dictionary) -> Description {
        let name = &dictionary.name.name;
        let mut described = self.description("dictionary", dictionary.name.span, format!("struct {name}"));
        let parent = dictionary.inherits.as_ref().map(|parent| ("inherits from", parent.name.clone()));
        described.details.extend(parent);
        described.rust.extend(self.emitter.inherited_field(dictionary));
        described.members = dictionary
            .members
            .iter()
            .map(|member| {
                let idl = vec![self.text(member.span)];
                let rust = vec![self.emitter.field(name, member)];
                (member.name.name.clone(), MemberDescription { idl, rust, ..MemberDescription::default() })
            })
            .collect();
        described
    }

    fn enumeration(&self, enumeration: &Enumeration) -> Description {
        let name = &enumeration.name.name;
        let mut described = self.description("enum", enumeration.name.span, format!("enum {name}"));
        described.members = self
            .emitter
            .variants(enumeration)
            .into_iter()
            .map(|(value, variant)| {
                let idl = vec![format!("\"{value}\"")];
                let member = MemberDescription { idl, rust: vec![variant], ..MemberDescription::default() };
                (format!("\"{value}\""), member)
            })
            .collect();
        described
    }

    fn callback(&self, callback: &Callback) -> Description {
        let name = &callback.name.name;
        let mut described = self.description("callback", callback.name.span, name.clone());
        let arguments: Vec<String> = callback.arguments.iter().map(ToString::to_string).collect();
        let signature = format!("{} ({})", callback.returns, arguments.join(", "));
        described.details.insert("signature", signature);
        described.rust = self.emitter.callback_signatures(callback);
        described
    }

    fn typedef(&self, name: &str, ty: &Type, span: Span) -> Description {
        let mut described = self.description("typedef", span, format!("enum {name}"));
        described.details.insert("type", ty.to_string());
        if let Type::Union(members) = ty.inner() {
            described.rust = self.emitter.union_variants(members);
        }
        described
    }

    /// The text of a place, without its line breaks.
    fn text(&self, span: Span) -> String {
        let words: Vec<&str> = self.sources.text(span).split_whitespace().collect();
        words.join(" ")
    }
}

fn exposed_in(exposure: &Exposure) -> String {
    match exposure {
        Exposure::All => "all globals".to_owned(),
        Exposure::Globals(globals) => globals.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    }
}
