//! [Modules](https://webassembly.github.io/spec/js-api/#modules).

use std::sync::Arc;
use std::thread;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};
use wasmtime::{ExternType, Mutability, ValType};

use super::engine::engine;

/// Bytes that a module may have, as the API's
/// [implementation limits](https://webassembly.github.io/spec/js-api/#limits) have it.
const MAX_SIZE: usize = 1 << 30;
/// Bytes of stack of the thread that compiles: the compiler nests as deep as code does.
const STACK: usize = 32 << 20;

/// A module, compiled. It may go to any thread.
#[derive(Clone, Debug)]
pub struct Module(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    raw: wasmtime::Module,
    sections: Sections,
    /// The module whose imports are strings.
    constants: Option<String>,
}

/// What sections say that the engine does not tell.
#[derive(Debug, Default)]
struct Sections {
    exports: Vec<ExportDescriptor>,
    /// How many things of each kind are imported.
    imported: [u32; 5],
    custom: Vec<(String, Vec<u8>)>,
}

/// What is imported or exported: [`ImportExportKind`](https://webassembly.github.io/spec/js-api/#enumdef-importexportkind).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternKind {
    /// `function`
    Function,
    /// `table`
    Table,
    /// `memory`
    Memory,
    /// `global`
    Global,
    /// `tag`
    Tag,
}

/// An export.
#[derive(Clone, Debug)]
pub struct ExportDescriptor {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Its place among all of its kind, imports first.
    pub index: u32,
}

/// An import.
#[derive(Clone, Debug)]
pub struct ImportDescriptor {
    /// The module that it is from.
    pub module: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Its place among all imports.
    pub position: usize,
}

impl Module {
    /// [Compiles a module](https://webassembly.github.io/spec/js-api/#compile-a-webassembly-module) while this thread waits.
    /// `constants` is the module whose imports are
    /// [string constants](https://webassembly.github.io/spec/js-api/#dom-webassemblycompileoptions-importedstringconstants).
    ///
    /// # Errors
    /// A sentence why it is no valid module.
    pub fn compile(bytes: Vec<u8>, constants: Option<String>) -> Result<Self, String> {
        let thread = spawn(move || Self::compile_here(&bytes, constants))?;
        thread.join().unwrap_or_else(|_| Err("the compiler failed".into()))
    }

    /// [Compiles a module](https://webassembly.github.io/spec/js-api/#compile-a-webassembly-module) on a thread of its own,
    /// which tells `done`.
    pub fn compile_in_parallel(
        bytes: Vec<u8>,
        constants: Option<String>,
        done: impl FnOnce(Result<Self, String>) + Send + 'static,
    ) {
        // If there is no thread for it, what `done` holds is dropped, which tells whoever waits.
        let spawned = spawn(move || done(Self::compile_here(&bytes, constants)));
        if let Err(error) = spawned {
            tracing::warn!(error, "no thread to compile WebAssembly on");
        }
    }

    /// [Validates a module](https://webassembly.github.io/spec/js-api/#dom-webassembly-validate).
    #[must_use]
    pub fn validate(bytes: &[u8]) -> bool {
        engine().is_ok_and(|engine| wasmtime::Module::validate(engine, bytes).is_ok())
    }

    fn compile_here(bytes: &[u8], constants: Option<String>) -> Result<Self, String> {
        if bytes.len() > MAX_SIZE {
            return Err("the module is too large".into());
        }
        let engine = engine().map_err(|error| error.to_string())?;
        let raw = wasmtime::Module::from_binary(engine, bytes).map_err(|error| format!("{error:#}"))?;
        let sections = Sections::read(bytes).map_err(|error| error.to_string())?;
        let module = Self(Arc::new(Compiled { raw, sections, constants }));
        module.check_constants()?;
        Ok(module)
    }

    /// Imports of strings are immutable globals of `externref`.
    fn check_constants(&self) -> Result<(), String> {
        let Some(constants) = &self.0.constants else { return Ok(()) };
        let fits = |ty: &ExternType| {
            ty.global().is_some_and(|global| {
                let ValType::Ref(content) = global.content() else { return false };
                global.mutability() == Mutability::Const
                    && matches!(content.heap_type(), wasmtime::HeapType::Extern)
            })
        };
        match self.0.raw.imports().find(|import| import.module() == constants && !fits(&import.ty())) {
            Some(import) => Err(format!("the import {:?} is not that of a string", import.name())),
            None => Ok(()),
        }
    }

    pub(super) fn raw(&self) -> &wasmtime::Module {
        &self.0.raw
    }

    /// How many of a kind are imported.
    pub(super) fn imported(&self, kind: ExternKind) -> u32 {
        self.0.sections.imported[kind as usize]
    }

    pub(super) fn is_constant(&self, module: &str) -> bool {
        self.0.constants.as_deref() == Some(module)
    }

    /// [`exports()`](https://webassembly.github.io/spec/js-api/#dom-module-exports), in the module's order.
    #[must_use]
    pub fn exports(&self) -> &[ExportDescriptor] {
        &self.0.sections.exports
    }

    /// [`imports()`](https://webassembly.github.io/spec/js-api/#dom-module-imports), in the module's order, but for string
    /// constants.
    #[must_use]
    pub fn imports(&self) -> Vec<ImportDescriptor> {
        let imports = self.0.raw.imports().enumerate();
        imports
            .filter(|(_, import)| !self.is_constant(import.module()))
            .map(|(position, import)| ImportDescriptor {
                module: import.module().to_owned(),
                name: import.name().to_owned(),
                kind: kind_of(&import.ty()),
                position,
            })
            .collect()
    }

    /// [`customSections()`](https://webassembly.github.io/spec/js-api/#dom-module-customsections) of a name.
    pub fn custom_sections(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let sections = self.0.sections.custom.iter();
        sections.filter(move |(known, _)| known == name).map(|(_, bytes)| bytes.as_slice())
    }
}

fn spawn<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, String> {
    let thread = thread::Builder::new().name("wasm compiler".into()).stack_size(STACK);
    thread.spawn(run).map_err(|error| format!("there is no thread for it: {error}"))
}

fn kind_of(ty: &ExternType) -> ExternKind {
    match ty {
        ExternType::Func(_) => ExternKind::Function,
        ExternType::Table(_) => ExternKind::Table,
        ExternType::Memory(_) => ExternKind::Memory,
        ExternType::Global(_) => ExternKind::Global,
        ExternType::Tag(_) => ExternKind::Tag,
    }
}

impl Sections {
    fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut sections = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let kind = match import?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternKind::Function,
                            TypeRef::Table(_) => ExternKind::Table,
                            TypeRef::Memory(_) => ExternKind::Memory,
                            TypeRef::Global(_) => ExternKind::Global,
                            TypeRef::Tag(_) => ExternKind::Tag,
                        };
                        sections.imported[kind as usize] += 1;
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let kind = match export.kind {
                            ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Function,
                            ExternalKind::Table => ExternKind::Table,
                            ExternalKind::Memory => ExternKind::Memory,
                            ExternalKind::Global => ExternKind::Global,
                            ExternalKind::Tag => ExternKind::Tag,
                        };
                        let (name, index) = (export.name.to_owned(), export.index);
                        sections.exports.push(ExportDescriptor { name, kind, index });
                    }
                }
                Payload::CustomSection(section) => {
                    sections.custom.push((section.name().to_owned(), section.data().to_vec()));
                }
                _ => {}
            }
        }
        Ok(sections)
    }
}
