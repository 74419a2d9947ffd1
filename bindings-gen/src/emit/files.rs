//! The files that are written: one for each interface and mixin, and one for each kind of type.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::Emitter;
use super::js::members_name;
use super::methods::{trait_name, upper_first};
use super::names::{ident, shouting, snake};
use crate::model::{InterfaceKind, Member};

/// Names that the engine's door has, by the module that has them.
const ENGINE: [(&str, &[&str]); 2] = [
    (
        "",
        &[
            "ArrayBuffer",
            "ArrayBufferView",
            "AsyncSequence",
            "BufferSource",
            "ByteString",
            "Callback",
            "DerivedFrom",
            "DomString",
            "Fallible",
            "FromJs",
            "FrozenArray",
            "Handle",
            "NotImplemented",
            "Object",
            "PlatformObject",
            "Promise",
            "Realm",
            "Record",
            "Root",
            "ToJs",
            "TypedArray",
            "TypedArrayKind",
            "Value",
            "convert",
            "glue",
        ],
    ),
    (
        "glue",
        &[
            "Accepts",
            "Arity",
            "AsyncIterable",
            "AsyncIteration",
            "Candidate",
            "Constructor",
            "Exposure",
            "Interface",
            "Legacy",
            "Member",
            "Namespace",
            "PairIterable",
            "at_least",
            "idl",
            "in_argument",
        ],
    ),
];

/// Whether generated text uses a name for something of the engine's door.
pub(super) fn is_engine_name(name: &str) -> bool {
    ENGINE.iter().any(|(_, names)| names.contains(&name))
}

/// A file of Rust text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A module before it is text.
struct Module {
    name: String,
    /// What it was made from.
    origin: String,
    items: TokenStream,
    /// Whether it is enumerations, whose variants may have the names of types that they are not.
    enumerations: bool,
}

