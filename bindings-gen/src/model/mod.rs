//! The world that the IDL files describe together: partials and mixins merged, names resolved, unions flattened.
//!
//! Nothing in here knows of a JavaScript engine or of Rust types: a backend is written against this alone.

mod build;
mod collect;
mod distinguish;
mod exposure;
mod overloads;
mod resolve;
mod rules;

use std::collections::BTreeMap;
use std::fmt;

pub use self::exposure::Exposure;
pub use self::overloads::{Optionality, OverloadEntry, OverloadSet, distinguishing_index, overload_set};
use crate::ast::{self, Buffer, Generic, Ident, Integer};
use crate::source::Span;

pub(crate) use self::build::build;
pub(crate) use self::distinguish::distinguishable;
pub(crate) use self::rules::{check_selection, check_world};

/// An argument with a resolved type.
pub type Argument = ast::Argument<Type>;
/// A member's content with resolved types.
pub type MemberKind = ast::MemberKind<Type>;
/// An attribute with a resolved type.
pub type Attribute = ast::Attribute<Type>;
/// An operation with resolved types.
pub type Operation = ast::Operation<Type>;
/// A dictionary's member with a resolved type.
pub type DictionaryMember = ast::DictionaryMember<Type>;

/// All definitions of all files.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Interfaces and namespaces, by name.
    pub interfaces: BTreeMap<String, Interface>,
    /// Callback interfaces, by name.
    pub callback_interfaces: BTreeMap<String, Interface>,
    /// Names of interface mixins.
    pub mixins: BTreeMap<String, Span>,
    /// Dictionaries, by name.
    pub dictionaries: BTreeMap<String, Dictionary>,
    /// Enumerations, by name.
    pub enums: BTreeMap<String, Enumeration>,
    /// Callback functions, by name.
    pub callbacks: BTreeMap<String, Callback>,
    /// Type definitions, by name.
    pub typedefs: BTreeMap<String, (Type, Span)>,
    /// Names that are used but defined in none of the files; no problem as long as nothing implemented needs them.
    pub dangling: Vec<Ident>,
}

/// Whether an [`Interface`] is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceKind {
    /// `interface`
    Interface,
    /// `namespace`
    Namespace,
    /// `callback interface`
    Callback,
}

/// An interface, namespace or callback interface with everything that partials and mixins add.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The name and where it is defined.
    pub name: Ident,
    /// Which of the three it is.
    pub kind: InterfaceKind,
    /// What it inherits from.
    pub inherits: Option<Ident>,
    /// The extended attributes of the definition itself.
    pub attributes: Vec<ast::ExtendedAttribute>,
    /// The realms that have it.
    pub exposure: Exposure,
    /// Whether it is in secure contexts only.
    pub secure_context: bool,
    /// Whether it is in cross-origin isolated realms only.
    pub cross_origin_isolated: bool,
    /// The names of `[Global=...]`; empty if it is no global.
    pub global_names: Vec<String>,
    /// The mixins that it includes, in the order of the text.
    pub mixins: Vec<Ident>,
    /// All members: its own, its partials', its mixins'.
    pub members: Vec<Member>,
    /// `[LegacyFactoryFunction=Name(arguments)]`
    pub legacy_factories: Vec<(Ident, Vec<Argument>)>,
}

/// A member of an interface.
#[derive(Clone, Debug)]
pub struct Member {
    /// The mixin it comes from, if it does.
    pub mixin: Option<String>,
    /// From its first token to its semicolon.
    pub span: Span,
    /// The extended attributes.
    pub attributes: Vec<ast::ExtendedAttribute>,
    /// The realms that have it, among those that have the interface.
    pub exposure: Exposure,
    /// Whether it is in secure contexts only, where the interface as a whole is not.
    pub secure_context: bool,
    /// Whether it is in cross-origin isolated realms only, where the interface as a whole is not.
    pub cross_origin_isolated: bool,
    /// What it is.
    pub kind: MemberKind,
}

/// A dictionary.
#[derive(Clone, Debug)]
pub struct Dictionary {
    /// The name and where it is defined.
    pub name: Ident,
    /// What it inherits from.
    pub inherits: Option<Ident>,
    /// Its own members in lexicographical order, as they are converted.
    pub members: Vec<DictionaryMember>,
}

