//! Module scripts.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use rquickjs_sys as q;

use crate::import_attributes;
use crate::realm::terminated;
use crate::{Exception, Fallible, Promise, PromiseState, Realm, Value, state};

/// Finds modules for a runtime.
pub trait ModuleLoader {
    /// [Resolves a module specifier](https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier)
    /// against the URL of the module or script that has it.
    ///
    /// # Errors
    /// A sentence, which becomes the message of a `TypeError`.
    fn resolve(&self, realm: &Realm, base: &str, specifier: &str) -> Result<String, String>;

    /// What the module at a resolved URL is.
    ///
    /// # Errors
    /// What importing it throws.
    fn load(&self, realm: &Realm, url: &str, module_type: ModuleType) -> Fallible<ModuleSource>;
}

/// [Module type](https://html.spec.whatwg.org/multipage/webappapis.html#module-type-from-module-request)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleType {
    /// `javascript-or-wasm`
    JavaScript,
    /// `json`
    Json,
    /// `css`
    Css,
}

/// What a loader gives for a module.
#[derive(Debug)]
pub enum ModuleSource {
    /// The text of a JavaScript module.
    Script(String),
    /// The default export of a [default-export synthetic module](https://tc39.es/ecma262/#sec-create-default-export-synthetic-module),
    /// which has nothing else.
    Default(Value),
}

/// What a module asks for by a static import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRequest {
    /// The specifier, as it is written.
    pub specifier: String,
    /// `None`: its type is none that there is.
    pub module_type: Option<ModuleType>,
}

/// A module script whose dependencies have been loaded, and which has not run.
#[derive(Debug)]
pub struct Module(Value);

/// A classic script that was compiled, and has not run.
#[derive(Debug)]
pub struct Script(Value);

impl Script {
    /// Runs it.
    ///
    /// # Errors
    /// What it throws.
    pub fn run(self, realm: &Realm) -> Fallible<Value> {
        let entry = state::Entry::new();
        // SAFETY: context and compiled script are alive; the engine takes over the reference.
        let result = realm.own(unsafe { q::JS_EvalFunction(realm.raw(), self.0.into_raw()) });
        drop(entry);
        result
    }
}

/// A module script that was started.
#[derive(Debug)]
pub struct Evaluation {
    /// Settles when it has run, top-level `await` included.
    pub promise: Promise<Value>,
    /// Whether it had not ended when it first gave up control: it, or a module that it imports, waits at its top level.
    pub is_async: bool,
}

impl Module {
    /// Runs it.
    ///
    /// # Errors
    /// Only without memory: what the module throws rejects the promise.
    pub fn evaluate(self, realm: &Realm) -> Fallible<Evaluation> {
        let entry = state::Entry::new();
        // SAFETY: context and compiled module are alive; the engine takes over the reference.
        let result = realm.own(unsafe { q::JS_EvalFunction(realm.raw(), self.0.into_raw()) });
        let promise = result.and_then(|result| match result.as_object() {
            Some(promise) => Ok(Promise::of_object(promise)),
            None => Promise::resolve_value(realm, &result),
        });
        // Before the microtasks that may let it go on.
        let is_async = promise.as_ref().is_ok_and(|promise| promise.state() == PromiseState::Pending);
        drop(entry);
        Ok(Evaluation { promise: promise?, is_async })
    }
}

impl Realm {
    /// Runs a module script whose dependencies the loader can give; the promise settles when it has run,
    /// top-level `await` included.
    ///
    /// # Errors
    /// A `SyntaxError`, or what linking it threw.
    pub fn evaluate_module(&self, source: &str, url: &str) -> Fallible<Promise<Value>> {
        self.evaluate_inline_module(source, url, 1)
    }

    /// [`Realm::evaluate_module`] for a script within a document: its first line counts as `line`.
    ///
    /// # Errors
    /// As there.
    pub fn evaluate_inline_module(&self, source: &str, url: &str, line: u32) -> Fallible<Promise<Value>> {
        Ok(self.compile_inline(source, url, line)?.evaluate(self)?.promise)
    }

    /// Compiles a module script and everything that it imports, which the loader gives; nothing runs.
    ///
    /// # Errors
    /// A `SyntaxError`, or what linking it threw.
    pub fn compile_module(&self, source: &str, url: &str) -> Fallible<Module> {
        self.compile_inline(source, url, 1)
    }

    /// Compiles a classic script; nothing runs.
    ///
    /// # Errors
    /// A `SyntaxError`.
    pub fn compile_script(&self, source: &str, file: &str) -> Fallible<Script> {
        let flags = q::JS_EVAL_TYPE_GLOBAL | q::JS_EVAL_FLAG_COMPILE_ONLY;
        self.evaluate(source, file, 1, flags).map(Script)
    }

