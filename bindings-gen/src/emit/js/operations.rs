//! Operations, constructors and special operations: conversion of arguments, overloads, calls.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::quote;

use super::members::{Target, c_string};
use super::values::default_closure;
use crate::ast::Generic;
use crate::emit::Emitter;
use crate::emit::methods::{Overloads, constructor_name, is_default_to_json, parameter_name, special_name};
use crate::emit::names::{ident, snake};
use crate::model::{
    Argument, Member, MemberKind, Operation, Optionality, Type, distinguishing_index, overload_set,
};
use crate::source::Span;

impl Emitter<'_> {
    /// All overloads of an operation as one entry.
    pub(super) fn operation_entry(&self, overloads: &Overloads<'_>, target: &Target) -> TokenStream {
        let this = &target.this;
        let name = c_string(overloads.name);
        let arguments: Vec<&[Argument]> =
            overloads.list.iter().map(|(_, operation, _)| operation.arguments.as_slice()).collect();
        let length = length(&arguments);
        let is_static = overloads.is_static || target.namespace;
        let default_to_json = overloads.list.iter().any(|(member, ..)| is_default_to_json(member));
        let body = if default_to_json {
            self.default_to_json(target)
        } else {
            let bodies: Vec<TokenStream> = overloads
                .list
                .iter()
                .map(|(_, operation, method)| {
                    self.operation_body(operation, method, target, is_static, overloads.list.len() == 1)
                })
                .collect();
            match bodies.as_slice() {
                [body] => body.clone(),
                _ => self.resolution(overloads, &arguments, &bodies),
            }
        };
        let promise = overloads
            .list
            .iter()
            .any(|(_, operation, _)| matches!(operation.returns, Type::Generic(Generic::Promise, _)));
        let args = if uses(&body, "args") { quote!(args) } else { quote!(_) };
        let constructor = match (is_static, promise) {
            (true, true) => quote!(Member::static_promise_method),
            (true, false) => quote!(Member::static_method),
            (false, true) => quote!(Member::promise_method),
            (false, false) => quote!(Member::method),
        };
        if is_static {
            quote!(#constructor(#name, #length, |realm, #args| { #body }))
        } else {
            quote!(#constructor(#name, #length, |realm, this: &#this, #args| { #body }))
        }
    }

    fn operation_body(
        &self,
        operation: &Operation,
        method: &str,
        target: &Target,
        is_static: bool,
        check_count: bool,
    ) -> TokenStream {
        let (this, methods) = (&target.this, &target.methods);
        let method = ident(method);
        let (lets, names) = self.convert_arguments(&operation.arguments, check_count);
        let call = if is_static {
            quote!(<#this as #methods>::#method(realm, #(#names),*)?)
        } else {
            quote!(#methods::#method(this, realm, #(#names),*)?)
        };
        let value = self.to_js(&operation.returns, &call);
        quote!(#lets #value)
    }

    /// `let` statements that convert the arguments in order, and their names.
    pub(super) fn convert_arguments(
        &self,
        arguments: &[Argument],
        check_count: bool,
    ) -> (TokenStream, Vec<proc_macro2::Ident>) {
        let required = arguments.iter().filter(|argument| !argument.optional).count();
        let check = (check_count && required > 0).then(|| {
            let required = TokenLiteral::usize_unsuffixed(required);
            quote!(at_least(args, #required)?;)
        });
        let mut lets = quote!(#check);
        let mut names = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let idl = &argument.name.name;
            let name = ident(&parameter_name(idl));
            let index = TokenLiteral::usize_unsuffixed(index);
            let convert = self.converter(&argument.ty);
            let value = if argument.variadic {
                quote!(args.variadic(realm, #index, #idl, #convert)?)
            } else if !argument.optional {
                quote!(args.required(realm, #index, #idl, #convert)?)
            } else if let Some(literal) = &argument.default {
                match self.types.literal(&argument.ty, literal) {
                    Some(default) => {
                        let default = default_closure(&default);
                        quote!(args.or(realm, #index, #idl, #convert, #default)?)
                    }
                    None => {
                        self.bad_default(argument.name.span, idl);
                        quote!(args.optional(realm, #index, #idl, #convert)?)
                    }
                }
            } else {
                quote!(args.optional(realm, #index, #idl, #convert)?)
            };
            lets.extend(quote!(let #name = #value;));
            names.push(name);
        }
        (lets, names)
    }

    /// A `match` over the overloads.
    fn resolution(
        &self,
        overloads: &Overloads<'_>,
        arguments: &[&[Argument]],
        bodies: &[TokenStream],
    ) -> TokenStream {
        let span = overloads.list.first().map(|(member, ..)| member.span);
        let arities = self.arities(arguments, span);
        let last = bodies.len().saturating_sub(1);
        let arms = bodies.iter().enumerate().map(|(index, body)| {
            let index_literal = TokenLiteral::usize_unsuffixed(index);
            let pattern = if index == last { quote!(_) } else { quote!(#index_literal) };
            quote!(#pattern => { #body })
        });
        quote! {
            const OVERLOADS: &[Arity] = &[#(#arities),*];
            match glue::resolve(realm, args, OVERLOADS)? { #(#arms)* }
        }
    }

    /// The table of overloads by number of arguments.
    fn arities(&self, arguments: &[&[Argument]], span: Option<Span>) -> Vec<TokenStream> {
        let set = overload_set(arguments);
        let mut arities = Vec::new();
        for (count, entries) in &set.by_count {
            let count = TokenLiteral::usize_unsuffixed(*count);
            let indices = entries.iter().map(|entry| TokenLiteral::usize_unsuffixed(entry.overload));
            let mut at = 0;
            let mut candidates = Vec::new();
            if entries.len() > 1 {
                match distinguishing_index(self.world, entries) {
                    Some(index) => at = index,
                    None => {
                        if let Some(span) = span {
                            let label = "two overloads with this number of arguments cannot be told apart";
                            self.problem(span, "ambiguous overloads", label);
                        }
                    }
                }
                for entry in entries {
                    if let Some((ty, optionality)) = entry.types.get(at) {
                        candidates.push(self.candidate(ty, *optionality == Optionality::Optional));
                    }
                }
            }
            let at = TokenLiteral::usize_unsuffixed(at);
            arities.push(quote! {
                Arity {
                    arguments: #count,
                    at: #at,
                    overloads: &[#(#indices),*],
                    candidates: &[#(#candidates),*],
                }
            });
        }
        arities
    }

    /// The constructor operation of an interface; none if `new` throws.
    pub(super) fn constructor_entry(&self, members: &[&Member], target: &Target) -> Option<TokenStream> {
        let list: Vec<(&Member, &[Argument])> = members
            .iter()
            .filter_map(|member| match &member.kind {
                MemberKind::Constructor(arguments) => Some((*member, arguments.as_slice())),
                _ => None,
            })
            .collect();
        let (first, _) = list.first()?;
        let (this, methods) = (&target.this, &target.methods);
        let arguments: Vec<&[Argument]> = list.iter().map(|(_, arguments)| *arguments).collect();
        let length = length(&arguments);
        let bodies: Vec<TokenStream> = arguments
            .iter()
            .enumerate()
            .map(|(index, arguments)| {
                let method = ident(&constructor_name(index));
                let (lets, names) = self.convert_arguments(arguments, list.len() == 1);
                quote!(#lets <#this as #methods>::#method(realm, #(#names),*)?)
            })
            .collect();
        let object = match bodies.as_slice() {
            [body] => quote!({ #body }),
            _ => {
                let arities = self.arities(&arguments, Some(first.span));
                let last = bodies.len() - 1;
                let arms = bodies.iter().enumerate().map(|(index, body)| {
                    let literal = TokenLiteral::usize_unsuffixed(index);
                    let pattern = if index == last { quote!(_) } else { quote!(#literal) };
                    quote!(#pattern => { #body })
                });
                quote!({
                    const OVERLOADS: &[Arity] = &[#(#arities),*];
                    match glue::resolve(realm, args, OVERLOADS)? { #(#arms)* }
                })
            }
        };
        let args = if uses(&object, "args") { quote!(args) } else { quote!(_) };
        Some(quote! {
            Constructor::new(#length, |realm, new_target, #args| {
                let object = #object;
                let object = glue::construct(realm, new_target, object)?;
                #methods::constructed(&object, realm)?;
                object.to_js(realm)
            })
        })
    }

    /// What a getter, setter or deleter adds to the description of a legacy platform object.
    pub(super) fn legacy_operation(&self, operation: &Operation, target: &Target) -> Option<TokenStream> {
        let (this, methods) = (&target.this, &target.methods);
        let special = special_name(operation)?;
        let method = match &operation.name {
            Some(name) => ident(&snake(&name.name)),
            None => ident(special),
        };
        Some(match special {
            "indexed_getter" => {
                let value = self.to_js(&operation.returns, &quote!(#methods::#method(this, realm, index)?));
                quote! {
                    .indexed(
                        |this: &#this| #methods::indexed_length(this),
                        |realm, this: &#this, index| #value,
                    )
                }
            }
            "named_getter" => {
                let value = self.to_js(&operation.returns, &quote!(#methods::#method(this, realm, name)?));
                quote! {
                    .named(
                        |this: &#this| #methods::supported_property_names(this),
                        |realm, this: &#this, name| #value,
                    )
                }
            }
            "named_setter" => {
                let ty = operation.arguments.get(1).map_or(&Type::Any, |value| &value.ty);
                let conversion = self.conversion(ty, &quote!(value));
                quote! {
                    .named_setter(|realm, this: &#this, name, value| {
                        #methods::#method(this, realm, name, #conversion?).map(drop)
                    })
                }
            }
            _ => quote! {
                .named_deleter(|realm, this: &#this, name| #methods::#method(this, realm, name).map(drop))
            },
        })
    }
}

/// The smallest number of arguments of any overload: the function's `length`.
fn length(overloads: &[&[Argument]]) -> TokenLiteral {
    let required = |arguments: &&[Argument]| arguments.iter().filter(|argument| !argument.optional).count();
    let length = overloads.iter().map(required).min().unwrap_or(0);
    TokenLiteral::u8_unsuffixed(u8::try_from(length).unwrap_or(u8::MAX))
}

/// Whether an identifier occurs in tokens.
fn uses(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        proc_macro2::TokenTree::Group(group) => uses(&group.stream(), name),
        _ => false,
    })
}
