//! What every generated module stands on: the trait of engines, and the types of Web IDL that are plain data.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::emit::docs::doc;
use crate::emit::files::Module;
use crate::emit::names::ident;

/// Types that only an engine has, with what they are.
const ENGINE_TYPES: [(&str, &str); 24] = [
    ("Realm", "The environment that a method runs in: a global object and what belongs to it."),
    ("Thrown", "What is thrown."),
    ("Value", "`any`: a value of the engine's language."),
    ("Object", "`object`."),
    ("Symbol", "`symbol`."),
    ("BigInt", "`bigint`."),
    ("AsyncIteration", "The state of one asynchronous iteration."),
    ("ArrayBuffer", "`ArrayBuffer`."),
    ("SharedArrayBuffer", "`SharedArrayBuffer`."),
    ("ArrayBufferView", "`ArrayBufferView`: a view of any kind."),
    ("BufferSource", "`BufferSource`: a buffer or a view of one."),
    ("DataView", "`DataView`."),
    ("Int8Array", "`Int8Array`."),
    ("Int16Array", "`Int16Array`."),
    ("Int32Array", "`Int32Array`."),
    ("Uint8Array", "`Uint8Array`."),
    ("Uint16Array", "`Uint16Array`."),
    ("Uint32Array", "`Uint32Array`."),
    ("Uint8ClampedArray", "`Uint8ClampedArray`."),
    ("BigInt64Array", "`BigInt64Array`."),
    ("BigUint64Array", "`BigUint64Array`."),
    ("Float16Array", "`Float16Array`."),
    ("Float32Array", "`Float32Array`."),
    ("Float64Array", "`Float64Array`."),
];

/// All names that are taken.
pub(super) fn names() -> BTreeSet<&'static str> {
    let own = ["World", "Engine", "Fallible", "Inherits", "Root", "Promise", "AsyncSequence", "E"];
    let data = ["DomString", "ByteString", "Record", "NotImplemented"];
    ENGINE_TYPES.iter().map(|(name, _)| *name).chain(own).chain(data).collect()
}

/// The module `engine`: only what some module uses.
pub(super) fn module<'m>(modules: impl Iterator<Item = &'m Module>) -> Module {
    let (mut used, mut of_engine) = (BTreeSet::new(), BTreeSet::new());
    for module in modules {
        used.extend(module.used().iter().cloned());
        associated(&module.items, &mut of_engine);
    }
    if used.contains("Fallible") {
        of_engine.insert("Thrown".to_owned());
    }
    let types = ENGINE_TYPES.iter().filter(|(name, _)| of_engine.contains(*name)).map(|(name, what)| {
        let (docs, name) = (doc(&[(*what).to_owned()]), ident(name));
        quote!(#docs type #name: Clone + std::fmt::Debug + 'static;)
    });
    let generic = generic_types(&of_engine);
    let literals = literals(&of_engine);
    let data = data_types(&used);
    let items = quote! {
        /// What an engine has. A type that stands for the engine implements it; no value of that type is ever needed.
        pub trait Engine: Clone + std::fmt::Debug + Sized + 'static {
            #(#types)*
            #generic
            #literals
        }

        #data
    };
    Module::new("engine", "what stands for an engine", items)
}

