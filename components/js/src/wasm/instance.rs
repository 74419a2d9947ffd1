//! [Instances](https://webassembly.github.io/spec/js-api/#instances).

use wasmtime::ExternType;

use super::call::{self, running};
use super::errors::ErrorKind;
use super::function::Function;
use super::global::Global;
use super::memory::Memory;
use super::module::{ExternKind, Module};
use super::store::with;
use super::table::Table;
use super::tag::Tag;
use crate::{Callback, DomString, Exception, Fallible, Realm, Value, ValueKind};

/// What is imported or exported.
#[derive(Clone, Debug)]
pub enum Extern {
    /// A function.
    Function(Function),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
    /// A tag.
    Tag(Tag),
}

/// An instance of a module.
#[derive(Clone, Copy, Debug)]
pub struct Instance(wasmtime::Instance);

impl Module {
    /// What a value of script is for an import of a function or a global: [reading the
    /// imports](https://webassembly.github.io/spec/js-api/#read-the-imports), as far as it is no object of the API.
    ///
    /// # Errors
    /// A `LinkError` if it cannot be imported there.
    pub fn import_value(&self, realm: &Realm, position: usize, value: &Value) -> Fallible<Extern> {
        let import = self.raw().imports().nth(position);
        let import = import.ok_or_else(|| Exception::type_error("there is no such import"))?;
        let refuse = |what: &str| {
            let message = format!("the import {:?} of {:?} {what}", import.name(), import.module());
            ErrorKind::Link.exception(realm, &message)
        };
        match import.ty() {
            ExternType::Func(ty) => {
                if let Some(function) = Function::of_value(value) {
                    return Ok(Extern::Function(function));
                }
                let callback = Callback::new(value).map_err(|_| refuse("is not a function"))?;
                call::host_function(realm, callback, &ty).map(Function::of_raw).map(Extern::Function)
            }
            ExternType::Global(ty) => {
                if ty.mutability() == wasmtime::Mutability::Var {
                    return Err(refuse("is not a mutable global"));
                }
                let fits = match ty.content() {
                    wasmtime::ValType::I64 => value.kind() == ValueKind::BigInt,
                    wasmtime::ValType::I32 | wasmtime::ValType::F32 | wasmtime::ValType::F64 => {
                        value.kind() == ValueKind::Number
                    }
                    wasmtime::ValType::V128 => false,
                    wasmtime::ValType::Ref(_) => true,
                };
                if !fits {
                    return Err(refuse("is not a value of its type"));
                }
                let global = Global::of_type(realm, ty, Some(value));
                global.map(Extern::Global).map_err(|_| refuse("is not a value of its type"))
            }
            ExternType::Table(_) => Err(refuse("is not a table")),
            ExternType::Memory(_) => Err(refuse("is not a memory")),
            ExternType::Tag(_) => Err(refuse("is not a tag")),
        }
    }
}

impl Instance {
    /// [Instantiates the core of a
    /// module](https://webassembly.github.io/spec/js-api/#instantiate-the-core-of-a-webassembly-module), with what it imports,
    /// in the order of [`Module::imports`].
    ///
    /// # Errors
    /// A `LinkError` if an import does not fit; what its start function throws.
    pub fn new(realm: &Realm, module: &Module, imports: &[Extern]) -> Fallible<Self> {
        let mut given = imports.iter();
        let mut all = Vec::with_capacity(imports.len());
        for import in module.raw().imports() {
            if module.is_constant(import.module()) {
                let text = DomString::from(import.name()).to_value(realm)?;
                let ExternType::Global(ty) = import.ty() else {
                    return Err(Exception::type_error("a string constant is a global"));
                };
                all.push(Global::of_type(realm, ty, Some(&text))?.raw().into());
                continue;
            }
            let given = given.next().ok_or_else(|| Exception::type_error("an import is missing"))?;
            all.push(given.raw());
        }
        let instance =
            running(realm, ErrorKind::Link, |context| wasmtime::Instance::new(context, module.raw(), &all))?;
        Ok(Self(instance))
    }

    /// What it exports under a name.
    ///
    /// # Errors
    /// A `TypeError` if there is no such export.
    pub fn export(&self, name: &str) -> Fallible<Extern> {
        let export = with(|context| self.0.get_export(context, name))?;
        let export = export.ok_or_else(|| Exception::type_error("there is no such export"))?;
        Extern::of_raw(export)
    }
}

impl Module {
    /// Which of its imports an export is: the place among those of its kind. None if it is the module's own.
    #[must_use]
    pub fn import_of(&self, kind: ExternKind, index: u32) -> Option<usize> {
        (index < self.imported(kind)).then_some(index as usize)
    }
}

impl Extern {
    fn of_raw(raw: wasmtime::Extern) -> Fallible<Self> {
        Ok(match raw {
            wasmtime::Extern::Func(function) => Self::Function(Function::of_raw(function)),
            wasmtime::Extern::Table(table) => Self::Table(Table::of_raw(table)?),
            wasmtime::Extern::Memory(memory) => Self::Memory(Memory::of_raw(memory)?),
            wasmtime::Extern::SharedMemory(memory) => Self::Memory(Memory::of_shared(memory)),
            wasmtime::Extern::Global(global) => Self::Global(Global::of_raw(global)?),
            wasmtime::Extern::Tag(tag) => {
                let ty = with(|context| tag.ty(context))?;
                Self::Tag(Tag::of_raw(tag, ty))
            }
        })
    }

    fn raw(&self) -> wasmtime::Extern {
        match self {
            Self::Function(function) => function.raw().into(),
            Self::Table(table) => table.raw().into(),
            Self::Memory(memory) => memory.raw(),
            Self::Global(global) => global.raw().into(),
            Self::Tag(tag) => tag.raw().into(),
        }
    }
}