/// An enumeration.
#[derive(Clone, Debug)]
pub struct Enumeration {
    /// The name and where it is defined.
    pub name: Ident,
    /// The values in the order of the text.
    pub values: Vec<(String, Span)>,
}

/// A callback function.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The name and where it is defined.
    pub name: Ident,
    /// What the callback returns.
    pub returns: Type,
    /// What it is called with.
    pub arguments: Vec<Argument>,
    /// `[LegacyTreatNonObjectAsNull]`: any object is one, whether it can be called or not.
    pub treat_non_object_as_null: bool,
}

/// How a number that does not fit an integer type is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntegerConversion {
    /// Modulo 2 to the number of bits.
    Modulo,
    /// `[EnforceRange]`: a TypeError.
    EnforceRange,
    /// `[Clamp]`: the nearest value.
    Clamp,
}

/// A type. Typedefs are gone, unions are flat, extended attributes that change conversion are part of the type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `any`
    Any,
    /// `undefined`
    Undefined,
    /// `object`
    Object,
    /// `symbol`
    Symbol,
    /// `bigint`
    Bigint,
    /// `boolean`
    Boolean,
    /// An integer.
    Integer(Integer, IntegerConversion),
    /// `float`, `double`
    Float {
        /// 64 bits rather than 32.
        double: bool,
        /// Whether infinities and NaN are values.
        unrestricted: bool,
    },
    /// `DOMString`
    DomString {
        /// `[LegacyNullToEmptyString]`
        null_to_empty: bool,
    },
    /// `USVString`
    UsvString,
    /// `ByteString`
    ByteString,
    /// A buffer source type.
    Buffer {
        /// Which.
        kind: Buffer,
        /// `[AllowShared]`
        shared: bool,
        /// `[AllowResizable]`
        resizable: bool,
    },
    /// An interface.
    Interface(String),
    /// A callback interface.
    CallbackInterface(String),
    /// A callback function.
    Callback(String),
    /// A dictionary.
    Dictionary(String),
    /// An enumeration.
    Enum(String),
    /// `T?`; never around another nullable type.
    Nullable(Box<Type>),
    /// `sequence<T>` and the like.
    Generic(Generic, Box<Type>),
    /// `record<K, V>`
    Record(Box<Type>, Box<Type>),
    /// A union of two or more; the members are neither unions nor nullable.
    Union(Vec<Type>),
    /// A name that no file defines.
    Unknown(String, Span),
    /// An interface that is not implemented, where it may be missing: no value is of this type.
    NotImplemented(String),
}

impl Type {
    /// The type without `?`.
    #[must_use]
    pub fn inner(&self) -> &Type {
        match self {
            Type::Nullable(inner) => inner,
            other => other,
        }
    }

    /// Whether `null` is one of its values by `?`.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        matches!(self, Type::Nullable(_))
    }

    /// Whether it is a dictionary or a union with one: may be missing, and converts from undefined.
    #[must_use]
    pub fn includes_dictionary(&self) -> bool {
        match self.inner() {
            Type::Dictionary(_) => true,
            Type::Union(members) => members.iter().any(|member| matches!(member, Type::Dictionary(_))),
            _ => false,
        }
    }

    /// Calls `visit` with this type and every type in it.
    pub fn walk(&self, visit: &mut dyn FnMut(&Type)) {
        visit(self);
        match self {
            Type::Nullable(inner) | Type::Generic(_, inner) => inner.walk(visit),
            Type::Record(key, value) => {
                key.walk(visit);
                value.walk(visit);
            }
            Type::Union(members) => members.iter().for_each(|member| member.walk(visit)),
            _ => {}
        }
    }
}