    fn compile_inline(&self, source: &str, url: &str, line: u32) -> Fallible<Module> {
        let compiled = self.evaluate(source, url, line, COMPILE)?;
        set_import_meta(self, &compiled, url)?;
        Ok(Module(compiled))
    }

    /// The file of the script that is calling into Rust: what a relative specifier there counts from.
    #[must_use]
    pub fn calling_script(&self) -> Option<String> {
        (0..4).find_map(|level| {
            // SAFETY: the context is alive; the atom's reference is given to us.
            let atom = unsafe { q::JS_GetScriptOrModuleName(self.raw(), level) };
            if atom == 0 {
                return None;
            }
            // SAFETY: context and atom are alive; the atom is freed once.
            let name = unsafe {
                let name = q::JS_AtomToValue(self.raw(), atom);
                q::JS_FreeAtom(self.raw(), atom);
                name
            };
            let name = self.own(name).ok()?;
            crate::DomString::of(self, &name).ok().map(crate::DomString::into_string)
        })
    }

    /// Runs the module at a URL, unless it has run already, with the source that the loader has for it; the promise
    /// is for its namespace object.
    ///
    /// # Errors
    /// Only without memory: whatever is wrong with the module rejects the promise.
    pub fn import_module(&self, url: &str) -> Fallible<Promise<Value>> {
        let url = CString::new(url).map_err(|_| Exception::type_error("a module URL has a NUL byte"))?;
        let entry = state::Entry::new();
        // SAFETY: the context is alive; the strings are terminated and live during the call.
        let result = self.own(unsafe { q::JS_LoadModule(self.raw(), url.as_ptr(), url.as_ptr()) });
        drop(entry);
        match result?.as_object() {
            Some(promise) => Ok(Promise::of_object(promise)),
            None => Err(Exception::type_error("the engine gave no promise for a module")),
        }
    }
}

impl Realm {
    /// As [`Realm::import_module`], for a module of a type.
    ///
    /// # Errors
    /// As there.
    pub fn import_module_of_type(&self, url: &str, module_type: ModuleType) -> Fallible<Promise<Value>> {
        let Some(name) = module_type.attribute() else { return self.import_module(url) };
        let entry = state::Entry::new();
        let args = [Value::string(self, url)?, Value::string(self, name)?];
        let result = self.intrinsics().call(self, "importTyped", &args);
        drop(entry);
        match result?.as_object() {
            Some(promise) => Ok(Promise::of_object(promise)),
            None => Err(Exception::type_error("the engine gave no promise for a module")),
        }
    }
}

const COMPILE: u32 = q::JS_EVAL_TYPE_MODULE | q::JS_EVAL_FLAG_COMPILE_ONLY;

thread_local! {
    /// What a module asks for, while one is only being looked through.
    static REQUESTS: RefCell<Option<Vec<ModuleRequest>>> = const { RefCell::new(None) };
}

/// A module's static imports, each once, in order: what has to be fetched before it can be linked. None if the
/// module does not parse; evaluating it tells why.
///
/// The engine itself parses it, in a scratch context in which every imported module is empty.
#[must_use]
pub fn module_requests(source: &str, url: &str) -> Vec<ModuleRequest> {
    let rt = state::runtime();
    // SAFETY: the runtime is alive if there is one; the context is freed below.
    let ctx = if rt.is_null() { ptr::null_mut() } else { unsafe { q::JS_NewContextRaw(rt) } };
    if ctx.is_null() {
        return Vec::new();
    }
    let outer = REQUESTS.replace(Some(Vec::new()));
    // SAFETY: the context is alive, gets what parsing needs, and is freed once; every value of it is freed before.
    unsafe {
        q::JS_AddIntrinsicBaseObjects(ctx);
        q::JS_AddIntrinsicEval(ctx);
        q::JS_AddIntrinsicRegExp(ctx);
        q::JS_AddIntrinsicBigInt(ctx);
        let module = compile_raw(ctx, source, url);
        if q::JS_IsException(module) {
            q::JS_FreeValue(ctx, q::JS_GetException(ctx));
        }
        q::JS_FreeValue(ctx, module);
        q::JS_FreeContext(ctx);
    }
    REQUESTS.replace(outer).unwrap_or_default()
}

/// Compiles a module in a context that is no realm.
///
/// # Safety
/// The context is alive.
unsafe fn compile_raw(ctx: *mut q::JSContext, source: &str, url: &str) -> q::JSValue {
    let (source, url) = (terminated(source), terminated(url));
    let mut options = q::JSEvalOptions {
        version: q::JS_EVAL_OPTIONS_VERSION as _,
        eval_flags: COMPILE as _,
        filename: url.as_ptr().cast(),
        line_num: 1,
    };
    // SAFETY: the context is alive; source and file are terminated and live during the call.
    unsafe { q::JS_Eval2(ctx, source.as_ptr().cast(), (source.len() - 1) as _, &raw mut options) }
}

