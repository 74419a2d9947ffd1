//! Whether two types can be told apart by looking at a JavaScript value
//! (<https://webidl.spec.whatwg.org/#dfn-distinguishable>).

use crate::ast::{Buffer, Generic};
use crate::model::{Type, World};

/// The categories of the specification's table, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Undefined,
    Boolean,
    Numeric,
    Bigint,
    Text,
    Object,
    Symbol,
    InterfaceLike,
    CallbackFunction,
    DictionaryLike,
    AsyncSequence,
    SequenceLike,
}

/// Whether `a` and `b` are distinguishable.
pub(crate) fn distinguishable(world: &World, a: &Type, b: &Type) -> bool {
    // Step 1.
    let null_like = |ty: &Type| ty.is_nullable() || ty.includes_dictionary();
    if (a.is_nullable() && null_like(b)) || (b.is_nullable() && null_like(a)) {
        return false;
    }
    // Steps 2 and 3.
    if let Type::Union(members) = a.inner() {
        return members.iter().all(|member| distinguishable(world, member, b.inner()));
    }
    if let Type::Union(members) = b.inner() {
        return members.iter().all(|member| distinguishable(world, a.inner(), member));
    }
    // Step 4.
    innermost(world, a.inner(), b.inner())
}

fn innermost(world: &World, a: &Type, b: &Type) -> bool {
    use Category as C;
    let (Some(one), Some(other)) = (category(a), category(b)) else {
        // A type that no file defines may be anything: the error about it is reported where it is used.
        return matches!(a, Type::Unknown(..)) || matches!(b, Type::Unknown(..));
    };
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    match (low, high) {
        (C::InterfaceLike, C::InterfaceLike) => different_interfaces(world, a, b),
        (C::CallbackFunction, C::DictionaryLike) => {
            !(treats_non_object_as_null(world, a) || treats_non_object_as_null(world, b))
        }
        (low, high) if low == high => false,
        (C::Undefined, C::DictionaryLike) | (C::AsyncSequence, C::SequenceLike) => false,
        (C::Object, high) => high == C::Symbol,
        _ => true,
    }
}

fn category(ty: &Type) -> Option<Category> {
    Some(match ty {
        Type::Undefined => Category::Undefined,
        Type::Boolean => Category::Boolean,
        Type::Integer(..) | Type::Float { .. } => Category::Numeric,
        Type::Bigint => Category::Bigint,
        Type::DomString { .. } | Type::UsvString | Type::ByteString | Type::Enum(_) => Category::Text,
        Type::Object => Category::Object,
        Type::Symbol => Category::Symbol,
        Type::Interface(_) | Type::NotImplemented(_) | Type::Buffer { .. } => Category::InterfaceLike,
        Type::Callback(_) => Category::CallbackFunction,
        Type::Dictionary(_) | Type::Record(..) | Type::CallbackInterface(_) => Category::DictionaryLike,
        Type::Generic(Generic::AsyncSequence, _) => Category::AsyncSequence,
        Type::Generic(Generic::Sequence | Generic::FrozenArray, _) => Category::SequenceLike,
        // A promise is only told apart from what is no object; the table has no place for it.
        Type::Any
        | Type::Generic(Generic::Promise | Generic::ObservableArray, _)
        | Type::Nullable(_)
        | Type::Union(_)
        | Type::Unknown(..) => return None,
    })
}

fn different_interfaces(world: &World, a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Interface(a), Type::Interface(b)) => {
            let inherits = |derived: &str, base: &str| {
                world.ancestry(derived).iter().any(|interface| interface.name.name == base)
            };
            !inherits(a, b) && !inherits(b, a)
        }
        (Type::Buffer { kind: a, .. }, Type::Buffer { kind: b, .. }) => {
            a != b && !contains(*a, *b) && !contains(*b, *a)
        }
        _ => true,
    }
}

/// Whether `ArrayBufferView` and `BufferSource`, which are unions of buffer types, contain another.
fn contains(union: Buffer, member: Buffer) -> bool {
    match union {
        Buffer::BufferSource => true,
        Buffer::ArrayBufferView => !matches!(member, Buffer::ArrayBuffer | Buffer::SharedArrayBuffer),
        _ => false,
    }
}

fn treats_non_object_as_null(world: &World, ty: &Type) -> bool {
    let Type::Callback(name) = ty else { return false };
    world.callbacks.get(name).is_some_and(|callback| callback.treat_non_object_as_null)
}
