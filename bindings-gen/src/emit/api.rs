//! What a backend asks the emitter for.

use proc_macro2::TokenStream;

use super::backend::Backend;
use super::methods::Overloads;
use super::{Emitter, Paths, Place, docs};
use crate::ast::Literal;
use crate::model::{Argument, Interface, Member, Type, World};
use crate::select::Selection;
use crate::source::{SourceSet, Span};

impl<'s> Emitter<'s> {
    /// The text of the IDL: for words in messages and documentation.
    #[must_use]
    pub fn sources(&self) -> &'s SourceSet {
        self.sources
    }

    /// All definitions, implemented or not.
    #[must_use]
    pub fn world(&self) -> &'s World {
        self.world
    }

    /// What is implemented.
    #[must_use]
    pub fn selection(&self) -> &'s Selection {
        self.types.selection
    }

    /// The paths that the generator was told of.
    #[must_use]
    pub fn paths(&self) -> &'s Paths {
        self.paths
    }

    /// The backend that text is written for.
    #[must_use]
    pub fn backend(&self) -> &'s dyn Backend {
        self.backend
    }

    /// The place of an implemented interface in pre-order of inheritance: with it, whether an object is of an interface
    /// is one comparison of two numbers. None for namespaces.
    #[must_use]
    pub fn place(&self, interface: &str) -> Option<Place> {
        self.places.get(interface).copied()
    }

    /// The Rust type of an IDL type.
    #[must_use]
    pub fn rust_type(&self, ty: &Type) -> TokenStream {
        self.types.rust(ty)
    }

    /// The Rust type of an argument: optional without default is an `Option`, variadic is a `Vec`.
    #[must_use]
    pub fn argument_type(&self, argument: &Argument) -> TokenStream {
        self.types.argument(argument)
    }

    /// The Rust value of a default value; none if it does not fit the type.
    #[must_use]
    pub fn default_value(&self, ty: &Type, literal: &Literal) -> Option<TokenStream> {
        self.types.literal(ty, literal)
    }

    /// The Rust name of a union.
    #[must_use]
    pub fn union_name(&self, members: &[Type]) -> String {
        self.types.union_name(members)
    }

    /// The name of a type as a variant of a union.
    #[must_use]
    pub fn variant_name(&self, ty: &Type) -> String {
        self.types.variant(ty)
    }

    /// The operations with a name among some members of an interface or mixin: overloads together, each with the name of
    /// its method.
    #[must_use]
    pub fn operations<'a>(&self, of: &str, members: &[&'a Member]) -> Vec<Overloads<'a>> {
        self.overloads(of, members)
    }

    /// The members that an interface has by itself: those of its mixins are in the mixins' traits.
    #[must_use]
    pub fn own_members<'a>(&self, interface: &'a Interface) -> Vec<&'a Member> {
        interface.members.iter().filter(|member| member.mixin.is_none()).collect()
    }

    /// Documentation for what comes from a place in the IDL: the text there, as code, and a link to what the specification
    /// says of it.
    #[must_use]
    pub fn idl_doc(&self, span: Span) -> TokenStream {
        docs::member_doc(self.sources, span, self.links.get(&span))
    }

    /// Documentation for a definition: what it is, with a link to its specification.
    #[must_use]
    pub fn definition_doc(&self, span: Span, what: &str) -> TokenStream {
        docs::definition_doc(self.sources, span, what, &[])
    }
}
