//! What generated modules take from the engine's door and from the types that implement interfaces.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::files::Module;
use crate::emit::methods::upper_first;
use crate::emit::names::ident;
use crate::emit::{Emitter, path};
use crate::model::{Interface, InterfaceKind};

/// Names that the engine's door has, by the module that has them.
const ENGINE: [(&str, &[&str]); 2] = [
    (
        "",
        &[
            "ArrayBuffer",
            "ArrayBufferView",
            "AsyncSequence",
            "BigInt",
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
            "EventHandlers",
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

/// All names that generated text uses for something of the engine's door.
pub(super) fn names() -> BTreeSet<&'static str> {
    ENGINE.iter().flat_map(|(_, names)| names.iter().copied()).collect()
}

/// The imports of one module.
pub(super) fn imports(emitter: &Emitter<'_>, module: &Module) -> TokenStream {
    let used = module.used();
    let mut imports = TokenStream::new();
    let prelude = path(&emitter.paths.prelude);
    for (place, names) in ENGINE {
        let names: Vec<_> = names
            .iter()
            .filter(|name| is_used(name, used) && !(module.enumerations && **name == "Object"))
            .map(|name| ident(name))
            .collect();
        if !names.is_empty() {
            let place = if place.is_empty() { quote!() } else { path(place) };
            let separator = if place.is_empty() { quote!() } else { quote!(::) };
            imports.extend(quote!(use #prelude::#place #separator {#(#names),*};));
        }
    }
    if !module.enumerations {
        imports.extend(implementers(emitter, used));
    }
    imports
}

/// The types that implement interfaces, and the module for event handlers.
fn implementers(emitter: &Emitter<'_>, used: &BTreeSet<String>) -> Option<TokenStream> {
    let interfaces = &emitter.types.selection.interfaces;
    let namespace = |interface: &&Interface| interface.kind == InterfaceKind::Namespace;
    let namespaces = interfaces.values().filter(namespace).map(|namespace| upper_first(&namespace.name.name));
    let mut names: BTreeSet<String> = namespaces.filter(|name| used.contains(name)).collect();
    let named = |name: &&String| interfaces.get(*name).is_some_and(|interface| !namespace(&interface));
    names.extend(used.iter().filter(named).cloned());
    names.extend(used.contains("event_handler").then(|| "event_handler".to_owned()));
    if names.is_empty() {
        return None;
    }
    let dom = path(&emitter.paths.dom);
    let names = names.iter().map(|name| ident(name));
    Some(quote!(use #dom::{#(#names),*};))
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
