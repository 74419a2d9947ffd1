//! Conversions of dictionaries, enumerations, unions and callbacks.

use proc_macro2::{Literal as TokenLiteral, TokenStream};
use quote::quote;

use crate::ast::Generic;
use crate::emit::Emitter;
use crate::emit::docs::definition_doc;
use crate::emit::methods::too_many_arguments;
use crate::emit::names::{ident, snake};
use crate::model::{
    Argument, Callback, Dictionary, DictionaryMember, Enumeration, Interface, MemberKind, Type,
};

impl Emitter<'_> {
    /// `FromJs` and `ToJs` of an enumeration.
    pub(in crate::emit) fn enumeration_glue(&self, enumeration: &Enumeration) -> TokenStream {
        let idl = &enumeration.name.name;
        let name = ident(idl);
        quote! {
            impl FromJs for #name {
                fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                    idl::enumeration(realm, value, #idl, #name::from_str)
                }
            }

            impl ToJs for #name {
                fn to_js(self, realm: &Realm) -> Fallible<Value> {
                    self.as_str().to_js(realm)
                }
            }
        }
    }

    /// `FromJs` and `ToJs` of a dictionary: inherited members first, then its own in lexicographical order.
    pub(in crate::emit) fn dictionary_glue(&self, dictionary: &Dictionary) -> TokenStream {
        let idl = &dictionary.name.name;
        let name = ident(idl);
        let has_parent = dictionary.inherits.is_some();
        let parent_from = has_parent.then(|| quote!(parent: FromJs::from_js(realm, value)?,));
        let parent_to = has_parent.then(|| quote!(self.parent.write(realm, object)?;));
        let names = dictionary.members.iter().map(|member| &member.name.name);
        let from = dictionary.members.iter().enumerate().map(|(at, member)| self.member_from_js(at, member));
        let to = dictionary.members.iter().map(|member| self.member_to_js(member));
        let members = quote!(static MEMBERS: idl::Members = idl::Members::new(#idl, &[#(#names),*]););
        let source = if dictionary.members.is_empty() {
            quote!(idl::Dictionary::new(realm, value, &MEMBERS)?;)
        } else {
            quote!(let source = idl::Dictionary::new(realm, value, &MEMBERS)?;)
        };
        let level = self.types.recursion.is_nested(idl).then(|| quote!(let _level = idl::Level::enter()?;));
        let unused = (dictionary.members.is_empty() && !has_parent).then(|| quote!(let _ = (realm, object);));
        quote! {
            impl FromJs for #name {
                fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                    #level
                    #members
                    #source
                    Ok(#name { #parent_from #(#from)* })
                }
            }

            impl #name {
                #[doc = " Defines the members that are present on an object."]
                pub fn write(self, realm: &Realm, object: &Object) -> Fallible<()> {
                    #unused
                    #parent_to
                    #(#to)*
                    Ok(())
                }
            }

            impl ToJs for #name {
                fn to_js(self, realm: &Realm) -> Fallible<Value> {
                    let object = Object::new(realm)?;
                    self.write(realm, &object)?;
                    Ok(object.into_value())
                }
            }
        }
    }

    fn member_from_js(&self, at: usize, member: &DictionaryMember) -> TokenStream {
        let field = ident(&snake(&member.name.name));
        let at = TokenLiteral::usize_unsuffixed(at);
        let convert = self.converter(&member.ty);
        let value = if member.required {
            quote!(source.required(#at, #convert)?)
        } else if let Some(default) = self.member_default(member) {
            let default = default_closure(&default);
            quote!(source.or(#at, #convert, #default)?)
        } else {
            quote!(source.optional(#at, #convert)?)
        };
        quote!(#field: #value,)
    }

    fn member_to_js(&self, member: &DictionaryMember) -> TokenStream {
        let field = ident(&snake(&member.name.name));
        if member.required || member.default.is_some() {
            self.write_member(member, &quote!(self.#field))
        } else {
            let write = self.write_member(member, &quote!(value));
            quote! {
                if let Some(value) = self.#field {
                    #write
                }
            }
        }
    }

    fn write_member(&self, member: &DictionaryMember, value: &TokenStream) -> TokenStream {
        let idl = &member.name.name;
        if super::convert::is_plain_to_js(&member.ty) {
            return quote!(idl::write(realm, object, #idl, #value)?;);
        }
        let value = self.to_js(&member.ty, value);
        quote!(object.create_static(realm, #idl, #value?)?;)
    }

    /// `FromJs` and `ToJs` of a union.
    pub(in crate::emit) fn union_glue(&self, name: &str, members: &[Type]) -> TokenStream {
        let name = ident(name);
        let variants: Vec<_> = members.iter().map(|member| ident(&self.types.variant(member))).collect();
        let candidates: Vec<_> = members.iter().map(|member| self.candidate(member, false)).collect();
        let last = members.len().saturating_sub(1);
        // A value that may become a number or a bigint is converted before it is known which: once only.
        let numeric = |ty: &Type| matches!(ty, Type::Integer(..) | Type::Float { .. } | Type::Bigint);
        let both = members.contains(&Type::Bigint) && members.iter().filter(|ty| numeric(ty)).count() > 1;
        let mut with_method = false;
        let arms: Vec<_> = members
            .iter()
            .zip(&variants)
            .enumerate()
            .map(|(index, (member, variant))| {
                let literal = TokenLiteral::usize_unsuffixed(index);
                let pattern = if index == last { quote!(_) } else { quote!(#literal) };
                let constructor = quote!(#name::#variant);
                match member {
                    Type::Generic(Generic::Sequence | Generic::FrozenArray, inner) => {
                        with_method = true;
                        let convert = self.converter(inner);
                        quote!(#pattern => selected.sequence(realm, value, #convert).map(#constructor),)
                    }
                    member if both && numeric(member) => {
                        with_method = true;
                        let call = self.conversion(member, &quote!(selected.value(value)));
                        quote!(#pattern => #call.map(#constructor),)
                    }
                    member => {
                        let call = self.conversion(member, &quote!(value));
                        quote!(#pattern => #call.map(#constructor),)
                    }
                }
            })
            .collect();
        let select = if with_method {
            quote! {
                let selected = glue::select(realm, value, CANDIDATES)?;
                match selected.index { #(#arms)* }
            }
        } else {
            quote!(match glue::choose(realm, value, CANDIDATES)? { #(#arms)* })
        };
        let to = members.iter().zip(&variants).map(|(member, variant)| {
            let value = self.to_js(member, &quote!(value));
            quote!(#name::#variant(value) => #value,)
        });
        quote! {
            impl FromJs for #name {
                fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                    const CANDIDATES: &[Candidate] = &[#(#candidates),*];
                    #select
                }
            }

            impl ToJs for #name {
                fn to_js(self, realm: &Realm) -> Fallible<Value> {
                    match self { #(#to)* }
                }
            }
        }
    }

    /// A callback function: a newtype that can be called with Rust values.
    pub(super) fn callback_glue(&self, callback: &Callback) -> TokenStream {
        let idl = &callback.name.name;
        let name = ident(idl);
        let docs = definition_doc(self.sources, callback.name.span, &format!("`callback {idl}`"), &[]);
        let parameters = self.parameters(&callback.arguments);
        let returns = self.types.rust(&callback.returns);
        let invoke = quote!(self.0.call(realm, this, &args));
        let body = self.call_body(&callback.arguments, &callback.returns, &invoke);
        let too_many = too_many_arguments(callback.arguments.len() + 3);
        let from_js = if callback.treat_non_object_as_null {
            quote!(Callback::of_any_object(value).map(#name))
        } else {
            quote!(FromJs::from_js(realm, value).map(#name))
        };
        let realm = if callback.treat_non_object_as_null { quote!(_) } else { quote!(realm) };
        quote! {
            #docs
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct #name(pub Callback);

            impl #name {
                #[doc = " Invokes it."]
                #[doc = ""]
                #[doc = " # Errors"]
                #[doc = " What it threw, or what the conversion of its result threw."]
                #too_many
                pub fn call(&self, realm: &Realm, this: &Value, #parameters) -> Fallible<#returns> {
                    #body
                }
            }

            impl FromJs for #name {
                fn from_js(#realm: &Realm, value: &Value) -> Fallible<Self> {
                    #from_js
                }
            }

            impl ToJs for #name {
                fn to_js(self, realm: &Realm) -> Fallible<Value> {
                    self.0.to_js(realm)
                }
            }

            impl Handle for #name {
                fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
                    self.0.each_value(visit);
                }
            }
        }
    }

    /// A callback interface with its one operation.
    pub(super) fn callback_interface_glue(&self, interface: &Interface) -> TokenStream {
        let idl = &interface.name.name;
        let name = ident(idl);
        let docs =
            definition_doc(self.sources, interface.name.span, &format!("`callback interface {idl}`"), &[]);
        let operations = interface.members.iter().filter_map(|member| match &member.kind {
            MemberKind::Operation(operation) => operation.name.as_ref().map(|name| (member, operation, name)),
            _ => None,
        });
        let operations: Vec<_> = operations
            .map(|(member, operation, operation_name)| {
                let docs = self.idl_doc(member.span);
                let method = ident(&snake(&operation_name.name));
                let operation_name = &operation_name.name;
                let parameters = self.parameters(&operation.arguments);
                let returns = self.types.rust(&operation.returns);
                let invoke = quote!(idl::call_operation(realm, &self.0, #operation_name, this, &args));
                let body = self.call_body(&operation.arguments, &operation.returns, &invoke);
                quote! {
                    #docs
                    #[doc = ""]
                    #[doc = " # Errors"]
                    #[doc = " What it threw, or what the conversion of its result threw."]
                    pub fn #method(&self, realm: &Realm, this: &Value, #parameters) -> Fallible<#returns> {
                        #body
                    }
                }
            })
            .collect();
        let constants = self.callback_interface_object(interface);
        quote! {
            #constants

            #docs
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct #name(pub Object);

            impl #name {
                #(#operations)*
            }

            impl FromJs for #name {
                fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                    FromJs::from_js(realm, value).map(#name)
                }
            }

            impl ToJs for #name {
                fn to_js(self, realm: &Realm) -> Fallible<Value> {
                    self.0.to_js(realm)
                }
            }

            impl Handle for #name {
                fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
                    self.0.each_value(visit);
                }
            }
        }
    }

    /// Converts the arguments, calls, converts the result.
    fn call_body(&self, arguments: &[Argument], returns: &Type, invoke: &TokenStream) -> TokenStream {
        let mut steps = TokenStream::new();
        let is_always_there =
            |argument: &Argument| !argument.variadic && (!argument.optional || argument.default.is_some());
        if arguments.iter().all(is_always_there) {
            let values = arguments.iter().map(|argument| {
                let name = ident(&super::super::methods::parameter_name(&argument.name.name));
                let value = self.to_js(&argument.ty, &quote!(#name));
                quote!(#value?)
            });
            steps.extend(quote!(let args = [#(#values),*];));
        } else {
            steps.extend(quote!(let mut args: Vec<Value> = Vec::new();));
            let missing =
                |argument: &&Argument| argument.optional && !argument.variadic && argument.default.is_none();
            // What is missing in the middle is passed as undefined; what is missing at the end is not passed.
            let several = arguments.iter().filter(missing).count() > 1;
            let mut counted = false;
            for argument in arguments {
                if several && !counted && missing(&argument) {
                    counted = true;
                    steps.extend(quote!(let mut present = args.len();));
                }
                steps.extend(self.push_argument(argument, counted));
            }
            if several {
                steps.extend(quote!(args.truncate(present);));
            }
        }
        let result = match returns {
            Type::Undefined => quote!(#invoke.map(drop)),
            Type::Any => invoke.clone(),
            Type::Generic(Generic::Promise, _) => quote! {
                match #invoke {
                    Ok(value) => FromJs::from_js(realm, &value),
                    Err(exception) => Promise::rejected(realm, exception),
                }
            },
            returns => self.conversion(returns, &quote!(&#invoke?)),
        };
        quote!(#steps #result)
    }

    fn push_argument(&self, argument: &Argument, several: bool) -> TokenStream {
        let name = ident(&super::super::methods::parameter_name(&argument.name.name));
        let count = several.then(|| quote!(present = args.len();));
        if argument.variadic {
            let value = self.to_js(&argument.ty, &quote!(value));
            return quote!(for value in #name { args.push(#value?); #count });
        }
        if argument.optional && argument.default.is_none() {
            let value = self.to_js(&argument.ty, &quote!(value));
            if several {
                return quote! {
                    match #name {
                        Some(value) => {
                            args.push(#value?);
                            present = args.len();
                        }
                        None => args.push(Value::UNDEFINED),
                    }
                };
            }
            return quote!(if let Some(value) = #name { args.push(#value?); });
        }
        let value = self.to_js(&argument.ty, &quote!(#name));
        quote!(args.push(#value?); #count)
    }
}

/// An expression for `impl FnOnce() -> T`.
pub(super) fn default_closure(value: &TokenStream) -> TokenStream {
    let text = value.to_string();
    match text.strip_suffix("()") {
        Some(path) if !path.contains('(') && path.contains("::") => match syn::parse_str::<syn::Path>(path) {
            Ok(path) => quote!(#path),
            Err(_) => quote!(|| #value),
        },
        _ => quote!(|| #value),
    }
}