/// As the IDL writes it.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Any => f.write_str("any"),
            Type::Undefined => f.write_str("undefined"),
            Type::Object => f.write_str("object"),
            Type::Symbol => f.write_str("symbol"),
            Type::Bigint => f.write_str("bigint"),
            Type::Boolean => f.write_str("boolean"),
            Type::Integer(integer, _) => f.write_str(match integer {
                Integer::Byte => "byte",
                Integer::Octet => "octet",
                Integer::Short => "short",
                Integer::UnsignedShort => "unsigned short",
                Integer::Long => "long",
                Integer::UnsignedLong => "unsigned long",
                Integer::LongLong => "long long",
                Integer::UnsignedLongLong => "unsigned long long",
            }),
            Type::Float { double, unrestricted } => {
                let unrestricted = if *unrestricted { "unrestricted " } else { "" };
                write!(f, "{unrestricted}{}", if *double { "double" } else { "float" })
            }
            Type::DomString { .. } => f.write_str("DOMString"),
            Type::UsvString => f.write_str("USVString"),
            Type::ByteString => f.write_str("ByteString"),
            Type::Buffer { kind, .. } => write!(f, "{kind:?}"),
            Type::Interface(name)
            | Type::CallbackInterface(name)
            | Type::Callback(name)
            | Type::Dictionary(name)
            | Type::Enum(name)
            | Type::NotImplemented(name)
            | Type::Unknown(name, _) => f.write_str(name),
            Type::Nullable(inner) => write!(f, "{inner}?"),
            Type::Generic(generic, inner) => {
                let name = match generic {
                    Generic::Sequence => "sequence",
                    Generic::AsyncSequence => "async_sequence",
                    Generic::FrozenArray => "FrozenArray",
                    Generic::ObservableArray => "ObservableArray",
                    Generic::Promise => "Promise",
                };
                write!(f, "{name}<{inner}>")
            }
            Type::Record(key, value) => write!(f, "record<{key}, {value}>"),
            Type::Union(members) => {
                let members: Vec<String> = members.iter().map(Type::to_string).collect();
                write!(f, "({})", members.join(" or "))
            }
        }
    }
}

impl World {
    /// The interfaces from the root to `name`, itself included; stops at a parent that is not defined.
    #[must_use]
    pub fn ancestry<'w>(&'w self, name: &str) -> Vec<&'w Interface> {
        let mut chain = Vec::new();
        let mut next = self.interfaces.get(name);
        while let Some(interface) = next {
            chain.push(interface);
            // Cycles are reported when the world is built; here they only must not loop.
            if chain.len() > self.interfaces.len() {
                break;
            }
            next = interface.inherits.as_ref().and_then(|parent| self.interfaces.get(&parent.name));
        }
        chain.reverse();
        chain
    }

    /// The dictionaries from the root to `name`, itself included.
    #[must_use]
    pub fn dictionary_ancestry<'w>(&'w self, name: &str) -> Vec<&'w Dictionary> {
        let mut chain = Vec::new();
        let mut next = self.dictionaries.get(name);
        while let Some(dictionary) = next {
            chain.push(dictionary);
            if chain.len() > self.dictionaries.len() {
                break;
            }
            next = dictionary.inherits.as_ref().and_then(|parent| self.dictionaries.get(&parent.name));
        }
        chain.reverse();
        chain
    }
}

/// Looks up an extended attribute by name.
pub(crate) fn find_attribute<'a>(
    attributes: &'a [ast::ExtendedAttribute],
    name: &str,
) -> Option<&'a ast::ExtendedAttribute> {
    attributes.iter().find(|attribute| attribute.name.name == name)
}

impl Operation {
    /// Whether a getter or setter is for indices rather than names.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        matches!(self.arguments.first().map(|argument| &argument.ty), Some(Type::Integer(..)))
    }
}

impl Member {
    /// Whether the member has an extended attribute of this name.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        find_attribute(&self.attributes, attribute).is_some()
    }

    /// The name under which `implemented.toml` speaks of the member.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.kind {
            MemberKind::Constant { name, .. } => &name.name,
            MemberKind::Attribute(attribute) => &attribute.name.name,
            MemberKind::Operation(operation) => match (&operation.name, operation.modifier) {
                (Some(name), _) => &name.name,
                (None, ast::Modifier::Getter) => "getter",
                (None, ast::Modifier::Setter) => "setter",
                (None, ast::Modifier::Deleter) => "deleter",
                (None, ast::Modifier::LegacyCaller) => "legacycaller",
                (None, _) => "stringifier",
            },
            MemberKind::Constructor(_) => "constructor",
            MemberKind::Iterable { .. } => "iterable",
            MemberKind::AsyncIterable { .. } => "async_iterable",
            MemberKind::Maplike { .. } => "maplike",
            MemberKind::Setlike { .. } => "setlike",
            MemberKind::Stringifier => "stringifier",
        }
    }
}
