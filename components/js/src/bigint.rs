//! [`bigint`](https://webidl.spec.whatwg.org/#idl-bigint).

use rquickjs_sys as q;

use crate::{Exception, Fallible, FromJs, Handle, Realm, ToJs, Value, ValueKind};

/// A `bigint`: an integer of any size.
#[derive(Clone, Debug)]
pub struct BigInt(Value);

impl BigInt {
    /// Of an integer.
    pub fn new(realm: &Realm, value: i64) -> Fallible<Self> {
        Value::bigint_i64(realm, value).map(Self)
    }

    /// The integer, if it is one of 64 bits.
    pub fn to_i64(&self, realm: &Realm) -> Fallible<Option<i64>> {
        Ok(self.to_text(realm)?.parse().ok())
    }

    /// In decimal.
    pub fn to_text(&self, realm: &Realm) -> Fallible<String> {
        realm.bigint_to_text(&self.0)
    }
}

impl FromJs for BigInt {
    /// [ToBigInt](https://tc39.es/ecma262/#sec-tobigint).
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        if value.kind() == ValueKind::BigInt {
            return Ok(Self(value.clone()));
        }
        let primitive = realm.to_primitive_number(value)?;
        match primitive.kind() {
            ValueKind::BigInt => Ok(Self(primitive)),
            ValueKind::Boolean | ValueKind::String => realm.bigint_of(&primitive).map(Self),
            _ => Err(Exception::type_error("the value cannot be converted to a BigInt")),
        }
    }
}

impl ToJs for BigInt {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self.0)
    }
}

impl Handle for BigInt {
    fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.0);
    }
}

impl Realm {
    /// [ToPrimitive](https://tc39.es/ecma262/#sec-toprimitive) with the hint "number".
    pub(crate) fn to_primitive_number(&self, value: &Value) -> Fallible<Value> {
        if !value.is_object() {
            return Ok(value.clone());
        }
        self.intrinsics().object("toPrimitive")?.call(self, &Value::UNDEFINED, std::slice::from_ref(value))
    }

    /// [ToNumeric](https://tc39.es/ecma262/#sec-tonumeric).
    pub(crate) fn to_numeric(&self, value: &Value) -> Fallible<Value> {
        let primitive = self.to_primitive_number(value)?;
        if primitive.kind() == ValueKind::BigInt {
            return Ok(primitive);
        }
        // SAFETY: the context and the value are alive.
        self.own(unsafe { q::JS_ToNumber(self.raw(), primitive.raw()) })
    }
}
