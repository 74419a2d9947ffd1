//! A backend that is not part of the compiler: glue for the engine in `src/mini`, an interpreter's smallest core.
//!
//! It decides two things: how the engine's types are spelled (`engine_type`), and what is written below each definition.
//! The traits, structs and enums themselves come from the compiler.

use bindings_gen::model::{Argument, Callback, Dictionary, Enumeration, Interface, Member, MemberKind, Type};
use bindings_gen::names::{constructor_name, ident, parameter_name, snake, trait_name};
use bindings_gen::{Backend, Emitter, EngineType, Module, ast::Literal};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Glue for `crate::mini`.
#[derive(Debug)]
pub(crate) struct Mini;

impl Backend for Mini {
    fn name(&self) -> &'static str {
        "mini"
    }

    fn engine_type(&self, ty: EngineType<'_>) -> TokenStream {
        match ty {
            EngineType::Realm => quote!(Realm),
            EngineType::Fallible(success) => quote!(Result<#success, Thrown>),
            EngineType::Interface(name) => {
                let name = ident(name);
                quote!(std::rc::Rc<#name>)
            }
            EngineType::This => quote!(std::rc::Rc<Self>),
            EngineType::Callback(name) => {
                let name = ident(name);
                quote!(#name)
            }
            // Everything else is a value of the interpreter; what it cannot do, `check` reports.
            _ => quote!(Value),
        }
    }

    fn any_literal(&self, literal: &Literal) -> Option<TokenStream> {
        matches!(literal, Literal::Null).then(|| quote!(Value::Null))
    }

    /// The interpreter has no promises.
    fn check(&self, emitter: &Emitter<'_>) {
        for interface in emitter.selection().interfaces.values() {
            for member in &interface.members {
                let MemberKind::Operation(operation) = &member.kind else { continue };
                operation.returns.walk(&mut |ty| {
                    if matches!(ty, Type::Generic(bindings_gen::ast::Generic::Promise, _)) {
                        let message = format!("`{}` returns a promise", member.name());
                        emitter.problem(member.span, &message, "there are none in this engine");
                    }
                });
            }
        }
    }

    fn interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        let idl = &interface.name.name;
        let (this, methods) = (ident(idl), ident(&trait_name(idl)));
        let members: Vec<&Member> = interface.members.iter().collect();
        let attributes = members.iter().filter_map(|member| match &member.kind {
            MemberKind::Attribute(attribute) => Some(attribute),
            _ => None,
        });
        let getters = attributes.clone().map(|attribute| {
            let (name, method) = (&attribute.name.name, ident(&snake(&attribute.name.name)));
            quote!(#name => Ok(#methods::#method(self, realm)?.into_value()),)
        });
        let setters = attributes.filter(|attribute| !attribute.readonly).map(|attribute| {
            let (name, method) = (&attribute.name.name, format_ident!("set_{}", snake(&attribute.name.name)));
            quote!(#name => #methods::#method(self, realm, FromValue::from_value(realm, value)?),)
        });
        let operations = emitter.operations(idl, &members);
        let calls = operations.iter().filter_map(|operation| {
            let (_, first, method) = operation.list.first()?;
            let (name, method) = (operation.name, ident(method));
            let (lets, names) = convert(emitter, &first.arguments);
            Some(quote!(#name => { #lets Ok(#methods::#method(self, realm, #(#names),*)?.into_value()) }))
        });
        let constructor = members.iter().find_map(|member| match &member.kind {
            MemberKind::Constructor(arguments) => {
                let method = ident(&constructor_name(0));
                let (lets, names) = convert(emitter, arguments);
                Some(quote! {
                    impl #this {
                        /// What `new` does.
                        pub fn construct(realm: &Realm, args: &[Value]) -> Result<Value, Thrown> {
                            #lets
                            let object = std::rc::Rc::new(<#this as #methods>::#method(realm, #(#names),*)?);
                            #methods::constructed(&object, realm)?;
                            Ok(object.into_value())
                        }
                    }
                })
            }
            _ => None,
        });
        quote! {
            impl Scriptable for #this {
                fn interface(&self) -> &'static str {
                    #idl
                }

                fn get(&self, realm: &Realm, name: &str) -> Result<Value, Thrown> {
                    match name {
                        #(#getters)*
                        _ => Err(Thrown::no_member(#idl, name)),
                    }
                }

                fn set(&self, realm: &Realm, name: &str, value: &Value) -> Result<(), Thrown> {
                    match name {
                        #(#setters)*
                        _ => Err(Thrown::no_member(#idl, name)),
                    }
                }

                fn call(&self, realm: &Realm, name: &str, args: &[Value]) -> Result<Value, Thrown> {
                    match name {
                        #(#calls)*
                        _ => Err(Thrown::no_member(#idl, name)),
                    }
                }
            }

            #constructor
        }
    }

    fn dictionary(&self, _: &Emitter<'_>, dictionary: &Dictionary) -> TokenStream {
        let name = ident(&dictionary.name.name);
        let fields = dictionary.members.iter().map(|member| {
            let (idl, field) = (&member.name.name, ident(&snake(&member.name.name)));
            quote!(if let Some(value) = members.get(#idl) { all.#field = FromValue::from_value(realm, value)?; })
        });
        quote! {
            impl FromValue for #name {
                fn from_value(realm: &Realm, value: &Value) -> Result<Self, Thrown> {
                    let mut all = #name::default();
                    let members = value.members()?;
                    #(#fields)*
                    Ok(all)
                }
            }
        }
    }

    fn enumeration(&self, _: &Emitter<'_>, enumeration: &Enumeration) -> TokenStream {
        let (idl, name) = (&enumeration.name.name, ident(&enumeration.name.name));
        quote! {
            impl FromValue for #name {
                fn from_value(realm: &Realm, value: &Value) -> Result<Self, Thrown> {
                    let text = String::from_value(realm, value)?;
                    #name::from_str(&text).ok_or_else(|| Thrown::no_member(#idl, &text))
                }
            }

            impl IntoValue for #name {
                fn into_value(self) -> Value {
                    Value::Text(self.as_str().to_owned())
                }
            }
        }
    }

    fn callback(&self, emitter: &Emitter<'_>, callback: &Callback) -> TokenStream {
        let name = ident(&callback.name.name);
        let docs = emitter.idl_doc(callback.name.span);
        let parameters = emitter.parameters(&callback.arguments);
        let names: Vec<_> =
            callback.arguments.iter().map(|argument| ident(&parameter_name(&argument.name.name))).collect();
        let returns = emitter.rust_type(&callback.returns);
        quote! {
            #docs
            #[derive(Clone, Debug)]
            pub struct #name(Value);

            impl #name {
                /// Calls it.
                ///
                /// # Errors
                /// What it threw.
                pub fn call(&self, realm: &Realm, #parameters) -> Result<#returns, Thrown> {
                    FromValue::from_value(realm, &self.0.invoke(&[#(#names.into_value()),*])?)
                }
            }

            impl FromValue for #name {
                fn from_value(_: &Realm, value: &Value) -> Result<Self, Thrown> {
                    Ok(#name(value.callable()?))
                }
            }
        }
    }

    /// Refused: this engine calls functions only.
    fn callback_interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        emitter.problem(interface.name.span, "a callback interface", "there are none in this engine");
        TokenStream::new()
    }

    fn imports(&self, emitter: &Emitter<'_>, module: &Module) -> TokenStream {
        let used = module.used();
        let engine = ["FromValue", "IntoValue", "Realm", "Scriptable", "Thrown", "Value"];
        let by_method = |name: &str| name == "IntoValue" && used.contains("into_value");
        let engine: Vec<_> = engine
            .iter()
            .filter(|name| used.contains(**name) || by_method(name))
            .map(|name| ident(name))
            .collect();
        let engine = (!engine.is_empty()).then(|| quote!(use crate::mini::{#(#engine),*};));
        let interfaces = emitter.selection().interfaces.keys();
        let dom: Vec<_> = interfaces.filter(|name| used.contains(*name)).map(|name| ident(name)).collect();
        let dom = (!dom.is_empty()).then(|| quote!(use crate::mini::dom::{#(#dom),*};));
        let string = used.contains("DomString").then(|| {
            quote!(
                use std::string::String as DomString;
            )
        });
        quote!(#engine #dom #string)
    }

    /// The functions behind `new`, by name.
    fn root(&self, emitter: &Emitter<'_>, _: &[Module]) -> TokenStream {
        let constructible = emitter.selection().interfaces.values().filter(|interface| {
            interface.members.iter().any(|member| matches!(member.kind, MemberKind::Constructor(_)))
        });
        let entries = constructible.map(|interface| {
            let (idl, name) = (&interface.name.name, ident(&interface.name.name));
            quote!((#idl, crate::mini::dom::#name::construct))
        });
        quote! {
            /// The functions behind `new`.
            pub static CONSTRUCTORS: &[(&str, crate::mini::Construct)] = &[#(#entries),*];
        }
    }
}

/// `let` statements that convert arguments, and the names that they give.
fn convert(emitter: &Emitter<'_>, arguments: &[Argument]) -> (TokenStream, Vec<proc_macro2::Ident>) {
    let names: Vec<_> =
        arguments.iter().map(|argument| ident(&parameter_name(&argument.name.name))).collect();
    let lets = arguments.iter().zip(&names).map(|(argument, name)| {
        let default =
            argument.default.as_ref().and_then(|literal| emitter.default_value(&argument.ty, literal));
        let missing = default.unwrap_or_else(|| {
            let idl = &argument.name.name;
            quote!(return Err(Thrown::missing(#idl)))
        });
        quote! {
            let #name = match args.next() {
                Some(value) => FromValue::from_value(realm, value)?,
                None => #missing,
            };
        }
    });
    let args = (!names.is_empty()).then(|| quote!(let mut args = args.iter();));
    (quote!(#args #(#lets)*), names)
}
