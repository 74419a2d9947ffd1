//! Enumerations, dictionaries and unions as Rust types; nothing in here names an engine.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emitter;
use super::backend::Generics;
use super::docs::{definition_doc, doc};
use super::names::{ident, snake};
use super::types::enum_variant;
use crate::ast::Literal;
use crate::model::{Dictionary, DictionaryMember, Enumeration, Type};

impl Emitter<'_> {
    /// `enum`: a Rust enum that knows its strings.
    pub(super) fn enumeration(&self, enumeration: &Enumeration) -> TokenStream {
        let name = ident(&enumeration.name.name);
        let idl = &enumeration.name.name;
        let docs = definition_doc(self.sources, enumeration.name.span, &format!("`enum {idl}`"), &[]);
        let variants: Vec<_> =
            enumeration.values.iter().map(|(value, _)| ident(&enum_variant(value))).collect();
        let values: Vec<_> = enumeration.values.iter().map(|(value, _)| value).collect();
        let value_docs = values.iter().map(|value| doc(&[format!("`\"{value}\"`")]));
        quote! {
            #docs
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum #name {
                #(#value_docs #variants,)*
            }

            impl #name {
                #[doc = " All values, in the order of the IDL."]
                pub const ALL: &'static [#name] = &[#(#name::#variants),*];

                #[doc = " The string that a page sees."]
                pub const fn as_str(self) -> &'static str {
                    match self {
                        #(#name::#variants => #values,)*
                    }
                }

                #[doc = " The value of a string; none if it is not one of the enumeration's."]
                #[expect(clippy::should_implement_trait, reason = "an unknown string is no error in an attribute's setter")]
                pub fn from_str(string: &str) -> Option<#name> {
                    Some(match string {
                        #(#values => #name::#variants,)*
                        _ => return None,
                    })
                }
            }
        }
    }

    /// `dictionary`: a struct; an inherited dictionary is the field `parent`.
    pub(super) fn dictionary(&self, dictionary: &Dictionary) -> TokenStream {
        let idl = &dictionary.name.name;
        let name = ident(idl);
        let docs = definition_doc(self.sources, dictionary.name.span, &format!("`dictionary {idl}`"), &[]);
        let ty = Type::Dictionary(idl.clone());
        let Generics { declared, used } = self.types.engine_generics(&ty);
        let parent = dictionary.inherits.as_ref();
        let parent = parent.map(|parent| self.types.rust(&Type::Dictionary(parent.name.clone())));
        let parent_field = parent.iter().map(|parent| quote!(pub parent: #parent,));
        let fields = dictionary.members.iter().map(|member| {
            let docs = self.idl_doc(member.span);
            let field = ident(&snake(&member.name.name));
            let ty = self.member_type(idl, member);
            quote!(#docs pub #field: #ty,)
        });
        let fields: Vec<_> = fields.collect();
        let derives = match (used.is_empty(), self.default_is_derived(dictionary)) {
            (true, true) => quote!(#[derive(Clone, Debug, Default)]),
            (true, false) => quote!(#[derive(Clone, Debug)]),
            (false, _) => quote!(),
        };
        let names = dictionary.inherits.iter().map(|_| "parent".to_owned());
        let names = names.chain(dictionary.members.iter().map(|member| snake(&member.name.name)));
        let clone_and_debug = super::generic::dictionary(&name, &self.types.engine_generics(&ty), names);
        let default = self.dictionary_default(dictionary);
        let deref = parent.iter().map(|parent| {
            quote! {
                impl #declared std::ops::Deref for #name #used {
                    type Target = #parent;

                    fn deref(&self) -> &#parent {
                        &self.parent
                    }
                }
            }
        });
        quote! {
            #docs
            #derives
            pub struct #name #declared {
                #(#[doc = " The members that it inherits."] #parent_field)*
                #(#fields)*
            }

            #clone_and_debug
            #default
            #(#deref)*
        }
    }

    /// `impl Default`, if no member is required.
    fn dictionary_default(&self, dictionary: &Dictionary) -> TokenStream {
        if !self.has_default(&dictionary.name.name) || self.default_is_derived(dictionary) {
            return TokenStream::new();
        }
        let name = ident(&dictionary.name.name);
        let ty = Type::Dictionary(dictionary.name.name.clone());
        let Generics { declared, used } = self.types.engine_generics(&ty);
        let parent = dictionary.inherits.as_ref().map(|parent| ident(&parent.name));
        let parent = parent.iter().map(|parent| quote!(parent: #parent::default(),));
        let fields: Vec<_> = dictionary
            .members
            .iter()
            .map(|member| {
                let field = ident(&snake(&member.name.name));
                let value = self.member_default(member).unwrap_or_else(|| quote!(None));
                quote!(#field: #value,)
            })
            .collect();
        quote! {
            impl #declared Default for #name #used {
                fn default() -> #name #used {
                    #name { #(#parent)* #(#fields)* }
                }
            }
        }
    }

    /// Whether the default of every member is that of its Rust type.
    fn default_is_derived(&self, dictionary: &Dictionary) -> bool {
        let derived = |member: &DictionaryMember| match (&member.ty, &member.default) {
            (_, None) => true,
            (Type::Nullable(_), Some(literal)) => *literal == Literal::Null,
            (Type::Boolean, Some(Literal::Boolean(value))) => !value,
            (Type::Integer(..) | Type::Float { .. }, Some(Literal::Integer(value))) => *value == 0,
            (Type::Float { .. }, Some(Literal::Float(value))) => *value == 0.0 && value.is_sign_positive(),
            (Type::DomString { .. } | Type::UsvString | Type::ByteString, Some(Literal::Text(text))) => {
                text.is_empty()
            }
            (Type::Generic(..), Some(literal)) => *literal == Literal::EmptySequence,
            (Type::Record(..) | Type::Dictionary(_), Some(literal)) => *literal == Literal::EmptyDictionary,
            (Type::Undefined, Some(literal)) => *literal == Literal::Undefined,
            _ => false,
        };
        // A derived default would ask the same of the type parameters.
        let generic =
            !self.types.engine_generics(&Type::Dictionary(dictionary.name.name.clone())).used.is_empty();
        !generic && self.has_default(&dictionary.name.name) && dictionary.members.iter().all(derived)
    }

    /// Whether a dictionary and those that it inherits from have no required member.
    pub(super) fn has_default(&self, name: &str) -> bool {
        let dictionaries = &self.types.selection.dictionaries;
        let mut next = Some(name);
        // A dictionary that inherits from itself, which is told of elsewhere, has no default.
        for _ in 0..=dictionaries.len() {
            let Some(name) = next else { return true };
            let Some(dictionary) = dictionaries.get(name) else { return false };
            if dictionary.members.iter().any(|member| member.required) {
                return false;
            }
            next = dictionary.inherits.as_ref().map(|parent| parent.name.as_str());
        }
        false
    }

    /// The value of a missing member; none if it has no default.
    pub(super) fn member_default(&self, member: &DictionaryMember) -> Option<TokenStream> {
        let literal = member.default.as_ref()?;
        let value = self.types.literal(&member.ty, literal);
        if value.is_none() {
            self.bad_default(member.name.span, &member.name.name);
        }
        value
    }

    /// The type of the field of a member of the dictionary `of`.
    pub(super) fn member_type(&self, of: &str, member: &DictionaryMember) -> TokenStream {
        let boxed = self.types.recursion.is_boxed(of, &member.ty);
        let ty = self.types.rust(member.ty.inner());
        let ty = if boxed { quote!(std::boxed::Box<#ty>) } else { ty };
        let ty = if member.ty.is_nullable() { quote!(Option<#ty>) } else { ty };
        if member.required || member.default.is_some() { ty } else { quote!(Option<#ty>) }
    }

    /// A union: an enum with a variant for each member type.
    pub(super) fn union(&self, name: &str, members: &[Type]) -> TokenStream {
        let typedef = self.types.selection.typedefs.get(members);
        let what = match typedef {
            Some(typedef) => format!("The union `{typedef}`."),
            None => "A union that the IDL does not name.".to_owned(),
        };
        let docs = doc(&[what]);
        let rust_name = ident(name);
        let generics = self.types.engine_generics(&Type::Union(members.to_vec()));
        let declared = &generics.declared;
        let derives = declared.is_empty().then(|| quote!(#[derive(Clone, Debug)]));
        let variants: Vec<_> = members.iter().map(|member| ident(&self.types.variant(member))).collect();
        let clone_and_debug = super::generic::union(&rust_name, &generics, &variants, members);
        let types: Vec<_> = members.iter().map(|member| self.types.rust(member)).collect();
        let variants = variants.iter().zip(&types).zip(members).map(|((variant, ty), member)| {
            let docs = doc(&[format!("`{member}`")]);
            quote!(#docs #variant(#ty),)
        });
        quote! {
            #docs
            #derives
            pub enum #rust_name #declared {
                #(#variants)*
            }

            #clone_and_debug
        }
    }
}
