//! Lowering of types.

use weedle::common::Identifier;
use weedle::types::{
    AttributedType, ConstType, FloatingPointType, IntegerType, MayBeNull, NonAnyType, RecordKeyType,
    RecordType, ReturnType, SingleType, Type as WType, UnionMemberType, UnionType,
};

use super::lower::Lower;
use super::rewrite::{ANNOTATED_UNION, ASYNC_SEQUENCE};
use crate::ast::{Buffer, Builtin, Generic, Integer, TypeExpr, TypeExprKind};

fn plain(kind: TypeExprKind) -> TypeExpr {
    TypeExpr { kind, nullable: false, attributes: Vec::new() }
}

fn builtin<T>(builtin: Builtin, written: &MayBeNull<T>) -> TypeExpr {
    TypeExpr { nullable: written.q_mark.is_some(), ..plain(TypeExprKind::Builtin(builtin)) }
}

impl Lower<'_> {
    pub(super) fn return_type(&mut self, ty: ReturnType<'_>) -> TypeExpr {
        match ty {
            ReturnType::Undefined(_) => plain(TypeExprKind::Builtin(Builtin::Undefined)),
            ReturnType::Type(ty) => self.ty(ty),
        }
    }

    pub(super) fn attributed_type(&mut self, ty: AttributedType<'_>) -> TypeExpr {
        let attributes = self.attributes(ty.attributes);
        let mut lowered = self.ty(ty.type_);
        lowered.attributes.extend(attributes);
        lowered
    }

    pub(super) fn ty(&mut self, ty: WType<'_>) -> TypeExpr {
        match ty {
            WType::Single(SingleType::Any(_)) => plain(TypeExprKind::Builtin(Builtin::Any)),
            WType::Single(SingleType::NonAny(ty)) => self.non_any(ty),
            WType::Union(union) => self.union(union),
        }
    }

    fn union(&mut self, union: MayBeNull<UnionType<'_>>) -> TypeExpr {
        let nullable = union.q_mark.is_some();
        let mut members: Vec<TypeExpr> = Vec::new();
        for member in union.type_.body.list {
            members.push(match member {
                UnionMemberType::Single(ty) => {
                    let attributes = self.attributes(ty.attributes);
                    let mut lowered = self.non_any(ty.type_);
                    lowered.attributes.extend(attributes);
                    lowered
                }
                UnionMemberType::Union(union) => self.union(union),
            });
        }
        // A union with nothing but extended attributes before it is what an annotated union was rewritten to.
        let stands_for_attributes =
            |ty: &TypeExpr| matches!(&ty.kind, TypeExprKind::Named(name) if name.name == ANNOTATED_UNION);
        if members.len() == 2
            && members.first().is_some_and(stands_for_attributes)
            && let (Some(mut union), Some(annotation)) = (members.pop(), members.pop())
        {
            union.attributes.extend(annotation.attributes);
            return union;
        }
        // A union of one is what an annotated type argument was rewritten to.
        match members.pop() {
            Some(only) if members.is_empty() && !nullable => only,
            last => {
                members.extend(last);
                TypeExpr { nullable, ..plain(TypeExprKind::Union(members)) }
            }
        }
    }

    fn non_any(&mut self, ty: NonAnyType<'_>) -> TypeExpr {
        use Buffer as B;
        use NonAnyType as N;
        match ty {
            N::Promise(ty) => {
                let of = self.return_type(*ty.generics.body);
                plain(TypeExprKind::Generic(Generic::Promise, Box::new(of)))
            }
            N::Integer(ty) => builtin(Builtin::Integer(integer(ty.type_)), &ty),
            N::FloatingPoint(ty) => builtin(float(ty.type_), &ty),
            N::Boolean(ty) => builtin(Builtin::Boolean, &ty),
            N::Byte(ty) => builtin(Builtin::Integer(Integer::Byte), &ty),
            N::Octet(ty) => builtin(Builtin::Integer(Integer::Octet), &ty),
            N::ByteString(ty) => builtin(Builtin::ByteString, &ty),
            N::DOMString(ty) => builtin(Builtin::DomString, &ty),
            N::USVString(ty) => builtin(Builtin::UsvString, &ty),
            N::Object(ty) => builtin(Builtin::Object, &ty),
            N::Symbol(ty) => builtin(Builtin::Symbol, &ty),
            // `Error` is no type of WebIDL any more.
            N::Error(ty) => builtin(Builtin::Object, &ty),
            N::ArrayBuffer(ty) => builtin(Builtin::Buffer(B::ArrayBuffer), &ty),
            N::DataView(ty) => builtin(Builtin::Buffer(B::DataView), &ty),
            N::Int8Array(ty) => builtin(Builtin::Buffer(B::Int8Array), &ty),
            N::Int16Array(ty) => builtin(Builtin::Buffer(B::Int16Array), &ty),
            N::Int32Array(ty) => builtin(Builtin::Buffer(B::Int32Array), &ty),
            N::Uint8Array(ty) => builtin(Builtin::Buffer(B::Uint8Array), &ty),
            N::Uint16Array(ty) => builtin(Builtin::Buffer(B::Uint16Array), &ty),
            N::Uint32Array(ty) => builtin(Builtin::Buffer(B::Uint32Array), &ty),
            N::Uint8ClampedArray(ty) => builtin(Builtin::Buffer(B::Uint8ClampedArray), &ty),
            N::Float32Array(ty) => builtin(Builtin::Buffer(B::Float32Array), &ty),
            N::Float64Array(ty) => builtin(Builtin::Buffer(B::Float64Array), &ty),
            N::ArrayBufferView(ty) => builtin(Builtin::Buffer(B::ArrayBufferView), &ty),
            N::BufferSource(ty) => builtin(Builtin::Buffer(B::BufferSource), &ty),
            N::Sequence(ty) => self.generic(Generic::Sequence, *ty.type_.generics.body, ty.q_mark.is_some()),
            N::FrozenArrayType(ty) => {
                self.generic(Generic::FrozenArray, *ty.type_.generics.body, ty.q_mark.is_some())
            }
            N::ObservableArrayType(ty) => {
                self.generic(Generic::ObservableArray, *ty.type_.generics.body, ty.q_mark.is_some())
            }
            N::RecordType(ty) => self.record(ty.type_, ty.q_mark.is_some()),
            N::Identifier(ty) => self.named(ty),
        }
    }

    fn generic(&mut self, generic: Generic, of: WType<'_>, nullable: bool) -> TypeExpr {
        let of = Box::new(self.ty(of));
        TypeExpr { nullable, ..plain(TypeExprKind::Generic(generic, of)) }
    }

    fn record(&mut self, ty: RecordType<'_>, nullable: bool) -> TypeExpr {
        let (key, _, value) = ty.generics.body;
        let key = match *key {
            RecordKeyType::Byte(_) => plain(TypeExprKind::Builtin(Builtin::ByteString)),
            RecordKeyType::DOM(_) => plain(TypeExprKind::Builtin(Builtin::DomString)),
            RecordKeyType::USV(_) => plain(TypeExprKind::Builtin(Builtin::UsvString)),
            RecordKeyType::NonAny(NonAnyType::Identifier(name)) if name.type_.0 == ASYNC_SEQUENCE => {
                return self.generic(Generic::AsyncSequence, *value, nullable);
            }
            RecordKeyType::NonAny(ty) => self.non_any(ty),
        };
        let value = self.ty(*value);
        TypeExpr { nullable, ..plain(TypeExprKind::Record(Box::new(key), Box::new(value))) }
    }

    fn named(&mut self, ty: MayBeNull<Identifier<'_>>) -> TypeExpr {
        let kind = match builtin_named(ty.type_.0) {
            Some(builtin) => TypeExprKind::Builtin(builtin),
            None => TypeExprKind::Named(self.ident(ty.type_)),
        };
        TypeExpr { nullable: ty.q_mark.is_some(), ..plain(kind) }
    }

    pub(super) fn constant_type(&mut self, ty: ConstType<'_>) -> TypeExpr {
        match ty {
            ConstType::Integer(ty) => builtin(Builtin::Integer(integer(ty.type_)), &ty),
            ConstType::FloatingPoint(ty) => builtin(float(ty.type_), &ty),
            ConstType::Boolean(ty) => builtin(Builtin::Boolean, &ty),
            ConstType::Byte(ty) => builtin(Builtin::Integer(Integer::Byte), &ty),
            ConstType::Octet(ty) => builtin(Builtin::Integer(Integer::Octet), &ty),
            ConstType::Identifier(ty) => self.named(ty),
        }
    }
}

