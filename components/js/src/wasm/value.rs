//! Values on their way between script and WebAssembly.

use wasmtime::{AnyRef, ExternRef, Func, HeapType, I31, OwnedRooted, Ref, RefType, Val, ValType};

use super::function::{self, Function};
use super::store::{Agent, Context};
use super::types::{is_func, is_opaque};
use crate::{BigInt, Exception, Fallible, FromJs, Realm, Value, ValueKind};

/// A value that is with neither: no script runs while the store is taken, and no store is there while script runs.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    I32(i32),
    I64(i64),
    F32(f32),
    F64(f64),
    Null,
    Func(Func),
    /// A value of script.
    Host(Value),
    I31(i32),
    /// A struct or an array of WebAssembly's own.
    Any(OwnedRooted<AnyRef>),
}

impl Slot {
    /// [ToWebAssemblyValue](https://webassembly.github.io/spec/js-api/#towebassemblyvalue)
    ///
    /// # Errors
    /// A `TypeError` if the value is not one of the type, and what conversions throw.
    pub(super) fn of_js(realm: &Realm, value: &Value, ty: &ValType) -> Fallible<Self> {
        if is_opaque(ty) {
            return Err(Exception::type_error(format!("script has no values of the type {ty}")));
        }
        Ok(match ty {
            ValType::I64 => Self::I64(BigInt::wrapping_i64(realm, value)?),
            ValType::I32 => Self::I32(i32::from_js(realm, value)?),
            #[expect(clippy::cast_possible_truncation, reason = "rounded to the nearest, as it is to be")]
            ValType::F32 => Self::F32(value.to_number(realm)? as f32),
            ValType::F64 => Self::F64(value.to_number(realm)?),
            ValType::V128 => return Err(Exception::type_error("script has no values of the type v128")),
            ValType::Ref(reference) => return Self::of_js_reference(value, reference),
        })
    }

    fn of_js_reference(value: &Value, ty: &RefType) -> Fallible<Self> {
        let mismatch = || Exception::type_error(format!("the value is not of the type {ty}"));
        if value.is_null() && ty.is_nullable() {
            return Ok(Self::Null);
        }
        if is_func(ty) {
            let function = Function::of_value(value).ok_or_else(mismatch)?;
            return if function.matches(ty)? { Ok(Self::Func(function.raw())) } else { Err(mismatch()) };
        }
        match ty.heap_type() {
            HeapType::Extern => Ok(Self::Host(value.clone())),
            HeapType::Any | HeapType::Eq | HeapType::I31 => match as_i31(value) {
                Some(number) => Ok(Self::I31(number)),
                None if ty.heap_type().is_any() && !value.is_null() => Ok(Self::Host(value.clone())),
                None => Err(mismatch()),
            },
            _ => Err(mismatch()),
        }
    }

