//! What the interface `Cost` of `bindings-gen/conformance` is when it is written by hand for this engine: the measure
//! for generated glue. Written as somebody would who counts nanoseconds: property names are atoms made once, strings
//! are read in place, nothing catches panics, and only one realm is thought of.
//!
//! Only with the feature `by-hand`, which only the benchmark asks for.

use std::cell::Cell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use rquickjs_sys as q;

use crate::object::Atom;
use crate::{Fallible, Object, Realm, state};

struct Cost {
    count: Cell<i32>,
}

/// The names of the dictionary's members and of the iterator protocol's properties.
struct Names {
    class: q::JSClassID,
    count: q::JSAtom,
    flag: q::JSAtom,
    mode: q::JSAtom,
    iterator: q::JSAtom,
    next: q::JSAtom,
    done: q::JSAtom,
    value: q::JSAtom,
}

thread_local! {
    static NAMES: Cell<&'static Names> = const { Cell::new(&NO_NAMES) };
}

static NO_NAMES: Names =
    Names { class: 0, count: 0, flag: 0, mode: 0, iterator: 0, next: 0, done: 0, value: 0 };

unsafe extern "C" fn finalize(_: *mut q::JSRuntime, object: q::JSValue) {
    let mut class = 0;
    // SAFETY: called once for an object of the class, whose opaque is a box made below.
    unsafe { drop(Box::from_raw(q::JS_GetAnyOpaque(object, &raw mut class).cast::<Cost>())) };
}

unsafe fn this<'a>(ctx: *mut q::JSContext, this: q::JSValue) -> Option<&'a Cost> {
    // SAFETY: the context is alive; an object of the class has a `Cost` that lives as long as it does.
    unsafe { q::JS_GetOpaque2(ctx, this, NAMES.get().class).cast::<Cost>().as_ref() }
}

unsafe extern "C" fn get_count(ctx: *mut q::JSContext, this_value: q::JSValue) -> q::JSValue {
    // SAFETY: called by the engine.
    match unsafe { this(ctx, this_value) } {
        Some(cost) => q::JS_MKVAL(q::JS_TAG_INT, cost.count.get()),
        None => q::JS_EXCEPTION,
    }
}

unsafe extern "C" fn tick(
    ctx: *mut q::JSContext,
    this_value: q::JSValue,
    _: c_int,
    _: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: called by the engine.
    let Some(cost) = (unsafe { this(ctx, this_value) }) else { return q::JS_EXCEPTION };
    cost.count.set(cost.count.get().wrapping_add(1));
    q::JS_UNDEFINED
}

/// The length in bytes of a string; none with an exception.
unsafe fn text_length(ctx: *mut q::JSContext, value: q::JSValue) -> Option<usize> {
    let mut length = 0;
    // SAFETY: context and value are alive; the text is freed once.
    unsafe {
        let text = q::JS_ToCStringLen2(ctx, &raw mut length, value, false);
        if text.is_null() {
            return None;
        }
        q::JS_FreeCString(ctx, text);
    }
    Some(length as usize)
}

/// `open(name, { count = 1, flag = false, mode = "read" })`: name and mode in bytes, count, flag, added.
unsafe extern "C" fn open(
    ctx: *mut q::JSContext,
    this_value: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: called by the engine with `argc` arguments, which live during the call.
    unsafe {
        if this(ctx, this_value).is_none() {
            return q::JS_EXCEPTION;
        }
        if argc < 1 {
            return q::JS_ThrowTypeError(ctx, c"at least 1 argument required".as_ptr());
        }
        let Some(mut sum) = text_length(ctx, *argv) else { return q::JS_EXCEPTION };
        let (mut count, mut flag, mut mode) = (1, 0, 0);
        if argc > 1 && !q::JS_IsUndefined(*argv.add(1)) && !q::JS_IsNull(*argv.add(1)) {
            let options = *argv.add(1);
            if !q::JS_IsObject(options) {
                return q::JS_ThrowTypeError(ctx, c"not an object".as_ptr());
            }
            let names = NAMES.get();
            let value = q::JS_GetProperty(ctx, options, names.count);
            if q::JS_IsException(value) {
                return value;
            }
            if !q::JS_IsUndefined(value) {
                let status = q::JS_ToInt32(ctx, &raw mut count, value);
                q::JS_FreeValue(ctx, value);
                if status < 0 {
                    return q::JS_EXCEPTION;
                }
            }
            let value = q::JS_GetProperty(ctx, options, names.flag);
            if q::JS_IsException(value) {
                return value;
            }
            if !q::JS_IsUndefined(value) {
                flag = q::JS_ToBool(ctx, value);
                q::JS_FreeValue(ctx, value);
            }
            let value = q::JS_GetProperty(ctx, options, names.mode);
            if q::JS_IsException(value) {
                return value;
            }
            if !q::JS_IsUndefined(value) {
                let mut length = 0;
                let text = q::JS_ToCStringLen2(ctx, &raw mut length, value, false);
                q::JS_FreeValue(ctx, value);
                if text.is_null() {
                    return q::JS_EXCEPTION;
                }
                mode = match std::slice::from_raw_parts(text.cast::<u8>(), length as usize) {
                    b"read" => 4,
                    b"read-write" => 10,
                    _ => {
                        q::JS_FreeCString(ctx, text);
                        return q::JS_ThrowTypeError(ctx, c"not a mode".as_ptr());
                    }
                };
                q::JS_FreeCString(ctx, text);
            }
        }
        sum += mode;
        let sum = i32::try_from(sum).unwrap_or(0).wrapping_add(count).wrapping_add(flag);
        q::JS_MKVAL(q::JS_TAG_INT, sum)
    }
}

