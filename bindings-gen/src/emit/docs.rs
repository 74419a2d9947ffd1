//! Doc comments: what the IDL says, and where.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Member, MemberKind};
use crate::select::Selection;
use crate::source::{SourceSet, Span};

/// `#[doc]` attributes for lines of text.
pub(super) fn doc(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// The IDL of a member, as code, with a link to what the specification says of it.
pub(super) fn member_doc(sources: &SourceSet, span: Span, link: Option<&String>) -> TokenStream {
    let text = sources.text(span);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut lines = vec![format!("`{}`", words.join(" ").replace('`', "'"))];
    lines.extend(link.into_iter().flat_map(|link| [String::new(), format!("<{link}>")]));
    doc(&lines)
}

/// What a definition is, with a link to its specification.
pub(super) fn definition_doc(sources: &SourceSet, span: Span, what: &str, more: &[String]) -> TokenStream {
    let mut lines = vec![match sources.specification(span) {
        Some((title, url)) => format!("{what} of the [{title}]({url}{}).", definition_anchor(what)),
        None => format!("{what}."),
    }];
    if !more.is_empty() {
        lines.push(String::new());
        lines.extend(more.iter().cloned());
    }
    doc(&lines)
}

/// The anchor that the tools in which specifications are written give a definition, from "`kind Name`".
fn definition_anchor(what: &str) -> String {
    let what = what.trim_matches('`');
    let (kind, name) = what.rsplit_once(' ').unwrap_or(("", what));
    let prefix = match kind {
        "dictionary" => "dictdef-",
        "enum" => "enumdef-",
        "callback" => "callbackdef-",
        _ => "",
    };
    format!("#{prefix}{}", name.to_ascii_lowercase())
}

/// Where the specifications tell of each implemented member, by its place in the IDL.
pub(super) fn member_links(sources: &SourceSet, selection: &Selection) -> BTreeMap<Span, String> {
    let mut links = BTreeMap::new();
    let mut add = |span: Span, of: &str, name: &str| {
        if let Some((_, url)) = sources.specification(span) {
            let anchor = format!("dom-{of}-{name}").to_ascii_lowercase();
            links.insert(span, format!("{url}#{anchor}"));
        }
    };
    for interface in selection.interfaces.values().chain(selection.callback_interfaces.values()) {
        for member in &interface.members {
            // The HTML Standard names the members of its mixins after objects that nothing else names.
            let html =
                |span| sources.specification(span).is_some_and(|(_, url)| url.contains("//html.spec."));
            let of = match &member.mixin {
                Some(_) if html(member.span) => continue,
                Some(mixin) => mixin,
                None => &interface.name.name,
            };
            if member.is_named() {
                add(member.span, of, member.name());
            }
        }
    }
    for dictionary in selection.dictionaries.values() {
        for member in &dictionary.members {
            add(member.span, &dictionary.name.name, &member.name.name);
        }
    }
    links
}

impl Member {
    /// Whether it is an attribute, a constant or an operation with a name.
    fn is_named(&self) -> bool {
        match &self.kind {
            MemberKind::Attribute(_) | MemberKind::Constant { .. } => true,
            MemberKind::Operation(operation) => operation.name.is_some(),
            _ => false,
        }
    }
}
