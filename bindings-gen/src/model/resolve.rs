//! From types as written to [`Type`]: names looked up, typedefs replaced, unions flattened, annotations applied.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::Collected;
use super::{IntegerConversion, Type};
use crate::ast::{
    self, Buffer, Builtin, DefinitionKind, ExtendedAttribute, Generic, Ident, TypeExpr, TypeExprKind,
};
use crate::diagnostics::Problems;
use crate::source::Span;

/// Looks names up. `place` in its methods is where a problem is shown.
pub(super) struct Resolver<'c, 'd> {
    pub(super) collected: &'c Collected<'d>,
    pub(super) problems: &'c mut Problems,
    /// Names that nothing defines.
    pub(super) dangling: Vec<Ident>,
    typedefs: BTreeMap<String, Type>,
    /// Typedefs that are being resolved: to meet one again is a cycle.
    under_way: BTreeSet<String>,
}

impl<'c, 'd> Resolver<'c, 'd> {
    pub(super) fn new(collected: &'c Collected<'d>, problems: &'c mut Problems) -> Self {
        Resolver {
            collected,
            problems,
            dangling: Vec::new(),
            typedefs: BTreeMap::new(),
            under_way: BTreeSet::new(),
        }
    }

    /// Resolves a type; `outer` are the extended attributes of the member or argument that it is the type of.
    pub(super) fn ty(&mut self, ty: &TypeExpr, outer: &[ExtendedAttribute], place: Span) -> Type {
        let mut resolved = match &ty.kind {
            TypeExprKind::Builtin(builtin) => builtin_type(*builtin),
            TypeExprKind::Named(name) => self.named(name),
            TypeExprKind::Generic(generic, of) => Type::Generic(*generic, Box::new(self.ty(of, &[], place))),
            TypeExprKind::Record(key, value) => {
                let (key, value) = (self.ty(key, &[], place), self.ty(value, &[], place));
                if !matches!(key, Type::DomString { .. } | Type::UsvString | Type::ByteString | Type::Enum(_))
                {
                    self.problems.add(place, "the key of a record must be a string type", "used here");
                }
                Type::Record(Box::new(key), Box::new(value))
            }
            TypeExprKind::Union(members) => self.union(members, place),
        };
        for attribute in ty.attributes.iter().chain(outer) {
            annotate(&mut resolved, &attribute.name.name);
        }
        if ty.nullable { self.nullable(resolved, place) } else { resolved }
    }

    fn nullable(&mut self, inner: Type, place: Span) -> Type {
        match inner {
            Type::Nullable(_) => inner,
            Type::Any | Type::Generic(Generic::Promise, _) => {
                self.problems.add(place, "`any` and promises cannot be nullable", "used here");
                inner
            }
            inner => Type::Nullable(Box::new(inner)),
        }
    }

    fn union(&mut self, members: &[TypeExpr], place: Span) -> Type {
        let mut flat = Vec::new();
        let mut nullable = 0;
        for member in members {
            let mut member = self.ty(member, &[], place);
            if let Type::Nullable(inner) = member {
                nullable += 1;
                member = *inner;
            }
            match member {
                Type::Union(members) => flat.extend(members),
                Type::Any => {
                    self.problems.add(place, "`any` cannot be in a union", "used here");
                }
                member => flat.push(member),
            }
        }
        if nullable > 1 {
            self.problems.add(place, "only one type of a union may be nullable", "used here");
        }
        let union = match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                Type::Union(flat)
            }
        };
        if nullable > 0 { Type::Nullable(Box::new(union)) } else { union }
    }

    fn named(&mut self, ident: &Ident) -> Type {
        let name = ident.name.clone();
        match name.as_str() {
            // A union of buffer types that is one kind of value to a person, as BufferSource is.
            "AllowSharedBufferSource" => {
                return Type::Buffer { kind: Buffer::BufferSource, shared: true, resizable: false };
            }
            // The proxy of a browsing context: the window of its active document.
            "WindowProxy" if self.collected.entries.contains_key("Window") => {
                return Type::Interface("Window".to_owned());
            }
            _ => {}
        }
        let Some(entry) = self.collected.entries.get(name.as_str()) else {
            // A name of the past, which SVG still has for the interfaces of Geometry.
            if let Some(interface) = self.collected.aliases.get(name.as_str()) {
                return Type::Interface((*interface).to_owned());
            }
            self.dangling.push(ident.clone());
            return Type::Unknown(name, ident.span);
        };
        let definition = entry.main;
        match &definition.kind {
            DefinitionKind::Interface(_) => Type::Interface(name),
            DefinitionKind::CallbackInterface(_) => Type::CallbackInterface(name),
            DefinitionKind::Dictionary { .. } => Type::Dictionary(name),
            DefinitionKind::Enum(_) => Type::Enum(name),
            DefinitionKind::Callback { .. } => Type::Callback(name),
            DefinitionKind::Typedef(ty) => self.typedef(&name, ty, definition),
            DefinitionKind::Mixin(_) | DefinitionKind::Namespace(_) | DefinitionKind::Includes(_) => {
                self.problems.add(ident.span, format!("{name} is not a type"), "used as a type");
                Type::Any
            }
        }
    }

    fn typedef(&mut self, name: &str, ty: &TypeExpr, definition: &ast::Definition) -> Type {
        if let Some(resolved) = self.typedefs.get(name) {
            return resolved.clone();
        }
        if !self.under_way.insert(name.to_owned()) {
            let message = format!("the typedef {name} refers to itself");
            self.problems.add(definition.name.span, message, "this typedef");
            return Type::Object;
        }
        let resolved = self.ty(ty, &definition.attributes, definition.name.span);
        self.under_way.remove(name);
        self.typedefs.insert(name.to_owned(), resolved.clone());
        resolved
    }
}

fn builtin_type(builtin: Builtin) -> Type {
    match builtin {
        Builtin::Any => Type::Any,
        Builtin::Undefined => Type::Undefined,
        Builtin::Object => Type::Object,
        Builtin::Symbol => Type::Symbol,
        Builtin::Bigint => Type::Bigint,
        Builtin::Boolean => Type::Boolean,
        Builtin::Integer(integer) => Type::Integer(integer, IntegerConversion::Modulo),
        Builtin::Float { double, unrestricted } => Type::Float { double, unrestricted },
        Builtin::DomString => Type::DomString { null_to_empty: false },
        Builtin::UsvString => Type::UsvString,
        Builtin::ByteString => Type::ByteString,
        Builtin::Buffer(kind) => Type::Buffer { kind, shared: false, resizable: false },
    }
}

/// Applies one of the extended attributes that are applicable to types
/// (<https://webidl.spec.whatwg.org/#extended-attributes-applicable-to-types>).
fn annotate(ty: &mut Type, attribute: &str) {
    match ty {
        Type::Nullable(inner) => annotate(inner, attribute),
        Type::Integer(_, conversion) => match attribute {
            "EnforceRange" => *conversion = IntegerConversion::EnforceRange,
            "Clamp" => *conversion = IntegerConversion::Clamp,
            _ => {}
        },
        Type::DomString { null_to_empty } if attribute == "LegacyNullToEmptyString" => *null_to_empty = true,
        Type::Buffer { shared, resizable, .. } => match attribute {
            "AllowShared" => *shared = true,
            "AllowResizable" => *resizable = true,
            _ => {}
        },
        _ => {}
    }
}
