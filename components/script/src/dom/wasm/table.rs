//! [`Table`](https://webassembly.github.io/spec/js-api/#tables).

use bgfetch_js::{Fallible, Realm, Reflector, Root, Value, platform_object, trace_fields, wasm};

use super::address;
use crate::bindings::{AddressType, TableDescriptor, TableKind, TableMethods};

/// `Table`.
pub(crate) struct Table {
    reflector: Reflector,
    pub(super) raw: wasm::Table,
}

trace_fields!(Table {});
platform_object!(Table);

impl Table {
    pub(super) fn create(realm: &Realm, raw: wasm::Table) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), raw })
    }
}

impl TableMethods for Table {
    /// [`new Table()`](https://webassembly.github.io/spec/js-api/#dom-table-table)
    fn constructor(realm: &Realm, descriptor: TableDescriptor, value: Option<Value>) -> Fallible<Self> {
        let element = match descriptor.element {
            TableKind::Externref => wasm::ValueType::Externref,
            TableKind::Anyfunc => wasm::ValueType::Anyfunc,
        };
        let is_64 = descriptor.address == Some(AddressType::I64);
        let initial = address::from_js(realm, &descriptor.initial, is_64)?;
        let maximum =
            descriptor.maximum.map(|maximum| address::from_js(realm, &maximum, is_64)).transpose()?;
        let limits = wasm::TableLimits { initial, maximum, is_64 };
        let given = value.filter(|value| !value.is_undefined());
        let raw = wasm::Table::new(realm, element, limits, given.as_ref())?;
        Ok(Self { reflector: Reflector::new(), raw })
    }

    /// [`length`](https://webassembly.github.io/spec/js-api/#dom-table-length)
    fn length(&self, realm: &Realm) -> Fallible<Value> {
        address::to_js(realm, self.raw.length()?, self.raw.is_64())
    }

    /// [`grow()`](https://webassembly.github.io/spec/js-api/#dom-table-grow)
    fn grow(&self, realm: &Realm, delta: Value, value: Option<Value>) -> Fallible<Value> {
        let delta = address::from_js(realm, &delta, self.raw.is_64())?;
        let before = self.raw.grow(realm, delta, value.as_ref())?;
        address::to_js(realm, before, self.raw.is_64())
    }

    /// [`get()`](https://webassembly.github.io/spec/js-api/#dom-table-get)
    fn get(&self, realm: &Realm, index: Value) -> Fallible<Value> {
        self.raw.get(realm, address::from_js(realm, &index, self.raw.is_64())?)
    }

    /// [`set()`](https://webassembly.github.io/spec/js-api/#dom-table-set)
    fn set(&self, realm: &Realm, index: Value, value: Option<Value>) -> Fallible<()> {
        let index = address::from_js(realm, &index, self.raw.is_64())?;
        self.raw.set(realm, index, value.as_ref())
    }
}
