//! [Reading the imports](https://webassembly.github.io/spec/js-api/#read-the-imports).

use bgfetch_js::wasm::{Extern, ExternKind};
use bgfetch_js::{Exception, Fallible, Object, Realm, Root, Value};

use super::{Global, Memory, Module, Table, Tag};

/// What a module imports.
pub(super) struct Imports {
    /// In the module's order.
    pub(super) externs: Vec<Extern>,
    /// The values that they were read from, by kind, in the module's order.
    values: Vec<(ExternKind, Value)>,
}

impl Imports {
    /// Reads them from an import object.
    ///
    /// # Errors
    /// A `TypeError` without an object for a module, a `LinkError` where something is not what is imported, and what getters
    /// throw.
    pub(super) fn read(realm: &Realm, module: &Root<Module>, object: Option<&Object>) -> Fallible<Self> {
        let mut imports = Self { externs: Vec::new(), values: Vec::new() };
        for import in module.raw.imports() {
            let object =
                object.ok_or_else(|| Exception::type_error("the module has imports, and there are none"))?;
            let from = object.get(realm, &import.module)?.as_object().ok_or_else(|| {
                Exception::type_error(format!("there is no object {:?} to import from", import.module))
            })?;
            let value = from.get(realm, &import.name)?;
            let known = match import.kind {
                ExternKind::Function => None,
                ExternKind::Table => {
                    Root::<Table>::from_value(&value).map(|it| Extern::Table(it.raw.clone()))
                }
                ExternKind::Memory => {
                    Root::<Memory>::from_value(&value).map(|it| Extern::Memory(it.raw.clone()))
                }
                ExternKind::Global => {
                    Root::<Global>::from_value(&value).map(|it| Extern::Global(it.raw.clone()))
                }
                ExternKind::Tag => Root::<Tag>::from_value(&value).map(|it| Extern::Tag(it.raw.clone())),
            };
            let import_value = || module.raw.import_value(realm, import.position, &value);
            imports.externs.push(known.map_or_else(import_value, Ok)?);
            imports.values.push((import.kind, value));
        }
        Ok(imports)
    }

    /// What was read for an import, by its place among those of its kind.
    pub(super) fn get(&self, kind: ExternKind, index: usize) -> Option<(&Extern, &Value)> {
        let mut of_kind = self.externs.iter().zip(&self.values).filter(|(_, (other, _))| *other == kind);
        of_kind.nth(index).map(|(read, (_, value))| (read, value))
    }
}
