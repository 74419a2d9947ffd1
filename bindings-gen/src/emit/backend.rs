//! The seam between what is the same for every engine and what one engine needs.

use std::collections::BTreeSet;
use std::fmt;

use proc_macro2::TokenStream;
use quote::quote;

use super::files::Module;
use super::{Emitter, Js, RustOnly};
use crate::ast::{Buffer, Literal};
use crate::model::{Callback, Dictionary, Enumeration, Interface, Member, Type};

/// Writes for one engine what is not the same for all of them.
///
/// The traits, dictionaries, enumerations and unions are written by shared code, which asks the backend for two things:
/// how the types that only an engine has are [spelled](Backend::engine_type), and what [glue](Backend::interface)
/// belongs beside each definition. Everything that a backend may want to know is in the [`Emitter`] it is given: the
/// selection, the whole world, the Rust types of IDL types, the names of methods.
pub trait Backend: fmt::Debug + Send + Sync {
    /// The name that `--backend` has for it.
    fn name(&self) -> &'static str;

    /// How a type that only an engine has is written.
    fn engine_type(&self, ty: EngineType<'_>) -> TokenStream;

    /// The Rust value of a default value of type `any`; none if there is none.
    fn any_literal(&self, literal: &Literal) -> Option<TokenStream>;

    /// The Rust value of a default value of type `bigint`; none if there is none.
    fn bigint_literal(&self, value: i128) -> Option<TokenStream> {
        let _ = value;
        None
    }

    /// The type parameters of everything that mentions the engine, as declared and as used: `<E: World>` and `<E>`.
    /// Empty if the engine's types have names of their own.
    fn generics(&self) -> Generics {
        Generics::default()
    }

    /// What the types that implement an interface have to be, beside what its trait says.
    fn trait_bounds(&self) -> TokenStream {
        quote!(Sized)
    }

    /// Where the implementation of an interface or namespace is, as a path for the documentation of its trait.
    fn implementer(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Names that no definition may have, because generated text uses them for something of the engine's.
    fn reserved_names(&self) -> BTreeSet<&'static str> {
        BTreeSet::new()
    }

    /// Reports what this backend cannot write, by [`Emitter::problem`].
    fn check(&self, emitter: &Emitter<'_>) {
        let _ = emitter;
    }

    /// What stands below the trait of an interface or namespace.
    fn interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream {
        let _ = (emitter, interface);
        TokenStream::new()
    }

    /// What stands below the trait of a mixin.
    fn mixin(&self, emitter: &Emitter<'_>, mixin: &str, members: &[&Member]) -> TokenStream {
        let _ = (emitter, mixin, members);
        TokenStream::new()
    }

    /// What stands below the struct of a dictionary.
    fn dictionary(&self, emitter: &Emitter<'_>, dictionary: &Dictionary) -> TokenStream {
        let _ = (emitter, dictionary);
        TokenStream::new()
    }

    /// What stands below the enum of an enumeration.
    fn enumeration(&self, emitter: &Emitter<'_>, enumeration: &Enumeration) -> TokenStream {
        let _ = (emitter, enumeration);
        TokenStream::new()
    }

    /// What stands below the enum of a union.
    fn union(&self, emitter: &Emitter<'_>, name: &str, members: &[Type]) -> TokenStream {
        let _ = (emitter, name, members);
        TokenStream::new()
    }

    /// All of a callback function: only an engine knows what one is.
    fn callback(&self, emitter: &Emitter<'_>, callback: &Callback) -> TokenStream;

    /// All of a callback interface.
    fn callback_interface(&self, emitter: &Emitter<'_>, interface: &Interface) -> TokenStream;

    /// Modules beside those of the definitions; `modules` are those, as they will be written.
    fn further_modules(&self, emitter: &Emitter<'_>, modules: &[Module]) -> Vec<Module> {
        let _ = (emitter, modules);
        Vec::new()
    }

    /// `use` declarations for what a module takes from elsewhere than from the other generated modules.
    fn imports(&self, emitter: &Emitter<'_>, module: &Module) -> TokenStream {
        let _ = (emitter, module);
        TokenStream::new()
    }

    /// What `mod.rs` has beside the modules.
    fn root(&self, emitter: &Emitter<'_>, modules: &[Module]) -> TokenStream {
        let _ = (emitter, modules);
        TokenStream::new()
    }
}

/// A type that has no meaning without an engine.
#[derive(Clone, Debug)]
pub enum EngineType<'a> {
    /// The environment that a method runs in, handed to every method by reference.
    Realm,
    /// The result of what may throw, with the type of its success.
    Fallible(TokenStream),
    /// `any`.
    Any,
    /// `object`.
    Object,
    /// `symbol`.
    Symbol,
    /// `bigint`.
    Bigint,
    /// A counted reference to the object of an interface, with the interface's name.
    Interface(&'a str),
    /// A counted reference to the object whose trait it is: `Self`.
    This,
    /// A callback function, with its name.
    Callback(&'a str),
    /// A callback interface, with its name.
    CallbackInterface(&'a str),
    /// `Promise<T>`, with the Rust type of `T`.
    Promise(TokenStream),
    /// `FrozenArray<T>` as the value of a promise, with the Rust type of `T`.
    PromisedFrozenArray(TokenStream),
    /// `async_sequence<T>`, with the Rust type of `T`.
    AsyncSequence(TokenStream),
    /// The state of one iteration of an `async_iterable`.
    AsyncIteration,
    /// A buffer source type.
    Buffer(Buffer),
}

/// Type parameters.
#[derive(Clone, Debug, Default)]
pub struct Generics {
    /// Where they are declared: `<E: World>`.
    pub declared: TokenStream,
    /// Where they are used: `<E>`.
    pub used: TokenStream,
}

/// The backends that come with the compiler, by name.
pub const BACKENDS: [&str; 2] = ["js", "rust-only"];

/// The backend of that name; none if there is none.
#[must_use]
pub fn backend(name: &str) -> Option<Box<dyn Backend>> {
    match name {
        "js" => Some(Box::new(Js)),
        "rust-only" => Some(Box::new(RustOnly)),
        _ => None,
    }
}