/// `take("text")` or `take(["text", ...])`: all texts in bytes.
unsafe extern "C" fn take(
    ctx: *mut q::JSContext,
    this_value: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: called by the engine with `argc` arguments, which live during the call; every value that the engine gives
    // is freed once.
    unsafe {
        if this(ctx, this_value).is_none() {
            return q::JS_EXCEPTION;
        }
        if argc < 1 {
            return q::JS_ThrowTypeError(ctx, c"at least 1 argument required".as_ptr());
        }
        let value = *argv;
        let sum = if q::JS_IsObject(value) {
            let method = q::JS_GetProperty(ctx, value, NAMES.get().iterator);
            if q::JS_IsException(method) {
                return method;
            }
            if q::JS_IsUndefined(method) || q::JS_IsNull(method) {
                text_length(ctx, value)
            } else {
                let iterator = q::JS_Call(ctx, method, value, 0, ptr::null_mut());
                q::JS_FreeValue(ctx, method);
                if q::JS_IsException(iterator) {
                    return iterator;
                }
                if !q::JS_IsObject(iterator) {
                    q::JS_FreeValue(ctx, iterator);
                    return q::JS_ThrowTypeError(ctx, c"not an iterator".as_ptr());
                }
                let sum = iterate(ctx, iterator);
                q::JS_FreeValue(ctx, iterator);
                sum
            }
        } else {
            text_length(ctx, value)
        };
        match sum {
            Some(sum) => q::JS_MKVAL(q::JS_TAG_INT, i32::try_from(sum).unwrap_or(0)),
            None => q::JS_EXCEPTION,
        }
    }
}

/// The length of all texts of an iterator; none with an exception.
unsafe fn iterate(ctx: *mut q::JSContext, iterator: q::JSValue) -> Option<usize> {
    let names = NAMES.get();
    let mut sum = 0;
    // SAFETY: context and iterator are alive; every value that the engine gives is freed once.
    unsafe {
        let next = q::JS_GetProperty(ctx, iterator, names.next);
        if q::JS_IsException(next) {
            return None;
        }
        let result = loop {
            let result = q::JS_Call(ctx, next, iterator, 0, ptr::null_mut());
            if q::JS_IsException(result) {
                break None;
            }
            if !q::JS_IsObject(result) {
                q::JS_FreeValue(ctx, result);
                q::JS_ThrowTypeError(ctx, c"not an iterator's result".as_ptr());
                break None;
            }
            let done = q::JS_GetProperty(ctx, result, names.done);
            let is_done = q::JS_ToBool(ctx, done);
            q::JS_FreeValue(ctx, done);
            if is_done != 0 {
                q::JS_FreeValue(ctx, result);
                break (is_done > 0).then_some(sum);
            }
            let value = q::JS_GetProperty(ctx, result, names.value);
            q::JS_FreeValue(ctx, result);
            let length = text_length(ctx, value);
            q::JS_FreeValue(ctx, value);
            match length {
                Some(length) => sum += length,
                None => break None,
            }
        };
        q::JS_FreeValue(ctx, next);
        result
    }
}

