//! From weedle's tree to [`ast`](crate::ast): definitions, arguments, extended attributes, literals.

use weedle::argument::{Argument as WArgument, ArgumentList};
use weedle::attribute::{ExtendedAttribute as WAttribute, ExtendedAttributeList, IdentifierOrString};
use weedle::common::Identifier;
use weedle::interface::Inheritance;
use weedle::literal::{ConstValue, DefaultValue, FloatLit, IntegerLit};

use super::rewrite::{LEADING_DASH, Rewritten};
use crate::ast::{
    Argument, AttributeValue, Body, Definition, DefinitionKind, ExtendedAttribute, Ident, Literal,
};
use crate::diagnostics::Problems;
use crate::source::Span;

/// Lowers what weedle made of one piece of text.
pub(super) struct Lower<'a> {
    pub(super) text: &'a Rewritten,
    pub(super) problems: &'a mut Problems,
}

impl Lower<'_> {
    pub(super) fn ident(&self, identifier: Identifier<'_>) -> Ident {
        let name = identifier.0.strip_prefix(LEADING_DASH).unwrap_or(identifier.0);
        Ident { name: name.to_owned(), span: self.text.span_of(identifier.0) }
    }

    /// Lowers a header; the members come later. `implements`, which is of the past, is a problem.
    pub(super) fn definition(&mut self, parsed: weedle::Definition<'_>, span: Span) -> Option<Definition> {
        use weedle::Definition as W;
        let body = |inherits| Body { inherits, members: Vec::new() };
        let (name, attributes, partial, kind) = match parsed {
            W::Interface(d) => {
                let inherits = self.inheritance(d.inheritance);
                (d.identifier, d.attributes, false, DefinitionKind::Interface(body(inherits)))
            }
            W::PartialInterface(d) => {
                (d.identifier, d.attributes, true, DefinitionKind::Interface(body(None)))
            }
            W::InterfaceMixin(d) => (d.identifier, d.attributes, false, DefinitionKind::Mixin(body(None))),
            W::PartialInterfaceMixin(d) => {
                (d.identifier, d.attributes, true, DefinitionKind::Mixin(body(None)))
            }
            W::CallbackInterface(d) => {
                let inherits = self.inheritance(d.inheritance);
                (d.identifier, d.attributes, false, DefinitionKind::CallbackInterface(body(inherits)))
            }
            W::Namespace(d) => (d.identifier, d.attributes, false, DefinitionKind::Namespace(body(None))),
            W::PartialNamespace(d) => {
                (d.identifier, d.attributes, true, DefinitionKind::Namespace(body(None)))
            }
            W::Dictionary(d) => {
                let inherits = self.inheritance(d.inheritance);
                let kind = DefinitionKind::Dictionary { inherits, members: Vec::new() };
                (d.identifier, d.attributes, false, kind)
            }
            W::PartialDictionary(d) => {
                let kind = DefinitionKind::Dictionary { inherits: None, members: Vec::new() };
                (d.identifier, d.attributes, true, kind)
            }
            W::Enum(d) => {
                let values = d.values.body.list.iter();
                let values = values.map(|value| (value.0.to_owned(), self.text.span_of(value.0))).collect();
                (d.identifier, d.attributes, false, DefinitionKind::Enum(values))
            }
            W::Callback(d) => {
                let returns = self.return_type(d.return_type);
                let arguments = self.arguments(d.arguments.body);
                (d.identifier, d.attributes, false, DefinitionKind::Callback { returns, arguments })
            }
            W::Typedef(d) => {
                let ty = self.attributed_type(d.type_);
                (d.identifier, d.attributes, false, DefinitionKind::Typedef(ty))
            }
            W::IncludesStatement(d) => {
                let mixin = self.ident(d.rhs_identifier);
                (d.lhs_identifier, d.attributes, false, DefinitionKind::Includes(mixin))
            }
            W::Implements(d) => {
                let place = self.text.span_of(d.rhs_identifier.0);
                let message = "`implements` is no longer part of WebIDL";
                self.problems.add(place, message, "use an interface mixin and `includes`");
                return None;
            }
        };
        let name = self.ident(name);
        let attributes = self.attributes(attributes);
        Some(Definition { name, span, attributes, partial, kind })
    }

    fn inheritance(&self, inheritance: Option<Inheritance<'_>>) -> Option<Ident> {
        inheritance.map(|inheritance| self.ident(inheritance.identifier))
    }

    pub(super) fn attributes(&mut self, list: Option<ExtendedAttributeList<'_>>) -> Vec<ExtendedAttribute> {
        let list = list.map(|list| list.body.list).unwrap_or_default();
        list.into_iter().map(|attribute| self.attribute(attribute)).collect()
    }

    fn attribute(&mut self, attribute: WAttribute<'_>) -> ExtendedAttribute {
        let (name, value) = match attribute {
            WAttribute::NoArgs(a) => (a.0, AttributeValue::None),
            WAttribute::Wildcard(a) => (a.lhs_identifier, AttributeValue::Wildcard),
            WAttribute::Ident(a) => {
                let value = match a.rhs {
                    IdentifierOrString::Identifier(name) => AttributeValue::Name(self.ident(name)),
                    IdentifierOrString::String(text) => AttributeValue::Text(text.0.to_owned()),
                };
                (a.lhs_identifier, value)
            }
            WAttribute::IdentList(a) => {
                let names = a.list.body.list.into_iter().map(|name| self.ident(name)).collect();
                (a.identifier, AttributeValue::Names(names))
            }
            WAttribute::ArgList(a) => (a.identifier, AttributeValue::Arguments(self.arguments(a.args.body))),
            WAttribute::NamedArgList(a) => {
                let name = self.ident(a.rhs_identifier);
                (a.lhs_identifier, AttributeValue::NamedArguments(name, self.arguments(a.args.body)))
            }
        };
        ExtendedAttribute { name: self.ident(name), value }
    }

    pub(super) fn arguments(&mut self, list: ArgumentList<'_>) -> Vec<Argument> {
        list.list.into_iter().map(|argument| self.argument(argument)).collect()
    }

    fn argument(&mut self, argument: WArgument<'_>) -> Argument {
        match argument {
            WArgument::Single(a) => {
                let outer = self.attributes(a.attributes);
                let mut ty = self.attributed_type(a.type_);
                ty.attributes.extend(outer);
                Argument {
                    name: self.ident(a.identifier),
                    ty,
                    optional: a.optional.is_some(),
                    variadic: false,
                    default: a.default.and_then(|default| self.default_value(default.value)),
                }
            }
            WArgument::Variadic(a) => {
                let mut ty = self.ty(a.type_);
                ty.attributes = self.attributes(a.attributes);
                let name = self.ident(a.identifier);
                Argument { name, ty, optional: true, variadic: true, default: None }
            }
        }
    }

    pub(super) fn default_value(&mut self, value: DefaultValue<'_>) -> Option<Literal> {
        match value {
            DefaultValue::Boolean(value) => Some(Literal::Boolean(value.0)),
            DefaultValue::EmptyArray(_) => Some(Literal::EmptySequence),
            DefaultValue::EmptyDictionary(_) => Some(Literal::EmptyDictionary),
            DefaultValue::Float(value) => self.float(value),
            DefaultValue::Integer(value) => self.integer(value),
            DefaultValue::Null(_) => Some(Literal::Null),
            DefaultValue::String(value) if self.text.is_undefined(value.0) => Some(Literal::Undefined),
            DefaultValue::String(value) => Some(Literal::Text(value.0.to_owned())),
        }
    }

    pub(super) fn constant_value(&mut self, value: ConstValue<'_>) -> Option<Literal> {
        match value {
            ConstValue::Boolean(value) => Some(Literal::Boolean(value.0)),
            ConstValue::Float(value) => self.float(value),
            ConstValue::Integer(value) => self.integer(value),
            ConstValue::Null(_) => Some(Literal::Null),
        }
    }

    fn float(&mut self, value: FloatLit<'_>) -> Option<Literal> {
        match value {
            FloatLit::NegInfinity(_) => Some(Literal::Float(f64::NEG_INFINITY)),
            FloatLit::Infinity(_) => Some(Literal::Float(f64::INFINITY)),
            FloatLit::NaN(_) => Some(Literal::Float(f64::NAN)),
            FloatLit::Value(value) => match value.0.parse() {
                Ok(number) => Some(Literal::Float(number)),
                Err(_) => self.bad_number(value.0),
            },
        }
    }

    fn integer(&mut self, value: IntegerLit<'_>) -> Option<Literal> {
        let (text, radix) = match value {
            IntegerLit::Dec(value) => (value.0, 10),
            IntegerLit::Hex(value) => (value.0, 16),
            IntegerLit::Oct(value) => (value.0, 8),
        };
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let digits = match radix {
            16 => digits.get(2..).unwrap_or_default(),
            _ => digits,
        };
        match i128::from_str_radix(digits, radix) {
            Ok(number) => Some(Literal::Integer(if negative { -number } else { number })),
            Err(_) => self.bad_number(text),
        }
    }

    fn bad_number(&mut self, text: &str) -> Option<Literal> {
        let span = self.text.span_of(text);
        self.problems.add(span, format!("`{text}` is not a number that can be represented"), "this number");
        None
    }
}