/// All files.
pub(crate) fn files(emitter: &Emitter<'_>) -> Vec<File> {
    let modules = modules(emitter);
    let mut files: Vec<File> = modules.iter().map(|module| file(emitter, module)).collect();
    files.push(root(emitter, &modules));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The text for one definition, to be read by a person; none if it is not implemented.
pub(crate) fn expand(emitter: &Emitter<'_>, name: &str) -> Option<String> {
    let selection = emitter.types.selection;
    let items = if let Some(interface) = selection.interfaces.get(name) {
        let (methods, glue) = (emitter.interface_trait(interface), emitter.interface_glue(interface));
        quote!(#methods #glue)
    } else if let Some(dictionary) = selection.dictionaries.get(name) {
        let (plain, glue) = (emitter.dictionary(dictionary), emitter.dictionary_glue(dictionary));
        quote!(#plain #glue)
    } else if let Some(enumeration) = selection.enums.get(name) {
        let (plain, glue) = (emitter.enumeration(enumeration), emitter.enumeration_glue(enumeration));
        quote!(#plain #glue)
    } else if let Some(callback) = selection.callbacks.get(name) {
        emitter.callback(callback)
    } else if let Some(interface) = selection.callback_interfaces.get(name) {
        emitter.callback_interface(interface)
    } else if let Some((members, _)) = emitter.types.unions.iter().find(|(_, union)| *union == name) {
        let (plain, glue) = (emitter.union(name, members), emitter.union_glue(name, members));
        quote!(#plain #glue)
    } else {
        let members = emitter.mixin_members(name);
        if members.is_empty() {
            return None;
        }
        mixin_items(emitter, name, &members)
    };
    Some(pretty(items))
}

fn mixin_items(emitter: &Emitter<'_>, mixin: &str, members: &[&Member]) -> TokenStream {
    let methods = emitter.has_trait(mixin).then(|| emitter.mixin_trait(mixin, members));
    let glue = emitter.mixin_glue(mixin, members);
    quote!(#methods #glue)
}

fn modules(emitter: &Emitter<'_>) -> Vec<Module> {
    let selection = emitter.types.selection;
    let mut modules = Vec::new();
    for interface in selection.interfaces.values() {
        let (methods, glue) = (emitter.interface_trait(interface), emitter.interface_glue(interface));
        modules.push(Module {
            name: snake(&interface.name.name),
            origin: interface.name.name.clone(),
            items: quote!(#methods #glue),
            enumerations: false,
        });
    }
    for mixin in implemented_mixins(emitter) {
        modules.push(Module {
            name: snake(&mixin),
            origin: mixin.clone(),
            items: mixin_items(emitter, &mixin, &emitter.mixin_members(&mixin)),
            enumerations: false,
        });
    }
    let mut kind = |name: &str, items: TokenStream| {
        let origin = format!("the {name} that the interfaces need");
        modules.push(Module { name: name.to_owned(), origin, items, enumerations: name == "enums" });
    };
    kind("dictionaries", dictionaries(emitter));
    let enums = selection.enums.values().map(|enumeration| {
        let (plain, glue) = (emitter.enumeration(enumeration), emitter.enumeration_glue(enumeration));
        quote!(#plain #glue)
    });
    kind("enums", enums.collect());
    let unions = by_name(&emitter.types.unions).into_iter().map(|(name, members)| {
        let (plain, glue) = (emitter.union(name, members), emitter.union_glue(name, members));
        quote!(#plain #glue)
    });
    kind("unions", unions.collect());
    let callbacks = selection.callbacks.values().map(|callback| emitter.callback(callback));
    let interfaces = selection.callback_interfaces.values();
    let interfaces = interfaces.map(|interface| emitter.callback_interface(interface));
    kind("callbacks", callbacks.chain(interfaces).collect());
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // The last four have names that do not depend on the IDL; an interface of the same name gives way.
    for module in modules.iter_mut().rev() {
        while !taken.insert(module.name.clone()) {
            module.name.push('_');
        }
    }
    modules
}

fn dictionaries(emitter: &Emitter<'_>) -> TokenStream {
    let dictionaries = emitter.types.selection.dictionaries.values().map(|dictionary| {
        let (plain, glue) = (emitter.dictionary(dictionary), emitter.dictionary_glue(dictionary));
        quote!(#plain #glue)
    });
    dictionaries.collect()
}

fn by_name<T>(unions: &BTreeMap<T, String>) -> BTreeMap<&str, &T> {
    unions.iter().map(|(members, name)| (name.as_str(), members)).collect()
}

/// The mixins of which some includer has members.
fn implemented_mixins(emitter: &Emitter<'_>) -> BTreeSet<String> {
    let interfaces = emitter.types.selection.interfaces.values();
    let members = interfaces.flat_map(|interface| &interface.members);
    members.filter_map(|member| member.mixin.clone()).collect()
}

/// One module as a file, with the imports it needs.
fn file(emitter: &Emitter<'_>, module: &Module) -> File {
    let mut used = BTreeSet::new();
    collect_idents(&module.items, &mut used);
    let mut defined = BTreeSet::new();
    collect_defined(&module.items, &mut defined);
    let mut imports = TokenStream::new();
    let prelude = path(&emitter.paths.prelude);
    for (place, names) in ENGINE {
        let names: Vec<_> = names
            .iter()
            .filter(|name| is_used(name, &used) && !(module.enumerations && **name == "Object"))
            .map(|name| ident(name))
            .collect();
        if !names.is_empty() {
            let place = if place.is_empty() { quote!() } else { path(place) };
            let separator = if place.is_empty() { quote!() } else { quote!(::) };
            imports.extend(quote!(use #prelude::#place #separator {#(#names),*};));
        }
    }
    let generated = generated_names(emitter);
    let local: Vec<_> = used.intersection(&generated).filter(|name| !defined.contains(*name)).collect();
    if !local.is_empty() {
        let names = local.iter().map(|name| ident(name));
        imports.extend(quote!(use super::{#(#names),*};));
    }
    if !module.enumerations {
        let dom = path(&emitter.paths.dom);
        let interfaces = emitter.types.selection.interfaces.values().map(|interface| match interface.kind {
            InterfaceKind::Namespace => upper_first(&interface.name.name),
            _ => interface.name.name.clone(),
        });
        let mut names: BTreeSet<String> = interfaces.filter(|name| used.contains(name)).collect();
        names.extend(used.contains("event_handler").then(|| "event_handler".to_owned()));
        if !names.is_empty() {
            let names = names.iter().map(|name| ident(name));
            imports.extend(quote!(use #dom::{#(#names),*};));
        }
    }
    let items = &module.items;
    let text = pretty(quote!(#imports #items));
    let header = format!("// Generated by bindings-gen from the WebIDL: {}.\n\n", module.origin);
    File { name: format!("{}.rs", module.name), text: header + &text }
}

/// Methods of traits need the trait in scope, too.
fn is_used(name: &str, used: &BTreeSet<String>) -> bool {
    let by_method = match name {
        "ToJs" => used.contains("to_js"),
        "PlatformObject" => used.contains("root"),
        "Handle" => used.contains("each_value"),
        _ => false,
    };
    by_method || used.contains(name)
}

/// The module that has all others.
fn root(emitter: &Emitter<'_>, modules: &[Module]) -> File {
    let selection = emitter.types.selection;
    let folder = &emitter.paths.folder;
    let mods = modules.iter().map(|module| {
        let name = ident(&module.name);
        let docs = super::docs::doc(&[format!("From the WebIDL: {}.", module.origin)]);
        let path = format!("/{folder}/{}.rs", module.name);
        quote!(#docs pub mod #name { include!(concat!(env!("OUT_DIR"), #path)); })
    });
    let names = modules.iter().filter(|module| !module.items.is_empty()).map(|module| ident(&module.name));
    let (prelude, dom) = (path(&emitter.paths.prelude), path(&emitter.paths.dom));
    let mut places: Vec<(&String, u16)> =
        emitter.places.iter().map(|(name, place)| (name, place.index)).collect();
    places.sort_by_key(|(_, index)| *index);
    let interfaces = places.iter().map(|(name, _)| {
        let name = ident(name);
        quote!(#dom::#name::IDL)
    });
    let namespaces = selection.interfaces.values().filter(|i| i.kind == InterfaceKind::Namespace);
    let namespaces = namespaces.map(|namespace| {
        let module = modules.iter().find(|module| module.origin == namespace.name.name);
        let module = ident(&module.map_or_else(|| snake(&namespace.name.name), |module| module.name.clone()));
        let name = ident(&shouting(&namespace.name.name));
        quote!(&#module::#name)
    });
    let items = quote! {
        #(#mods)*

        #(pub use self::#names::*;)*

        #[doc = " Every interface, in pre-order of inheritance: what the engine's runtime is made with."]
        pub static INTERFACES: &[&#prelude::glue::Interface] = &[#(#interfaces),*];

        #[doc = " Every namespace."]
        pub static NAMESPACES: &[&#prelude::glue::Namespace] = &[#(#namespaces),*];
    };
    let header = "// Generated by bindings-gen from the WebIDL.\n\n";
    File { name: "mod.rs".to_owned(), text: header.to_owned() + &pretty(items) }
}

/// All names that generated modules define for each other.
fn generated_names(emitter: &Emitter<'_>) -> BTreeSet<String> {
    let selection = emitter.types.selection;
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(selection.dictionaries.keys().cloned());
    names.extend(selection.enums.keys().cloned());
    names.extend(selection.callbacks.keys().cloned());
    names.extend(selection.callback_interfaces.keys().cloned());
    names.extend(emitter.types.unions.values().cloned());
    names.extend(selection.interfaces.keys().map(|name| trait_name(name)));
    for mixin in implemented_mixins(emitter) {
        names.insert(members_name(&mixin).to_string());
        names.insert(trait_name(&mixin));
    }
    names
}

fn path(text: &str) -> TokenStream {
    match syn::parse_str::<syn::Path>(text) {
        Ok(path) => quote!(#path),
        Err(_) => quote!(crate),
    }
}

/// The identifiers that occur, other than as the later part of a path.
fn collect_idents(tokens: &TokenStream, names: &mut BTreeSet<String>) {
    let mut colons = 0;
    let mut associated_type = false;
    for tree in tokens.clone() {
        let defines = matches!(&tree, TokenTree::Ident(ident) if ident == "type");
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Ident(ident) if colons < 2 && !associated_type => {
                names.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect_idents(&group.stream(), names),
            _ => {}
        }
        colons = 0;
        associated_type = defines;
    }
}

/// The names of the items that tokens define at their top level.
fn collect_defined(tokens: &TokenStream, names: &mut BTreeSet<String>) {
    let mut definition = false;
    for tree in tokens.clone() {
        let TokenTree::Ident(ident) = tree else {
            definition = false;
            continue;
        };
        if definition {
            names.insert(ident.to_string());
        }
        definition = ["struct", "enum", "trait"].iter().any(|keyword| ident == keyword);
    }
}

/// Formats items, with a blank line before each doc comment and each top-level item.
fn pretty(items: TokenStream) -> String {
    let text = match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        // Not reached by any input that was found; the compiler then says what is wrong, at the place.
        Err(_) => items.to_string(),
    };
    let mut spaced = String::with_capacity(text.len() + text.len() / 16);
    let mut previous = "{";
    for line in text.lines() {
        let trimmed = line.trim_start();
        let top_level = !line.starts_with([' ', '}', ')', ']']) && !trimmed.starts_with("use ");
        let begins = trimmed.starts_with("///") || trimmed.starts_with("#[") || top_level;
        let inside = previous.starts_with("///") || previous.starts_with("#[") || previous.ends_with('{');
        let after_use = previous.starts_with("use ") || previous.starts_with("pub use ");
        let joined = trimmed.starts_with("pub use ") && after_use;
        let variant = line.starts_with("    ///") && previous.ends_with(',');
        if begins && !inside && !joined && !variant && !spaced.ends_with("\n\n") && !spaced.is_empty() {
            spaced.push('\n');
        }
        spaced.push_str(line);
        spaced.push('\n');
        previous = trimmed;
    }
    spaced
}
