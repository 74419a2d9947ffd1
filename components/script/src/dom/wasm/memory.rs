//! [`Memory`](https://webassembly.github.io/spec/js-api/#memories).

use bgfetch_js::{ArrayBuffer, Fallible, Realm, Reflector, Root, Value, platform_object, trace_fields, wasm};

use super::address;
use crate::bindings::{AddressType, MemoryDescriptor, MemoryMethods};

/// `Memory`.
pub(crate) struct Memory {
    reflector: Reflector,
    pub(crate) raw: wasm::Memory,
}

trace_fields!(Memory {});
platform_object!(Memory);

impl Memory {
    pub(crate) fn create(realm: &Realm, raw: wasm::Memory) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), raw })
    }
}

impl MemoryMethods for Memory {
    /// [`new Memory()`](https://webassembly.github.io/spec/js-api/#dom-memory-memory)
    fn constructor(realm: &Realm, descriptor: MemoryDescriptor) -> Fallible<Self> {
        let is_64 = descriptor.address == Some(AddressType::I64);
        let initial = address::from_js(realm, &descriptor.initial, is_64)?;
        let maximum =
            descriptor.maximum.map(|maximum| address::from_js(realm, &maximum, is_64)).transpose()?;
        let shared = descriptor.shared;
        let raw = wasm::Memory::new(wasm::MemoryLimits { initial, maximum, is_64, shared })?;
        Ok(Self { reflector: Reflector::new(), raw })
    }

    /// [`grow()`](https://webassembly.github.io/spec/js-api/#dom-memory-grow)
    fn grow(&self, realm: &Realm, delta: Value) -> Fallible<Value> {
        let delta = address::from_js(realm, &delta, self.raw.is_64())?;
        address::to_js(realm, self.raw.grow(realm, delta)?, self.raw.is_64())
    }

    /// [`toFixedLengthBuffer()`](https://webassembly.github.io/spec/js-api/#dom-memory-tofixedlengthbuffer)
    fn to_fixed_length_buffer(&self, realm: &Realm) -> Fallible<ArrayBuffer> {
        self.raw.to_buffer(realm, false)
    }

    /// [`toResizableBuffer()`](https://webassembly.github.io/spec/js-api/#dom-memory-toresizablebuffer)
    fn to_resizable_buffer(&self, realm: &Realm) -> Fallible<ArrayBuffer> {
        self.raw.to_buffer(realm, true)
    }

    /// [`buffer`](https://webassembly.github.io/spec/js-api/#dom-memory-buffer)
    fn buffer(&self, realm: &Realm) -> Fallible<ArrayBuffer> {
        self.raw.buffer(realm)
    }
}
