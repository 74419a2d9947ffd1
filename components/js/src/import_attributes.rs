//! [Import attributes](https://tc39.es/ecma262/#prod-WithClause), and the modules that are no scripts.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use rquickjs_sys as q;

use crate::object::check;
use crate::{Exception, Fallible, ModuleType, Realm, Value};

impl ModuleType {
    /// The value of the attribute `type` that asks for it; none for what needs no attribute.
    #[must_use]
    pub const fn attribute(self) -> Option<&'static str> {
        match self {
            Self::JavaScript => None,
            Self::Json => Some("json"),
            Self::Css => Some("css"),
        }
    }

    /// The type that a value of the attribute `type` asks for.
    #[must_use]
    pub fn of_attribute(value: &str) -> Option<Self> {
        match value {
            "json" => Some(Self::Json),
            "css" => Some(Self::Css),
            _ => None,
        }
    }
}

/// [Module type from module request](https://html.spec.whatwg.org/multipage/webappapis.html#module-type-from-module-request); `None`
/// if there is no such type.
///
/// # Safety
/// The context is alive, and so are the attributes: undefined, or an object of strings.
pub(crate) unsafe fn module_type(ctx: *mut q::JSContext, attributes: q::JSValue) -> Option<ModuleType> {
    // SAFETY: reads the tag of a value.
    if !unsafe { q::JS_IsObject(attributes) } {
        return Some(ModuleType::JavaScript);
    }
    // SAFETY: context and object are alive; what was made of them is freed once.
    unsafe {
        let value = q::JS_GetPropertyStr(ctx, attributes, c"type".as_ptr());
        if q::JS_IsUndefined(value) {
            return Some(ModuleType::JavaScript);
        }
        let text = q::JS_ToCStringLen2(ctx, ptr::null_mut(), value, false);
        q::JS_FreeValue(ctx, value);
        if text.is_null() {
            q::JS_FreeValue(ctx, q::JS_GetException(ctx));
            return None;
        }
        let module_type = ModuleType::of_attribute(&CStr::from_ptr(text).to_string_lossy());
        q::JS_FreeCString(ctx, text);
        module_type
    }
}

/// [HostGetSupportedImportAttributes](https://html.spec.whatwg.org/multipage/webappapis.html#hostgetsupportedimportattributes): there
/// is `type`, and no other.
pub(crate) unsafe extern "C" fn check_supported(
    ctx: *mut q::JSContext,
    _opaque: *mut c_void,
    attributes: q::JSValue,
) -> c_int {
    let mut table = ptr::null_mut();
    let mut length = 0_u32;
    // SAFETY: the engine calls with a live context and an object; the table is freed once, after it was read.
    unsafe {
        let flags = q::JS_GPN_STRING_MASK as c_int;
        if q::JS_GetOwnPropertyNames(ctx, &raw mut table, &raw mut length, attributes, flags) < 0 {
            return -1;
        }
        let known = q::JS_NewAtom(ctx, c"type".as_ptr());
        let supported = (0..length as usize).all(|index| (*table.add(index)).atom == known);
        q::JS_FreeAtom(ctx, known);
        q::JS_FreePropertyEnum(ctx, table, length);
        if !supported {
            q::JS_ThrowSyntaxError(ctx, c"an import attribute other than type".as_ptr());
            return -1;
        }
    }
    0
}

/// Makes a [default-export synthetic module](https://tc39.es/ecma262/#sec-create-default-export-synthetic-module).
pub(crate) fn default_export_module(
    realm: &Realm,
    name: &CStr,
    value: Value,
) -> Fallible<*mut q::JSModuleDef> {
    // SAFETY: the context is alive; the name is terminated and copied.
    let module = unsafe { q::JS_NewCModule(realm.raw(), name.as_ptr(), Some(export)) };
    if module.is_null() {
        return Err(Exception::take(realm));
    }
    // SAFETY: context and module are alive; the reference to the value is given away.
    let status = unsafe {
        q::JS_SetModulePrivateValue(realm.raw(), module, value.into_raw());
        q::JS_AddModuleExport(realm.raw(), module, c"default".as_ptr())
    };
    check(realm, status)?;
    Ok(module)
}

unsafe extern "C" fn export(ctx: *mut q::JSContext, module: *mut q::JSModuleDef) -> c_int {
    // SAFETY: the engine calls with a live context and module; the reference to the value is given away.
    unsafe {
        let value = q::JS_GetModulePrivateValue(ctx, module);
        q::JS_SetModuleExport(ctx, module, c"default".as_ptr(), value)
    }
}
