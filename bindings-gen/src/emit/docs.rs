//! Doc comments: what the IDL says, and where.

use proc_macro2::TokenStream;
use quote::quote;

use crate::source::{SourceSet, Span};

/// `#[doc]` attributes for lines of text.
pub(super) fn doc(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// The IDL of a member, as code.
pub(super) fn member_doc(sources: &SourceSet, span: Span) -> TokenStream {
    let text = sources.text(span);
    let words: Vec<&str> = text.split_whitespace().collect();
    doc(&[format!("`{}`", words.join(" ").replace('`', "'"))])
}

/// What a definition is, with a link to its specification.
pub(super) fn definition_doc(sources: &SourceSet, span: Span, what: &str, more: &[String]) -> TokenStream {
    let mut lines = vec![match sources.specification(span) {
        Some((title, url)) => format!("{what} of the [{title}]({url})."),
        None => format!("{what}."),
    }];
    if !more.is_empty() {
        lines.push(String::new());
        lines.extend(more.iter().cloned());
    }
    doc(&lines)
}
