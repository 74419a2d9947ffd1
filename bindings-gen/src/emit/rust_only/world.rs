//! The trait that names the implementation of each interface, namespace and callback.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::callback_trait;
use crate::emit::Emitter;
use crate::emit::docs::doc;
use crate::emit::files::Module;
use crate::emit::methods::{trait_name, upper_first};
use crate::emit::names::ident;
use crate::model::{Interface, InterfaceKind};

/// The module `world`.
pub(super) fn module(emitter: &Emitter<'_>) -> Module {
    let selection = emitter.types.selection;
    let interfaces = selection.interfaces.values().map(|interface| match interface.kind {
        InterfaceKind::Namespace => namespace(interface),
        _ => implementer(emitter, interface),
    });
    let functions = selection.callbacks.keys();
    let callbacks = functions.chain(selection.callback_interfaces.keys()).map(|idl| {
        let docs = doc(&[format!("The engine's `{idl}`.")]);
        let (name, methods) = (ident(idl), callback_trait(idl));
        quote!(#docs type #name: #methods<Self>;)
    });
    let items = quote! {
        /// Names what implements each interface, namespace and callback.
        pub trait World: Engine {
            #(#interfaces)*
            #(#callbacks)*
        }
    };
    Module::new("world", "what implements the interfaces", items)
}

/// The type that implements an interface: with its mixins' traits, and what it inherits in it.
fn implementer(emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
    let idl = &interface.name.name;
    let docs = doc(&[format!("Implements `{idl}`.")]);
    let (name, methods) = (ident(idl), ident(&trait_name(idl)));
    let mixins = interface.mixins.iter().filter(|mixin| emitter.has_trait(&mixin.name));
    let mixins = mixins.map(|mixin| ident(&trait_name(&mixin.name)));
    let parent = interface.inherits.iter().map(|parent| ident(&parent.name));
    quote!(#docs type #name: #methods<Self> #(+ #mixins<Self>)* #(+ Inherits<Self::#parent>)*;)
}

fn namespace(interface: &Interface) -> TokenStream {
    let idl = upper_first(&interface.name.name);
    let docs = doc(&[format!("Implements the namespace `{}`.", interface.name.name)]);
    let (name, methods) = (ident(&idl), format_ident!("{}Namespace", ident(&idl)));
    quote!(#docs type #name: #methods<Self>;)
}
