//! Module scripts.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use rquickjs_sys as q;

use crate::{Exception, Fallible, Promise, Realm, Value, state};

/// Finds modules for a runtime.
pub trait ModuleLoader {
    /// [Resolves a module specifier](https://html.spec.whatwg.org/multipage/webappapis.html#resolve-a-module-specifier)
    /// against the URL of the module or script that has it.
    ///
    /// # Errors
    /// A sentence, which becomes the message of a `TypeError`.
    fn resolve(&self, realm: &Realm, base: &str, specifier: &str) -> Result<String, String>;

    /// The source of the module at a resolved URL.
    ///
    /// # Errors
    /// A sentence, which becomes the message of a `TypeError`.
    fn source(&self, realm: &Realm, url: &str) -> Result<String, String>;
}

impl Realm {
    /// Runs a module script whose dependencies the loader can give; the promise settles when it has run,
    /// top-level `await` included.
    ///
    /// # Errors
    /// A `SyntaxError`, or what linking it threw.
    pub fn evaluate_module(&self, source: &str, url: &str) -> Fallible<Promise<Value>> {
        let compiled =
            self.evaluate(source, url, 1, q::JS_EVAL_TYPE_MODULE | q::JS_EVAL_FLAG_COMPILE_ONLY)?;
        set_import_meta(self, &compiled, url)?;
        let entry = state::Entry::new();
        // SAFETY: context and compiled module are alive; the engine takes over the reference.
        let result = self.own(unsafe { q::JS_EvalFunction(self.raw(), compiled.into_raw()) });
        drop(entry);
        let result = result?;
        match result.as_object() {
            Some(promise) => Ok(Promise::of_object(promise)),
            None => Promise::resolve_value(self, &result),
        }
    }
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
    let loader = state::shared().loader.borrow().clone();
    let resolved = match loader {
        None => Err("modules cannot be loaded here".to_owned()),
        Some(loader) => loader.resolve(realm, &base.to_string_lossy(), &specifier.to_string_lossy()),
    };
    let resolved =
        resolved.and_then(|url| CString::new(url).map_err(|_| "a module URL has a NUL byte".to_owned()));
    match resolved {
        Ok(url) => {
            let bytes = url.as_bytes_with_nul();
            // SAFETY: the context is alive; the engine frees what it allocated here.
            let copy = unsafe { q::js_malloc(ctx, bytes.len() as _) }.cast::<u8>();
            if !copy.is_null() {
                // SAFETY: `copy` has room for all of `bytes`.
                unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy, bytes.len()) };
            }
            copy.cast()
        }
        Err(message) => {
            Exception::type_error(message).throw(realm);
            ptr::null_mut()
        }
    }
}

pub(crate) unsafe extern "C" fn load(
    ctx: *mut q::JSContext,
    url: *const c_char,
    _opaque: *mut c_void,
) -> *mut q::JSModuleDef {
    // SAFETY: the engine calls with a live context and a terminated string.
    let (realm, url) = unsafe { (Realm::borrow(&ctx), CStr::from_ptr(url)) };
    let url = url.to_string_lossy();
    let loader = state::shared().loader.borrow().clone();
    let source = loader
        .map_or_else(|| Err("modules cannot be loaded here".to_owned()), |loader| loader.source(realm, &url));
    let compiled = source.map_err(Exception::type_error).and_then(|source| {
        let module =
            realm.evaluate(&source, &url, 1, q::JS_EVAL_TYPE_MODULE | q::JS_EVAL_FLAG_COMPILE_ONLY)?;
        set_import_meta(realm, &module, &url)?;
        Ok(module)
    });
    match compiled {
        // SAFETY: a compiled module holds a pointer to its definition, which its realm keeps alive.
        Ok(module) => unsafe { q::JS_VALUE_GET_PTR(module.raw()) }.cast(),
        Err(exception) => {
            exception.throw(realm);
            ptr::null_mut()
        }
    }
}