    /// [DefaultValue](https://webassembly.github.io/spec/js-api/#defaultvalue) of a type.
    pub(super) fn default_of(ty: &ValType) -> Fallible<Self> {
        let none = || Exception::type_error(format!("the type {ty} has no default value"));
        Ok(match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0.0),
            ValType::F64 => Self::F64(0.0),
            ValType::V128 => return Err(none()),
            ValType::Ref(reference) if reference.heap_type().is_extern() => Self::Host(Value::UNDEFINED),
            ValType::Ref(reference) if reference.is_nullable() => Self::Null,
            ValType::Ref(_) => return Err(none()),
        })
    }

    /// As the engine has it, of a type that it was made for.
    pub(super) fn to_engine(&self, context: &mut Context<'_>, ty: &ValType) -> wasmtime::Result<Val> {
        if let ValType::Ref(reference) = ty {
            return self.to_reference(context, reference).map(Val::from);
        }
        Ok(match self {
            Self::I64(value) => Val::I64(*value),
            Self::F32(value) => Val::F32(value.to_bits()),
            Self::F64(value) => Val::F64(value.to_bits()),
            Self::I32(value) => Val::I32(*value),
            _ => return Err(wasmtime::Error::msg("a reference is no number")),
        })
    }

    /// As the engine has a reference.
    pub(super) fn to_reference(&self, context: &mut Context<'_>, ty: &RefType) -> wasmtime::Result<Ref> {
        let is_extern = matches!(ty.heap_type(), HeapType::Extern | HeapType::NoExtern);
        let any = match self {
            Self::Func(function) => return Ok(Ref::Func(Some(*function))),
            Self::Host(value) => {
                let agent = Agent::existing().ok_or_else(|| wasmtime::Error::msg("the agent has ended"))?;
                let held = agent.externs.hold(context, value.clone())?;
                if is_extern {
                    return Ok(Ref::Extern(Some(held)));
                }
                AnyRef::convert_extern(&mut *context, held)?
            }
            Self::I31(number) => AnyRef::from_i31(&mut *context, I31::wrapping_i32(*number)),
            Self::Any(any) => any.to_rooted(&mut *context),
            _ => return Ok(Ref::null(ty.heap_type())),
        };
        if is_extern {
            return Ok(Ref::Extern(Some(ExternRef::convert_any(context, any)?)));
        }
        Ok(Ref::Any(Some(any)))
    }

    /// What the engine has; none of a type that script has no values of.
    pub(super) fn of_engine(context: &mut Context<'_>, value: &Val) -> wasmtime::Result<Option<Self>> {
        Ok(Some(match value {
            Val::I32(value) => Self::I32(*value),
            Val::I64(value) => Self::I64(*value),
            Val::F32(value) => Self::F32(f32::from_bits(*value)),
            Val::F64(value) => Self::F64(f64::from_bits(*value)),
            Val::FuncRef(Some(function)) => Self::Func(*function),
            Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) => Self::Null,
            Val::ExternRef(Some(reference)) => {
                let agent = Agent::existing().ok_or_else(|| wasmtime::Error::msg("the agent has ended"))?;
                if let Some(value) = agent.externs.value(context, reference)? {
                    return Ok(Some(Self::Host(value)));
                }
                let any = AnyRef::convert_extern(&mut *context, *reference)?;
                Self::of_any(context, any)?
            }
            Val::AnyRef(Some(reference)) => Self::of_any(context, *reference)?,
            _ => return Ok(None),
        }))
    }

    fn of_any(context: &mut Context<'_>, any: wasmtime::Rooted<AnyRef>) -> wasmtime::Result<Self> {
        if let Some(number) = any.as_i31(&*context)? {
            return Ok(Self::I31(number.get_i32()));
        }
        if !any.is_eqref(&*context)? {
            // A value of script that WebAssembly has taken for one of its own.
            let outer = ExternRef::convert_any(&mut *context, any)?;
            let agent = Agent::existing().ok_or_else(|| wasmtime::Error::msg("the agent has ended"))?;
            if let Some(value) = agent.externs.value(context, &outer)? {
                return Ok(Self::Host(value));
            }
        }
        Ok(Self::Any(any.to_owned_rooted(context)?))
    }

    /// [ToJSValue](https://webassembly.github.io/spec/js-api/#tojsvalue)
    pub(super) fn to_js(&self, realm: &Realm) -> Fallible<Value> {
        Ok(match self {
            Self::I32(value) | Self::I31(value) => Value::int(*value),
            Self::I64(value) => Value::bigint_i64(realm, *value)?,
            Self::F32(value) => Value::number(f64::from(*value)),
            Self::F64(value) => Value::number(*value),
            Self::Null => Value::NULL,
            Self::Host(value) => value.clone(),
            Self::Func(function) => function::object_of(realm, *function, None)?.into_value(),
            // An Exported GC Object would be an object of which script can do nothing but hand it back.
            Self::Any(_) => {
                return Err(Exception::type_error(
                    "structs and arrays of WebAssembly cannot be given to script",
                ));
            }
        })
    }
}

/// The `i31` that a number is.
fn as_i31(value: &Value) -> Option<i32> {
    const LIMIT: i32 = 1 << 30;
    if value.kind() != ValueKind::Number {
        return None;
    }
    let number = value.as_number()?;
    #[expect(clippy::cast_possible_truncation, reason = "compared below")]
    let integer = number as i32;
    let same = f64::from(integer).to_bits() == number.to_bits() || (integer == 0 && number == 0.0);
    (same && (-LIMIT..LIMIT).contains(&integer)).then_some(integer)
}
