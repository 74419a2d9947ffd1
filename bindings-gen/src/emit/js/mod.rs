//! The glue between generated types and traits on one side, and the crate `bgfetch_js` on the other.
//!
//! The only part of the generator that knows of that crate: a second engine would be a second folder like this.

mod checks;
mod collections;
mod convert;
mod imports;
mod interface;
mod members;
mod operations;
mod to_json;
mod values;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::backend::{Backend, EngineType};
use super::files::Module;
use super::names::{ident, shouting, snake};
use super::types::float_literal;
use super::{Emitter, path};
use crate::ast::{Buffer, Literal};
use crate::model::{Callback, Dictionary, Enumeration, Interface, InterfaceKind, Member, Type};

/// Glue for the crate `bgfetch_js`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Js;

impl Backend for Js {
    fn name(&self) -> &'static str {
        "js"
    }

    fn engine_type(&self, ty: EngineType<'_>) -> TokenStream {
        match ty {
            EngineType::Realm => quote!(Realm),
            EngineType::Fallible(success) => quote!(Fallible<#success>),
            EngineType::Any | EngineType::Symbol => quote!(Value),
            EngineType::Bigint => quote!(BigInt),
            EngineType::Object => quote!(Object),
            EngineType::Interface(name) => {
                let name = ident(name);
                quote!(Root<#name>)
            }
            EngineType::This => quote!(Root<Self>),
            EngineType::Callback(name) | EngineType::CallbackInterface(name) => {
                let name = ident(name);
                quote!(#name)
            }
            EngineType::Promise(of) => quote!(Promise<#of>),
            EngineType::PromisedFrozenArray(of) => quote!(FrozenArray<#of>),
            EngineType::AsyncSequence(of) => quote!(AsyncSequence<#of>),
            EngineType::AsyncIteration => quote!(::std::boxed::Box<dyn AsyncIteration>),
            EngineType::Buffer(buffer) => match buffer {
                Buffer::ArrayBuffer | Buffer::SharedArrayBuffer => quote!(ArrayBuffer),
                Buffer::ArrayBufferView | Buffer::DataView => quote!(ArrayBufferView),
                Buffer::BufferSource => quote!(BufferSource),
                _ => quote!(TypedArray),
            },
        }
    }

    fn any_literal(&self, literal: &Literal) -> Option<TokenStream> {
        match literal {
            Literal::Null => Some(quote!(Value::NULL)),
            Literal::Undefined => Some(quote!(Value::UNDEFINED)),
            Literal::Boolean(value) => Some(quote!(Value::boolean(#value))),
            Literal::Integer(_) | Literal::Float(_) => {
                let number = float_literal(true, literal);
                Some(quote!(Value::number(#number)))
            }
            Literal::Text(_) | Literal::EmptySequence | Literal::EmptyDictionary => None,
        }
    }

    fn bigint_literal(&self, value: i128) -> Option<TokenStream> {
        let value = proc_macro2::Literal::i128_unsuffixed(value);
        Some(quote!(BigInt::from(#value)))
    }

    fn reserved_names(&self) -> BTreeSet<&'static str> {
        imports::names()
    }

    fn check(&self, emitter: &Emitter<'_>) {
        emitter.check_glue();
    }

    fn interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        emitter.interface_glue(interface)
    }

    fn mixin(&self, emitter: &Emitter<'_>, mixin: &str, members: &[&Member]) -> TokenStream {
        emitter.mixin_glue(mixin, members)
    }

    fn dictionary(&self, emitter: &Emitter<'_>, dictionary: &Dictionary) -> TokenStream {
        emitter.dictionary_glue(dictionary)
    }

    fn enumeration(&self, emitter: &Emitter<'_>, enumeration: &Enumeration) -> TokenStream {
        emitter.enumeration_glue(enumeration)
    }

    fn union(&self, emitter: &Emitter<'_>, name: &str, members: &[Type]) -> TokenStream {
        emitter.union_glue(name, members)
    }

    fn callback(&self, emitter: &Emitter<'_>, callback: &Callback) -> TokenStream {
        emitter.callback_glue(callback)
    }

    fn callback_interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        emitter.callback_interface_glue(interface)
    }

    fn imports(&self, emitter: &Emitter<'_>, module: &Module) -> TokenStream {
        imports::imports(emitter, module)
    }

    /// The lists of interfaces and namespaces that a runtime is made with.
    fn root(&self, emitter: &Emitter<'_>, modules: &[Module]) -> TokenStream {
        let (prelude, dom) = (path(&emitter.paths.prelude), path(&emitter.paths.dom));
        let mut places: Vec<(&String, u16)> =
            emitter.places.iter().map(|(name, place)| (name, place.index)).collect();
        places.sort_by_key(|(_, index)| *index);
        let interfaces = places.iter().map(|(name, _)| {
            let name = ident(name);
            quote!(#dom::#name::IDL)
        });
        let namespaces = emitter.types.selection.interfaces.values();
        let namespaces = namespaces.filter(|interface| interface.kind == InterfaceKind::Namespace);
        let namespaces = namespaces.map(|namespace| {
            let idl = &namespace.name.name;
            let module = modules.iter().find(|module| module.origin == *idl);
            let module = ident(&module.map_or_else(|| snake(idl), |module| module.name.clone()));
            let name = ident(&shouting(idl));
            quote!(&#module::#name)
        });
        let callbacks = emitter.types.selection.callback_interfaces.values();
        let callbacks = callbacks.filter(|interface| emitter.callback_interface_object(interface).is_some());
        let module = modules.iter().find(|module| module.name.starts_with("callbacks"));
        let module = ident(module.map_or("callbacks", |module| &module.name));
        let callbacks = callbacks.map(|interface| {
            let name = ident(&shouting(&interface.name.name));
            quote!(&#module::#name)
        });
        quote! {
            #[doc = " Every interface, in pre-order of inheritance: what the engine's runtime is made with."]
            pub static INTERFACES: &[&#prelude::glue::Interface] = &[#(#interfaces),*];

            #[doc = " Every namespace, and every callback interface that has constants."]
            pub static NAMESPACES: &[&#prelude::glue::Namespace] = &[#(#namespaces,)* #(#callbacks),*];
        }
    }
}
