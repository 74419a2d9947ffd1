//! [`Global`](https://webassembly.github.io/spec/js-api/#globals).

use bgfetch_js::{Fallible, Realm, Reflector, Root, Value, platform_object, trace_fields, wasm};

use crate::bindings::{GlobalDescriptor, GlobalMethods, ValueType};

/// `Global`.
pub(crate) struct Global {
    reflector: Reflector,
    pub(super) raw: wasm::Global,
}

trace_fields!(Global {});
platform_object!(Global);

/// [ToValueType](https://webassembly.github.io/spec/js-api/#tovaluetype)
pub(super) fn value_type(ty: ValueType) -> wasm::ValueType {
    match ty {
        ValueType::I32 => wasm::ValueType::I32,
        ValueType::I64 => wasm::ValueType::I64,
        ValueType::F32 => wasm::ValueType::F32,
        ValueType::F64 => wasm::ValueType::F64,
        ValueType::V128 => wasm::ValueType::V128,
        ValueType::Externref => wasm::ValueType::Externref,
        ValueType::Anyfunc => wasm::ValueType::Anyfunc,
    }
}

impl Global {
    pub(super) fn create(realm: &Realm, raw: wasm::Global) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), raw })
    }
}

impl GlobalMethods for Global {
    /// [`new Global()`](https://webassembly.github.io/spec/js-api/#dom-global-global)
    fn constructor(realm: &Realm, descriptor: GlobalDescriptor, v: Option<Value>) -> Fallible<Self> {
        let ty = value_type(descriptor.value);
        if ty == wasm::ValueType::V128 {
            return Err(bgfetch_js::Exception::type_error("script makes no globals of the type v128"));
        }
        let given = v.filter(|value| !value.is_undefined());
        let raw = wasm::Global::new(realm, ty, descriptor.mutable, given.as_ref())?;
        Ok(Self { reflector: Reflector::new(), raw })
    }

    /// [`value`](https://webassembly.github.io/spec/js-api/#dom-global-value)
    fn value(&self, realm: &Realm) -> Fallible<Value> {
        self.raw.get(realm)
    }

    fn set_value(&self, realm: &Realm, value: Value) -> Fallible<()> {
        self.raw.set(realm, &value)
    }

    /// [`valueOf()`](https://webassembly.github.io/spec/js-api/#dom-global-valueof)
    fn value_of(&self, realm: &Realm) -> Fallible<Value> {
        self.raw.get(realm)
    }
}
