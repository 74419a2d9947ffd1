//! What is generated, as single lines of Rust: the signatures of methods, fields and variants.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::names::{enum_variant, ident, snake};
use crate::model::{
    Callback, Dictionary, DictionaryMember, Enumeration, Interface, InterfaceKind, Member, Type,
};

impl Emitter<'_> {
    /// The signatures of the trait methods for some members of an interface or mixin.
    pub(crate) fn method_signatures(
        &self,
        of: &str,
        kind: InterfaceKind,
        members: &[&Member],
    ) -> Vec<String> {
        let methods = self.methods(of, kind, members, Vec::new());
        signatures(&quote!(trait Of { #methods }))
    }

    /// The signatures of what calls a callback.
    pub(crate) fn callback_signatures(&self, callback: &Callback) -> Vec<String> {
        signatures(&self.backend.callback(self, callback))
    }

    /// The signatures of what calls a callback interface.
    pub(crate) fn callback_interface_signatures(&self, interface: &Interface) -> Vec<String> {
        signatures(&self.backend.callback_interface(self, interface))
    }

    /// The field of a member of the dictionary `of`.
    pub(crate) fn field(&self, of: &str, member: &DictionaryMember) -> String {
        let (name, ty) = (ident(&snake(&member.name.name)), self.member_type(of, member));
        one_line(&quote!(struct Of { pub #name: #ty, })).replace("struct Of { ", "").replace(", }", "")
    }

    /// The fields of a dictionary that stand for what it inherits.
    pub(crate) fn inherited_field(&self, dictionary: &Dictionary) -> Option<String> {
        dictionary.inherits.as_ref().map(|parent| format!("pub parent: {}", parent.name))
    }

    /// The variants of an enumeration, by value.
    pub(crate) fn variants(&self, enumeration: &Enumeration) -> Vec<(String, String)> {
        enumeration.values.iter().map(|(value, _)| (value.clone(), enum_variant(value))).collect()
    }

    /// The variants of a union.
    pub(crate) fn union_variants(&self, members: &[Type]) -> Vec<String> {
        let variant = |member: &Type| {
            let (name, ty) = (ident(&self.types.variant(member)), self.types.rust(member));
            one_line(&quote!(enum Of { #name(#ty), })).replace("enum Of { ", "").replace(", }", "")
        };
        members.iter().map(variant).collect()
    }
}

/// The signatures of all functions in traits and inherent implementations.
fn signatures(items: &TokenStream) -> Vec<String> {
    let Ok(file) = syn::parse2::<syn::File>(items.clone()) else { return Vec::new() };
    let mut found = Vec::new();
    for item in file.items {
        match item {
            syn::Item::Trait(item) => found.extend(item.items.into_iter().filter_map(|item| match item {
                syn::TraitItem::Fn(function) => Some(function.sig),
                _ => None,
            })),
            syn::Item::Impl(item) if item.trait_.is_none() => {
                found.extend(item.items.into_iter().filter_map(|item| match item {
                    syn::ImplItem::Fn(function) => Some(function.sig),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    found
        .iter()
        .map(|signature| {
            let text = one_line(&quote!(trait Of { #signature; }));
            text.replace("trait Of { ", "").trim_end_matches(" }").trim_end_matches(';').to_owned()
        })
        .collect()
}

/// An item as prettyplease writes it, but on one line.
fn one_line(item: &TokenStream) -> String {
    let Ok(file) = syn::parse2::<syn::File>(item.clone()) else { return item.to_string() };
    let text = prettyplease::unparse(&file);
    let line = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    // What was broken into lines has blanks inside its brackets, and a comma behind its last part.
    line.replace("( ", "(").replace(", )", ")").replace(" )", ")").replace("< ", "<").replace(", >", ">")
}
