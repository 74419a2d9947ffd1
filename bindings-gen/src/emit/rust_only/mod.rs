//! Types and traits for no engine in particular: what a native program implements, or another engine's glue calls.
//!
//! Everything that only an engine has is an associated type of the generated trait `Engine`, and every interface,
//! namespace and callback one of the generated trait `World`. An engine's author implements both for a type of theirs
//! and gets traits, dictionaries and unions in terms of it.

mod support;
mod world;

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Emitter;
use super::backend::{Backend, EngineType, Generics};
use super::docs::definition_doc;
use super::files::Module;
use super::methods::too_many_arguments;
use super::names::{ident, snake};
use super::types::float_literal;
use crate::ast::Literal;
use crate::model::{Argument, Callback, Interface, MemberKind, Type};

/// No glue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RustOnly;

impl Backend for RustOnly {
    fn name(&self) -> &'static str {
        "rust-only"
    }

    fn engine_type(&self, ty: EngineType<'_>) -> TokenStream {
        match ty {
            EngineType::Realm => quote!(E::Realm),
            EngineType::Fallible(success) => quote!(Fallible<E, #success>),
            EngineType::Any => quote!(E::Value),
            EngineType::Object => quote!(E::Object),
            EngineType::Symbol => quote!(E::Symbol),
            EngineType::Bigint => quote!(E::BigInt),
            EngineType::Interface(name) => {
                let name = ident(name);
                quote!(E::Root<E::#name>)
            }
            EngineType::This => quote!(E::Root<Self>),
            EngineType::Callback(name) | EngineType::CallbackInterface(name) => {
                let name = ident(name);
                quote!(E::#name)
            }
            EngineType::Promise(of) => quote!(E::Promise<#of>),
            EngineType::PromisedFrozenArray(of) => quote!(Vec<#of>),
            EngineType::AsyncSequence(of) => quote!(E::AsyncSequence<#of>),
            EngineType::AsyncIteration => quote!(E::AsyncIteration),
            EngineType::Buffer(buffer) => {
                let name = ident(&format!("{buffer:?}"));
                quote!(E::#name)
            }
        }
    }

    fn any_literal(&self, literal: &Literal) -> Option<TokenStream> {
        match literal {
            Literal::Null => Some(quote!(E::null())),
            Literal::Undefined => Some(quote!(E::undefined())),
            Literal::Boolean(value) => Some(quote!(E::boolean(#value))),
            Literal::Integer(_) | Literal::Float(_) => {
                let number = float_literal(true, literal);
                Some(quote!(E::number(#number)))
            }
            Literal::Text(text) => Some(quote!(E::string(DomString::from(#text)))),
            Literal::EmptySequence | Literal::EmptyDictionary => None,
        }
    }

    fn bigint_literal(&self, value: i128) -> Option<TokenStream> {
        let value = proc_macro2::Literal::i128_unsuffixed(value);
        Some(quote!(E::bigint(#value)))
    }

    fn generics(&self) -> Generics {
        Generics { declared: quote!(<E: World>), used: quote!(<E>) }
    }

    fn trait_bounds(&self) -> TokenStream {
        quote!(Sized + std::fmt::Debug + 'static)
    }

    fn implementer(&self, name: &str) -> String {
        format!("World::{name}")
    }

    fn reserved_names(&self) -> BTreeSet<&'static str> {
        support::names()
    }

    fn callback(&self, emitter: &Emitter<'_>, callback: &Callback) -> TokenStream {
        let idl = &callback.name.name;
        let name = callback_trait(idl);
        let docs = definition_doc(emitter.sources, callback.name.span, &format!("`callback {idl}`"), &[]);
        let invoke = self.invocation(emitter, "call", &callback.arguments, &callback.returns);
        quote! {
            #docs
            pub trait #name<E: World>: Clone + std::fmt::Debug + 'static {
                /// Invokes it.
                ///
                /// # Errors
                /// What it threw, or what the conversion of its result threw.
                #invoke
            }
        }
    }

    fn callback_interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        let idl = &interface.name.name;
        let name = callback_trait(idl);
        let what = format!("`callback interface {idl}`");
        let docs = definition_doc(emitter.sources, interface.name.span, &what, &[]);
        let operations = interface.members.iter().filter_map(|member| match &member.kind {
            MemberKind::Operation(operation) => {
                let name = operation.name.as_ref()?;
                let docs = emitter.idl_doc(member.span);
                let name = snake(&name.name);
                let invoke = self.invocation(emitter, &name, &operation.arguments, &operation.returns);
                Some(quote! {
                    #docs
                    ///
                    /// # Errors
                    /// What it threw, or what the conversion of its result threw.
                    #invoke
                })
            }
            _ => None,
        });
        quote! {
            #docs
            pub trait #name<E: World>: Clone + std::fmt::Debug + 'static {
                #(#operations)*
            }
        }
    }

    fn further_modules(&self, emitter: &Emitter<'_>, modules: &[Module]) -> Vec<Module> {
        let world = world::module(emitter);
        let engine = support::module(modules.iter().chain([&world]));
        vec![world, engine]
    }
}

impl RustOnly {
    /// The method that calls a callback.
    fn invocation(
        &self,
        emitter: &Emitter<'_>,
        name: &str,
        arguments: &[Argument],
        returns: &Type,
    ) -> TokenStream {
        let name = ident(name);
        let parameters = emitter.parameters(arguments);
        let returns = self.engine_type(EngineType::Fallible(emitter.types.rust(returns)));
        let too_many = too_many_arguments(arguments.len() + 3);
        quote! {
            #too_many
            fn #name(&self, realm: &E::Realm, this: &E::Value, #parameters) -> #returns;
        }
    }
}

/// The trait of a callback function or interface.
fn callback_trait(idl: &str) -> proc_macro2::Ident {
    format_ident!("{}Callback", ident(idl))
}
