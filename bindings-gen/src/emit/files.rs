//! The files that are written: one for each interface and mixin, and one for each kind of type.

use std::cell::OnceCell;
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
    /// The names in its items: to walk through tokens is to copy them.
    names: OnceCell<Names>,
}

/// The names in the items of a module.
#[derive(Clone, Debug, Default)]
struct Names {
    /// The identifiers, other than as the later part of a path.
    used: BTreeSet<String>,
    /// What the items define.
    defined: BTreeSet<String>,
}

impl Module {
    /// A module for something that is no definition of the IDL.
    #[must_use]
    pub fn new(name: &str, origin: &str, items: TokenStream) -> Module {
        let (name, origin) = (name.to_owned(), origin.to_owned());
        Module { name, origin, items, enumerations: false, names: OnceCell::new() }
    }

    /// The identifiers that occur in it, other than as the later part of a path.
    #[must_use]
    pub fn used(&self) -> &BTreeSet<String> {
        &self.names().used
    }

    /// The names of the items that it defines.
    #[must_use]
    pub fn defined(&self) -> &BTreeSet<String> {
        &self.names().defined
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| {
            let mut names = Names::default();
            names.collect(self.items.clone(), true);
            names
        })
    }
}

impl Names {
    /// Adds those that some tokens have.
    fn collect(&mut self, tokens: TokenStream, top_level: bool) {
        let mut colons = 0;
        let mut associated_type = false;
        let mut definition = false;
        for tree in tokens {
            let (mut type_alias, mut defines) = (false, false);
            match tree {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    definition = false;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    type_alias = name == "type";
                    defines = type_alias || matches!(&*name, "struct" | "enum" | "trait");
                    if definition && top_level {
                        self.defined.insert(name.clone());
                    }
                    if colons < 2 && !associated_type {
                        self.used.insert(name);
                    }
                }
                TokenTree::Group(group) => self.collect(group.stream(), false),
                _ => {}
            }
            colons = 0;
            (associated_type, definition) = (type_alias, defines);
        }
    }
}

/// All files.
pub(crate) fn files(emitter: &Emitter<'_>) -> Vec<File> {
    let modules = modules(emitter);
    let all: BTreeSet<String> = modules.iter().flat_map(Module::defined).cloned().collect();
    let root = root(emitter, &modules);
    let mut files: Vec<File> = modules.into_iter().map(|module| file(emitter, module, &all)).collect();
    files.push(root);
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
        let module = Module::new(name, &origin, items);
        modules.push(Module { enumerations: name == "enums", ..module });
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
fn file(emitter: &Emitter<'_>, module: Module, all: &BTreeSet<String>) -> File {
    let mut text = emitter.backend.imports(emitter, &module);
    let local = module.used().iter().filter(|name| all.contains(*name) && !module.defined().contains(*name));
    let names: Vec<_> = local.map(|name| ident(name)).collect();
    if !names.is_empty() {
        text.extend(quote!(use super::{#(#names),*};));
    }
    text.extend(module.items);
    let header = format!("// Generated by bindings-gen from the WebIDL: {}.\n\n", module.origin);
    File { name: format!("{}.rs", ident(&module.name)), text: header + &pretty(text) }
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

/// Formats items, with a blank line before each doc comment and each top-level item.
fn pretty(items: TokenStream) -> String {
    let text = match syn::parse2::<syn::File>(items) {
        Ok(file) => prettyplease::unparse(&file),
        // Not reached by any input that was found; whoever compiles the text is told.
        Err(error) => {
            let message = format!("bindings-gen wrote what is no Rust: {error}");
            format!("compile_error!({message:?});")
        }
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
