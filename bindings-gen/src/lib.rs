//! A WebIDL compiler that emits Rust bindings.
#![forbid(unsafe_code)]

pub mod ast;
pub mod config;
mod diagnostics;
mod emit;
mod generator;
pub mod model;
mod parse;
mod report;
mod select;
mod source;

pub use diagnostics::Diagnostics;
pub use generator::{Generated, Generator};
pub use report::{Coverage, InterfaceCoverage, Summary, check, coverage};
pub use select::Selection;
pub use source::{ReadError, SourceFile, SourceSet, Span};

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
