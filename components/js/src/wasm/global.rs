//! [Globals](https://webassembly.github.io/spec/js-api/#globals).

use wasmtime::{GlobalType, Mutability, ValType};

use super::store::with;
use super::types::{ValueType, is_opaque};
use super::value::Slot;
use crate::{Exception, Fallible, Realm, Value};

/// A global.
#[derive(Clone, Debug)]
pub struct Global {
    raw: wasmtime::Global,
    ty: GlobalType,
}

impl Global {
    /// [`new Global()`](https://webassembly.github.io/spec/js-api/#dom-global-global): without a value, with the type's own.
    ///
    /// # Errors
    /// A `TypeError` if the value is not of the type, or there is none and the type wants one.
    pub fn new(realm: &Realm, ty: ValueType, mutable: bool, value: Option<&Value>) -> Fallible<Self> {
        let mutability = if mutable { Mutability::Var } else { Mutability::Const };
        Self::of_type(realm, GlobalType::new(ty.to_engine(), mutability), value)
    }

    pub(super) fn of_type(realm: &Realm, ty: GlobalType, value: Option<&Value>) -> Fallible<Self> {
        // Vectors have no values that script could give, but zero.
        if matches!(ty.content(), ValType::V128) && value.is_none() {
            return Self::make(ty, |_| Ok(wasmtime::Val::from(0_u128)));
        }
        let slot = match value {
            Some(value) => Slot::of_js(realm, value, ty.content())?,
            None => Slot::default_of(ty.content())?,
        };
        let content = ty.content().clone();
        Self::make(ty, |context| slot.to_engine(context, &content))
    }

    fn make(
        ty: GlobalType,
        value: impl FnOnce(&mut super::store::Context<'_>) -> wasmtime::Result<wasmtime::Val>,
    ) -> Fallible<Self> {
        let raw = with(|mut context| {
            let value = value(&mut context)?;
            wasmtime::Global::new(context, ty.clone(), value)
        })?;
        let raw = raw.map_err(|error| Exception::range_error(format!("{error:#}")))?;
        Ok(Self { raw, ty })
    }

    pub(super) fn of_raw(raw: wasmtime::Global) -> Fallible<Self> {
        Ok(Self { raw, ty: with(|context| raw.ty(context))? })
    }

    pub(super) const fn raw(&self) -> wasmtime::Global {
        self.raw
    }

    /// Whether it can be set.
    #[must_use]
    pub fn is_mutable(&self) -> bool {
        self.ty.mutability() == Mutability::Var
    }

    /// [GetGlobalValue](https://webassembly.github.io/spec/js-api/#getglobalvalue)
    ///
    /// # Errors
    /// A `TypeError` if script has no values of the type.
    pub fn get(&self, realm: &Realm) -> Fallible<Value> {
        let opaque = || Exception::type_error("script has no values of the global's type");
        if is_opaque(self.ty.content()) {
            return Err(opaque());
        }
        let slot = with(|mut context| {
            let value = self.raw.get(&mut context);
            Slot::of_engine(&mut context, &value)
        })?;
        let slot = slot.map_err(|error| Exception::range_error(format!("{error:#}")))?;
        slot.ok_or_else(opaque)?.to_js(realm)
    }

    /// [Sets its value](https://webassembly.github.io/spec/js-api/#dom-global-value).
    ///
    /// # Errors
    /// A `TypeError` if it is not mutable, or the value not of its type.
    pub fn set(&self, realm: &Realm, value: &Value) -> Fallible<()> {
        if is_opaque(self.ty.content()) {
            return Err(Exception::type_error("script has no values of the global's type"));
        }
        if !self.is_mutable() {
            return Err(Exception::type_error("the global is not mutable"));
        }
        let slot = Slot::of_js(realm, value, self.ty.content())?;
        let set = with(|mut context| {
            let value = slot.to_engine(&mut context, self.ty.content())?;
            self.raw.set(context, value)
        })?;
        set.map_err(|error| Exception::range_error(format!("{error:#}")))
    }
}
