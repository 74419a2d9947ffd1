//! `Clone` and `Debug` of types with type parameters: derived, they would ask both of the parameters' own types.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::backend::Generics;
use super::names::ident;
use crate::model::Type;

/// Those of a dictionary, from the names of its fields; nothing if it has no type parameters.
pub(super) fn dictionary(
    name: &Ident,
    generics: &Generics,
    fields: impl Iterator<Item = String>,
) -> Option<TokenStream> {
    let Generics { declared, used } = generics;
    if declared.is_empty() {
        return None;
    }
    let fields: Vec<Ident> = fields.map(|field| ident(&field)).collect();
    let shown = name.to_string();
    let labels = fields.iter().map(Ident::to_string);
    Some(quote! {
        impl #declared Clone for #name #used {
            fn clone(&self) -> #name #used {
                #name { #(#fields: Clone::clone(&self.#fields)),* }
            }
        }

        impl #declared std::fmt::Debug for #name #used {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#shown)#(.field(#labels, &self.#fields))*.finish()
            }
        }
    })
}

/// Those of a union, from the names of its variants and its member types; nothing if it has no type parameters.
pub(super) fn union(
    name: &Ident,
    generics: &Generics,
    variants: &[Ident],
    members: &[Type],
) -> Option<TokenStream> {
    let Generics { declared, used } = generics;
    if declared.is_empty() {
        return None;
    }
    let labels = variants.iter().map(Ident::to_string);
    let clones = variants.iter().zip(members).map(|(variant, member)| match member {
        Type::Undefined => quote!(#name::#variant(()) => #name::#variant(())),
        _ => quote!(#name::#variant(value) => #name::#variant(Clone::clone(value))),
    });
    Some(quote! {
        impl #declared Clone for #name #used {
            fn clone(&self) -> #name #used {
                match self {
                    #(#clones,)*
                }
            }
        }

        impl #declared std::fmt::Debug for #name #used {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    #(#name::#variants(value) => f.debug_tuple(#labels).field(value).finish(),)*
                }
            }
        }
    })
}
