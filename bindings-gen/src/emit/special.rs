//! Methods for what is neither a plain attribute nor an operation: legacy factory functions, observable arrays.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::backend::EngineType;
use super::docs::doc;
use super::methods::too_many_arguments;
use super::names::{ident, snake};
use crate::ast::{Generic, Ident};
use crate::model::{Argument, Attribute, Interface, Member, MemberKind, Type};
use crate::source::Span;

/// A legacy factory function with the names of the methods of its overloads.
pub(super) struct Factory<'a> {
    pub(super) name: &'a str,
    /// Arguments, name of the method, place.
    pub(super) overloads: Vec<(&'a [Argument], String, Span)>,
}

/// The type of the items of an observable array.
pub(super) fn observable(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Generic(Generic::ObservableArray, item) => Some(item),
        _ => None,
    }
}

impl Emitter<'_> {
    /// The legacy factory functions of an interface, overloads together, in the order of the first of each.
    pub(super) fn factories<'a>(&self, interface: &'a Interface) -> Vec<Factory<'a>> {
        let mut order: Vec<&str> = Vec::new();
        let mut lists: BTreeMap<&str, Vec<(&Ident, &[Argument])>> = BTreeMap::new();
        for (name, arguments) in &interface.legacy_factories {
            let list = lists.entry(&name.name).or_default();
            if list.is_empty() {
                order.push(&name.name);
            }
            list.push((name, arguments));
        }
        let factory = |name| {
            let list = lists.remove(name).unwrap_or_default().into_iter().enumerate();
            let overloads = list.map(|(index, (ident, arguments))| {
                let suffix = if index == 0 { String::new() } else { format!("_{}", index + 1) };
                (arguments, format!("{}{suffix}", snake(name)), ident.span)
            });
            Factory { name, overloads: overloads.collect() }
        };
        order.into_iter().map(factory).collect()
    }

    /// The methods behind the legacy factory functions, with their names.
    pub(super) fn factory_methods(&self, interface: &Interface) -> Vec<(String, Span, TokenStream)> {
        let mut methods = Vec::new();
        for factory in self.factories(interface) {
            for (arguments, name, span) in factory.overloads {
                let docs = doc(&[format!("The legacy factory function `{}`.", factory.name)]);
                let too_many = too_many_arguments(arguments.len() + 1);
                let (method, parameters) = (ident(&name), self.parameters(arguments));
                let (realm, itself) = (self.realm(), self.fallible(quote!(Self)));
                let text = quote! {
                    #docs
                    #too_many
                    fn #method(#realm, #parameters) -> #itself;
                };
                methods.push((name, span, text));
            }
        }
        let constructs = interface
            .members
            .iter()
            .any(|m| matches!(m.kind, MemberKind::Constructor(_)) && !m.has("HTMLConstructor"));
        if !constructs && !methods.is_empty() {
            let span = interface.name.span;
            methods.push(("constructed".to_owned(), span, self.constructed()));
        }
        methods
    }

    /// The method that is called when an object was constructed.
    pub(super) fn constructed(&self) -> TokenStream {
        let (realm, this) = (self.realm(), self.backend.engine_type(EngineType::This));
        let nothing = self.fallible(quote!(()));
        quote! {
            #[doc = " Called when a constructed object can be referred to."]
            fn constructed(this: &#this, #realm) -> #nothing {
                let _ = (this, realm);
                Ok(())
            }
        }
    }

    /// The algorithms of an attribute whose type is an observable array, with their names.
    pub(super) fn observable_methods(
        &self,
        member: &Member,
        attribute: &Attribute,
        item: &Type,
    ) -> [(String, TokenStream); 2] {
        let idl = &attribute.name.name;
        let (realm, nothing) = (self.realm(), self.fallible(quote!(())));
        let item = self.types.rust(item);
        let docs = self.idl_doc(member.span);
        let [set, delete] = observable_names(idl);
        let method = |name: &str, what: &str| {
            let name = ident(name);
            let what = doc(&[String::new(), format!("{what} an indexed value of the list.")]);
            quote! {
                #docs
                #what
                fn #name(&self, #realm, index: u32, value: #item) -> #nothing {
                    let _ = (realm, index, value);
                    Ok(())
                }
            }
        };
        let (setter, deleter) = (method(&set, "Set"), method(&delete, "Delete"));
        [(set, setter), (delete, deleter)]
    }
}

/// The names of the two algorithms of an observable array.
pub(super) fn observable_names(attribute: &str) -> [String; 2] {
    let name = snake(attribute);
    [format!("set_item_of_{name}"), format!("delete_item_of_{name}")]
}
