//! Members of maplike and setlike interfaces, and attributes whose type is an observable array.

use proc_macro2::TokenStream;
use quote::quote;

use super::interface::members_name;
use super::members::{Tables, Target, c_string};
use crate::emit::Emitter;
use crate::emit::methods::trait_name;
use crate::emit::names::{ident, shouting, snake};
use crate::emit::special::{observable, observable_names};
use crate::model::{Attribute, Interface, Member, MemberKind, Type};

impl Emitter<'_> {
    /// The members of a [maplike](https://webidl.spec.whatwg.org/#js-maplike) interface.
    pub(super) fn maplike_entries(
        &self,
        key: &Type,
        value: &Type,
        readonly: bool,
        declared: &[&Member],
        target: &Target,
        tables: &mut Tables,
    ) {
        let this = &target.this;
        let key = self.round_trip(key, "key", 0);
        let value = self.round_trip(value, "value", 1);
        for (name, function) in [("entries", "entries"), ("keys", "keys"), ("values", "values")] {
            add_plain(tables, name, function, &quote!(maplike), this);
        }
        add_size(tables, &quote!(maplike), this);
        tables.members.push(quote! {
            Member::method(c"forEach", 1, |realm, this: &#this, args| glue::maplike::for_each(realm, this, args))
        });
        let mut with_key = |name: &str, function: &str| {
            let (name, function) = (c_string(name), ident(function));
            tables.members.push(quote! {
                Member::method(#name, 1, |realm, this: &#this, args| {
                    let key = #key;
                    glue::maplike::#function(realm, this, key)
                })
            });
        };
        with_key("get", "get");
        with_key("has", "has");
        if readonly {
            return;
        }
        if !declares(declared, "delete") {
            with_key("delete", "delete");
        }
        if !declares(declared, "set") {
            tables.members.push(quote! {
                Member::method(c"set", 2, |realm, this: &#this, args| {
                    let key = #key;
                    let value = #value;
                    glue::maplike::set(realm, this, key, value)
                })
            });
        }
        if !declares(declared, "clear") {
            add_plain(tables, "clear", "clear", &quote!(maplike), this);
        }
    }

    /// The members of a [setlike](https://webidl.spec.whatwg.org/#js-setlike) interface.
    pub(super) fn setlike_entries(
        &self,
        value: &Type,
        readonly: bool,
        declared: &[&Member],
        target: &Target,
        tables: &mut Tables,
    ) {
        let this = &target.this;
        let value = self.round_trip(value, "value", 0);
        // `keys` is the function `values`, which the engine's door sees to.
        for (name, function) in [("entries", "entries"), ("values", "values")] {
            add_plain(tables, name, function, &quote!(setlike), this);
        }
        add_size(tables, &quote!(setlike), this);
        tables.members.push(quote! {
            Member::method(c"forEach", 1, |realm, this: &#this, args| glue::setlike::for_each(realm, this, args))
        });
        let mut with_value = |name: &str| {
            let (c_name, function) = (c_string(name), ident(name));
            tables.members.push(quote! {
                Member::method(#c_name, 1, |realm, this: &#this, args| {
                    let value = #value;
                    glue::setlike::#function(realm, this, value)
                })
            });
        };
        with_value("has");
        if readonly {
            return;
        }
        for name in ["add", "delete"] {
            if !declares(declared, name) {
                with_value(name);
            }
        }
        if !declares(declared, "clear") {
            add_plain(tables, "clear", "clear", &quote!(setlike), this);
        }
    }

    /// An argument converted to an IDL type, and back to the value that stands for it.
    fn round_trip(&self, ty: &Type, name: &str, index: usize) -> TokenStream {
        let index = proc_macro2::Literal::usize_unsuffixed(index);
        let convert = self.converter(ty);
        let rust = self.types.rust(ty);
        let back = self.to_js(ty, &quote!(converted));
        quote!({
            let converted: #rust = args.required(realm, #index, #name, #convert)?;
            #back?
        })
    }

    /// What Rust code reads and changes the entries of a collection with, and the lists of observable arrays.
    pub(super) fn collection_handles(&self, interface: &Interface) -> TokenStream {
        let this = ident(&interface.name.name);
        let trait_name = ident(&trait_name(&interface.name.name));
        let mut methods = TokenStream::new();
        for member in interface.members.iter().filter(|member| member.mixin.is_none()) {
            match &member.kind {
                MemberKind::Maplike { key, value, .. } => {
                    let (key, value) = (self.types.rust(key), self.types.rust(value));
                    methods.extend(quote! {
                        #[doc = " The map entries."]
                        pub fn map_entries(&self, realm: &Realm) -> Fallible<glue::MapEntries<#key, #value>> {
                            glue::MapEntries::of(realm, self)
                        }
                    });
                }
                MemberKind::Setlike { value, .. } => {
                    let value = self.types.rust(value);
                    methods.extend(quote! {
                        #[doc = " The set entries."]
                        pub fn set_entries(&self, realm: &Realm) -> Fallible<glue::SetEntries<#value>> {
                            glue::SetEntries::of(realm, self)
                        }
                    });
                }
                MemberKind::Attribute(attribute) => {
                    if let Some(item) = observable(&attribute.ty) {
                        let receiver =
                            Receiver { target: quote!(#this), parameter: quote!(&self), this: quote!(self) };
                        methods.extend(self.observable_handle(attribute, item, &trait_name, &receiver));
                    }
                }
                _ => {}
            }
        }
        if methods.is_empty() { methods } else { quote!(impl #this { #methods }) }
    }

    /// The lists of the observable arrays of a mixin.
    pub(super) fn mixin_handles(&self, mixin: &str, members: &[&Member]) -> TokenStream {
        let mut methods = TokenStream::new();
        for member in members {
            if let MemberKind::Attribute(attribute) = &member.kind
                && let Some(item) = observable(&attribute.ty)
            {
                let receiver =
                    Receiver { target: quote!(T), parameter: quote!(this: &T), this: quote!(this) };
                let trait_name = ident(&trait_name(mixin));
                methods.extend(self.observable_handle(attribute, item, &trait_name, &receiver));
            }
        }
        methods
    }

    /// What Rust code reads and changes the list of an observable array with, and its description.
    fn observable_handle(
        &self,
        attribute: &Attribute,
        item: &Type,
        methods: &proc_macro2::Ident,
        receiver: &Receiver,
    ) -> TokenStream {
        let method = ident(&snake(&attribute.name.name));
        let rust = self.types.rust(item);
        let Receiver { target, parameter, this } = receiver;
        let list = list_name(attribute);
        let observable = self.observable(attribute, item, target, methods);
        let docs = crate::emit::docs::doc(&[format!("The list of `{}`.", attribute.name.name)]);
        quote! {
            const #list: &'static glue::Observable = #observable;

            #docs
            pub fn #method(#parameter, realm: &Realm) -> Fallible<glue::ObservableArray<#rust>> {
                glue::ObservableArray::of(realm, #this, Self::#list)
            }
        }
    }

    /// The description of an attribute whose type is an observable array.
    fn observable(
        &self,
        attribute: &Attribute,
        item: &Type,
        this: &TokenStream,
        methods: &proc_macro2::Ident,
    ) -> TokenStream {
        let idl = &attribute.name.name;
        let conversion = self.conversion(item, &quote!(value));
        let back = self.to_js(item, &quote!(item));
        let rust = self.types.rust(item);
        let algorithms = observable_names(idl).map(|name| {
            let method = ident(&name);
            quote! {
                |realm, this: &#this, index, value| {
                    <#this as #methods>::#method(this, realm.of(this), index, #conversion?)
                }
            }
        });
        quote! {
            &glue::Observable::new(
                #idl,
                |realm, value| {
                    let item: #rust = #conversion?;
                    #back
                },
                #(#algorithms),*
            )
        }
    }

    /// The entry of an attribute whose type is an observable array.
    pub(super) fn observable_entry(&self, attribute: &Attribute, of: &str, target: &Target) -> TokenStream {
        let this = &target.this;
        let name = c_string(&attribute.name.name);
        let list = list_name(attribute);
        let list = if this.to_string() == of {
            quote!(#this::#list)
        } else {
            let members = members_name(of);
            quote!(#members::<#this>::#list)
        };
        let getter = quote!(|realm, this: &#this| glue::observable_array(realm, this, #list));
        if attribute.readonly {
            return quote!(Member::getter(#name, #getter));
        }
        quote! {
            Member::attribute(
                #name,
                #getter,
                |realm, this: &#this, value| glue::set_observable_array(realm, this, #list, value),
            )
        }
    }
}

/// Who a method for Rust code is for.
struct Receiver {
    target: TokenStream,
    parameter: TokenStream,
    this: TokenStream,
}

/// The constant that describes an observable array.
fn list_name(attribute: &Attribute) -> proc_macro2::Ident {
    ident(&format!("{}_LIST", shouting(&attribute.name.name)))
}

fn declares(members: &[&Member], name: &str) -> bool {
    members.iter().any(|member| matches!(member.kind, MemberKind::Operation(_)) && member.name() == name)
}

/// A method without arguments.
fn add_plain(tables: &mut Tables, name: &str, function: &str, module: &TokenStream, this: &TokenStream) {
    let (name, function) = (c_string(name), ident(function));
    tables.members.push(quote! {
        Member::method(#name, 0, |realm, this: &#this, _| glue::#module::#function(realm, this))
    });
}

fn add_size(tables: &mut Tables, module: &TokenStream, this: &TokenStream) {
    tables
        .members
        .push(quote!(Member::getter(c"size", |realm, this: &#this| glue::#module::size(realm, this))));
}
