//! Entries of member tables: attributes, operations, constants, constructors.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::{format_ident, quote};

use super::to_json::is_default_to_json;
use super::values::default_closure;
use crate::ast::{AttributeValue, Generic, Literal, Modifier};
use crate::emit::Emitter;
use crate::emit::methods::{Overloads, constructor_name, parameter_name, special_name};
use crate::emit::names::{ident, snake};
use crate::model::{
    Argument, Attribute, Exposure, Member, MemberKind, Operation, Optionality, Type, distinguishing_index,
    find_attribute, overload_set,
};
use crate::select::event_handler_type;
use crate::source::Span;

/// What member tables are written for.
pub(super) struct Target {
    /// The Rust type of `this`: a struct, or the `T` of a mixin's table.
    pub(super) this: TokenStream,
    /// The trait that has the methods.
    pub(super) methods: TokenStream,
    /// The exposure that needs not be repeated for each member.
    pub(super) exposure: Exposure,
    /// Whether all of it is in secure contexts only.
    pub(super) secure_context: bool,
    /// A namespace: no `this`.
    pub(super) namespace: bool,
}

/// The tables of an interface, mixin or namespace.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) members: Vec<TokenStream>,
    pub(super) statics: Vec<TokenStream>,
    pub(super) constants: Vec<TokenStream>,
    pub(super) unforgeable: Vec<TokenStream>,
}

