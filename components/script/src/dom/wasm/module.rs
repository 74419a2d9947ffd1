//! [`Module`](https://webassembly.github.io/spec/js-api/#modules).

use bgfetch_js::wasm::{self, ErrorKind, ExternKind};
use bgfetch_js::{
    ArrayBuffer, BufferSource, DomString, Fallible, Realm, Reflector, Root, platform_object, trace_fields,
};

use crate::agent::Agent;
use crate::bindings::{
    ImportExportKind, ModuleExportDescriptor, ModuleImportDescriptor, ModuleMethods,
    WebAssemblyCompileOptions,
};
use crate::policies;

/// `Module`.
pub(crate) struct Module {
    reflector: Reflector,
    pub(crate) raw: wasm::Module,
}

trace_fields!(Module {});
platform_object!(Module);

/// [HostEnsureCanCompileWasmBytes](https://w3c.github.io/webappsec-csp/#can-compile-wasm-bytes)
pub(super) fn ensure_can_compile(realm: &Realm) -> Fallible<()> {
    if policies::allows_wasm(realm) {
        return Ok(());
    }
    Err(ErrorKind::Compile.exception(realm, "the Content Security Policy forbids to compile WebAssembly"))
}

/// A stable copy of the bytes.
pub(super) fn bytes_of(realm: &Realm, source: &BufferSource) -> Vec<u8> {
    match source {
        BufferSource::Buffer(buffer) => buffer.to_vec(0, usize::MAX),
        BufferSource::View(view) => view.to_vec(realm),
    }
}

/// The module whose imports are strings.
pub(super) fn constants_of(options: WebAssemblyCompileOptions) -> Option<String> {
    options.imported_string_constants.flatten()
}

impl Module {
    /// [Constructs a module object](https://webassembly.github.io/spec/js-api/#construct-a-webassembly-module-object).
    pub(crate) fn create(realm: &Realm, raw: wasm::Module) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), raw })
    }

    /// [Compiles](https://webassembly.github.io/spec/js-api/#asynchronously-compile-a-webassembly-module) while the page goes on.
    pub(super) async fn compile(
        realm: &Realm,
        bytes: Vec<u8>,
        constants: Option<String>,
    ) -> Fallible<Root<Self>> {
        ensure_can_compile(realm)?;
        let compiled = Agent::current().ask(|reply| {
            wasm::Module::compile_in_parallel(bytes, constants, move |module| reply.send(module));
        });
        let compiled =
            compiled.await.map_err(|error| bgfetch_js::Exception::type_error(error.to_string()))?;
        let raw = compiled.map_err(|error| ErrorKind::Compile.exception(realm, &error))?;
        Self::create(realm, raw)
    }
}

const fn kind(kind: ExternKind) -> ImportExportKind {
    match kind {
        ExternKind::Function => ImportExportKind::Function,
        ExternKind::Table => ImportExportKind::Table,
        ExternKind::Memory => ImportExportKind::Memory,
        ExternKind::Global => ImportExportKind::Global,
        ExternKind::Tag => ImportExportKind::Tag,
    }
}

impl ModuleMethods for Module {
    /// [`new Module()`](https://webassembly.github.io/spec/js-api/#dom-module-module)
    fn constructor(realm: &Realm, bytes: BufferSource, options: WebAssemblyCompileOptions) -> Fallible<Self> {
        ensure_can_compile(realm)?;
        let compiled = wasm::Module::compile(bytes_of(realm, &bytes), constants_of(options));
        let raw = compiled.map_err(|error| ErrorKind::Compile.exception(realm, &error))?;
        Ok(Self { reflector: Reflector::new(), raw })
    }

    /// [`exports()`](https://webassembly.github.io/spec/js-api/#dom-module-exports)
    fn exports(_: &Realm, module_object: Root<Self>) -> Fallible<Vec<ModuleExportDescriptor>> {
        let exports = module_object.raw.exports().iter();
        Ok(exports
            .map(|export| ModuleExportDescriptor { name: export.name.clone(), kind: kind(export.kind) })
            .collect())
    }

    /// [`imports()`](https://webassembly.github.io/spec/js-api/#dom-module-imports)
    fn imports(_: &Realm, module_object: Root<Self>) -> Fallible<Vec<ModuleImportDescriptor>> {
        let imports = module_object.raw.imports().into_iter();
        Ok(imports
            .map(|import| ModuleImportDescriptor {
                module: import.module,
                name: import.name,
                kind: kind(import.kind),
            })
            .collect())
    }

    /// [`customSections()`](https://webassembly.github.io/spec/js-api/#dom-module-customsections)
    fn custom_sections(
        realm: &Realm,
        module_object: Root<Self>,
        section_name: DomString,
    ) -> Fallible<Vec<ArrayBuffer>> {
        // No section has a name with a lone surrogate.
        if section_name.has_lone_surrogate() {
            return Ok(Vec::new());
        }
        let sections = module_object.raw.custom_sections(section_name.as_str());
        sections.map(|bytes| ArrayBuffer::from_vec(realm, bytes.to_vec())).collect()
    }
}
