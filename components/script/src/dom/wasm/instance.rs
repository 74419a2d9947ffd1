//! [`Instance`](https://webassembly.github.io/spec/js-api/#instances).

use std::collections::HashMap;

use bgfetch_js::wasm::{self, Extern, ExternKind};
use bgfetch_js::{
    Fallible, Object, PropertyKey, Realm, Reflector, Root, Traced, Value, platform_object, trace_fields,
};

use super::imports::Imports;
use super::{Global, Memory, Module, Table, Tag};
use crate::bindings::InstanceMethods;

/// `Instance`.
pub(crate) struct Instance {
    reflector: Reflector,
    exports: Traced<Object>,
}

trace_fields!(Instance { exports });
platform_object!(Instance);

impl Instance {
    /// [Instantiates a module](https://webassembly.github.io/spec/js-api/#instantiate-a-webassembly-module).
    fn of(realm: &Realm, module: &Root<Module>, imports: &Imports) -> Fallible<Self> {
        let instance = wasm::Instance::new(realm, &module.raw, &imports.externs)?;
        let exports = exports_object(realm, module, imports, instance)?;
        Ok(Self { reflector: Reflector::new(), exports: exports.into() })
    }

    pub(super) fn create(realm: &Realm, module: &Root<Module>, imports: &Imports) -> Fallible<Root<Self>> {
        realm.wrap(Self::of(realm, module, imports)?)
    }
}

/// [Creates an exports object](https://webassembly.github.io/spec/js-api/#create-an-exports-object).
fn exports_object(
    realm: &Realm,
    module: &Root<Module>,
    imports: &Imports,
    instance: wasm::Instance,
) -> Fallible<Object> {
    let exports = Object::without_prototype(realm)?;
    // What is exported under several names is one object.
    let mut known: HashMap<(ExternKind, u32), Value> = HashMap::new();
    for export in module.raw.exports() {
        let place = (export.kind, export.index);
        let value = match known.get(&place) {
            Some(value) => value.clone(),
            None => {
                let imported = module.raw.import_of(export.kind, export.index);
                let imported = imported.and_then(|index| imports.get(export.kind, index));
                let value = match imported {
                    Some((read, value)) => imported_object(realm, read, value, export.index)?,
                    None => object_of(realm, instance.export(&export.name)?, export.index)?,
                };
                known.insert(place, value.clone());
                value
            }
        };
        exports.create_data_property(realm, &PropertyKey::String(export.name.as_str().into()), &value)?;
    }
    exports.freeze(realm)?;
    Ok(exports)
}

/// The object of something that was imported: the one it was imported from, unless that was a mere value.
fn imported_object(realm: &Realm, read: &Extern, value: &Value, index: u32) -> Fallible<Value> {
    let is_value = matches!(read, Extern::Global(_)) && Root::<Global>::from_value(value).is_none();
    if is_value || matches!(read, Extern::Function(_)) {
        return object_of(realm, read.clone(), index);
    }
    Ok(value.clone())
}

fn object_of(realm: &Realm, export: Extern, index: u32) -> Fallible<Value> {
    Ok(match export {
        Extern::Function(function) => function.object(realm, index)?.into_value(),
        Extern::Table(table) => Table::create(realm, table)?.as_value().clone(),
        Extern::Memory(memory) => Memory::create(realm, memory)?.as_value().clone(),
        Extern::Global(global) => Global::create(realm, global)?.as_value().clone(),
        Extern::Tag(tag) => Tag::create(realm, tag)?.as_value().clone(),
    })
}

impl InstanceMethods for Instance {
    /// [`new Instance()`](https://webassembly.github.io/spec/js-api/#dom-instance-instance)
    fn constructor(realm: &Realm, module: Root<Module>, import_object: Option<Object>) -> Fallible<Self> {
        let imports = Imports::read(realm, &module, import_object.as_ref())?;
        Self::of(realm, &module, &imports)
    }

    /// [`exports`](https://webassembly.github.io/spec/js-api/#dom-instance-exports)
    fn exports(&self, _: &Realm) -> Fallible<Object> {
        Ok((*self.exports).clone())
    }
}
