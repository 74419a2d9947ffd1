//! The files that are written: one for each interface and mixin, and one for each kind of type.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::Emitter;
use super::names::{ident, snake};
use crate::model::{Dictionary, Enumeration, Interface, Member, Type};

/// A file of Rust text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// A generated module before it is text.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// What it was made from: the name of an interface or mixin, or words.
    pub origin: String,
    /// Its items.
    pub items: TokenStream,
    /// Whether it is enumerations, whose variants may have the names of types that they are not.
    pub enumerations: bool,
}

impl Module {
    /// A module for something that is no definition of the IDL.
    #[must_use]
    pub fn new(name: &str, origin: &str, items: TokenStream) -> Module {
        Module { name: name.to_owned(), origin: origin.to_owned(), items, enumerations: false }
    }

    /// The identifiers that occur in it, other than as the later part of a path.
    #[must_use]
    pub fn used(&self) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        collect_idents(&self.items, &mut used);
        used
    }

    /// The names of the items that it defines.
    #[must_use]
    pub fn defined(&self) -> BTreeSet<String> {
        let mut defined = BTreeSet::new();
        collect_defined(&self.items, &mut defined);
        defined
    }
}

/// All files.
pub(crate) fn files(emitter: &Emitter<'_>) -> Vec<File> {
    let modules = modules(emitter);
    let all: BTreeSet<String> = modules.iter().flat_map(Module::defined).collect();
    let mut files: Vec<File> = modules.iter().map(|module| file(emitter, module, &all)).collect();
    files.push(root(emitter, &modules));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The text for one definition, to be read by a person; none if it is not implemented.
pub(crate) fn expand(emitter: &Emitter<'_>, name: &str) -> Option<String> {
    let selection = emitter.types.selection;
    let items = if let Some(interface) = selection.interfaces.get(name) {
        interface_items(emitter, interface)
    } else if let Some(dictionary) = selection.dictionaries.get(name) {
        dictionary_items(emitter, dictionary)
    } else if let Some(enumeration) = selection.enums.get(name) {
        enumeration_items(emitter, enumeration)
    } else if let Some(callback) = selection.callbacks.get(name) {
        emitter.backend.callback(emitter, callback)
    } else if let Some(interface) = selection.callback_interfaces.get(name) {
        emitter.backend.callback_interface(emitter, interface)
    } else if let Some((members, _)) = emitter.types.unions.iter().find(|(_, union)| *union == name) {
        union_items(emitter, name, members)
    } else {
        let members = emitter.mixin_members(name);
        if members.is_empty() {
            return None;
        }
        mixin_items(emitter, name, &members)
    };
    Some(pretty(items))
}

fn interface_items(emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
    let (methods, glue) = (emitter.interface_trait(interface), emitter.backend.interface(emitter, interface));
    quote!(#methods #glue)
}

fn mixin_items(emitter: &Emitter<'_>, mixin: &str, members: &[&Member]) -> TokenStream {
    let methods = emitter.has_trait(mixin).then(|| emitter.mixin_trait(mixin, members));
    let glue = emitter.backend.mixin(emitter, mixin, members);
    quote!(#methods #glue)
}

fn dictionary_items(emitter: &Emitter<'_>, dictionary: &Dictionary) -> TokenStream {
    let (plain, glue) = (emitter.dictionary(dictionary), emitter.backend.dictionary(emitter, dictionary));
    quote!(#plain #glue)
}

fn enumeration_items(emitter: &Emitter<'_>, enumeration: &Enumeration) -> TokenStream {
    let (plain, glue) = (emitter.enumeration(enumeration), emitter.backend.enumeration(emitter, enumeration));
    quote!(#plain #glue)
}

fn union_items(emitter: &Emitter<'_>, name: &str, members: &[Type]) -> TokenStream {
    let (plain, glue) = (emitter.union(name, members), emitter.backend.union(emitter, name, members));
    quote!(#plain #glue)
}

fn modules(emitter: &Emitter<'_>) -> Vec<Module> {
    let selection = emitter.types.selection;
    let mut modules = Vec::new();
    for interface in selection.interfaces.values() {
        let name = &interface.name.name;
        modules.push(Module::new(&snake(name), name, interface_items(emitter, interface)));
    }
    for mixin in emitter.implemented_mixins() {
        let items = mixin_items(emitter, &mixin, &emitter.mixin_members(&mixin));
        modules.push(Module::new(&snake(&mixin), &mixin, items));
    }
    let mut kind = |name: &str, items: TokenStream| {
        let origin = format!("the {name} that the interfaces need");
        modules.push(Module { name: name.to_owned(), origin, items, enumerations: name == "enums" });
    };
    kind("dictionaries", selection.dictionaries.values().map(|d| dictionary_items(emitter, d)).collect());
    kind("enums", selection.enums.values().map(|e| enumeration_items(emitter, e)).collect());
    let unions = by_name(&emitter.types.unions).into_iter();
    kind("unions", unions.map(|(name, members)| union_items(emitter, name, members)).collect());
    let callbacks = selection.callbacks.values().map(|callback| emitter.backend.callback(emitter, callback));
    let interfaces = selection.callback_interfaces.values();
    let interfaces = interfaces.map(|interface| emitter.backend.callback_interface(emitter, interface));
    kind("callbacks", callbacks.chain(interfaces).collect());
    let further = emitter.backend.further_modules(emitter, &modules);
    modules.extend(further);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    // The last ones have names that do not depend on the IDL; an interface of the same name gives way.
    for module in modules.iter_mut().rev() {
        while !taken.insert(module.name.clone()) {
            module.name.push('_');
        }
    }
    modules
}

fn by_name<T>(unions: &BTreeMap<T, String>) -> BTreeMap<&str, &T> {
    unions.iter().map(|(members, name)| (name.as_str(), members)).collect()
}

/// One module as a file, with the imports it needs; `all` are the names that the generated modules define.
fn file(emitter: &Emitter<'_>, module: &Module, all: &BTreeSet<String>) -> File {
    let (used, defined) = (module.used(), module.defined());
    let mut imports = emitter.backend.imports(emitter, module);
    let local: Vec<_> = used.intersection(all).filter(|name| !defined.contains(*name)).collect();
    if !local.is_empty() {
        let names = local.iter().map(|name| ident(name));
        imports.extend(quote!(use super::{#(#names),*};));
    }
    let items = &module.items;
    let text = pretty(quote!(#imports #items));
    let header = format!("// Generated by bindings-gen from the WebIDL: {}.\n\n", module.origin);
    File { name: format!("{}.rs", ident(&module.name)), text: header + &text }
}

/// The module that has all others.
fn root(emitter: &Emitter<'_>, modules: &[Module]) -> File {
    // Beside this file, wherever that is: in OUT_DIR, included, or checked in.
    let mods = modules.iter().map(|module| {
        let name = ident(&module.name);
        let docs = super::docs::doc(&[format!("From the WebIDL: {}.", module.origin)]);
        quote!(#docs pub mod #name;)
    });
    let names = modules.iter().filter(|module| !module.items.is_empty()).map(|module| ident(&module.name));
    let further = emitter.backend.root(emitter, modules);
    let items = quote! {
        #(#mods)*

        #(pub use self::#names::*;)*

        #further
    };
    let header = "// Generated by bindings-gen from the WebIDL.\n\n";
    File { name: "mod.rs".to_owned(), text: header.to_owned() + &pretty(items) }
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
        definition = ["struct", "enum", "trait", "type"].iter().any(|keyword| ident == keyword);
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