/// Types that weedle takes for the name of a definition.
fn builtin_named(name: &str) -> Option<Builtin> {
    Some(match name {
        "undefined" => Builtin::Undefined,
        "bigint" => Builtin::Bigint,
        "CSSOMString" => Builtin::DomString,
        "SharedArrayBuffer" => Builtin::Buffer(Buffer::SharedArrayBuffer),
        "BigInt64Array" => Builtin::Buffer(Buffer::BigInt64Array),
        "BigUint64Array" => Builtin::Buffer(Buffer::BigUint64Array),
        "Float16Array" => Builtin::Buffer(Buffer::Float16Array),
        _ => return None,
    })
}

fn integer(ty: IntegerType) -> Integer {
    match ty {
        IntegerType::LongLong(ty) if ty.unsigned.is_some() => Integer::UnsignedLongLong,
        IntegerType::LongLong(_) => Integer::LongLong,
        IntegerType::Long(ty) if ty.unsigned.is_some() => Integer::UnsignedLong,
        IntegerType::Long(_) => Integer::Long,
        IntegerType::Short(ty) if ty.unsigned.is_some() => Integer::UnsignedShort,
        IntegerType::Short(_) => Integer::Short,
    }
}

fn float(ty: FloatingPointType) -> Builtin {
    match ty {
        FloatingPointType::Float(ty) => {
            Builtin::Float { double: false, unrestricted: ty.unrestricted.is_some() }
        }
        FloatingPointType::Double(ty) => {
            Builtin::Float { double: true, unrestricted: ty.unrestricted.is_some() }
        }
    }
}