unsafe extern "C" fn later(
    ctx: *mut q::JSContext,
    this_value: q::JSValue,
    _: c_int,
    _: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: called by the engine; the promise takes a reference of its own.
    unsafe {
        match this(ctx, this_value) {
            Some(cost) => {
                let value = q::JS_MKVAL(q::JS_TAG_INT, cost.count.get());
                q::JS_NewSettledPromise(ctx, false, value)
            }
            None => {
                let reason = q::JS_GetException(ctx);
                let promise = q::JS_NewSettledPromise(ctx, true, reason);
                q::JS_FreeValue(ctx, reason);
                promise
            }
        }
    }
}

const fn method(name: &'static CStr, length: u8, call: q::JSCFunction) -> q::JSCFunctionListEntry {
    let func = q::JSCFunctionListEntry__bindgen_ty_1__bindgen_ty_1 {
        length,
        cproto: q::JSCFunctionEnum_JS_CFUNC_generic as u8,
        cfunc: q::JSCFunctionType { generic: call },
    };
    q::JSCFunctionListEntry {
        name: name.as_ptr(),
        prop_flags: q::JS_PROP_C_W_E as u8,
        def_type: q::JS_DEF_CFUNC as u8,
        magic: 0,
        u: q::JSCFunctionListEntry__bindgen_ty_1 { func },
    }
}

struct Table([q::JSCFunctionListEntry; 5]);
// SAFETY: the entries are constant data: static names and function pointers.
unsafe impl Sync for Table {}

static TABLE: Table = Table([
    q::JSCFunctionListEntry {
        name: c"count".as_ptr(),
        prop_flags: (q::JS_PROP_CONFIGURABLE | q::JS_PROP_ENUMERABLE) as u8,
        def_type: q::JS_DEF_CGETSET as u8,
        magic: 0,
        u: q::JSCFunctionListEntry__bindgen_ty_1 {
            getset: q::JSCFunctionListEntry__bindgen_ty_1__bindgen_ty_2 {
                get: q::JSCFunctionType { getter: Some(get_count) },
                set: q::JSCFunctionType { setter: None },
            },
        },
    },
    method(c"tick", 0, Some(tick)),
    method(c"open", 1, Some(open)),
    method(c"take", 1, Some(take)),
    method(c"later", 0, Some(later)),
]);

/// Makes a `Cost` whose members are written by hand.
///
/// # Errors
/// Only without memory.
pub fn cost(realm: &Realm) -> Fallible<Object> {
    let rt = state::runtime();
    let mut class = 0;
    let definition = q::JSClassDef {
        class_name: c"CostByHand".as_ptr(),
        finalizer: Some(finalize),
        gc_mark: None,
        call: None,
        exotic: ptr::null_mut(),
    };
    // SAFETY: the runtime is alive; the definition is copied.
    unsafe {
        q::JS_NewClassID(rt, &raw mut class);
        q::JS_NewClass(rt, class, &raw const definition);
    }
    let atom = |name| Atom::of_str(realm, name).map(Atom::into_raw);
    let iterator = realm.intrinsics().symbol(realm, "symbolIterator")?;
    let names = Names {
        class,
        count: atom("count")?,
        flag: atom("flag")?,
        mode: atom("mode")?,
        iterator: Atom::of_value(realm, &iterator)?.into_raw(),
        next: atom("next")?,
        done: atom("done")?,
        value: atom("value")?,
    };
    NAMES.set(Box::leak(Box::new(names)));
    let prototype = Object::new(realm)?;
    // SAFETY: context and prototype are alive; the table is static.
    let object = unsafe {
        let (entries, count) = (TABLE.0.as_ptr(), TABLE.0.len() as c_int);
        crate::object::check(
            realm,
            q::JS_SetPropertyFunctionList(realm.raw(), prototype.raw(), entries, count),
        )?;
        realm.own(q::JS_NewObjectProtoClass(realm.raw(), prototype.raw(), class))?
    };
    let cost = Box::into_raw(Box::new(Cost { count: Cell::new(0) })).cast::<c_void>();
    // SAFETY: the object was just made, is of that class, and owns the box from here on.
    unsafe { q::JS_SetOpaque(object.raw(), cost) };
    Ok(Object::from_value_unchecked(object))
}

/// Forgets the names, of which the runtime counts the references; to be called before it ends.
pub fn end() {
    let names = NAMES.replace(&NO_NAMES);
    let rt = state::runtime();
    for atom in [names.count, names.flag, names.mode, names.iterator, names.next, names.done, names.value] {
        // SAFETY: each atom was made by `cost` and is freed once.
        unsafe { q::JS_FreeAtomRT(rt, atom) };
    }
}