/// A copy of a string that the engine frees.
fn engine_copy(ctx: *mut q::JSContext, text: &CStr) -> *mut c_char {
    let bytes = text.to_bytes_with_nul();
    // SAFETY: the context is alive; the engine frees what it allocated here.
    let copy = unsafe { q::js_malloc(ctx, bytes.len() as _) }.cast::<u8>();
    if !copy.is_null() {
        // SAFETY: `copy` has room for all of `bytes`.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
    }
    copy.cast()
}

fn set_import_meta(realm: &Realm, module: &Value, url: &str) -> Fallible<()> {
    // SAFETY: the value is a compiled module: it holds a pointer to one, alive as long as its realm.
    let definition = unsafe { q::JS_VALUE_GET_PTR(module.raw()) }.cast::<q::JSModuleDef>();
    // SAFETY: context and module are alive.
    let meta = realm.own(unsafe { q::JS_GetImportMeta(realm.raw(), definition) })?;
    match meta.as_object() {
        Some(meta) => meta.create(realm, "url", &Value::string(realm, url)?),
        None => Ok(()),
    }
}

pub(crate) unsafe extern "C" fn normalize(
    ctx: *mut q::JSContext,
    base: *const c_char,
    specifier: *const c_char,
    _opaque: *mut c_void,
) -> *mut c_char {
    // SAFETY: the engine calls with a live context and two terminated strings.
    let (realm, base, specifier) =
        unsafe { (Realm::borrow(&ctx), CStr::from_ptr(base), CStr::from_ptr(specifier)) };
    if REQUESTS.with_borrow(Option::is_some) {
        return engine_copy(ctx, specifier);
    }
    let loader = state::shared().loader.borrow().clone();
    let resolved = match loader {
        None => Err("modules cannot be loaded here".to_owned()),
        Some(loader) => loader.resolve(realm, &base.to_string_lossy(), &specifier.to_string_lossy()),
    };
    let resolved =
        resolved.and_then(|url| CString::new(url).map_err(|_| "a module URL has a NUL byte".to_owned()));
    match resolved {
        Ok(url) => engine_copy(ctx, &url),
        Err(message) => {
            Exception::type_error(message).throw(realm);
            ptr::null_mut()
        }
    }
}

pub(crate) unsafe extern "C" fn load(
    ctx: *mut q::JSContext,
    name: *const c_char,
    _opaque: *mut c_void,
    attributes: q::JSValue,
) -> *mut q::JSModuleDef {
    // SAFETY: the engine calls with a live context and a terminated string.
    let (realm, name) = unsafe { (Realm::borrow(&ctx), CStr::from_ptr(name)) };
    let url = name.to_string_lossy();
    // SAFETY: context and attributes are alive.
    let module_type = unsafe { import_attributes::module_type(ctx, attributes) };
    let recorded = REQUESTS.with_borrow_mut(|requests| {
        let specifier = url.clone().into_owned();
        requests.as_mut()?.push(ModuleRequest { specifier, module_type });
        Some(())
    });
    if recorded.is_some() {
        // SAFETY: the context is alive; a compiled module holds a pointer to its definition, which its context owns.
        return unsafe {
            let module = compile_raw(ctx, "", &url);
            if q::JS_IsException(module) {
                return ptr::null_mut();
            }
            let definition = q::JS_VALUE_GET_PTR(module).cast();
            q::JS_FreeValue(ctx, module);
            definition
        };
    }
    let loader = state::shared().loader.borrow().clone();
    let loaded = match (loader, module_type) {
        (Some(loader), Some(module_type)) => loader.load(realm, &url, module_type),
        (None, _) => Err(Exception::type_error("modules cannot be loaded here")),
        (_, None) => Err(Exception::type_error(format!("{url} is imported with a type that no module has"))),
    };
    let definition = loaded.and_then(|loaded| match loaded {
        ModuleSource::Script(source) => {
            let module = realm.evaluate(&source, &url, 1, COMPILE)?;
            set_import_meta(realm, &module, &url)?;
            // SAFETY: a compiled module holds a pointer to its definition, which its realm keeps alive.
            Ok(unsafe { q::JS_VALUE_GET_PTR(module.raw()) }.cast())
        }
        ModuleSource::Default(value) => import_attributes::default_export_module(realm, name, value),
    });
    match definition {
        Ok(definition) => definition,
        Err(exception) => {
            exception.throw(realm);
            ptr::null_mut()
        }
    }
}
