//! Backends: Rust text from a [`Selection`].
//!
//! `types`, `plain` and `methods` write what a person works with, and name no engine; `js` writes the glue.

mod checks;
mod docs;
mod files;
mod js;
mod methods;
mod names;
mod plain;
mod types;

use std::cell::RefCell;
use std::collections::BTreeMap;

use self::types::Types;
use crate::diagnostics::Problems;
use crate::model::World;
use crate::select::Selection;
use crate::source::{SourceSet, Span};

pub(crate) use self::files::{expand, files};

/// Paths that the generated text refers to.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The crate or module of the engine's door.
    pub(crate) prelude: String,
    /// The module with the types that implement interfaces, and with `event_handler`.
    pub(crate) dom: String,
    /// The folder in `OUT_DIR` that the files are written to.
    pub(crate) folder: String,
}

/// The place of an interface in pre-order of inheritance.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) index: u16,
    /// The place of its last descendant.
    pub(crate) last: u16,
    pub(crate) depth: u8,
}

/// Writes Rust for a selection.
pub(crate) struct Emitter<'s> {
    pub(crate) sources: &'s SourceSet,
    pub(crate) world: &'s World,
    pub(crate) types: Types<'s>,
    pub(crate) paths: &'s Paths,
    pub(crate) places: BTreeMap<String, Place>,
    pub(crate) problems: RefCell<Problems>,
}

impl<'s> Emitter<'s> {
    pub(crate) fn new(
        sources: &'s SourceSet,
        world: &'s World,
        selection: &'s Selection,
        paths: &'s Paths,
    ) -> Emitter<'s> {
        let emitter = Emitter {
            sources,
            world,
            types: Types::new(selection),
            paths,
            places: places(selection),
            problems: RefCell::default(),
        };
        emitter.check();
        emitter
    }

    fn problem(&self, span: Span, message: &str, label: &str) {
        self.problems.borrow_mut().add(span, message, label);
    }

    fn bad_default(&self, span: Span, name: &str) {
        self.problem(
            span,
            &format!("the default value of `{name}` does not fit its type"),
            "this default value",
        );
    }

    fn name_clash(&self, span: Span, of: &str, name: &str) {
        let help =
            format!("name the overloads of the operation in overload-names of [{of}] in implemented.toml");
        self.problems.borrow_mut().add_with_help(
            span,
            format!("two methods of {of} would have the name `{name}`"),
            "the second one",
            help,
        );
    }
}

/// Numbers the interfaces so that the descendants of each follow it without a gap.
fn places(selection: &Selection) -> BTreeMap<String, Place> {
    let mut children: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    let interfaces = &selection.interfaces;
    for (name, interface) in interfaces {
        if interface.kind != crate::model::InterfaceKind::Namespace {
            let parent = interface.inherits.as_ref().map(|parent| parent.name.as_str());
            let parent = parent.filter(|parent| interfaces.contains_key(*parent));
            children.entry(parent).or_default().push(name);
        }
    }
    let mut places = BTreeMap::new();
    let mut next = 0;
    for root in children.get(&None).into_iter().flatten() {
        number(root, 0, &children, &mut next, &mut places);
    }
    places
}

/// Numbers one interface and its descendants; the depth is limited by the interfaces there are.
fn number(
    name: &str,
    depth: u8,
    children: &BTreeMap<Option<&str>, Vec<&str>>,
    next: &mut u16,
    places: &mut BTreeMap<String, Place>,
) {
    let index = *next;
    *next = next.saturating_add(1);
    for child in children.get(&Some(name)).into_iter().flatten() {
        number(child, depth.saturating_add(1), children, next, places);
    }
    let last = next.saturating_sub(1);
    places.insert(name.to_owned(), Place { index, last, depth });
}
