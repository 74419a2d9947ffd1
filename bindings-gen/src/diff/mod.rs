//! What another version of the IDL changes: for pages, and in the Rust that a person has written.

mod compare;
mod describe;
mod text;

use serde::Serialize;

use crate::config::Implemented;
use crate::diagnostics::{Diagnostics, Problems};
use crate::emit::{Backend, Paths};
use crate::model;
use crate::parse;
use crate::source::SourceSet;

/// All differences, by name of definition.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Diff {
    /// The definitions that are not the same.
    pub definitions: Vec<DefinitionDiff>,
}

/// How something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The new IDL has it, the old one does not.
    Added,
    /// The old IDL has it, the new one does not.
    Removed,
    /// Both have it, and it is not the same.
    Changed,
}

/// A definition that is not the same.
#[derive(Clone, Debug, Serialize)]
pub struct DefinitionDiff {
    /// How.
    pub change: Change,
    /// `interface`, `dictionary`, and so on.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// The title of the specification that defines it, if the file says it.
    pub specification: Option<String>,
    /// What is different about it as a whole.
    pub details: Vec<Detail>,
    /// The members that are not the same.
    pub members: Vec<MemberDiff>,
    /// What is different about it as a whole in Rust.
    pub rust: RustDiff,
    /// Whether it is implemented, if there is an `implemented.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implemented: Option<Implementation>,
}

/// A member, or all overloads of an operation, that is not the same.
#[derive(Clone, Debug, Serialize)]
pub struct MemberDiff {
    /// How.
    pub change: Change,
    /// Its name; `constructor`, `iterable` and the like for what has none.
    pub name: String,
    /// The IDL before, one text for each overload.
    pub old_idl: Vec<String>,
    /// The IDL now.
    pub new_idl: Vec<String>,
    /// What is different beside the text: exposure, secure contexts.
    pub details: Vec<Detail>,
    /// The methods, fields or variants that are different.
    pub rust: RustDiff,
    /// Whether it is implemented, if there is an `implemented.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implemented: Option<Implementation>,
}

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What it is.
    pub what: &'static str,
    /// Before; none if there was nothing to say.
    pub old: Option<String>,
    /// Now.
    pub new: Option<String>,
}

/// What is different in Rust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RustDiff {
    /// The trait, struct or enum.
    pub item: String,
    /// Signatures, fields or variants that are no longer there.
    pub removed: Vec<String>,
    /// Signatures, fields or variants that are there now.
    pub added: Vec<String>,
}

/// Whether `implemented.toml` implements something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Implementation {
    /// It does: the difference is one to act on.
    Implemented,
    /// It leaves the member out, for this reason.
    LeftOut(String),
    /// It does not name the interface.
    NotNamed,
}

/// Compares two versions of the IDL. With `implemented`, each difference tells whether it touches what is implemented.
///
/// # Errors
/// Everything that is wrong with one of the versions, the old one first.
pub fn diff(
    old: &SourceSet,
    new: &SourceSet,
    implemented: Option<&Implemented>,
    backend: &dyn Backend,
) -> Result<Diff, Diagnostics> {
    let worlds = [world(old)?, world(new)?];
    let [old_world, new_world] = &worlds;
    let paths = Paths::default();
    let describe = |sources, world| describe::describe(sources, world, implemented, backend, &paths);
    let (old, new) = (describe(old, old_world), describe(new, new_world));
    let definitions = compare::definitions(&old, &new, implemented, [old_world, new_world]);
    Ok(Diff { definitions })
}

fn world(sources: &SourceSet) -> Result<model::World, Diagnostics> {
    let mut problems = Problems::default();
    let definitions = parse::parse(sources, &mut problems);
    let world = model::build(&definitions, &mut problems);
    problems.finish(sources)?;
    Ok(world)
}

impl Diff {
    /// Whether the two versions say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.definitions.is_empty()
    }

    /// As JSON, with a newline at the end.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings, lists and maps with string keys can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// As text for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::text(self)
    }
}

impl RustDiff {
    /// Whether the Rust is the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}
