//! Expressions that convert a JavaScript value to an IDL type and back, and tables of what a type accepts.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::{Buffer, Generic};
use crate::emit::Emitter;
use crate::emit::names::ident;
use crate::model::{IntegerConversion, Type};

impl Emitter<'_> {
    /// An expression that can be called with a realm and a value, and gives a `Fallible` of the Rust type.
    pub(super) fn converter(&self, ty: &Type) -> TokenStream {
        match self.conversion_path(ty) {
            Some(path) => path,
            None => {
                let call = self.conversion(ty, &quote!(value));
                quote!(|realm, value| #call)
            }
        }
    }

    /// An expression that converts a value, and is a `Fallible` of the Rust type.
    pub(super) fn conversion(&self, ty: &Type, value: &TokenStream) -> TokenStream {
        if let Some(path) = self.conversion_path(ty) {
            return quote!(#path(realm, #value));
        }
        match ty {
            Type::Nullable(inner) => {
                let nullable = match **inner {
                    Type::Callback(ref name) if self.takes_any_object(name) => quote!(non_object_as_null),
                    _ => quote!(nullable),
                };
                let inner = self.converter(inner);
                quote!(idl::#nullable(realm, #value, #inner))
            }
            Type::Record(key, of) => {
                let (key, of) = (self.converter(key), self.converter(of));
                quote!(idl::record(realm, #value, #key, #of))
            }
            Type::Buffer { kind, shared, resizable } => {
                let allow = ident(match (shared, resizable) {
                    (false, false) => "NOTHING",
                    (true, false) => "SHARED",
                    (false, true) => "RESIZABLE",
                    (true, true) => "BOTH",
                });
                let function = match kind {
                    Buffer::ArrayBuffer => "array_buffer",
                    Buffer::SharedArrayBuffer => "shared_array_buffer",
                    Buffer::DataView => "data_view",
                    Buffer::ArrayBufferView => "array_buffer_view",
                    Buffer::BufferSource => "buffer_source",
                    other => {
                        let kind = typed_array_kind(*other);
                        return quote!(idl::typed_array(realm, #value, #kind, idl::Allow::#allow));
                    }
                };
                let function = ident(function);
                quote!(idl::#function(realm, #value, idl::Allow::#allow))
            }
            Type::Generic(_, inner) => {
                let inner = self.converter(inner);
                quote!(idl::sequence(realm, #value, #inner))
            }
            _ => quote!(FromJs::from_js(realm, #value)),
        }
    }

    /// The function that converts to a type, if it needs nothing but the value.
    fn conversion_path(&self, ty: &Type) -> Option<TokenStream> {
        match ty {
            Type::Integer(_, IntegerConversion::EnforceRange) => Some(quote!(idl::enforce_range)),
            Type::Integer(_, IntegerConversion::Clamp) => Some(quote!(idl::clamp)),
            Type::Float { unrestricted: true, .. } => Some(quote!(idl::unrestricted)),
            Type::DomString { null_to_empty: true } => Some(quote!(idl::null_to_empty)),
            Type::Symbol => Some(quote!(idl::symbol)),
            Type::Generic(Generic::Promise | Generic::AsyncSequence, _) => Some(quote!(FromJs::from_js)),
            ty if self.is_plain(ty) => Some(quote!(FromJs::from_js)),
            _ => None,
        }
    }

    /// Whether `FromJs` of the Rust type converts as the IDL type wants it.
    fn is_plain(&self, ty: &Type) -> bool {
        match ty {
            Type::Integer(_, conversion) => *conversion == IntegerConversion::Modulo,
            Type::Float { unrestricted, .. } => !unrestricted,
            Type::DomString { null_to_empty } => !null_to_empty,
            Type::Nullable(inner) => match &**inner {
                Type::Callback(name) => !self.takes_any_object(name),
                inner => self.is_plain(inner),
            },
            Type::Generic(_, inner) => self.is_plain(inner),
            Type::Buffer { .. } | Type::Record(..) | Type::Symbol => false,
            _ => true,
        }
    }

    /// Whether a callback function has `[LegacyTreatNonObjectAsNull]`.
    pub(super) fn takes_any_object(&self, callback: &str) -> bool {
        self.world.callbacks.get(callback).is_some_and(|callback| callback.treat_non_object_as_null)
    }

    /// An expression for the JavaScript value of `value`, as a `Fallible`.
    pub(super) fn to_js(&self, ty: &Type, value: &TokenStream) -> TokenStream {
        match ty {
            Type::Generic(Generic::FrozenArray, _) => quote!(convert::frozen_array(realm, #value)),
            Type::Record(key, _) => match **key {
                Type::DomString { .. } => quote!(convert::record_to_js(realm, #value)),
                _ => quote!(idl::record_to_js(realm, #value)),
            },
            Type::Nullable(inner)
                if matches!(**inner, Type::Generic(Generic::FrozenArray, _) | Type::Record(..)) =>
            {
                let inner = self.to_js(inner, &quote!(value));
                quote!(match #value {
                    Some(value) => #inner,
                    None => Ok(Value::NULL),
                })
            }
            _ => quote!(#value.to_js(realm)),
        }
    }

    /// A `Candidate` for a type: what values it accepts in a union or as the argument that tells overloads apart.
    pub(super) fn candidate(&self, ty: &Type, optional: bool) -> TokenStream {
        let mut accepts = Accepts::default();
        if optional {
            accepts.kinds.push("UNDEFINED");
        }
        if ty.is_nullable() {
            accepts.kinds.push("NULLISH");
        }
        let members = match ty.inner() {
            Type::Union(members) => members.as_slice(),
            _ => std::slice::from_ref(ty.inner()),
        };
        for member in members {
            accepts.add(member);
        }
        accepts.kinds.dedup();
        let mut kinds = accepts.kinds.iter().map(|kind| ident(kind));
        let kinds = match kinds.next() {
            None => quote!(Accepts::NOTHING),
            Some(first) => quote!(Accepts::#first #(.or(Accepts::#kinds))*),
        };
        let mut candidate = quote!(Candidate::new(#kinds));
        if !accepts.interfaces.is_empty() {
            let interfaces = accepts.interfaces.iter().map(|name| ident(name));
            candidate = quote!(#candidate.interfaces(&[#(#interfaces::IDL),*]));
        }
        if !accepts.typed_arrays.is_empty() {
            let kinds = accepts.typed_arrays.iter().map(|kind| typed_array_kind(*kind));
            candidate = quote!(#candidate.typed_arrays(&[#(#kinds),*]));
        }
        candidate
    }
}

#[derive(Default)]
struct Accepts {
    kinds: Vec<&'static str>,
    interfaces: Vec<String>,
    typed_arrays: Vec<Buffer>,
}

impl Accepts {
    fn add(&mut self, ty: &Type) {
        match ty {
            Type::Any => self.kinds.push("ANY"),
            Type::Undefined => self.kinds.push("UNDEFINED"),
            Type::Object | Type::Generic(Generic::Promise, _) => self.kinds.push("OBJECT"),
            Type::Boolean => self.kinds.push("BOOLEAN"),
            Type::Integer(..) | Type::Float { .. } => self.kinds.push("NUMBER"),
            Type::DomString { .. } | Type::UsvString | Type::ByteString | Type::Enum(_) => {
                self.kinds.push("STRING");
            }
            Type::Interface(name) => self.interfaces.push(name.clone()),
            Type::Callback(_) => self.kinds.push("CALLBACK"),
            Type::Dictionary(_) => self.kinds.extend(["NULLISH", "DICTIONARY"]),
            Type::CallbackInterface(_) | Type::Record(..) => self.kinds.push("DICTIONARY"),
            Type::Generic(Generic::AsyncSequence, _) => self.kinds.push("ASYNC_SEQUENCE"),
            Type::Generic(..) => self.kinds.push("SEQUENCE"),
            Type::Buffer { kind, shared, .. } => match kind {
                Buffer::ArrayBuffer => self.kinds.push("ARRAY_BUFFER"),
                Buffer::SharedArrayBuffer => self.kinds.push("SHARED_ARRAY_BUFFER"),
                Buffer::DataView => self.kinds.push("DATA_VIEW"),
                Buffer::ArrayBufferView => self.kinds.extend(["DATA_VIEW", "TYPED_ARRAY"]),
                Buffer::BufferSource => {
                    self.kinds.extend(["ARRAY_BUFFER", "DATA_VIEW", "TYPED_ARRAY"]);
                    if *shared {
                        self.kinds.push("SHARED_ARRAY_BUFFER");
                    }
                }
                other => self.typed_arrays.push(*other),
            },
            Type::Symbol => self.kinds.push("SYMBOL"),
            Type::Bigint => self.kinds.push("BIGINT"),
            Type::Nullable(_) | Type::Union(_) | Type::NotImplemented(_) | Type::Unknown(..) => {}
        }
    }
}

/// Whether `ToJs` of the Rust type converts as the IDL type wants it.
pub(super) fn is_plain_to_js(ty: &Type) -> bool {
    match ty {
        Type::Generic(Generic::FrozenArray, _) | Type::Record(..) => false,
        Type::Nullable(inner) => is_plain_to_js(inner),
        _ => true,
    }
}

fn typed_array_kind(kind: Buffer) -> TokenStream {
    let name = format!("{kind:?}");
    let name = ident(name.strip_suffix("Array").unwrap_or(&name));
    quote!(TypedArrayKind::#name)
}
