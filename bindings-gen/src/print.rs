//! Definitions as IDL again: what [`ast`](crate::ast) holds, in one layout.
//!
//! Parsing what is printed gives the same definitions, but for their places. An extended attribute's number or list of
//! literals is printed as the string that it was read as.

use std::fmt::{self, Display, Formatter};

use crate::ast::{
    Argument, Attribute, AttributeValue, Body, Buffer, Builtin, Definition, DefinitionKind, DictionaryMember,
    ExtendedAttribute, Generic, Ident, Integer, Literal, Member, MemberKind, Modifier, Operation, TypeExpr,
    TypeExprKind,
};

/// Words of the grammar, which are names only behind an underscore.
const KEYWORDS: [&str; 58] = [
    "ArrayBuffer",
    "ByteString",
    "DOMString",
    "DataView",
    "Float32Array",
    "Float64Array",
    "FrozenArray",
    "Infinity",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "NaN",
    "ObservableArray",
    "Promise",
    "USVString",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "any",
    "async",
    "attribute",
    "bigint",
    "boolean",
    "byte",
    "callback",
    "const",
    "constructor",
    "deleter",
    "dictionary",
    "double",
    "enum",
    "false",
    "float",
    "getter",
    "includes",
    "inherit",
    "interface",
    "iterable",
    "long",
    "maplike",
    "mixin",
    "namespace",
    "null",
    "object",
    "octet",
    "optional",
    "or",
    "partial",
    "record",
    "sequence",
    "setlike",
    "setter",
    "short",
    "static",
    "stringifier",
    "symbol",
    "true",
];

/// More of them.
const MORE_KEYWORDS: [&str; 9] = [
    "async_iterable",
    "async_sequence",
    "legacycaller",
    "readonly",
    "required",
    "typedef",
    "undefined",
    "unsigned",
    "unrestricted",
];

/// Prints definitions, a blank line between two.
#[must_use]
pub fn print(definitions: &[Definition]) -> String {
    let texts: Vec<String> = definitions.iter().map(Definition::to_string).collect();
    texts.join("\n\n") + "\n"
}

impl Display for Ident {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.name.as_str();
        let escape = KEYWORDS.contains(&name) || MORE_KEYWORDS.contains(&name);
        write!(f, "{}{name}", if escape { "_" } else { "" })
    }
}

/// Items with a separator between two.
fn list<T: Display>(f: &mut Formatter<'_>, items: &[T], separator: &str) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

/// `[A, B] `, or nothing.
fn attributes(f: &mut Formatter<'_>, attributes: &[ExtendedAttribute]) -> fmt::Result {
    if attributes.is_empty() {
        return Ok(());
    }
    f.write_str("[")?;
    list(f, attributes, ", ")?;
    f.write_str("] ")
}

impl Display for ExtendedAttribute {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.name)?;
        match &self.value {
            AttributeValue::None => Ok(()),
            AttributeValue::Wildcard => f.write_str("=*"),
            AttributeValue::Name(name) => write!(f, "={}", name.name),
            AttributeValue::Names(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
                write!(f, "=({})", names.join(", "))
            }
            AttributeValue::Text(text) => write!(f, "=\"{text}\""),
            AttributeValue::Arguments(arguments) => parentheses(f, arguments),
            AttributeValue::NamedArguments(name, arguments) => {
                write!(f, "={}", name.name)?;
                parentheses(f, arguments)
            }
        }
    }
}

/// `(a, b)`
fn parentheses<T: Display>(f: &mut Formatter<'_>, arguments: &[T]) -> fmt::Result {
    f.write_str("(")?;
    list(f, arguments, ", ")?;
    f.write_str(")")
}

impl Display for Definition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.attributes.is_empty() {
            f.write_str("[")?;
            list(f, &self.attributes, ", ")?;
            f.write_str("]\n")?;
        }
        if self.partial {
            f.write_str("partial ")?;
        }
        let name = &self.name;
        match &self.kind {
            DefinitionKind::Interface(of) => body(f, "interface", name, of),
            DefinitionKind::Mixin(of) => body(f, "interface mixin", name, of),
            DefinitionKind::CallbackInterface(of) => body(f, "callback interface", name, of),
            DefinitionKind::Namespace(of) => body(f, "namespace", name, of),
            DefinitionKind::Dictionary { inherits, members } => {
                write!(f, "dictionary {name}")?;
                block(f, inherits.as_ref(), members)
            }
            DefinitionKind::Enum(values) => {
                let values: Vec<String> = values.iter().map(|(value, _)| format!("\"{value}\"")).collect();
                write!(f, "enum {name} {{ {} }};", values.join(", "))
            }
            DefinitionKind::Callback { returns, arguments } => {
                write!(f, "callback {name} = {returns} ")?;
                parentheses(f, arguments)?;
                f.write_str(";")
            }
            DefinitionKind::Typedef(ty) => write!(f, "typedef {ty} {name};"),
            DefinitionKind::Includes(mixin) => write!(f, "{name} includes {mixin};"),
        }
    }
}

fn body(f: &mut Formatter<'_>, keyword: &str, name: &Ident, body: &Body) -> fmt::Result {
    write!(f, "{keyword} {name}")?;
    block(f, body.inherits.as_ref(), &body.members)
}

/// Inheritance and a line for each member.
fn block<T: Display>(f: &mut Formatter<'_>, inherits: Option<&Ident>, members: &[T]) -> fmt::Result {
    if let Some(parent) = inherits {
        write!(f, " : {parent}")?;
    }
    f.write_str(" {\n")?;
    members.iter().try_for_each(|member| writeln!(f, "  {member}"))?;
    f.write_str("};")
}

impl<T: Display> Display for Member<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        attributes(f, &self.attributes)?;
        write!(f, "{};", self.kind)
    }
}

