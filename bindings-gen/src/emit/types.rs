//! IDL types as Rust types.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::backend::{Backend, EngineType, Generics};
use super::names::{camel, ident};
use super::recursion::Recursion;
use crate::ast::{Generic, Integer, Literal};
use crate::model::{Argument, Type};
use crate::select::Selection;

/// The Rust names of all types of a selection.
#[derive(Debug)]
pub(crate) struct Types<'s> {
    pub(super) selection: &'s Selection,
    pub(super) backend: &'s dyn Backend,
    /// The name of each union.
    pub(super) unions: BTreeMap<Vec<Type>, String>,
    /// The dictionaries that have members of types that only an engine has.
    with_engine: BTreeSet<String>,
    pub(super) recursion: Recursion,
}

impl<'s> Types<'s> {
    pub(super) fn new(selection: &'s Selection, backend: &'s dyn Backend) -> Types<'s> {
        let with_engine = with_engine(selection);
        let recursion = Recursion::new(selection);
        let mut types = Types { selection, backend, unions: BTreeMap::new(), with_engine, recursion };
        let mut met = BTreeSet::new();
        visit_types(selection, &mut |ty| {
            if let Type::Union(members) = ty {
                met.insert(members.clone());
            }
        });
        types.name_unions(met);
        types
    }

    /// Unions with a typedef have its name; the others have the names of their members.
    fn name_unions(&mut self, unions: BTreeSet<Vec<Type>>) {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        taken.extend(self.selection.dictionaries.keys().cloned());
        taken.extend(self.selection.enums.keys().cloned());
        taken.extend(self.selection.callbacks.keys().cloned());
        taken.extend(self.selection.callback_interfaces.keys().cloned());
        for (members, name) in &self.selection.typedefs {
            if unions.contains(members) && taken.insert(name.clone()) {
                self.unions.insert(members.clone(), name.clone());
            }
        }
        // Inner unions first, because they are part of the names of the outer ones.
        let mut rest: Vec<Vec<Type>> =
            unions.into_iter().filter(|members| !self.unions.contains_key(members)).collect();
        rest.sort_by_key(|members| Type::Union(members.clone()).depth());
        for members in rest {
            let words: Vec<String> = members.iter().map(|member| self.variant(member)).collect();
            let base = words.join("Or");
            let mut name = base.clone();
            let mut count = 1;
            while !taken.insert(name.clone()) {
                count += 1;
                name = format!("{base}{count}");
            }
            self.unions.insert(members, name);
        }
    }

    /// The name of a type in the name of a union, and of the union's variant.
    pub(super) fn variant(&self, ty: &Type) -> String {
        match ty {
            Type::Any => "Any".to_owned(),
            Type::Undefined => "Undefined".to_owned(),
            Type::Object => "Object".to_owned(),
            Type::Symbol => "Symbol".to_owned(),
            Type::Bigint => "Bigint".to_owned(),
            Type::Boolean => "Boolean".to_owned(),
            Type::Integer(integer, _) => format!("{integer:?}"),
            Type::Float { double: true, .. } => "Double".to_owned(),
            Type::Float { double: false, .. } => "Float".to_owned(),
            Type::DomString { null_to_empty: false } => "DomString".to_owned(),
            Type::DomString { null_to_empty: true } => "NullToEmptyDomString".to_owned(),
            Type::UsvString => "UsvString".to_owned(),
            Type::ByteString => "ByteString".to_owned(),
            Type::Buffer { kind, .. } => format!("{kind:?}"),
            Type::Interface(name)
            | Type::CallbackInterface(name)
            | Type::Callback(name)
            | Type::Dictionary(name)
            | Type::Enum(name)
            | Type::NotImplemented(name)
            | Type::Unknown(name, _) => name.clone(),
            Type::Nullable(inner) => format!("{}OrNull", self.variant(inner)),
            Type::Generic(generic, inner) => {
                let suffix = match generic {
                    Generic::Sequence => "Sequence",
                    Generic::AsyncSequence => "AsyncSequence",
                    Generic::FrozenArray | Generic::ObservableArray => "Array",
                    Generic::Promise => "Promise",
                };
                format!("{}{suffix}", self.variant(inner))
            }
            Type::Record(key, value) => format!("{}{}Record", self.variant(key), self.variant(value)),
            Type::Union(members) => self.union_name(members),
        }
    }

    pub(super) fn union_name(&self, members: &[Type]) -> String {
        self.unions.get(members).cloned().unwrap_or_else(|| {
            let words: Vec<String> = members.iter().map(|member| self.variant(member)).collect();
            words.join("Or")
        })
    }

    /// The type parameters of a dictionary or union: none if it is plain data.
    pub(super) fn engine_generics(&self, ty: &Type) -> Generics {
        if mentions_engine(ty, &self.with_engine) { self.backend.generics() } else { Generics::default() }
    }

    /// The Rust type.
    pub(super) fn rust(&self, ty: &Type) -> TokenStream {
        let engine = |ty: EngineType<'_>| self.backend.engine_type(ty);
        match ty {
            Type::Any | Type::Unknown(..) => engine(EngineType::Any),
            Type::Symbol => engine(EngineType::Symbol),
            Type::Bigint => engine(EngineType::Bigint),
            Type::Undefined => quote!(()),
            Type::NotImplemented(_) => quote!(NotImplemented),
            Type::Object => engine(EngineType::Object),
            Type::Boolean => quote!(bool),
            Type::Integer(integer, _) => integer_type(*integer),
            Type::Float { double: true, .. } => quote!(f64),
            Type::Float { double: false, .. } => quote!(f32),
            Type::DomString { .. } => quote!(DomString),
            Type::UsvString => quote!(String),
            Type::ByteString => quote!(ByteString),
            Type::Buffer { kind, .. } => engine(EngineType::Buffer(*kind)),
            Type::Interface(name) => engine(EngineType::Interface(name)),
            Type::CallbackInterface(name) => engine(EngineType::CallbackInterface(name)),
            Type::Callback(name) => engine(EngineType::Callback(name)),
            Type::Dictionary(name) | Type::Enum(name) => {
                let (name, generics) = (ident(name), self.engine_generics(ty).used);
                quote!(#name #generics)
            }
            Type::Nullable(inner) => {
                let inner = self.rust(inner);
                quote!(Option<#inner>)
            }
            Type::Generic(Generic::Promise, inner) => {
                let inner = self.promised(inner);
                engine(EngineType::Promise(inner))
            }
            Type::Generic(generic, inner) => {
                let inner = self.rust(inner);
                match generic {
                    Generic::Sequence | Generic::FrozenArray | Generic::ObservableArray => {
                        quote!(Vec<#inner>)
                    }
                    Generic::AsyncSequence => engine(EngineType::AsyncSequence(inner)),
                    Generic::Promise => engine(EngineType::Promise(inner)),
                }
            }
            Type::Record(key, value) => {
                let (key, value) = (self.rust(key), self.rust(value));
                quote!(Record<#key, #value>)
            }
            Type::Union(members) => {
                let (name, generics) = (ident(&self.union_name(members)), self.engine_generics(ty).used);
                quote!(#name #generics)
            }
        }
    }

    /// The type of a promise's value: converts itself, as no glue sees it.
    fn promised(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Generic(Generic::FrozenArray, inner) => {
                let inner = self.rust(inner);
                self.backend.engine_type(EngineType::PromisedFrozenArray(inner))
            }
            ty => self.rust(ty),
        }
    }

    /// The Rust type of an argument: optional without default is an Option, variadic is a Vec.
    pub(super) fn argument(&self, argument: &Argument) -> TokenStream {
        let ty = self.rust(&argument.ty);
        match argument {
            Argument { variadic: true, .. } => quote!(Vec<#ty>),
            Argument { optional: true, default: None, .. } => quote!(Option<#ty>),
            _ => ty,
        }
    }

    /// The Rust value of a default value; none if the literal does not fit the type.
    pub(super) fn literal(&self, ty: &Type, literal: &Literal) -> Option<TokenStream> {
        Some(match (ty, literal) {
            (Type::Nullable(_), Literal::Null) => quote!(None),
            (Type::Nullable(inner), literal) => {
                let value = self.literal(inner, literal)?;
                quote!(Some(#value))
            }
            (Type::Any, literal) => self.backend.any_literal(literal)?,
            (Type::Undefined, Literal::Undefined) => quote!(()),
            (Type::Bigint, Literal::Integer(value)) => self.backend.bigint_literal(*value)?,
            (Type::Boolean, Literal::Boolean(value)) => quote!(#value),
            (Type::Integer(integer, _), Literal::Integer(value)) if in_range(*integer, *value) => {
                let literal = proc_macro2::Literal::i128_unsuffixed(*value);
                quote!(#literal)
            }
            (Type::Float { double, .. }, Literal::Integer(_) | Literal::Float(_)) => {
                float_literal(*double, literal)
            }
            (Type::DomString { .. }, Literal::Text(text)) => quote!(DomString::from(#text)),
            (Type::UsvString, Literal::Text(text)) => quote!(String::from(#text)),
            (Type::ByteString, Literal::Text(text)) => quote!(ByteString::from(#text)),
            (Type::Enum(name), Literal::Text(text)) => {
                let values = &self.selection.enums.get(name)?.values;
                values.iter().find(|(value, _)| value == text)?;
                let (name, variant) = (ident(name), ident(&enum_variant(text)));
                quote!(#name::#variant)
            }
            (Type::Generic(Generic::Promise | Generic::AsyncSequence, _), _) => return None,
            (Type::Generic(..), Literal::EmptySequence) | (Type::Record(..), Literal::EmptyDictionary) => {
                quote!(Vec::new())
            }
            (Type::Dictionary(name), Literal::EmptyDictionary) => {
                let name = ident(name);
                quote!(#name::default())
            }
            (Type::Union(members), literal) => {
                let (member, value) =
                    members.iter().find_map(|member| Some((member, self.literal(member, literal)?)))?;
                let name = self.union_name(members);
                let (name, variant) = (ident(&name), ident(&self.variant(member)));
                quote!(#name::#variant(#value))
            }
            _ => return None,
        })
    }
}

impl Type {
    /// How deep types are nested in it.
    fn depth(&self) -> usize {
        1 + match self {
            Type::Nullable(inner) | Type::Generic(_, inner) => inner.depth(),
            Type::Record(key, value) => key.depth().max(value.depth()),
            Type::Union(members) => members.iter().map(Type::depth).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// The value of a number.
pub(super) fn float_literal(double: bool, literal: &Literal) -> TokenStream {
    let value = match literal {
        Literal::Float(value) => *value,
        #[expect(clippy::cast_precision_loss, reason = "JavaScript numbers have this precision, too")]
        Literal::Integer(value) => *value as f64,
        _ => 0.0,
    };
    let ty = if double { quote!(f64) } else { quote!(f32) };
    if value.is_nan() {
        return quote!(#ty::NAN);
    }
    if value.is_infinite() {
        return if value > 0.0 { quote!(#ty::INFINITY) } else { quote!(#ty::NEG_INFINITY) };
    }
    let literal = proc_macro2::Literal::f64_unsuffixed(value);
    quote!(#literal)
}

pub(super) fn integer_type(integer: Integer) -> TokenStream {
    match integer {
        Integer::Byte => quote!(i8),
        Integer::Octet => quote!(u8),
        Integer::Short => quote!(i16),
        Integer::UnsignedShort => quote!(u16),
        Integer::Long => quote!(i32),
        Integer::UnsignedLong => quote!(u32),
        Integer::LongLong => quote!(i64),
        Integer::UnsignedLongLong => quote!(u64),
    }
}

/// Whether a value is one of an integer type.
fn in_range(integer: Integer, value: i128) -> bool {
    match integer {
        Integer::Byte => i8::try_from(value).is_ok(),
        Integer::Octet => u8::try_from(value).is_ok(),
        Integer::Short => i16::try_from(value).is_ok(),
        Integer::UnsignedShort => u16::try_from(value).is_ok(),
        Integer::Long => i32::try_from(value).is_ok(),
        Integer::UnsignedLong => u32::try_from(value).is_ok(),
        Integer::LongLong => i64::try_from(value).is_ok(),
        Integer::UnsignedLongLong => u64::try_from(value).is_ok(),
    }
}

/// The dictionaries that have, somewhere in them, a type that only an engine has.
fn with_engine(selection: &Selection) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    loop {
        let more: Vec<String> = selection
            .dictionaries
            .iter()
            .filter(|(name, dictionary)| {
                let inherited =
                    dictionary.inherits.as_ref().is_some_and(|parent| found.contains(&parent.name));
                let own = dictionary.members.iter().any(|member| mentions_engine(&member.ty, &found));
                !found.contains(*name) && (inherited || own)
            })
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Whether a type is, or has in it, one that only an engine has; `dictionaries` are those known to.
fn mentions_engine(ty: &Type, dictionaries: &BTreeSet<String>) -> bool {
    let mut found = false;
    ty.walk(&mut |ty| {
        found |= match ty {
            Type::Any
            | Type::Object
            | Type::Symbol
            | Type::Bigint
            | Type::Buffer { .. }
            | Type::Interface(_)
            | Type::CallbackInterface(_)
            | Type::Callback(_)
            | Type::Unknown(..)
            | Type::Generic(Generic::Promise | Generic::AsyncSequence, _) => true,
            Type::Dictionary(name) => dictionaries.contains(name),
            _ => false,
        };
    });
    found
}

/// The variant of an enumeration's value.
#[must_use]
pub fn enum_variant(value: &str) -> String {
    let name = camel(value);
    if name.is_empty() { "Empty".to_owned() } else { name }
}

/// Calls `visit` with every type of the selection, and every type in those.
pub(super) fn visit_types(selection: &Selection, visit: &mut dyn FnMut(&Type)) {
    use crate::model::MemberKind as M;
    let interfaces = selection.interfaces.values().chain(selection.callback_interfaces.values());
    for interface in interfaces {
        for (_, arguments) in &interface.legacy_factories {
            arguments.iter().for_each(|argument| argument.ty.walk(visit));
        }
        for member in &interface.members {
            match &member.kind {
                M::Constant { ty, .. } => ty.walk(visit),
                M::Attribute(attribute) => attribute.ty.walk(visit),
                M::Operation(operation) => {
                    operation.returns.walk(visit);
                    operation.arguments.iter().for_each(|argument| argument.ty.walk(visit));
                }
                M::Constructor(arguments) => arguments.iter().for_each(|argument| argument.ty.walk(visit)),
                M::Iterable { key, value } => {
                    key.iter().for_each(|key| key.walk(visit));
                    value.walk(visit);
                }
                M::AsyncIterable { key, value, arguments } => {
                    key.iter().for_each(|key| key.walk(visit));
                    value.walk(visit);
                    arguments.iter().for_each(|argument| argument.ty.walk(visit));
                }
                M::Maplike { key, value, .. } => {
                    key.walk(visit);
                    value.walk(visit);
                }
                M::Setlike { value, .. } => value.walk(visit),
                M::Stringifier => {}
            }
        }
    }
    for dictionary in selection.dictionaries.values() {
        dictionary.members.iter().for_each(|member| member.ty.walk(visit));
    }
    for callback in selection.callbacks.values() {
        callback.returns.walk(visit);
        callback.arguments.iter().for_each(|argument| argument.ty.walk(visit));
    }
}
