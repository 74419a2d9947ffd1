//! The static description of an interface, mixin or namespace.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::{format_ident, quote};

use super::members::{Tables, Target, c_string, exposure};
use crate::ast::AttributeValue;
use crate::emit::methods::{trait_name, upper_first};
use crate::emit::names::{ident, shouting};
use crate::emit::{Emitter, Place};
use crate::model::{Exposure, Interface, InterfaceKind, Member, MemberKind, find_attribute};
use crate::select::is_event_handler;

impl Emitter<'_> {
    /// Everything of an interface or namespace that pages see.
    pub(in crate::emit) fn interface_glue(&self, interface: &Interface) -> TokenStream {
        match interface.kind {
            InterfaceKind::Namespace => self.namespace(interface),
            _ => self.interface_static(interface),
        }
    }

    /// The table of a mixin, for each type that includes it.
    pub(in crate::emit) fn mixin_glue(&self, mixin: &str, members: &[&Member]) -> TokenStream {
        let methods = ident(&trait_name(mixin));
        let target = Target {
            this: quote!(T),
            methods: quote!(#methods),
            exposure: Exposure::All,
            secure_context: false,
            cross_origin_isolated: false,
            namespace: false,
        };
        let tables = self.tables(mixin, members, &target);
        let entries = &tables.members;
        let handles = self.mixin_handles(mixin, members);
        let name = members_name(mixin);
        let docs =
            crate::emit::docs::doc(&[format!("The members of `{mixin}`, for the types that include it.")]);
        let mut bounds = vec![quote!(PlatformObject)];
        if self.has_trait(mixin) {
            bounds.push(quote!(#methods));
        }
        if members.iter().any(|member| is_event_handler(member)) {
            bounds.push(quote!(DerivedFrom<EventTarget>));
        }
        let handlers = self.event_handlers(mixin, members);
        quote! {
            #handlers

            #docs
            pub struct #name<T>(std::marker::PhantomData<T>);

            impl<T: #(#bounds)+*> #name<T> {
                #[doc = " The table."]
                pub const MEMBERS: &'static [Member] = &[#(#entries),*];
                #handles
            }
        }
    }

    fn namespace(&self, interface: &Interface) -> TokenStream {
        let idl = &interface.name.name;
        let this = ident(&upper_first(idl));
        let methods = format_ident!("{}Namespace", this);
        let target = Target {
            this: quote!(#this),
            methods: quote!(#methods),
            exposure: interface.exposure.clone(),
            secure_context: interface.secure_context,
            cross_origin_isolated: interface.cross_origin_isolated,
            namespace: true,
        };
        let members: Vec<&Member> = interface.members.iter().collect();
        let Tables { members, constants, .. } = self.tables(idl, &members, &target);
        let (name, static_name) = (c_string(idl), ident(&shouting(idl)));
        let exposure = exposure(&interface.exposure);
        let secure_context = interface.secure_context;
        // The Console Standard says so of this one namespace: https://console.spec.whatwg.org/#console-namespace
        let own_prototype = idl == "console";
        quote! {
            #[doc = " The namespace, as the engine wants it."]
            pub static #static_name: Namespace = Namespace {
                name: #name,
                kind: glue::NamespaceKind::Namespace,
                own_prototype: #own_prototype,
                exposure: #exposure,
                secure_context: #secure_context,
                members: &[#(#members,)* #(#constants,)*],
            };
        }
    }

    fn interface_static(&self, interface: &Interface) -> TokenStream {
        let idl = &interface.name.name;
        let this = ident(idl);
        let methods = ident(&trait_name(idl));
        let target = Target {
            this: quote!(#this),
            methods: quote!(#methods),
            exposure: interface.exposure.clone(),
            secure_context: interface.secure_context,
            cross_origin_isolated: interface.cross_origin_isolated,
            namespace: false,
        };
        let own: Vec<&Member> = interface.members.iter().filter(|member| member.mixin.is_none()).collect();
        // The constants of mixins are on each interface object, so that each interface has them in its own table.
        let constant = |member: &&Member| matches!(member.kind, MemberKind::Constant { .. });
        let of_mixins = interface.members.iter().filter(|member| member.mixin.is_some()).filter(constant);
        let tabled: Vec<&Member> = own.iter().copied().chain(of_mixins).collect();
        let tables = self.tables(idl, &tabled, &target);
        let mut fields = self.interface_fields(interface, &target, &tables, &own);
        fields.extend(self.mixin_fields(interface, &this));
        let place = self.places.get(idl).copied().unwrap_or_default();
        let Place { index, last, depth } = place;
        let (index, last) = (TokenLiteral::u16_unsuffixed(index), TokenLiteral::u16_unsuffixed(last));
        let depth = TokenLiteral::u8_unsuffixed(depth);
        let (name, static_name) = (c_string(idl), ident(&shouting(idl)));
        let ancestors = self.world.ancestry(idl);
        let handles = self.collection_handles(interface);
        let derived = ancestors.iter().map(|ancestor| {
            let ancestor = ident(&ancestor.name.name);
            quote!(impl DerivedFrom<#ancestor> for #this {})
        });
        let handlers = self.event_handlers(idl, &tabled);
        quote! {
            #handlers

            #[doc = " The interface, as the engine wants it."]
            static #static_name: Interface = Interface {
                #(#fields,)*
                ..Interface::new::<#this>(#name, #index, #last, #depth)
            };

            impl #this {
                #[doc = " The interface that this type implements."]
                pub const IDL: &'static Interface = &#static_name;
            }

            #(#derived)*
            #handles
        }
    }

    /// The [legacy callback interface object](https://webidl.spec.whatwg.org/#legacy-callback-interface-object) of a callback
    /// interface; none if it has no constants.
    pub(super) fn callback_interface_object(&self, interface: &Interface) -> Option<TokenStream> {
        let idl = &interface.name.name;
        let target = Target {
            this: quote!(()),
            methods: quote!(()),
            exposure: interface.exposure.clone(),
            secure_context: interface.secure_context,
            cross_origin_isolated: interface.cross_origin_isolated,
            namespace: true,
        };
        let constant = |member: &&Member| matches!(member.kind, MemberKind::Constant { .. });
        let members: Vec<&Member> = interface.members.iter().filter(constant).collect();
        if members.is_empty() {
            return None;
        }
        let constants = self.tables(idl, &members, &target).constants;
        let (name, static_name) = (c_string(idl), ident(&shouting(idl)));
        let exposure = exposure(&interface.exposure);
        let secure_context = interface.secure_context;
        Some(quote! {
            #[doc = " The object that has the constants of the callback interface."]
            pub static #static_name: Namespace = Namespace {
                name: #name,
                kind: glue::NamespaceKind::CallbackInterface,
                own_prototype: false,
                exposure: #exposure,
                secure_context: #secure_context,
                members: &[#(#constants,)*],
            };
        })
    }

    fn interface_fields(
        &self,
        interface: &Interface,
        target: &Target,
        tables: &Tables,
        own: &[&Member],
    ) -> Vec<TokenStream> {
        let mut fields = Vec::new();
        if let Some(parent) = &interface.inherits {
            let parent = ident(&parent.name);
            fields.push(quote!(parent: Some(#parent::IDL)));
        }
        if interface.exposure != Exposure::All {
            let exposure = exposure(&interface.exposure);
            fields.push(quote!(exposure: #exposure));
        }
        if interface.secure_context {
            fields.push(quote!(secure_context: true));
        }
        if interface.cross_origin_isolated {
            fields.push(quote!(cross_origin_isolated: true));
        }
        if let Some(constructor) = self.constructor_entry(own, target) {
            fields.push(quote!(constructor: Some(#constructor)));
        }
        let factories: Vec<_> =
            self.factories(interface).iter().map(|factory| self.factory_entry(factory, target)).collect();
        if !factories.is_empty() {
            fields.push(quote!(legacy_factories: &[#(#factories),*]));
        }
        if let Some(AttributeValue::Name(namespace)) =
            find_attribute(&interface.attributes, "LegacyNamespace").map(|attribute| &attribute.value)
        {
            let namespace = c_string(&namespace.name);
            fields.push(quote!(legacy_namespace: Some(#namespace)));
        }
        let Tables { members, statics, constants, unforgeable } = tables;
        let unscopable = |member: &&Member| member.has("Unscopable") || member.has("LegacyUnscopable");
        let unscopables = interface.members.iter().filter(unscopable).map(|member| c_string(member.name()));
        let unscopables: Vec<_> = unscopables.map(|name| quote!(#name)).collect();
        let unscopables = distinct(unscopables);
        for (name, entries) in [
            ("members", members),
            ("statics", statics),
            ("constants", constants),
            ("unforgeable", unforgeable),
            ("unscopables", &unscopables),
        ] {
            if !entries.is_empty() {
                let name = ident(name);
                fields.push(quote!(#name: &[#(#entries),*]));
            }
        }
        let aliases: Vec<_> = window_aliases(interface).iter().map(|alias| c_string(alias)).collect();
        if !aliases.is_empty() {
            fields.push(quote!(window_aliases: &[#(#aliases),*]));
        }
        if !interface.global_names.is_empty() {
            fields.push(quote!(is_global: true));
        }
        if find_attribute(&interface.attributes, "LegacyNoInterfaceObject").is_some() {
            fields.push(quote!(no_interface_object: true));
        }
        // Web IDL itself says so of this one interface.
        if interface.name.name == "DOMException" {
            fields.push(quote!(inherits_error: true));
        }
        fields.extend(self.iteration(target, own));
        fields.extend(self.legacy(interface, target, own));
        fields
    }

    /// `iterable` and `async_iterable`.
    fn iteration(&self, target: &Target, own: &[&Member]) -> Vec<TokenStream> {
        let (this, methods) = (&target.this, &target.methods);
        let mut fields = Vec::new();
        for member in own {
            match &member.kind {
                MemberKind::Iterable { key: Some(key), value } => {
                    let (key, value) = (self.to_js(key, &quote!(key)), self.to_js(value, &quote!(value)));
                    fields.push(quote! {
                        pair_iterable: Some(PairIterable::new(|realm, this: &#this, index| {
                            match #methods::pair_at(this, realm.of(this), index)? {
                                Some((key, value)) => Ok(Some((#key?, #value?))),
                                None => Ok(None),
                            }
                        }))
                    });
                }
                MemberKind::Iterable { key: None, .. } => fields.push(quote!(value_iterable: true)),
                MemberKind::Maplike { .. } => {
                    fields.push(quote!(collection: Some(glue::Collection::Map)));
                }
                MemberKind::Setlike { .. } => {
                    fields.push(quote!(collection: Some(glue::Collection::Set)));
                }
                MemberKind::AsyncIterable { key, arguments, .. } => {
                    let pairs = key.as_ref().map(|_| quote!(.pairs()));
                    let (lets, names) = self.convert_arguments(arguments, true);
                    let args = if arguments.is_empty() { quote!(_) } else { quote!(args) };
                    fields.push(quote! {
                        async_iterable: Some(AsyncIterable::new(|realm, this: &#this, #args| {
                            #lets
                            #methods::async_iterator(this, realm.of(this), #(#names),*)
                        }) #pairs .with_return(<#this as #methods>::ASYNC_ITERATOR_RETURN))
                    });
                }
                _ => {}
            }
        }
        fields
    }

    /// Getters, setters and deleters.
    fn legacy(&self, interface: &Interface, target: &Target, own: &[&Member]) -> Option<TokenStream> {
        let getters: Vec<TokenStream> = own
            .iter()
            .filter_map(|member| match &member.kind {
                MemberKind::Operation(operation) => self.legacy_operation(member, operation, target),
                _ => None,
            })
            .collect();
        if getters.is_empty() {
            return None;
        }
        let override_builtins = find_attribute(&interface.attributes, "LegacyOverrideBuiltIns");
        let override_builtins = override_builtins.map(|_| quote!(.override_builtins()));
        let unenumerable = find_attribute(&interface.attributes, "LegacyUnenumerableNamedProperties");
        let unenumerable = unenumerable.map(|_| quote!(.unenumerable()));
        Some(quote!(legacy: Some(Legacy::new() #(#getters)* #override_builtins #unenumerable)))
    }

    fn mixin_fields(&self, interface: &Interface, this: &proc_macro2::Ident) -> Vec<TokenStream> {
        let mut mixins = Vec::new();
        for mixin in &interface.mixins {
            if !self.mixin_members(&mixin.name).is_empty() {
                let name = members_name(&mixin.name);
                mixins.push(quote!(#name::<#this>::MEMBERS));
            }
        }
        if mixins.is_empty() { Vec::new() } else { vec![quote!(mixins: &[#(#mixins),*])] }
    }
}

/// The name of a mixin's table.
pub(in crate::emit) fn members_name(mixin: &str) -> proc_macro2::Ident {
    format_ident!("{}Members", ident(mixin))
}

fn window_aliases(interface: &Interface) -> Vec<String> {
    match find_attribute(&interface.attributes, "LegacyWindowAlias").map(|attribute| &attribute.value) {
        Some(AttributeValue::Name(name)) => vec![name.name.clone()],
        Some(AttributeValue::Names(names)) => names.iter().map(|name| name.name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// Without what is there a second time, as the names of overloads are.
fn distinct(names: Vec<TokenStream>) -> Vec<TokenStream> {
    let mut seen = std::collections::BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(name.to_string())).collect()
}
