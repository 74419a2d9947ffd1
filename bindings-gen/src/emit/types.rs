//! IDL types as Rust types.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::names::{camel, ident};
use crate::ast::{Buffer, Generic, Integer, Literal};
use crate::model::{Argument, Type};
use crate::select::Selection;

/// The Rust names of all types of a selection.
#[derive(Debug)]
pub(crate) struct Types<'s> {
    pub(super) selection: &'s Selection,
    /// The name of each union.
    pub(super) unions: BTreeMap<Vec<Type>, String>,
}

impl<'s> Types<'s> {
    pub(super) fn new(selection: &'s Selection) -> Types<'s> {
        let mut types = Types { selection, unions: BTreeMap::new() };
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

    /// The Rust type.
    pub(super) fn rust(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Any | Type::Symbol | Type::Bigint | Type::Unknown(..) => quote!(Value),
            Type::Undefined => quote!(()),
            Type::NotImplemented(_) => quote!(NotImplemented),
            Type::Object => quote!(Object),
            Type::Boolean => quote!(bool),
            Type::Integer(integer, _) => integer_type(*integer),
            Type::Float { double: true, .. } => quote!(f64),
            Type::Float { double: false, .. } => quote!(f32),
            Type::DomString { .. } => quote!(DomString),
            Type::UsvString => quote!(String),
            Type::ByteString => quote!(ByteString),
            Type::Buffer { kind, .. } => buffer_type(*kind),
            Type::Interface(name) => {
                let name = ident(name);
                quote!(Root<#name>)
            }
            Type::CallbackInterface(name)
            | Type::Callback(name)
            | Type::Dictionary(name)
            | Type::Enum(name) => {
                let name = ident(name);
                quote!(#name)
            }
            Type::Nullable(inner) => {
                let inner = self.rust(inner);
                quote!(Option<#inner>)
            }
            Type::Generic(Generic::Promise, inner) => {
                let inner = self.promised(inner);
                quote!(Promise<#inner>)
            }
            Type::Generic(generic, inner) => {
                let inner = self.rust(inner);
                match generic {
                    Generic::Sequence | Generic::FrozenArray | Generic::ObservableArray => {
                        quote!(Vec<#inner>)
                    }
                    Generic::AsyncSequence => quote!(AsyncSequence<#inner>),
                    Generic::Promise => quote!(Promise<#inner>),
                }
            }
            Type::Record(key, value) => {
                let (key, value) = (self.rust(key), self.rust(value));
                quote!(Record<#key, #value>)
            }
            Type::Union(members) => {
                let name = self.union_name(members);
                let name = ident(&name);
                quote!(#name)
            }
        }
    }

    /// The type of a promise's value: converts itself, as no glue sees it.
    fn promised(&self, ty: &Type) -> TokenStream {
        match ty {
            Type::Generic(Generic::FrozenArray, inner) => {
                let inner = self.rust(inner);
                quote!(FrozenArray<#inner>)
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
            (Type::Any, Literal::Null) => quote!(Value::NULL),
            (Type::Any, Literal::Boolean(value)) => quote!(Value::boolean(#value)),
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
            (Type::Generic(..) | Type::Record(..), Literal::EmptySequence | Literal::EmptyDictionary) => {
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

fn float_literal(double: bool, literal: &Literal) -> TokenStream {
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

fn buffer_type(buffer: Buffer) -> TokenStream {
    match buffer {
        Buffer::ArrayBuffer | Buffer::SharedArrayBuffer => quote!(ArrayBuffer),
        Buffer::ArrayBufferView | Buffer::DataView => quote!(ArrayBufferView),
        Buffer::BufferSource => quote!(BufferSource),
        _ => quote!(TypedArray),
    }
}

/// The variant of an enumeration's value.
pub(super) fn enum_variant(value: &str) -> String {
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
                M::AsyncIterable { value, arguments, .. } => {
                    value.walk(visit);
                    arguments.iter().for_each(|argument| argument.ty.walk(visit));
                }
                M::Maplike { .. } | M::Setlike { .. } | M::Stringifier => {}
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
