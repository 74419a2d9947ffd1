//! Rust text from a [`Selection`].
//!
//! `types`, `plain` and `methods` write what a person works with, and name no engine; a [`Backend`] writes the rest.
//! `js` is the one for this project's engine, `rust_only` the one for none.

mod api;
mod backend;
mod checks;
mod docs;
mod files;
mod generic;
mod js;
mod methods;
pub mod names;
mod plain;
mod recursion;
mod rust_only;
mod signatures;
mod special;
mod spellings;
mod types;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

pub use self::backend::{BACKENDS, Backend, EngineType, Generics, backend};
pub use self::files::Module;
pub(crate) use self::files::{expand, files};
pub(crate) use self::js::Js;
pub use self::methods::Overloads;
pub(crate) use self::rust_only::RustOnly;
use self::types::Types;
use crate::diagnostics::Problems;
use crate::model::World;
use crate::select::Selection;
use crate::source::{SourceSet, Span};

/// Paths that the generated text refers to.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    /// The crate or module of the engine's door.
    pub prelude: String,
    /// The module with the types that implement interfaces, and with `event_handler`.
    pub dom: String,
    /// The folder in `OUT_DIR` that the files are written to.
    pub folder: String,
}

/// The place of an interface in pre-order of inheritance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its number.
    pub index: u16,
    /// The number of its last descendant; its own if it has none.
    pub last: u16,
    /// How many interfaces it inherits from.
    pub depth: u8,
}

/// Writes Rust for a selection: all that a [`Backend`] can ask.
#[derive(Debug)]
pub struct Emitter<'s> {
    pub(crate) sources: &'s SourceSet,
    pub(crate) world: &'s World,
    pub(crate) backend: &'s dyn Backend,
    pub(crate) types: Types<'s>,
    pub(crate) paths: &'s Paths,
    pub(crate) places: BTreeMap<String, Place>,
    /// Where the specifications tell of each member.
    links: BTreeMap<Span, String>,
    pub(crate) problems: RefCell<Problems>,
}

impl<'s> Emitter<'s> {
    pub(crate) fn new(
        sources: &'s SourceSet,
        world: &'s World,
        selection: &'s Selection,
        backend: &'s dyn Backend,
        paths: &'s Paths,
    ) -> Emitter<'s> {
        let emitter = Emitter {
            sources,
            world,
            backend,
            types: Types::new(selection, backend),
            paths,
            places: places(selection),
            links: docs::member_links(sources, selection),
            problems: RefCell::default(),
        };
        emitter.check();
        emitter
    }

    /// The mixins of which some includer has members.
    #[must_use]
    pub fn implemented_mixins(&self) -> BTreeSet<String> {
        let members = self.types.selection.interfaces.values().flat_map(|interface| &interface.members);
        members.filter_map(|member| member.mixin.clone()).collect()
    }

    /// Reports something that cannot be written, with its place in the IDL.
    pub fn problem(&self, span: Span, message: &str, label: &str) {
        self.problems.borrow_mut().add(span, message, label);
    }

    fn bad_default(&self, span: Span, name: &str) {
        self.problems.borrow_mut().add_with_help(
            span,
            format!("the default value of `{name}` does not fit its type"),
            "this default value",
            "leave out what it belongs to in implemented.toml, with the reason",
        );
    }

    fn name_clash(&self, span: Span, of: &str, name: &str) {
        let help = format!(
            "name an operation's methods in overload-names of [{of}] in implemented.toml, or leave one of the two out"
        );
        self.problems.borrow_mut().add_with_help(
            span,
            format!("two methods of {of} would have the name `{name}`"),
            "the second one",
            help,
        );
    }
}

/// A path as tokens; one that is no path is told of by the Rust compiler.
fn path(text: &str) -> TokenStream {
    match syn::parse_str::<syn::Path>(text) {
        Ok(path) => quote!(#path),
        Err(_) => quote!(crate),
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
