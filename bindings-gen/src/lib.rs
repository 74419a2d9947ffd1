//! A WebIDL compiler that emits Rust bindings.
//!
//! The [book] explains the passes, how an interface is implemented, how a specification is updated, and how a backend is
//! written.
//!
//! # What a person writes
//!
//! For each interface a struct in the module that [`Generator::dom_path`] names, with
//! `bgfetch_js::platform_object!` and `trace_fields!`, and the generated trait `<Interface>Methods` (that of each of
//! its mixins, too). Getters of `[SameObject]` attributes return the same object by themselves; frozen arrays are
//! kept the same by the glue. Event handler attributes have no methods: the glue calls `event_handler::get` and
//! `event_handler::set` in that same module. An argument of an interface that is not implemented, where it may be
//! missing, has the type `NotImplemented`, which has no values.
//!
//! What a page changes by itself is kept by the glue, and read and changed by Rust code through methods that the glue adds
//! to the struct: `map_entries` and `set_entries` of maplike and setlike interfaces, and for an attribute whose type is an
//! observable array the attribute's name. The trait has the two algorithms of such an attribute, which do nothing unless
//! they are written. `ASYNC_ITERATOR_RETURN` says whether the specification of an `async_iterable` defines what ends an
//! iteration early: its IDL does not.
//!
//! Attributes for one CSS property, such as `marginTop` and `margin-top`, have one method. A type that is named by an
//! interface's `[LegacyWindowAlias]`, as those of SVG are, is that interface.
//!
//! # Known differences from Web IDL
//!
//! - Dictionaries may have members of their own type, which the standard forbids and Service Workers has; a page can nest
//!   a hundred of them.
//! - Where overloads are told apart by an argument that is not the first, and those with different numbers of arguments
//!   have different types left of it, only one of these types is converted before that argument is looked at.
//! - Legacy callers, which the standard has no longer, and deleters of indices, which it never had, are refused with a
//!   message; so are default values of type `any` that are strings.
#![forbid(unsafe_code)]

pub mod ast;
mod attributes;
pub mod book;
pub mod config;
mod diagnostics;
pub mod diff;
mod emit;
mod generator;
pub mod model;
mod parse;
mod print;
mod report;
mod select;
mod source;

pub use attributes::{ATTRIBUTES, Effect, KnownAttribute, attribute_table, known_attribute};
pub use diagnostics::Diagnostics;
pub use emit::{
    BACKENDS, Backend, Emitter, EngineType, Generics, Module, Overloads, Paths, Place, backend, names,
};
pub use generator::{Generated, Generator, read_implemented};
pub use print::print;
pub use report::{
    Coverage, InterfaceCoverage, SpecificationCoverage, Summary, check, check_rules, coverage,
    replace_section,
};
pub use select::Selection;
pub use source::{ReadError, SourceFile, SourceSet, Span};

/// Parses all files, and resolves nothing.
///
/// # Errors
/// Everything that is no WebIDL, each with its place.
pub fn parse_definitions(sources: &SourceSet) -> Result<Vec<ast::Definition>, Diagnostics> {
    let mut problems = diagnostics::Problems::default();
    let definitions = parse::parse(sources, &mut problems);
    problems.finish(sources)?;
    Ok(definitions)
}

/// Parses and resolves all files.
///
/// # Errors
/// Everything that is wrong with them, each with its place.
pub fn load(sources: &SourceSet) -> Result<model::World, Diagnostics> {
    let mut problems = diagnostics::Problems::default();
    let definitions = parse::parse(sources, &mut problems);
    let world = model::build(&definitions, &mut problems);
    problems.finish(sources)?;
    Ok(world)
}
