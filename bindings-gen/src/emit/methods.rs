//! The traits that a person implements: one for each interface, namespace and mixin.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Emitter;
use super::backend::EngineType;
use super::docs::definition_doc;
use super::names::{ident, snake};
use super::special::observable;
use crate::ast::Modifier;
use crate::model::{Argument, Attribute, Interface, InterfaceKind, Member, MemberKind, Operation, Type};
use crate::select::is_event_handler;
use crate::source::Span;

/// An operation with its overloads and the names of their methods.
#[derive(Clone, Debug)]
pub struct Overloads<'a> {
    /// Its name in the IDL.
    pub name: &'a str,
    /// Whether it is of the interface rather than of its objects.
    pub is_static: bool,
    /// Member, operation, name of the method.
    pub list: Vec<(&'a Member, &'a Operation, String)>,
}

impl Emitter<'_> {
    /// The trait of an interface or namespace.
    pub(super) fn interface_trait(&self, interface: &Interface) -> TokenStream {
        let own: Vec<&Member> = interface.members.iter().filter(|member| member.mixin.is_none()).collect();
        let idl = &interface.name.name;
        let what = match interface.kind {
            InterfaceKind::Namespace => "namespace",
            _ => "interface",
        };
        // The type that implements a namespace is named as types are.
        let implementer = match interface.kind {
            InterfaceKind::Namespace => upper_first(idl),
            InterfaceKind::Interface | InterfaceKind::Callback => idl.clone(),
        };
        let implementer = self.backend.implementer(&implementer);
        // Glue without members has no use for the implementation, and does not import it.
        let empty = interface.kind == InterfaceKind::Namespace && interface.members.is_empty();
        let mut more = vec![match empty {
            true => format!("Implemented by `{implementer}`."),
            false => format!("Implemented by [`{implementer}`]."),
        }];
        if !interface.mixins.is_empty() {
            let mixins: Vec<String> = interface
                .mixins
                .iter()
                .filter(|mixin| self.has_trait(&mixin.name))
                .map(|mixin| format!("`{}`", trait_name(&mixin.name)))
                .collect();
            if !mixins.is_empty() {
                more.push(format!("Its mixins are {}.", mixins.join(", ")));
            }
        }
        let docs = definition_doc(self.sources, interface.name.span, &format!("`{what} {idl}`"), &more);
        let name = match interface.kind {
            InterfaceKind::Namespace => ident(&self.namespace_trait(idl)),
            _ => ident(&trait_name(idl)),
        };
        let factories = self.factory_methods(interface);
        let methods = self.methods(idl, interface.kind, &own, factories);
        self.trait_item(&docs, &name, &methods)
    }

    /// The name of a namespace's trait.
    pub(crate) fn namespace_trait(&self, idl: &str) -> String {
        format!("{}Namespace", upper_first(idl))
    }

    /// The trait of a mixin, from the members that one of its includers has of it.
    pub(super) fn mixin_trait(&self, mixin: &str, members: &[&Member]) -> TokenStream {
        let includers: Vec<String> = self
            .types
            .selection
            .interfaces
            .values()
            .filter(|interface| interface.mixins.iter().any(|included| included.name == mixin))
            .map(|interface| format!("`{}`", interface.name.name))
            .collect();
        let more = [format!("Implemented by {}.", includers.join(", "))];
        let span = members.first().map_or(Span { file: 0, start: 0, len: 0 }, |member| member.span);
        let docs = definition_doc(self.sources, span, &format!("`interface mixin {mixin}`"), &more);
        let name = ident(&trait_name(mixin));
        let methods = self.methods(mixin, InterfaceKind::Interface, members, Vec::new());
        self.trait_item(&docs, &name, &methods)
    }

    fn trait_item(
        &self,
        docs: &TokenStream,
        name: &proc_macro2::Ident,
        methods: &TokenStream,
    ) -> TokenStream {
        let (generics, bounds) = (self.backend.generics().declared, self.backend.trait_bounds());
        quote! {
            #docs
            pub trait #name #generics: #bounds {
                #methods
            }
        }
    }

    /// The parameter that every method has: the environment that it runs in.
    pub(super) fn realm(&self) -> TokenStream {
        let realm = self.backend.engine_type(EngineType::Realm);
        quote!(realm: &#realm)
    }

    /// The result of what may throw.
    pub(super) fn fallible(&self, success: TokenStream) -> TokenStream {
        self.backend.engine_type(EngineType::Fallible(success))
    }

    /// Whether a mixin has members that need methods.
    #[must_use]
    pub fn has_trait(&self, mixin: &str) -> bool {
        self.mixin_members(mixin)
            .iter()
            .any(|member| !is_event_handler(member) && !matches!(member.kind, MemberKind::Constant { .. }))
    }

    /// The implemented members of a mixin.
    #[must_use]
    pub fn mixin_members(&self, mixin: &str) -> Vec<&Member> {
        let of_mixin = |member: &&Member| member.mixin.as_deref() == Some(mixin);
        let interfaces = self.types.selection.interfaces.values();
        interfaces
            .map(|interface| interface.members.iter().filter(of_mixin).collect::<Vec<_>>())
            .max_by_key(Vec::len)
            .unwrap_or_default()
    }

    /// The methods for some members, and `more` beside them.
    pub(super) fn methods(
        &self,
        of: &str,
        kind: InterfaceKind,
        members: &[&Member],
        more: Vec<(String, Span, TokenStream)>,
    ) -> TokenStream {
        let mut methods = TokenStream::new();
        let mut names = BTreeSet::new();
        let mut add = |name: String, span: Span, method: TokenStream| {
            if !names.insert(name.clone()) {
                self.name_clash(span, of, &name);
            }
            methods.extend(method);
        };
        let this = match kind {
            InterfaceKind::Namespace => quote!(),
            _ => quote!(&self,),
        };
        let constructors = members.iter().filter(|m| matches!(m.kind, MemberKind::Constructor(_)));
        // What such a constructor does is the same for each interface.
        let constructors = constructors.filter(|m| !m.has("HTMLConstructor"));
        for (index, member) in constructors.enumerate() {
            let MemberKind::Constructor(arguments) = &member.kind else { continue };
            let name = constructor_name(index);
            let method = self.constructor(&name, member, arguments, index == 0);
            add(name, member.span, method);
        }
        more.into_iter().for_each(|(name, span, method)| add(name, span, method));
        for member in members.iter().filter(|member| !is_event_handler(member)) {
            match &member.kind {
                MemberKind::Attribute(attribute) if observable(&attribute.ty).is_some() => {
                    let Some(item) = observable(&attribute.ty) else { continue };
                    for (name, method) in self.observable_methods(member, attribute, item) {
                        add(name, member.span, method);
                    }
                }
                MemberKind::Attribute(attribute)
                    if self.spelled_before(members, member, attribute).is_some() => {}
                MemberKind::Attribute(attribute) => {
                    let also = self.spelled_behind(members, member, attribute);
                    let (getter, setter) = self.attribute(member, attribute, &this, &also);
                    // An attribute that inherits its getter has the method of the ancestor.
                    if attribute.modifier != Modifier::Inherit {
                        add(snake(&attribute.name.name), member.span, getter);
                    }
                    if let Some(setter) = setter {
                        add(format!("set_{}", snake(&attribute.name.name)), member.span, setter);
                    }
                }
                MemberKind::Operation(operation) if operation.name.is_none() => {
                    let method = self.unnamed_operation(member, operation);
                    let name = special_name(operation).unwrap_or("stringify");
                    add(name.to_owned(), member.span, method);
                }
                MemberKind::Stringifier => {
                    add("stringify".to_owned(), member.span, self.stringifier(member));
                }
                MemberKind::Iterable { key: Some(key), value } => {
                    add("pair_at".to_owned(), member.span, self.pair_iterable(member, key, value));
                }
                MemberKind::AsyncIterable { arguments, .. } => {
                    let method = self.async_iterable(member, arguments);
                    add("async_iterator".to_owned(), member.span, method);
                }
                _ => {}
            }
        }
        for overloads in self.overloads(of, members) {
            for (member, operation, name) in overloads.list {
                if is_default_to_json(member) {
                    continue;
                }
                let this = if overloads.is_static { quote!() } else { this.clone() };
                let method = self.operation(&name, member, operation, &this);
                add(name, member.span, method);
            }
        }
        methods
    }

    /// The named operations, overloads together, in the order of the first of each.
    pub(super) fn overloads<'a>(&self, of: &str, members: &[&'a Member]) -> Vec<Overloads<'a>> {
        let mut order: Vec<(&str, bool)> = Vec::new();
        let mut lists: BTreeMap<(&str, bool), Vec<(&Member, &Operation)>> = BTreeMap::new();
        for member in members {
            let MemberKind::Operation(operation) = &member.kind else { continue };
            let Some(name) = &operation.name else { continue };
            let key = (name.name.as_str(), operation.modifier == Modifier::Static);
            let list = lists.entry(key).or_default();
            if list.is_empty() {
                order.push(key);
            }
            list.push((member, operation));
        }
        let named = &self.types.selection.overload_names;
        order
            .into_iter()
            .map(|(name, is_static)| {
                let given = named.get(&(of.to_owned(), name.to_owned()));
                let list = lists.remove(&(name, is_static)).unwrap_or_default();
                let list = list.into_iter().enumerate().map(|(index, (member, operation))| {
                    let method = match given.and_then(|names| names.get(index)) {
                        Some(given) => given.clone(),
                        None if index == 0 => snake(name),
                        None => format!("{}_{}", snake(name), index + 1),
                    };
                    (member, operation, method)
                });
                Overloads { name, is_static, list: list.collect() }
            })
            .collect()
    }

    fn constructor(&self, name: &str, member: &Member, arguments: &[Argument], first: bool) -> TokenStream {
        let docs = self.idl_doc(member.span);
        let name = ident(name);
        let too_many = too_many_arguments(arguments.len() + 1);
        let arguments = self.parameters(arguments);
        let (realm, itself) = (self.realm(), self.fallible(quote!(Self)));
        let constructed = first.then(|| self.constructed());
        quote! {
            #docs
            #too_many
            fn #name(#realm, #arguments) -> #itself;
            #constructed
        }
    }

    fn attribute(
        &self,
        member: &Member,
        attribute: &Attribute,
        this: &TokenStream,
        also: &TokenStream,
    ) -> (TokenStream, Option<TokenStream>) {
        let docs = self.idl_doc(member.span);
        let this = if attribute.modifier == Modifier::Static { quote!() } else { this.clone() };
        let name = ident(&snake(&attribute.name.name));
        let ty = self.types.rust(&attribute.ty);
        let (realm, nothing) = (self.realm(), self.fallible(quote!(())));
        let result = self.fallible(ty.clone());
        let getter = quote! {
            #docs
            #also
            fn #name(#this #realm) -> #result;
        };
        let setter = (!attribute.readonly).then(|| {
            let name = format_ident!("set_{}", snake(&attribute.name.name));
            let docs = super::docs::doc(&[format!("Sets `{}`.", attribute.name.name)]);
            quote! {
                #docs
                fn #name(#this #realm, value: #ty) -> #nothing;
            }
        });
        (getter, setter)
    }

    fn operation(
        &self,
        name: &str,
        member: &Member,
        operation: &Operation,
        this: &TokenStream,
    ) -> TokenStream {
        let docs = self.idl_doc(member.span);
        let name = ident(name);
        let arguments = self.parameters(&operation.arguments);
        let (realm, returns) = (self.realm(), self.fallible(self.types.rust(&operation.returns)));
        let length = self.getter_length(operation);
        let too_many = too_many_arguments(operation.arguments.len() + 2);
        quote! {
            #docs
            #too_many
            fn #name(#this #realm, #arguments) -> #returns;
            #length
        }
    }

    /// A getter, setter, deleter or stringifier without a name.
    fn unnamed_operation(&self, member: &Member, operation: &Operation) -> TokenStream {
        match special_name(operation) {
            Some(name) => self.operation(name, member, operation, &quote!(&self,)),
            None => self.stringifier(member),
        }
    }

    /// What a legacy platform object tells of its properties, beside the getter.
    fn getter_length(&self, operation: &Operation) -> Option<TokenStream> {
        if operation.modifier != Modifier::Getter {
            return None;
        }
        Some(if is_indexed(operation) {
            quote! {
                #[doc = " How many indices are supported: those below this."]
                fn indexed_length(&self) -> u32;
            }
        } else {
            quote! {
                #[doc = " The supported property names, in order."]
                fn supported_property_names(&self) -> Vec<DomString>;
            }
        })
    }

    fn stringifier(&self, member: &Member) -> TokenStream {
        let docs = self.idl_doc(member.span);
        let (realm, returns) = (self.realm(), self.fallible(quote!(DomString)));
        quote! {
            #docs
            fn stringify(&self, #realm) -> #returns;
        }
    }

    fn pair_iterable(&self, member: &Member, key: &Type, value: &Type) -> TokenStream {
        let docs = self.idl_doc(member.span);
        let (key, value) = (self.types.rust(key), self.types.rust(value));
        let (realm, returns) = (self.realm(), self.fallible(quote!(Option<(#key, #value)>)));
        quote! {
            #docs
            #[doc = ""]
            #[doc = " The pair at an index of the list of value pairs to iterate over; none behind its end."]
            fn pair_at(&self, #realm, index: usize) -> #returns;
        }
    }

    fn async_iterable(&self, member: &Member, arguments: &[Argument]) -> TokenStream {
        let docs = self.idl_doc(member.span);
        let arguments = self.parameters(arguments);
        let iteration = self.backend.engine_type(EngineType::AsyncIteration);
        let (realm, returns) = (self.realm(), self.fallible(iteration));
        quote! {
            #docs
            #[doc = ""]
            #[doc = " The state of one iteration: what the asynchronous iterator initialization steps set up."]
            fn async_iterator(&self, #realm, #arguments) -> #returns;

            #[doc = " Whether iterators have a method `return`: whether the specification defines an asynchronous"]
            #[doc = " iterator return algorithm."]
            const ASYNC_ITERATOR_RETURN: bool = true;
        }
    }

    /// The parameters of a method, from its arguments.
    #[must_use]
    pub fn parameters(&self, arguments: &[Argument]) -> TokenStream {
        let parameters = arguments.iter().map(|argument| {
            let name = ident(&parameter_name(&argument.name.name));
            let ty = self.types.argument(argument);
            quote!(#name: #ty)
        });
        quote!(#(#parameters),*)
    }
}

/// The name of an argument; `realm` is taken.
#[must_use]
pub fn parameter_name(idl: &str) -> String {
    match snake(idl).as_str() {
        "realm" => "realm_".to_owned(),
        name => name.to_owned(),
    }
}

/// `constructor`, `constructor_2`, and so on.
#[must_use]
pub fn constructor_name(index: usize) -> String {
    if index == 0 { "constructor".to_owned() } else { format!("constructor_{}", index + 1) }
}

/// The method of a special operation without a name; none if it is no getter, setter or deleter.
#[must_use]
pub fn special_name(operation: &Operation) -> Option<&'static str> {
    let indexed = is_indexed(operation);
    match operation.modifier {
        Modifier::Getter if indexed => Some("indexed_getter"),
        Modifier::Getter => Some("named_getter"),
        Modifier::Setter if indexed => Some("indexed_setter"),
        Modifier::Setter => Some("named_setter"),
        Modifier::Deleter => Some("named_deleter"),
        _ => None,
    }
}

/// Whether a getter or setter is for indices rather than names.
pub(super) fn is_indexed(operation: &Operation) -> bool {
    matches!(operation.arguments.first().map(|argument| &argument.ty), Some(Type::Integer(..)))
}

/// The trait of an interface or mixin.
#[must_use]
pub fn trait_name(idl: &str) -> String {
    format!("{idl}Methods")
}

/// `console` as `Console`.
#[must_use]
pub fn upper_first(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Whether a member is `[Default] object toJSON()`.
pub(super) fn is_default_to_json(member: &Member) -> bool {
    member.has("Default") && member.name() == "toJSON"
}

/// The lint for functions with many arguments counts the IDL's.
pub(super) fn too_many_arguments(count: usize) -> Option<TokenStream> {
    (count > 7).then(|| quote!(#[expect(clippy::too_many_arguments, reason = "the IDL has them")]))
}
