//! A WebIDL compiler that emits Rust bindings.
//!
//! # Passes
//!
//! | module | from | to |
//! |---|---|---|
//! | `parse` | the text of the `.idl` files | [`ast`]: definitions as written, each identifier with its place |
//! | [`model`] | the definitions of all files | the [`World`](model::World): partials and mixins merged, names resolved, unions flat |
//! | `select` | the world and [`config`] | the [`Selection`]: what is implemented, and everything that it needs |
//! | `emit` | the selection | Rust text: traits, dictionaries, enumerations, unions, callbacks |
//! | `emit::js` | the selection | the glue to the crate `bgfetch_js`; the only module that names it |
//!
//! Every pass goes on after a mistake and notes it with its place, so that one run tells all of them; see
//! [`Diagnostics`]. All maps are ordered: the same input gives the same text.
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
//! # Known differences from Web IDL
//!
//! - Overload resolution looks at the distinguishing argument before the arguments left of it are converted, and a
//!   sequence there is asked for its iterator once to select and once to convert.
//! - `maplike`, `setlike`, observable arrays, `bigint`, `symbol`, setters of indices, `inherit` attributes, static
//!   attributes that can be set and legacy factory functions are refused with a message.
#![forbid(unsafe_code)]

pub mod ast;
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

pub use diagnostics::Diagnostics;
pub use emit::{
    BACKENDS, Backend, Emitter, EngineType, Generics, Module, Overloads, Paths, Place, backend, names,
};
pub use generator::{Generated, Generator, read_implemented};
pub use print::print;
pub use report::{
    Coverage, InterfaceCoverage, SpecificationCoverage, Summary, check, coverage, replace_section,
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
