//! `[Default] object toJSON()` (<https://webidl.spec.whatwg.org/#default-tojson-steps>).

use proc_macro2::TokenStream;
use quote::quote;

use super::members::Target;
use crate::ast::{Generic, Modifier};
use crate::emit::Emitter;
use crate::emit::methods::{is_default_to_json, trait_name};
use crate::emit::names::{ident, snake};
use crate::model::{Interface, MemberKind, Type};

impl Emitter<'_> {
    /// The body of a default `toJSON`: the JSON-able attributes of each ancestor that has one, then its own.
    pub(super) fn default_to_json(&self, target: &Target) -> TokenStream {
        let name = target.this.to_string();
        let chain = self.world.ancestry(&name);
        let with_default = |interface: &&&Interface| interface.members.iter().any(is_default_to_json);
        let mut steps = TokenStream::new();
        for interface in chain.iter().filter(with_default) {
            let Some(selected) = self.types.selection.interfaces.get(&interface.name.name) else { continue };
            let idl = &selected.name.name;
            let ty = ident(idl);
            for member in &selected.members {
                let MemberKind::Attribute(attribute) = &member.kind else { continue };
                if attribute.modifier == Modifier::Static || !self.is_json(&attribute.ty, 0) {
                    continue;
                }
                let methods = ident(&trait_name(member.mixin.as_deref().unwrap_or(idl)));
                let key = &attribute.name.name;
                let method = ident(&snake(key));
                let value =
                    self.to_js(&attribute.ty, &quote!(<#ty as #methods>::#method(this, realm.of(this))?));
                steps.extend(quote!(object.create(realm, #key, &#value?)?;));
            }
        }
        quote! {
            let object = Object::new(realm)?;
            #steps
            object.to_js(realm)
        }
    }

    /// Whether a type is a [JSON type](https://webidl.spec.whatwg.org/#dfn-json-types).
    fn is_json(&self, ty: &Type, depth: usize) -> bool {
        if depth > 16 {
            return false;
        }
        match ty {
            Type::Boolean
            | Type::Integer(..)
            | Type::Float { .. }
            | Type::DomString { .. }
            | Type::UsvString
            | Type::ByteString
            | Type::Enum(_)
            | Type::Object => true,
            Type::Nullable(inner) => self.is_json(inner, depth + 1),
            Type::Union(members) => members.iter().all(|member| self.is_json(member, depth + 1)),
            Type::Generic(Generic::Sequence | Generic::FrozenArray, inner) => self.is_json(inner, depth + 1),
            Type::Record(_, value) => self.is_json(value, depth + 1),
            Type::Dictionary(name) => {
                let chain = self.world.dictionary_ancestry(name);
                let members = chain.iter().flat_map(|dictionary| &dictionary.members);
                members.into_iter().all(|member| self.is_json(&member.ty, depth + 1))
            }
            Type::Interface(name) => {
                let chain = self.world.ancestry(name);
                let members = chain.iter().flat_map(|interface| &interface.members);
                members.into_iter().any(|member| member.name() == "toJSON")
            }
            _ => false,
        }
    }
}