impl Emitter<'_> {
    /// The tables for some members; `of` is the interface or mixin that they are of.
    pub(super) fn tables(&self, of: &str, members: &[&Member], target: &Target) -> Tables {
        let mut tables = Tables::default();
        for member in members {
            match &member.kind {
                MemberKind::Constant { name, value, .. } => {
                    let entry = self.constant(member, &name.name, value);
                    tables.constants.extend(entry.map(|entry| flags(entry, member, target)));
                }
                MemberKind::Attribute(attribute) => {
                    let entry = self.attribute_entry(member, attribute, target);
                    tables.add(entry, member, target, attribute.modifier == Modifier::Static);
                    if attribute.modifier == Modifier::Stringifier {
                        let (this, methods) = (&target.this, &target.methods);
                        let method = ident(&snake(&attribute.name.name));
                        let value = self.to_js(&attribute.ty, &quote!(#methods::#method(this, realm)?));
                        let entry = quote!(Member::method(c"toString", 0, |realm, this: &#this, _| #value));
                        tables.add(entry, member, target, false);
                    }
                }
                MemberKind::Stringifier => tables.add(stringify_entry(target), member, target, false),
                MemberKind::Operation(operation)
                    if operation.name.is_none() && operation.modifier == Modifier::Stringifier =>
                {
                    tables.add(stringify_entry(target), member, target, false);
                }
                _ => {}
            }
        }
        for overloads in self.overloads(of, members) {
            let Some((first, ..)) = overloads.list.first() else { continue };
            let entry = self.operation_entry(&overloads, target);
            tables.add(entry, first, target, overloads.is_static);
        }
        tables
    }

    fn constant(&self, member: &Member, name: &str, value: &Literal) -> Option<TokenStream> {
        let name = c_string(name);
        let number = match value {
            #[expect(clippy::cast_precision_loss, reason = "JavaScript numbers have this precision, too")]
            Literal::Integer(value) => *value as f64,
            Literal::Float(value) if value.is_finite() => *value,
            _ => {
                self.problem(member.span, "only finite numbers are supported as constants", "this constant");
                return None;
            }
        };
        let number = TokenLiteral::f64_unsuffixed(number);
        Some(quote!(Member::constant(#name, #number)))
    }

    fn attribute_entry(&self, member: &Member, attribute: &Attribute, target: &Target) -> TokenStream {
        let this = &target.this;
        let idl = &attribute.name.name;
        let name = c_string(idl);
        if event_handler_type(&attribute.ty) {
            self.check_event_target(member.span);
            return self.event_handler_entry(idl, target);
        }
        let methods = &target.methods;
        let getter_method = ident(&snake(idl));
        if attribute.modifier == Modifier::Static || target.namespace {
            if !attribute.readonly {
                self.problem(member.span, "only read-only static attributes are supported", "this attribute");
            }
            let value = self.to_js(&attribute.ty, &quote!(<#this as #methods>::#getter_method(realm)?));
            return quote!(Member::static_getter(#name, |realm| #value));
        }
        let value = self.getter_value(attribute, &quote!(#methods::#getter_method(this, realm)?));
        let getter = quote!(|realm, this: &#this| #value);
        if let Some(forward) = find_attribute(&member.attributes, "PutForwards")
            && let AttributeValue::Name(to) = &forward.value
        {
            let to = &to.name;
            let setter =
                quote!(|realm, this: &#this, value| glue::put_forwards(realm, this, #idl, #to, value));
            return quote!(Member::attribute(#name, #getter, #setter));
        }
        if member.has("Replaceable") {
            let setter = quote!(|realm, this, value| glue::replace(realm, this, #idl, value));
            return quote!(Member::replaceable::<#this, _, _>(#name, #getter, #setter));
        }
        if attribute.readonly {
            if member.has("LegacyLenientSetter") {
                return quote!(Member::attribute(#name, #getter, |_, _: &#this, _| Ok(())));
            }
            return match attribute.ty {
                Type::Generic(Generic::Promise, _) => quote!(Member::promise_getter(#name, #getter)),
                _ => quote!(Member::getter(#name, #getter)),
            };
        }
        let setter = self.setter(attribute, target);
        quote!(Member::attribute(#name, #getter, #setter))
    }

    /// The value that a getter gives: one array again and again, as long as its items stay the same.
    fn getter_value(&self, attribute: &Attribute, value: &TokenStream) -> TokenStream {
        let idl = &attribute.name.name;
        match &attribute.ty {
            Type::Generic(Generic::FrozenArray, _) => {
                quote!(glue::same_frozen_array(realm, this, #idl, #value))
            }
            Type::Nullable(inner) if matches!(**inner, Type::Generic(Generic::FrozenArray, _)) => quote! {
                match #value {
                    Some(value) => glue::same_frozen_array(realm, this, #idl, value),
                    None => Ok(Value::NULL),
                }
            },
            ty => self.to_js(ty, value),
        }
    }

    fn setter(&self, attribute: &Attribute, target: &Target) -> TokenStream {
        let (this, methods) = (&target.this, &target.methods);
        let method = format_ident!("set_{}", snake(&attribute.name.name));
        let idl = &attribute.name.name;
        if let Type::Enum(name) = &attribute.ty {
            let name = ident(name);
            return quote! {
                |realm, this: &#this, value| match idl::known(realm, value, #name::from_str)? {
                    Some(value) => #methods::#method(this, realm, value),
                    None => Ok(()),
                }
            };
        }
        let conversion = self.conversion(&attribute.ty, &quote!(value));
        quote! {
            |realm, this: &#this, value| {
                let value = #conversion.map_err(in_argument(#idl))?;
                #methods::#method(this, realm, value)
            }
        }
    }

    fn check_event_target(&self, place: Span) {
        if !self.types.selection.interfaces.contains_key("EventTarget") {
            let label = "the handler is kept by the EventTarget, which is not implemented";
            self.problem(place, "an event handler attribute needs the interface EventTarget", label);
        }
    }

    /// `onfetch`: no method, but the event handler map of the object.
    fn event_handler_entry(&self, idl: &str, target: &Target) -> TokenStream {
        let this = &target.this;
        let name = c_string(idl);
        let event = idl.strip_prefix("on").unwrap_or(idl);
        quote! {
            Member::attribute(
                #name,
                |realm, this: &#this| event_handler::get(realm, &this.root().upcast::<EventTarget>(), #event),
                |realm, this: &#this, value| {
                    event_handler::set(realm, &this.root().upcast::<EventTarget>(), #event, value)
                },
            )
        }
    }

    /// All overloads of an operation as one entry.
    fn operation_entry(&self, overloads: &Overloads<'_>, target: &Target) -> TokenStream {
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

impl Tables {
    fn add(&mut self, entry: TokenStream, member: &Member, target: &Target, is_static: bool) {
        let entry = flags(entry, member, target);
        if member.has("LegacyUnforgeable") {
            self.unforgeable.push(quote!(#entry.unforgeable()));
        } else if is_static {
            self.statics.push(entry);
        } else {
            self.members.push(entry);
        }
    }
}

/// Exposure and secure context, where they differ from those of the whole interface.
fn flags(mut entry: TokenStream, member: &Member, target: &Target) -> TokenStream {
    if member.exposure != Exposure::All && member.exposure != target.exposure {
        let exposure = exposure(&member.exposure);
        entry = quote!(#entry.exposed(#exposure));
    }
    if member.secure_context && !target.secure_context {
        entry = quote!(#entry.secure_context());
    }
    entry
}

fn stringify_entry(target: &Target) -> TokenStream {
    let (this, methods) = (&target.this, &target.methods);
    quote!(Member::method(c"toString", 0, |realm, this: &#this, _| #methods::stringify(this, realm)?.to_js(realm)))
}

/// The smallest number of arguments of any overload: the function's `length`.
fn length(overloads: &[&[Argument]]) -> TokenLiteral {
    let required = |arguments: &&[Argument]| arguments.iter().filter(|argument| !argument.optional).count();
    let length = overloads.iter().map(required).min().unwrap_or(0);
    TokenLiteral::u8_unsuffixed(u8::try_from(length).unwrap_or(u8::MAX))
}

/// An `Exposure` expression.
pub(super) fn exposure(exposure: &Exposure) -> TokenStream {
    let Exposure::Globals(globals) = exposure else { return quote!(Exposure::ALL) };
    let has = |names: [&str; 2]| names.iter().any(|name| globals.contains(*name));
    let dedicated = has(["DedicatedWorkerGlobalScope", "DedicatedWorker"]);
    let shared = has(["SharedWorkerGlobalScope", "SharedWorker"]);
    let service = has(["ServiceWorkerGlobalScope", "ServiceWorker"]);
    let mut parts = Vec::new();
    if globals.contains("Window") {
        parts.push(quote!(WINDOW));
    }
    if (dedicated && shared && service) || globals.contains("Worker") {
        parts.push(quote!(WORKER));
    } else {
        parts.extend(dedicated.then(|| quote!(DEDICATED_WORKER)));
        parts.extend(shared.then(|| quote!(SHARED_WORKER)));
        parts.extend(service.then(|| quote!(SERVICE_WORKER)));
    }
    let mut parts = parts.into_iter();
    match parts.next() {
        None => quote!(Exposure::NONE),
        Some(first) => quote!(Exposure::#first #(.or(Exposure::#parts))*),
    }
}

/// `c"name"`
pub(super) fn c_string(name: &str) -> TokenLiteral {
    let clean: Vec<u8> = name.bytes().filter(|byte| *byte != 0).collect();
    TokenLiteral::c_string(&std::ffi::CString::new(clean).unwrap_or_default())
}

/// Whether an identifier occurs in tokens.
pub(super) fn uses(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Ident(ident) => ident == name,
        proc_macro2::TokenTree::Group(group) => uses(&group.stream(), name),
        _ => false,
    })
}