/// The types that have a type parameter.
fn generic_types(of_engine: &BTreeSet<String>) -> TokenStream {
    let root = of_engine.contains("Root").then(|| {
        quote! {
            /// A counted reference to an object that implements an interface.
            type Root<T: std::fmt::Debug + 'static>: Clone + std::fmt::Debug + std::ops::Deref<Target = T> + 'static;
        }
    });
    let promise = of_engine.contains("Promise").then(|| {
        quote! {
            /// `Promise<T>`.
            type Promise<T: 'static>: Clone + std::fmt::Debug + 'static;
        }
    });
    let sequence = of_engine.contains("AsyncSequence").then(|| {
        quote! {
            /// `async_sequence<T>`.
            type AsyncSequence<T: 'static>: Clone + std::fmt::Debug + 'static;
        }
    });
    quote!(#root #promise #sequence)
}

/// Default values of types that only an engine has.
fn literals(of_engine: &BTreeSet<String>) -> TokenStream {
    let literals = [
        (
            "null",
            "`null`.",
            quote!(
                fn null() -> Self::Value;
            ),
        ),
        (
            "undefined",
            "`undefined`.",
            quote!(
                fn undefined() -> Self::Value;
            ),
        ),
        (
            "boolean",
            "`true` or `false`.",
            quote!(
                fn boolean(value: bool) -> Self::Value;
            ),
        ),
        (
            "number",
            "A number.",
            quote!(
                fn number(value: f64) -> Self::Value;
            ),
        ),
        (
            "string",
            "A string.",
            quote!(
                fn string(value: DomString) -> Self::Value;
            ),
        ),
        (
            "bigint",
            "An integer of any size.",
            quote!(
                fn bigint(value: i128) -> Self::BigInt;
            ),
        ),
    ];
    let used = literals.into_iter().filter(|(name, ..)| of_engine.contains(*name));
    used.map(|(_, what, function)| {
        let docs = doc(&[what.to_owned()]);
        quote!(#docs #function)
    })
    .collect()
}

/// The types of Web IDL that are data, in every engine.
fn data_types(used: &BTreeSet<String>) -> TokenStream {
    let fallible = used.contains("Fallible").then(|| {
        quote! {
            /// The result of what may throw.
            pub type Fallible<E, T> = Result<T, <E as Engine>::Thrown>;
        }
    });
    let inherits = used.contains("Inherits").then(|| {
        quote! {
            /// What an object has of the interface that its own inherits from.
            pub trait Inherits<Parent> {
                /// The part that is the parent's.
                fn parent(&self) -> &Parent;
            }
        }
    });
    let dom_string = used.contains("DomString").then(dom_string);
    let byte_string = used.contains("ByteString").then(|| {
        quote! {
            /// `ByteString`: bytes, shown as the code points of the same numbers.
            #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct ByteString(pub Vec<u8>);

            impl From<&str> for ByteString {
                fn from(text: &str) -> ByteString {
                    ByteString(text.as_bytes().to_vec())
                }
            }
        }
    });
    let record = used.contains("Record").then(|| {
        quote! {
            /// `record<K, V>`: pairs in the order of the object's properties, each key once.
            pub type Record<K, V> = Vec<(K, V)>;
        }
    });
    let not_implemented = used.contains("NotImplemented").then(|| {
        quote! {
            /// An argument of an interface that is not implemented: it can only be missing.
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum NotImplemented {}
        }
    });
    quote!(#fallible #inherits #dom_string #byte_string #record #not_implemented)
}

fn dom_string() -> TokenStream {
    quote! {
        /// `DOMString`: 16-bit units, which need not be well-formed UTF-16.
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct DomString(Vec<u16>);

        impl DomString {
            /// The string of these units.
            pub const fn from_units(units: Vec<u16>) -> DomString {
                DomString(units)
            }

            /// Its units.
            pub fn units(&self) -> &[u16] {
                &self.0
            }
        }

        impl From<&str> for DomString {
            fn from(text: &str) -> DomString {
                DomString(text.encode_utf16().collect())
            }
        }

        /// Surrogates without a partner become U+FFFD, as in a `USVString`.
        impl std::fmt::Display for DomString {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&String::from_utf16_lossy(&self.0))
            }
        }

        impl std::fmt::Debug for DomString {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", String::from_utf16_lossy(&self.0))
            }
        }
    }
}

/// The identifiers behind `E::`.
fn associated(tokens: &TokenStream, names: &mut BTreeSet<String>) {
    let mut of_engine = false;
    let mut colons = 0;
    for tree in tokens.clone() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                colons += 1;
                continue;
            }
            TokenTree::Ident(ident) => {
                if of_engine && colons == 2 {
                    names.insert(ident.to_string());
                }
                of_engine = ident == "E" && colons < 2;
            }
            TokenTree::Group(group) => {
                associated(&group.stream(), names);
                of_engine = false;
            }
            _ => of_engine = false,
        }
        colons = 0;
    }
}
