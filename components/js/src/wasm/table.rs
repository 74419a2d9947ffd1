//! [Tables](https://webassembly.github.io/spec/js-api/#tables).

use wasmtime::{RefType, TableType, Val, ValType};

use super::store::{TABLE_LIMIT, with};
use super::types::{ValueType, is_opaque};
use super::value::Slot;
use crate::{Exception, Fallible, Realm, Value};

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    raw: wasmtime::Table,
    ty: TableType,
}

/// How long a table is, and may get.
#[derive(Clone, Copy, Debug)]
pub struct TableLimits {
    /// Elements that it begins with.
    pub initial: u64,
    /// Elements that it may have at most.
    pub maximum: Option<u64>,
    /// Whether its addresses have 64 bits.
    pub is_64: bool,
}

impl Table {
    /// [`new Table()`](https://webassembly.github.io/spec/js-api/#dom-table-table): without a value, with the type's own.
    ///
    /// # Errors
    /// A `RangeError` if it would be too long or the limits are not in order; a `TypeError` if the value is not of the type.
    pub fn new(
        realm: &Realm,
        element: ValueType,
        limits: TableLimits,
        value: Option<&Value>,
    ) -> Fallible<Self> {
        let ValType::Ref(element) = element.to_engine() else {
            return Err(Exception::type_error("elements of a table are references"));
        };
        if limits.maximum.is_some_and(|maximum| maximum < limits.initial) {
            return Err(Exception::range_error("the maximum is smaller than the initial length"));
        }
        let slot = match value {
            Some(value) => Slot::of_js(realm, value, &ValType::Ref(element.clone()))?,
            None => Slot::default_of(&ValType::Ref(element.clone()))?,
        };
        if limits.initial > TABLE_LIMIT as u64 {
            return Err(Exception::range_error("the table is too long"));
        }
        let short = |length: u64| u32::try_from(length).unwrap_or(u32::MAX);
        let ty = if limits.is_64 {
            TableType::new64(element.clone(), limits.initial, limits.maximum)
        } else {
            TableType::new(element.clone(), short(limits.initial), limits.maximum.map(short))
        };
        let raw = with(|mut context| {
            let value = slot.to_reference(&mut context, &element)?;
            wasmtime::Table::new(context, ty.clone(), value)
        })?;
        let raw = raw.map_err(|error| Exception::range_error(format!("{error:#}")))?;
        Ok(Self { raw, ty })
    }

    pub(super) fn of_raw(raw: wasmtime::Table) -> Fallible<Self> {
        Ok(Self { raw, ty: with(|context| raw.ty(context))? })
    }

    pub(super) const fn raw(&self) -> wasmtime::Table {
        self.raw
    }

    fn element(&self) -> &RefType {
        self.ty.element()
    }

    /// Whether its addresses have 64 bits.
    #[must_use]
    pub fn is_64(&self) -> bool {
        self.ty.is_64()
    }

    /// How many elements it has.
    ///
    /// # Errors
    /// A `TypeError` while WebAssembly is at work.
    pub fn length(&self) -> Fallible<u64> {
        with(|context| self.raw.size(context))
    }

    fn slot(&self, realm: &Realm, value: Option<&Value>) -> Fallible<Slot> {
        let ty = ValType::Ref(self.element().clone());
        if is_opaque(&ty) {
            return Err(Exception::type_error("script has no values of the table's type"));
        }
        match value {
            Some(value) => Slot::of_js(realm, value, &ty),
            None => Slot::default_of(&ty),
        }
    }

    /// [`grow()`](https://webassembly.github.io/spec/js-api/#dom-table-grow): how long it was.
    ///
    /// # Errors
    /// A `RangeError` if it cannot grow that much; a `TypeError` if the value is not of its type.
    pub fn grow(&self, realm: &Realm, delta: u64, value: Option<&Value>) -> Fallible<u64> {
        let slot = self.slot(realm, value)?;
        let grown = with(|mut context| {
            let value = slot.to_reference(&mut context, self.element())?;
            self.raw.grow(context, delta, value)
        })?;
        grown.map_err(|_| Exception::range_error("the table cannot grow that much"))
    }

    /// [`get()`](https://webassembly.github.io/spec/js-api/#dom-table-get)
    ///
    /// # Errors
    /// A `RangeError` beyond its end; a `TypeError` if script has no values of its type.
    pub fn get(&self, realm: &Realm, index: u64) -> Fallible<Value> {
        if is_opaque(&ValType::Ref(self.element().clone())) {
            return Err(Exception::type_error("script has no values of the table's type"));
        }
        let slot = with(|mut context| {
            let element = self.raw.get(&mut context, index);
            element.map(|element| Slot::of_engine(&mut context, &Val::from(element)))
        })?;
        let slot = slot.ok_or_else(beyond)?;
        let slot = slot.map_err(|error| Exception::range_error(format!("{error:#}")))?;
        slot.ok_or_else(|| Exception::type_error("script has no values of the table's type"))?.to_js(realm)
    }

    /// [`set()`](https://webassembly.github.io/spec/js-api/#dom-table-set)
    ///
    /// # Errors
    /// A `RangeError` beyond its end; a `TypeError` if the value is not of its type.
    pub fn set(&self, realm: &Realm, index: u64, value: Option<&Value>) -> Fallible<()> {
        let slot = self.slot(realm, value)?;
        let set = with(|mut context| {
            let value = slot.to_reference(&mut context, self.element())?;
            self.raw.set(context, index, value)
        })?;
        set.map_err(|_| beyond())
    }
}

fn beyond() -> Exception {
    Exception::range_error("the index is beyond the table's end")
}