impl<T: Display> Display for MemberKind<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let read_only = |readonly: &bool| if *readonly { "readonly " } else { "" };
        match self {
            MemberKind::Constant { name, ty, value } => write!(f, "const {ty} {name} = {value}"),
            MemberKind::Attribute(attribute) => attribute.fmt(f),
            MemberKind::Operation(operation) => operation.fmt(f),
            MemberKind::Constructor(arguments) => {
                f.write_str("constructor")?;
                parentheses(f, arguments)
            }
            MemberKind::Iterable { key: Some(key), value } => write!(f, "iterable<{key}, {value}>"),
            MemberKind::Iterable { key: None, value } => write!(f, "iterable<{value}>"),
            MemberKind::AsyncIterable { key, value, arguments } => {
                match key {
                    Some(key) => write!(f, "async_iterable<{key}, {value}>")?,
                    None => write!(f, "async_iterable<{value}>")?,
                }
                if arguments.is_empty() { Ok(()) } else { parentheses(f, arguments) }
            }
            MemberKind::Maplike { key, value, readonly } => {
                write!(f, "{}maplike<{key}, {value}>", read_only(readonly))
            }
            MemberKind::Setlike { value, readonly } => {
                write!(f, "{}setlike<{value}>", read_only(readonly))
            }
            MemberKind::Stringifier => f.write_str("stringifier"),
        }
    }
}

impl Display for Modifier {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Modifier::None => "",
            Modifier::Static => "static ",
            Modifier::Inherit => "inherit ",
            Modifier::Stringifier => "stringifier ",
            Modifier::Getter => "getter ",
            Modifier::Setter => "setter ",
            Modifier::Deleter => "deleter ",
            Modifier::LegacyCaller => "legacycaller ",
        })
    }
}

impl<T: Display> Display for Attribute<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let readonly = if self.readonly { "readonly " } else { "" };
        write!(f, "{}{readonly}attribute {} {}", self.modifier, self.ty, self.name)
    }
}

impl<T: Display> Display for Operation<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.modifier, self.returns)?;
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        parentheses(f, &self.arguments)
    }
}

impl<T: Display> Display for Argument<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.variadic {
            return write!(f, "{}... {}", self.ty, self.name);
        }
        let optional = if self.optional { "optional " } else { "" };
        write!(f, "{optional}{} {}", self.ty, self.name)?;
        default(f, self.default.as_ref())
    }
}

impl<T: Display> Display for DictionaryMember<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        attributes(f, &self.attributes)?;
        let required = if self.required { "required " } else { "" };
        write!(f, "{required}{} {}", self.ty, self.name)?;
        default(f, self.default.as_ref())?;
        f.write_str(";")
    }
}

/// ` = value`, or nothing.
fn default(f: &mut Formatter<'_>, value: Option<&Literal>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, " = {value}"))
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("null"),
            Literal::Undefined => f.write_str("undefined"),
            Literal::Boolean(value) => value.fmt(f),
            Literal::Integer(value) => value.fmt(f),
            Literal::Float(value) if value.is_nan() => f.write_str("NaN"),
            Literal::Float(value) if value.is_infinite() => {
                f.write_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
            }
            // With a point or an exponent, which tells it from an integer.
            Literal::Float(value) => write!(f, "{value:?}"),
            Literal::Text(text) => write!(f, "\"{text}\""),
            Literal::EmptySequence => f.write_str("[]"),
            Literal::EmptyDictionary => f.write_str("{}"),
        }
    }
}

impl Display for TypeExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        attributes(f, &self.attributes)?;
        match &self.kind {
            TypeExprKind::Builtin(builtin) => builtin.fmt(f)?,
            TypeExprKind::Named(name) => name.fmt(f)?,
            TypeExprKind::Generic(generic, of) => write!(f, "{generic}<{of}>")?,
            TypeExprKind::Record(key, value) => write!(f, "record<{key}, {value}>")?,
            TypeExprKind::Union(members) => {
                f.write_str("(")?;
                list(f, members, " or ")?;
                f.write_str(")")?;
            }
        }
        f.write_str(if self.nullable { "?" } else { "" })
    }
}

impl Display for Generic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Generic::Sequence => "sequence",
            Generic::AsyncSequence => "async_sequence",
            Generic::FrozenArray => "FrozenArray",
            Generic::ObservableArray => "ObservableArray",
            Generic::Promise => "Promise",
        })
    }
}

impl Display for Builtin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Builtin::Any => f.write_str("any"),
            Builtin::Undefined => f.write_str("undefined"),
            Builtin::Object => f.write_str("object"),
            Builtin::Symbol => f.write_str("symbol"),
            Builtin::Bigint => f.write_str("bigint"),
            Builtin::Boolean => f.write_str("boolean"),
            Builtin::Integer(integer) => integer.fmt(f),
            Builtin::Float { double, unrestricted } => {
                let unrestricted = if *unrestricted { "unrestricted " } else { "" };
                write!(f, "{unrestricted}{}", if *double { "double" } else { "float" })
            }
            Builtin::DomString => f.write_str("DOMString"),
            Builtin::UsvString => f.write_str("USVString"),
            Builtin::ByteString => f.write_str("ByteString"),
            Builtin::Buffer(buffer) => buffer.fmt(f),
        }
    }
}

impl Display for Integer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Integer::Byte => "byte",
            Integer::Octet => "octet",
            Integer::Short => "short",
            Integer::UnsignedShort => "unsigned short",
            Integer::Long => "long",
            Integer::UnsignedLong => "unsigned long",
            Integer::LongLong => "long long",
            Integer::UnsignedLongLong => "unsigned long long",
        })
    }
}

/// The names are the IDL's.
impl Display for Buffer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
