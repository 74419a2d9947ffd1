//! Operations, constructors and special operations: conversion of arguments, overloads, calls.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::{format_ident, quote};

use super::members::{Target, c_string};
use super::values::default_closure;
use crate::ast::Generic;
use crate::emit::Emitter;
use crate::emit::methods::{Overloads, constructor_name, is_default_to_json, parameter_name, special_name};
use crate::emit::names::{ident, snake};
use crate::emit::special::Factory;
use crate::model::{
    Argument, Member, MemberKind, Operation, Optionality, OverloadSet, Type, distinguishing_index,
    overload_set,
};

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
            match overloads.list.as_slice() {
                [(member, operation, method)] => {
                    let (lets, names) = self.convert_arguments(&operation.arguments, true);
                    self.operation_body((member, operation, method), target, is_static, &lets, &names)
                }
                list => self.resolution(&arguments, |index, lets, names| match list.get(index) {
                    Some((member, operation, method)) => {
                        self.operation_body((member, operation, method), target, is_static, &lets, &names)
                    }
                    None => TokenStream::new(),
                }),
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
        (member, operation, method): (&Member, &Operation, &str),
        target: &Target,
        is_static: bool,
        lets: &TokenStream,
        names: &[proc_macro2::Ident],
    ) -> TokenStream {
        let (this, methods) = (&target.this, &target.methods);
        let method = ident(method);
        let call = if is_static {
            quote!(<#this as #methods>::#method(realm, #(#names),*)?)
        } else {
            let call = reacting(member, quote!(#methods::#method(this, realm.of(this), #(#names),*)));
            quote!(#call?)
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
        self.convert_overload(arguments, check_count, &Resolved::default())
    }

    /// As [`convert_arguments`](Self::convert_arguments), with what overload resolution has done already.
    fn convert_overload(
        &self,
        arguments: &[Argument],
        check_count: bool,
        resolved: &Resolved,
    ) -> (TokenStream, Vec<proc_macro2::Ident>) {
        let required = arguments.iter().filter(|argument| !argument.optional).count();
        let check = (check_count && required > 0).then(|| {
            let required = TokenLiteral::usize_unsuffixed(required);
            quote!(at_least(args, #required)?;)
        });
        let mut lets = quote!(#check);
        let mut names = Vec::new();
        for (index, argument) in arguments.iter().enumerate() {
            let name = ident(&parameter_name(&argument.name.name));
            let convert = match sequence_item(&argument.ty) {
                Some(item) if resolved.sequence_at == Some(index) => {
                    let item = self.converter(item);
                    quote!(|realm, value| selected.sequence(realm, value, #item))
                }
                _ => self.converter(&argument.ty),
            };
            let mut value = self.argument_value(index, argument, &convert);
            if let Some((_, before, _)) =
                resolved.before.iter().find(|(at, _, known)| *at == index && *known == value.to_string())
            {
                value = quote! {
                    match #before {
                        Some(value) => value,
                        None => #value,
                    }
                };
            }
            lets.extend(quote!(let #name = #value;));
            names.push(name);
        }
        (lets, names)
    }

    /// An expression for the value of an argument.
    fn argument_value(&self, index: usize, argument: &Argument, convert: &TokenStream) -> TokenStream {
        let idl = &argument.name.name;
        let index = TokenLiteral::usize_unsuffixed(index);
        if argument.variadic {
            return quote!(args.variadic(realm, #index, #idl, #convert)?);
        }
        if !argument.optional {
            return quote!(args.required(realm, #index, #idl, #convert)?);
        }
        let Some(literal) = &argument.default else {
            return quote!(args.optional(realm, #index, #idl, #convert)?);
        };
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
    }

    /// A `match` over the overloads, after the [overload resolution
    /// algorithm](https://webidl.spec.whatwg.org/#dfn-overload-resolution-algorithm); `body` makes the text for one of them.
    fn resolution(
        &self,
        arguments: &[&[Argument]],
        body: impl Fn(usize, TokenStream, Vec<proc_macro2::Ident>) -> TokenStream,
    ) -> TokenStream {
        let set = overload_set(arguments);
        let arities = self.arities(&set);
        let before = self.converted_before(arguments, &set);
        let last = arguments.len().saturating_sub(1);
        let mut arms = TokenStream::new();
        for (index, overload) in arguments.iter().enumerate() {
            let resolved = Resolved { before: before.clone(), sequence_at: self.sequence_at(&set, index) };
            let (lets, names) = self.convert_overload(overload, false, &resolved);
            let text = body(index, lets, names);
            let literal = TokenLiteral::usize_unsuffixed(index);
            let pattern = if index == last { quote!(_) } else { quote!(#literal) };
            arms.extend(quote!(#pattern => { #text }));
        }
        let variables = before.iter().map(|(_, name, _)| quote!(let mut #name = None;));
        let steps = before.iter().map(|(index, name, value)| {
            let index = TokenLiteral::usize_unsuffixed(*index);
            let value: TokenStream = value.parse().unwrap_or_default();
            quote!(if index == #index { #name = Some(#value); })
        });
        let convert = if before.is_empty() {
            quote!(|_| Ok(()))
        } else {
            quote!(|index| {
                #(#steps)*
                Ok(())
            })
        };
        let resolve = quote!(glue::resolve(realm, args, OVERLOADS, #convert)?);
        let select = if uses(&arms, "selected") {
            quote!(let selected = #resolve; match selected.index { #arms })
        } else {
            quote!(match #resolve.index { #arms })
        };
        quote! {
            const OVERLOADS: &[Arity] = &[#(#arities),*];
            #(#variables)*
            #select
        }
    }

    /// The arguments left of a distinguishing argument: index, variable and value. They are converted before that is
    /// looked at, unless nobody could tell.
    fn converted_before(&self, arguments: &[&[Argument]], set: &OverloadSet<'_>) -> Vec<Before> {
        let mut before: Vec<Before> = Vec::new();
        for (_, entries) in &set.by_count {
            let Some(at) = (entries.len() > 1).then(|| distinguishing_index(self.world, entries)).flatten()
            else {
                continue;
            };
            let overload = entries.first().and_then(|entry| arguments.get(entry.overload));
            for (index, argument) in overload.into_iter().flat_map(|all| all.iter().enumerate()).take(at) {
                let silent = matches!(argument.ty, Type::Any | Type::Boolean | Type::Undefined);
                if silent || before.iter().any(|(known, ..)| *known == index) {
                    continue;
                }
                let value = self.argument_value(index, argument, &self.converter(&argument.ty));
                before.push((index, format_ident!("before_{}", index), value.to_string()));
            }
        }
        before
    }

    /// Where the sequence is that told an overload, if it is always the same argument.
    fn sequence_at(&self, set: &OverloadSet<'_>, overload: usize) -> Option<usize> {
        let mut all = set.by_count.iter().filter_map(|(_, entries)| {
            let among = entries.len() > 1 && entries.iter().any(|entry| entry.overload == overload);
            among.then(|| distinguishing_index(self.world, entries)).flatten()
        });
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The table of overloads by number of arguments.
    fn arities(&self, set: &OverloadSet<'_>) -> Vec<TokenStream> {
        let mut arities = Vec::new();
        for (count, entries) in &set.by_count {
            let count = TokenLiteral::usize_unsuffixed(*count);
            let indices = entries.iter().map(|entry| TokenLiteral::usize_unsuffixed(entry.overload));
            let mut at = 0;
            let mut candidates = Vec::new();
            if entries.len() > 1 {
                // That there is one is a rule of the model's.
                at = distinguishing_index(self.world, entries).unwrap_or(0);
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
        if list.is_empty() {
            return None;
        }
        if list.iter().any(|(member, _)| member.has("HTMLConstructor")) {
            let this = &target.this;
            return Some(quote!(Constructor::html::<#this>()));
        }
        let arguments: Vec<&[Argument]> = list.iter().map(|(_, arguments)| *arguments).collect();
        Some(self.constructing(&arguments, target, constructor_name))
    }

    /// The entry of a legacy factory function.
    pub(super) fn factory_entry(&self, factory: &Factory<'_>, target: &Target) -> TokenStream {
        let arguments: Vec<&[Argument]> =
            factory.overloads.iter().map(|(arguments, ..)| *arguments).collect();
        let method = |index: usize| factory.overloads.get(index).map(|(_, name, _)| name.clone());
        let constructor = self.constructing(&arguments, target, |index| method(index).unwrap_or_default());
        let name = c_string(factory.name);
        quote!(glue::LegacyFactory { name: #name, constructor: #constructor })
    }

    /// What `new` does; `method` names the method of an overload.
    fn constructing(
        &self,
        arguments: &[&[Argument]],
        target: &Target,
        method: impl Fn(usize) -> String,
    ) -> TokenStream {
        let (this, methods) = (&target.this, &target.methods);
        let length = length(arguments);
        // The prototype is asked for between the conversion of the arguments and the constructor steps.
        let body = |index: usize, lets: TokenStream, names: Vec<proc_macro2::Ident>| {
            let method = ident(&method(index));
            quote! {
                #lets
                let prototype = glue::prototype_for::<#this>(realm, new_target)?;
                glue::construct(realm, &prototype, <#this as #methods>::#method(realm, #(#names),*)?)?
            }
        };
        let object = match arguments {
            [only] => {
                let (lets, names) = self.convert_arguments(only, true);
                let body = body(0, lets, names);
                quote!({ #body })
            }
            _ => {
                let resolution = self.resolution(arguments, body);
                quote!({ #resolution })
            }
        };
        let args = if uses(&object, "args") { quote!(args) } else { quote!(_) };
        quote! {
            Constructor::new(#length, |realm, new_target, #args| {
                let object = #object;
                #methods::constructed(&object, realm)?;
                object.to_js(realm)
            })
        }
    }

    /// What a getter, setter or deleter adds to the description of a legacy platform object.
    pub(super) fn legacy_operation(
        &self,
        member: &Member,
        operation: &Operation,
        target: &Target,
    ) -> Option<TokenStream> {
        let (this, methods) = (&target.this, &target.methods);
        let special = special_name(operation)?;
        let method = match &operation.name {
            Some(name) => ident(&snake(&name.name)),
            None => ident(special),
        };
        let string = operation.arguments.first().map_or(&Type::Any, |name| &name.ty);
        // The names of properties are DOMStrings; a method may want them as USVStrings.
        let name = match string {
            Type::UsvString => quote!(name.into_string()),
            _ => quote!(name),
        };
        Some(match special {
            "indexed_getter" => {
                let value =
                    self.to_js(&operation.returns, &quote!(#methods::#method(this, realm.of(this), index)?));
                quote! {
                    .indexed(
                        |this: &#this| #methods::indexed_length(this),
                        |realm, this: &#this, index| #value,
                    )
                }
            }
            "named_getter" => {
                let value =
                    self.to_js(&operation.returns, &quote!(#methods::#method(this, realm.of(this), #name)?));
                quote! {
                    .named(
                        |this: &#this| #methods::supported_property_names(this),
                        |realm, this: &#this, name| #value,
                    )
                }
            }
            "indexed_setter" => {
                let ty = operation.arguments.get(1).map_or(&Type::Any, |value| &value.ty);
                let conversion = self.conversion(ty, &quote!(value));
                let call = reacting(member, quote!(#methods::#method(this, realm.of(this), index, value)));
                quote! {
                    .indexed_setter(|realm, this: &#this, index, value| {
                        let value = #conversion?;
                        #call.map(drop)
                    })
                }
            }
            "named_setter" => {
                let ty = operation.arguments.get(1).map_or(&Type::Any, |value| &value.ty);
                let conversion = self.conversion(ty, &quote!(value));
                let call = reacting(member, quote!(#methods::#method(this, realm.of(this), #name, value)));
                quote! {
                    .named_setter(|realm, this: &#this, name, value| {
                        let value = #conversion?;
                        #call.map(drop)
                    })
                }
            }
            _ => {
                // Only a deleter that returns a boolean can say that it failed.
                let result = match operation.returns {
                    Type::Boolean => quote!(),
                    _ => quote!(.map(|_| true)),
                };
                let call = reacting(member, quote!(#methods::#method(this, realm.of(this), #name)));
                quote! {
                    .named_deleter(|realm, this: &#this, name| #call #result)
                }
            }
        })
    }
}

/// An argument that is converted before the overload is known: its index, the variable, and the text of its value.
type Before = (usize, proc_macro2::Ident, String);

/// What overload resolution has done already when the arguments of an overload are converted.
#[derive(Default)]
struct Resolved {
    before: Vec<Before>,
    /// The argument whose iterator method has been looked up.
    sequence_at: Option<usize>,
}

/// The type of the items of a sequence.
fn sequence_item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Generic(Generic::Sequence | Generic::FrozenArray, item) => Some(item),
        _ => None,
    }
}

/// The smallest number of arguments of any overload: the function's `length`.
fn length(overloads: &[&[Argument]]) -> TokenLiteral {
    let required = |arguments: &&[Argument]| arguments.iter().filter(|argument| !argument.optional).count();
    let length = overloads.iter().map(required).min().unwrap_or(0);
    TokenLiteral::u8_unsuffixed(u8::try_from(length).unwrap_or(u8::MAX))
}

/// A call, as [`[CEReactions]`](https://html.spec.whatwg.org/multipage/custom-elements.html#cereactions) of its member asks for it.
pub(super) fn reacting(member: &Member, call: TokenStream) -> TokenStream {
    if member.has("CEReactions") { quote!(glue::with_reactions(|| #call)) } else { call }
}

/// Whether an identifier occurs in tokens.
fn uses(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        proc_macro2::TokenTree::Group(group) => uses(&group.stream(), name),
        _ => false,
    })
}
