//! Entries of member tables: attributes, operations, constants, constructors.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::{format_ident, quote};

use super::operations::reacting;
use crate::ast::{AttributeValue, Generic, Literal, Modifier};
use crate::emit::Emitter;
use crate::emit::methods::{Overloads, trait_name};
use crate::emit::names::{ident, snake};
use crate::emit::special::observable;
use crate::emit::types::float_literal;
use crate::model::{Attribute, Exposure, Member, MemberKind, Type, find_attribute};
use crate::select::{event_handler_type, is_event_handler};
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
    /// Whether all of it is in cross-origin isolated realms only.
    pub(super) cross_origin_isolated: bool,
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
        let mut handlers = 0_i16;
        for member in members {
            match &member.kind {
                MemberKind::Attribute(attribute) if event_handler_type(&attribute.ty) => {
                    self.check_event_target(member.span);
                    let entry = event_handler_entry(of, member, handlers, target);
                    handlers = handlers.saturating_add(1);
                    tables.add(entry, member, target, false);
                }
                MemberKind::Constant { name, ty, value } => {
                    let entry = self.constant(member, &name.name, ty, value);
                    tables.constants.extend(entry.map(|entry| flags(entry, member, target)));
                }
                MemberKind::Attribute(attribute) => {
                    let entry = self.attribute_entry(of, member, attribute, target);
                    tables.add(entry, member, target, attribute.modifier == Modifier::Static);
                    if attribute.modifier == Modifier::Stringifier {
                        let (this, methods) = (&target.this, &target.methods);
                        let method = ident(&snake(&attribute.name.name));
                        let value =
                            self.to_js(&attribute.ty, &quote!(#methods::#method(this, realm.of(this))?));
                        let entry = quote!(Member::method(c"toString", 0, |realm, this: &#this, _| #value));
                        tables.add(entry, member, target, false);
                    }
                }
                MemberKind::Maplike { key, value, readonly } => {
                    self.maplike_entries(key, value, *readonly, members, target, &mut tables);
                }
                MemberKind::Setlike { value, readonly } => {
                    self.setlike_entries(value, *readonly, members, target, &mut tables);
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
            let Some(first) = overloads.list.first().map(|(first, ..)| *first) else { continue };
            let entry = self.operation_entry(&overloads, target);
            tables.add(entry, first, target, overloads.is_static);
            if overloads.list.iter().any(|(_, operation, _)| operation.modifier == Modifier::Stringifier) {
                let entry = self.operation_entry(&Overloads { name: "toString", ..overloads }, target);
                tables.add(entry, first, target, false);
            }
        }
        tables
    }

    fn constant(&self, member: &Member, name: &str, ty: &Type, value: &Literal) -> Option<TokenStream> {
        let name = c_string(name);
        let number = match value {
            Literal::Integer(value) if *ty == Type::Bigint => {
                let Ok(value) = i64::try_from(*value) else {
                    self.problem(member.span, "a constant of type bigint has 64 bits", "this constant");
                    return None;
                };
                let value = TokenLiteral::i64_unsuffixed(value);
                return Some(quote!(Member::constant_bigint(#name, #value)));
            }
            Literal::Boolean(value) => return Some(quote!(Member::constant_boolean(#name, #value))),
            #[expect(clippy::cast_precision_loss, reason = "JavaScript numbers have this precision, too")]
            Literal::Integer(value) => *value as f64,
            Literal::Float(_) => {
                let number = float_literal(true, value);
                return Some(quote!(Member::constant(#name, #number)));
            }
            _ => {
                self.problem(member.span, "a constant is a boolean or a number", "this constant");
                return None;
            }
        };
        let number = TokenLiteral::f64_unsuffixed(number);
        Some(quote!(Member::constant(#name, #number)))
    }

    fn attribute_entry(
        &self,
        of: &str,
        member: &Member,
        attribute: &Attribute,
        target: &Target,
    ) -> TokenStream {
        let this = &target.this;
        let idl = &attribute.name.name;
        let name = c_string(idl);
        let methods = &target.methods;
        let getter_method = ident(&snake(idl));
        if attribute.modifier == Modifier::Static || target.namespace {
            let call = quote!(<#this as #methods>::#getter_method(realm));
            let is_array = matches!(attribute.ty, Type::Generic(Generic::FrozenArray, _));
            let value = if is_array && attribute.readonly {
                let key = format!("{of}.{idl}");
                quote!(glue::static_frozen_array(realm, #key, || #call))
            } else {
                self.to_js(&attribute.ty, &quote!(#call?))
            };
            let getter = quote!(|realm| #value);
            if attribute.readonly {
                return quote!(Member::static_getter(#name, #getter));
            }
            let setter = self.setter(member, attribute, target);
            return quote!(Member::static_attribute(#name, #getter, #setter));
        }
        if observable(&attribute.ty).is_some() {
            return self.observable_entry(attribute, of, target);
        }
        let value = self.getter_value(attribute, &self.getter_call(member, attribute, target));
        let getter = quote!(|realm, this: &#this| #value);
        if let Some(forward) = find_attribute(&member.attributes, "PutForwards")
            && let AttributeValue::Name(to) = &forward.value
        {
            let to = &to.name;
            let setter =
                quote!(|realm, this: &#this, value| glue::put_forwards(realm, this, #idl, #to, value));
            let constructor = attribute_constructor(member);
            return quote!(#constructor(#name, #getter, #setter));
        }
        if member.has("Replaceable") {
            let setter = quote!(|realm, this, value| glue::replace(realm, this, #idl, value));
            return quote!(Member::replaceable::<#this, _, _>(#name, #getter, #setter));
        }
        if attribute.readonly {
            if member.has("LegacyLenientSetter") {
                let constructor = attribute_constructor(member);
                return quote!(#constructor(#name, #getter, |_, _: &#this, _| Ok(())));
            }
            return match attribute.ty {
                Type::Generic(Generic::Promise, _) => quote!(Member::promise_getter(#name, #getter)),
                _ if member.has("LegacyLenientThis") => quote!(Member::lenient_getter(#name, #getter)),
                _ => quote!(Member::getter(#name, #getter)),
            };
        }
        let setter = self.setter(member, attribute, target);
        let constructor = attribute_constructor(member);
        quote!(#constructor(#name, #getter, #setter))
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

    fn setter(&self, member: &Member, attribute: &Attribute, target: &Target) -> TokenStream {
        let (this, methods) = (&target.this, &target.methods);
        let method = format_ident!("set_{}", snake(&attribute.name.name));
        let idl = &attribute.name.name;
        let (parameters, call) = if attribute.modifier == Modifier::Static {
            (quote!(realm, value), quote!(<#this as #methods>::#method(realm, value)))
        } else {
            let call = reacting(member, quote!(#methods::#method(this, realm.of(this), value)));
            (quote!(realm, this: &#this, value), call)
        };
        if let Type::Enum(name) = &attribute.ty {
            let name = ident(name);
            return quote! {
                |#parameters| match idl::known(realm, value, #name::from_str)? {
                    Some(value) => #call,
                    None => Ok(()),
                }
            };
        }
        let conversion = self.conversion(&attribute.ty, &quote!(value));
        quote! {
            |#parameters| {
                let value = #conversion.map_err(in_argument(#idl))?;
                #call
            }
        }
    }

    /// An expression for what the getter of an attribute gives: the method's, or an ancestor's.
    fn getter_call(&self, member: &Member, attribute: &Attribute, target: &Target) -> TokenStream {
        let method = ident(&snake(&attribute.name.name));
        if attribute.modifier != Modifier::Inherit {
            let methods = &target.methods;
            return quote!(#methods::#method(this, realm.of(this))?);
        }
        let this = target.this.to_string();
        let same = |member: &&Member| {
            matches!(&member.kind, MemberKind::Attribute(other)
                if other.name.name == attribute.name.name && other.modifier != Modifier::Inherit)
        };
        let ancestors = self.world.ancestry(&this);
        let selected = ancestors
            .iter()
            .rev()
            .skip(1)
            .filter_map(|one| self.types.selection.interfaces.get(&one.name.name));
        let found = selected.filter_map(|one| Some((one, one.members.iter().find(same)?))).next();
        let Some((ancestor, inherited)) = found else {
            // That there is one is a rule of the model's.
            if ancestors.iter().rev().skip(1).any(|one| one.members.iter().any(|member| same(&member))) {
                let message = format!("`{}` inherits a getter that is not implemented", attribute.name.name);
                self.problem(member.span, &message, "implement the attribute of the ancestor, too");
            }
            return quote!(unreachable!());
        };
        let name = &ancestor.name.name;
        let methods = ident(&trait_name(inherited.mixin.as_deref().unwrap_or(name)));
        let ancestor = ident(name);
        quote!(<#ancestor as #methods>::#method(this, realm.of(this))?)
    }

    fn check_event_target(&self, place: Span) {
        if !self.types.selection.interfaces.contains_key("EventTarget") {
            let label = "the handler is kept by the EventTarget, which is not implemented";
            self.problem(place, "an event handler attribute needs the interface EventTarget", label);
        }
    }

    /// The list of the events that the event handler attributes among some members are for; nothing if there are none.
    pub(super) fn event_handlers(&self, of: &str, members: &[&Member]) -> Option<TokenStream> {
        let handlers = handlers_name(of);
        let names = members.iter().filter(|member| is_event_handler(member)).map(|member| member.name());
        let events: Vec<&str> = names.map(|name| name.strip_prefix("on").unwrap_or(name)).collect();
        if events.is_empty() {
            return None;
        }
        Some(quote! {
            #[doc = " The event handlers, by the number of their events."]
            struct #handlers;

            impl EventHandlers for #handlers {
                type Target = EventTarget;
                const EVENTS: &'static [&'static str] = &[#(#events),*];

                fn get(realm: &Realm, target: &Root<EventTarget>, event: &'static str) -> Fallible<Value> {
                    event_handler::get(realm, target, event)
                }

                fn set(
                    realm: &Realm,
                    target: &Root<EventTarget>,
                    event: &'static str,
                    value: &Value,
                ) -> Fallible<()> {
                    event_handler::set(realm, target, event, value)
                }
            }
        })
    }
}

/// `onfetch`: no method, but the event handler map of the object; `number` is the event's.
fn event_handler_entry(of: &str, member: &Member, number: i16, target: &Target) -> TokenStream {
    let (this, handlers) = (&target.this, handlers_name(of));
    let name = c_string(member.name());
    let constructor = if member.has("LegacyLenientThis") {
        quote!(Member::lenient_event_handler)
    } else {
        quote!(Member::event_handler)
    };
    let number = TokenLiteral::i16_unsuffixed(number);
    quote!(#constructor::<#this, #handlers>(#name, #number))
}

/// The type that knows the events of an interface or mixin.
fn handlers_name(of: &str) -> proc_macro2::Ident {
    format_ident!("{}Handlers", ident(of))
}

impl Tables {
    pub(super) fn add(&mut self, entry: TokenStream, member: &Member, target: &Target, is_static: bool) {
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
pub(super) fn flags(mut entry: TokenStream, member: &Member, target: &Target) -> TokenStream {
    if member.exposure != Exposure::All && member.exposure != target.exposure {
        let exposure = exposure(&member.exposure);
        entry = quote!(#entry.exposed(#exposure));
    }
    if member.secure_context && !target.secure_context {
        entry = quote!(#entry.secure_context());
    }
    if member.cross_origin_isolated && !target.cross_origin_isolated {
        entry = quote!(#entry.cross_origin_isolated());
    }
    entry
}

/// The function that makes the entry of an attribute that can be set.
fn attribute_constructor(member: &Member) -> TokenStream {
    if member.has("LegacyLenientThis") {
        quote!(Member::lenient_attribute)
    } else {
        quote!(Member::attribute)
    }
}

fn stringify_entry(target: &Target) -> TokenStream {
    let (this, methods) = (&target.this, &target.methods);
    quote!(Member::method(c"toString", 0, |realm, this: &#this, _| #methods::stringify(this, realm.of(this))?.to_js(realm)))
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
