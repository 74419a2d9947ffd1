//! [Value types](https://webassembly.github.io/spec/js-api/#enumdef-valuetype) as script names them.

use wasmtime::{HeapType, RefType, ValType};

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `v128`
    V128,
    /// `externref`
    Externref,
    /// `anyfunc`
    Anyfunc,
}

impl ValueType {
    /// [ToValueType](https://webassembly.github.io/spec/js-api/#tovaluetype)
    pub(super) fn to_engine(self) -> ValType {
        match self {
            Self::I32 => ValType::I32,
            Self::I64 => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
            Self::V128 => ValType::V128,
            Self::Externref => ValType::EXTERNREF,
            Self::Anyfunc => ValType::FUNCREF,
        }
    }
}

/// Whether values of a type never pass between script and WebAssembly.
pub(super) fn is_opaque(ty: &ValType) -> bool {
    match ty {
        ValType::V128 => true,
        ValType::Ref(reference) => {
            matches!(reference.heap_type(), HeapType::Exn | HeapType::NoExn | HeapType::ConcreteExn(_))
        }
        _ => false,
    }
}

/// Whether a reference type is one of functions.
pub(super) fn is_func(ty: &RefType) -> bool {
    matches!(ty.heap_type(), HeapType::Func | HeapType::ConcreteFunc(_) | HeapType::NoFunc)
}
