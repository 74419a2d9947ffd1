//! [`bigint`](https://webidl.spec.whatwg.org/#idl-bigint).

use rquickjs_sys as q;

use crate::{Exception, Fallible, FromJs, Handle, Realm, ToJs, Value, ValueKind};

/// A `bigint`: an integer of any size.
#[derive(Clone, Debug)]
pub struct BigInt(Integer);

#[derive(Clone, Debug)]
enum Integer {
    /// One that a script has.
    Value(Value),
    /// One that Rust made, which no realm has seen.
    New(i128),
}

impl BigInt {
    /// The integer, if it is one of 64 bits.
    pub fn to_i64(&self, realm: &Realm) -> Fallible<Option<i64>> {
        Ok(match &self.0 {
            Integer::Value(value) => realm.bigint_to_text(value)?.parse().ok(),
            Integer::New(value) => (*value).try_into().ok(),
        })
    }

    /// [ToBigInt64](https://tc39.es/ecma262/#sec-tobigint64) of any value.
    ///
    /// # Errors
    /// A `TypeError` if it cannot be converted to a BigInt, and what its conversion throws.
    pub fn wrapping_i64(realm: &Realm, value: &Value) -> Fallible<i64> {
        let Self(Integer::Value(value)) = Self::from_js(realm, value)? else { return Ok(0) };
        let mut integer = 0;
        // SAFETY: the context and the value are alive, and the place is valid.
        let status = unsafe { q::JS_ToBigInt64(realm.raw(), &raw mut integer, value.raw()) };
        crate::object::check(realm, status).map(|()| integer)
    }

    /// In decimal.
    pub fn to_text(&self, realm: &Realm) -> Fallible<String> {
        match &self.0 {
            Integer::Value(value) => realm.bigint_to_text(value),
            Integer::New(value) => Ok(value.to_string()),
        }
    }
}

impl From<i128> for BigInt {
    fn from(value: i128) -> Self {
        Self(Integer::New(value))
    }
}

impl FromJs for BigInt {
    /// [ToBigInt](https://tc39.es/ecma262/#sec-tobigint).
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        if value.kind() == ValueKind::BigInt {
            return Ok(Self(Integer::Value(value.clone())));
        }
        let primitive = realm.to_primitive_number(value)?;
        match primitive.kind() {
            ValueKind::BigInt => Ok(Self(Integer::Value(primitive))),
            ValueKind::Boolean | ValueKind::String => {
                realm.bigint_of(&primitive).map(Integer::Value).map(Self)
            }
            _ => Err(Exception::type_error("the value cannot be converted to a BigInt")),
        }
    }
}

impl ToJs for BigInt {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        match self.0 {
            Integer::Value(value) => Ok(value),
            Integer::New(value) => match i64::try_from(value) {
                Ok(value) => Value::bigint_i64(realm, value),
                Err(_) => realm.bigint_of(&Value::string(realm, &value.to_string())?),
            },
        }
    }
}

impl Handle for BigInt {
    fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
        if let Integer::Value(value) = &self.0 {
            visit(value);
        }
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
