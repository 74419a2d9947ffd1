//! Attributes, operations and constants, as static data.

use std::ffi::{CStr, c_int};

use rquickjs_sys as q;

use super::interface::guard;
use super::{Args, Exposure, Interface};
use crate::{Exception, Fallible, PlatformObject, Promise, Realm, ToJs, Value, platform};

/// One attribute, operation or constant.
#[derive(Clone, Copy)]
pub struct Member {
    pub(crate) entry: q::JSCFunctionListEntry,
    pub(crate) exposure: Exposure,
    pub(crate) secure_context: bool,
    pub(crate) cross_origin_isolated: bool,
}

// SAFETY: the entry is constant data: a static name and function pointers.
unsafe impl Sync for Member {}
// SAFETY: as above.
unsafe impl Send for Member {}

const METHOD: u8 = q::JS_PROP_C_W_E as u8;
pub(super) const ATTRIBUTE: u8 = (q::JS_PROP_CONFIGURABLE | q::JS_PROP_ENUMERABLE) as u8;

/// Functions of no size are all there is to know of them: makes one from its type.
pub(super) const fn conjure<F: Copy + 'static>() -> F {
    const { assert!(size_of::<F>() == 0, "members are plain functions, not closures that capture") };
    // SAFETY: `F` has no bytes; it is the type of a function that was passed to a constructor of a table entry.
    unsafe { std::ptr::NonNull::<F>::dangling().read() }
}

impl Member {
    /// An operation: `f` gets `this` as a `T`, or a `TypeError` is thrown.
    #[must_use]
    pub const fn method<T, F>(name: &'static CStr, length: u8, _f: F) -> Self
    where
        T: PlatformObject,
        F: Fn(&Realm, &T, &Args<'_>) -> Fallible<Value> + Copy + 'static,
    {
        Self::function(name, length, method_entry::<T, F>)
    }

    /// An operation that returns a promise: every exception, a wrong `this` included, rejects it.
    #[must_use]
    pub const fn promise_method<T, F>(name: &'static CStr, length: u8, _f: F) -> Self
    where
        T: PlatformObject,
        F: Fn(&Realm, &T, &Args<'_>) -> Fallible<Value> + Copy + 'static,
    {
        Self::function(name, length, promise_method_entry::<T, F>)
    }

    /// A static operation, or one of a namespace.
    #[must_use]
    pub const fn static_method<F>(name: &'static CStr, length: u8, _f: F) -> Self
    where
        F: Fn(&Realm, &Args<'_>) -> Fallible<Value> + Copy + 'static,
    {
        Self::function(name, length, static_entry::<F>)
    }

    /// A static operation that returns a promise.
    #[must_use]
    pub const fn static_promise_method<F>(name: &'static CStr, length: u8, _f: F) -> Self
    where
        F: Fn(&Realm, &Args<'_>) -> Fallible<Value> + Copy + 'static,
    {
        Self::function(name, length, static_promise_entry::<F>)
    }

    /// A read-only attribute.
    #[must_use]
    pub const fn getter<T, G>(name: &'static CStr, _get: G) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
    {
        Self::accessor(name, Some(getter_entry::<T, G>), None)
    }

    /// A read-only attribute whose type is a promise: every exception rejects it.
    #[must_use]
    pub const fn promise_getter<T, G>(name: &'static CStr, _get: G) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
    {
        Self::accessor(name, Some(promise_getter_entry::<T, G>), None)
    }

    /// An attribute that can be set.
    #[must_use]
    pub const fn attribute<T, G, S>(name: &'static CStr, _get: G, _set: S) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
        S: Fn(&Realm, &T, &Value) -> Fallible<()> + Copy + 'static,
    {
        Self::accessor(name, Some(getter_entry::<T, G>), Some(setter_entry::<T, S>))
    }

    /// A `[LegacyLenientThis]` attribute: on any other `this`, reading gives `undefined` and setting does nothing.
    #[must_use]
    pub const fn lenient_attribute<T, G, S>(name: &'static CStr, _get: G, _set: S) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
        S: Fn(&Realm, &T, &Value) -> Fallible<()> + Copy + 'static,
    {
        Self::accessor(name, Some(lenient_getter_entry::<T, G>), Some(lenient_setter_entry::<T, S>))
    }

    /// A `[LegacyLenientThis]` attribute that is read-only.
    #[must_use]
    pub const fn lenient_getter<T, G>(name: &'static CStr, _get: G) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
    {
        Self::accessor(name, Some(lenient_getter_entry::<T, G>), None)
    }

    /// A `[Replaceable]` attribute: setting it defines a property of that name on the object.
    #[must_use]
    pub const fn replaceable<T, G, S>(name: &'static CStr, _get: G, _set: S) -> Self
    where
        T: PlatformObject,
        G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
        S: Fn(&Realm, &Value, &Value) -> Fallible<()> + Copy + 'static,
    {
        Self::accessor(name, Some(getter_entry::<T, G>), Some(replace_entry::<T, S>))
    }

    /// A static read-only attribute.
    #[must_use]
    pub const fn static_getter<G>(name: &'static CStr, _get: G) -> Self
    where
        G: Fn(&Realm) -> Fallible<Value> + Copy + 'static,
    {
        Self::accessor(name, Some(static_getter_entry::<G>), None)
    }

    /// A static attribute that can be set.
    #[must_use]
    pub const fn static_attribute<G, S>(name: &'static CStr, _get: G, _set: S) -> Self
    where
        G: Fn(&Realm) -> Fallible<Value> + Copy + 'static,
        S: Fn(&Realm, &Value) -> Fallible<()> + Copy + 'static,
    {
        Self::accessor(name, Some(static_getter_entry::<G>), Some(static_setter_entry::<S>))
    }

    /// A boolean constant.
    #[must_use]
    pub const fn constant_boolean(name: &'static CStr, value: bool) -> Self {
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: q::JS_PROP_ENUMERABLE as u8,
            def_type: q::JS_DEF_PROP_BOOL as u8,
            magic: 0,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { i32_: value as i32 },
        })
    }

    /// A constant of a numeric type.
    #[must_use]
    pub const fn constant(name: &'static CStr, value: f64) -> Self {
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: q::JS_PROP_ENUMERABLE as u8,
            def_type: q::JS_DEF_PROP_DOUBLE as u8,
            magic: 0,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { f64_: value },
        })
    }

    /// A constant of type `bigint`.
    #[must_use]
    pub const fn constant_bigint(name: &'static CStr, value: i64) -> Self {
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: q::JS_PROP_ENUMERABLE as u8,
            def_type: q::JS_DEF_PROP_INT64 as u8,
            magic: 0,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { i64_: value },
        })
    }

    /// The value of a constant of type `bigint`; none if it is something else.
    pub(super) fn bigint(&self) -> Option<i64> {
        match u32::from(self.entry.def_type) {
            // SAFETY: entries of that kind are made in one place, and with this field.
            q::JS_DEF_PROP_INT64 => Some(unsafe { self.entry.u.i64_ }),
            _ => None,
        }
    }

    /// Exposed only there.
    #[must_use]
    pub const fn exposed(mut self, exposure: Exposure) -> Self {
        self.exposure = exposure;
        self
    }

    /// Only in secure contexts.
    #[must_use]
    pub const fn secure_context(mut self) -> Self {
        self.secure_context = true;
        self
    }

    /// Only in cross-origin isolated realms.
    #[must_use]
    pub const fn cross_origin_isolated(mut self) -> Self {
        self.cross_origin_isolated = true;
        self
    }

    /// `[LegacyUnforgeable]`: neither configurable nor, for operations, writable.
    #[must_use]
    pub const fn unforgeable(mut self) -> Self {
        self.entry.prop_flags = q::JS_PROP_ENUMERABLE as u8;
        self
    }

    pub(crate) fn is_exposed(&self, realm: &Realm) -> bool {
        let options = realm.options();
        self.exposure.intersects(options.exposure)
            && (!self.secure_context || options.secure_context)
            && (!self.cross_origin_isolated || options.cross_origin_isolated)
    }

    pub(crate) const fn name(&self) -> &'static CStr {
        // SAFETY: every constructor of an entry takes its name from a static C string.
        unsafe { CStr::from_ptr(self.entry.name) }
    }

    pub(super) const fn of(entry: q::JSCFunctionListEntry) -> Self {
        Self { entry, exposure: Exposure::ALL, secure_context: false, cross_origin_isolated: false }
    }

    const fn function(name: &'static CStr, length: u8, call: RawMethod) -> Self {
        let func = q::JSCFunctionListEntry__bindgen_ty_1__bindgen_ty_1 {
            length,
            cproto: q::JSCFunctionEnum_JS_CFUNC_generic as u8,
            cfunc: q::JSCFunctionType { generic: Some(call) },
        };
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: METHOD,
            def_type: q::JS_DEF_CFUNC as u8,
            magic: 0,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { func },
        })
    }

    const fn accessor(name: &'static CStr, get: Option<RawGetter>, set: Option<RawSetter>) -> Self {
        let getset = q::JSCFunctionListEntry__bindgen_ty_1__bindgen_ty_2 {
            get: q::JSCFunctionType { getter: get },
            set: q::JSCFunctionType { setter: set },
        };
        Self::of(q::JSCFunctionListEntry {
            name: name.as_ptr(),
            prop_flags: ATTRIBUTE,
            def_type: q::JS_DEF_CGETSET as u8,
            magic: 0,
            u: q::JSCFunctionListEntry__bindgen_ty_1 { getset },
        })
    }
}

type RawMethod = unsafe extern "C" fn(*mut q::JSContext, q::JSValue, c_int, *mut q::JSValue) -> q::JSValue;
type RawGetter = unsafe extern "C" fn(*mut q::JSContext, q::JSValue) -> q::JSValue;
type RawSetter = unsafe extern "C" fn(*mut q::JSContext, q::JSValue, q::JSValue) -> q::JSValue;

/// `this` as a `T`; borrowed for as long as the caller of the native holds it, which is until the native returns.
#[inline]
pub(super) fn this_as<'a, T: PlatformObject>(realm: &Realm, this: &'a q::JSValue) -> Fallible<&'a T> {
    match platform::own_object::<T>(this) {
        Some(object) => Ok(object),
        None => global_as(realm, this),
    }
}

/// As [`this_as`], for what is no platform object itself: nothing, a global object, or a window's proxy.
#[cold]
#[inline(never)]
fn global_as<'a, T: PlatformObject>(realm: &Realm, this: &'a q::JSValue) -> Fallible<&'a T> {
    if !crate::window_proxy::is_within_reach(realm, *this) {
        return Err(Exception::dom("SecurityError", "the window is of another origin"));
    }
    let header = platform::this_header(realm, *this);
    // SAFETY: the header lives as long as its object, which the caller of the native holds.
    let object = header.and_then(|header| unsafe { header.as_ref() }.view::<T>());
    object.ok_or_else(|| illegal_invocation(T::INTERFACE))
}

#[cold]
fn illegal_invocation(interface: &Interface) -> Exception {
    let name = interface.name.to_string_lossy();
    Exception::type_error(format!("illegal invocation: this is not an object of interface {name}"))
}

fn rejected(realm: &Realm, result: Fallible<Value>) -> Fallible<Value> {
    match result {
        Err(exception) => Promise::<Value>::rejected(realm, exception)?.to_js(realm),
        ok => ok,
    }
}

/// What the engine passes to a native, viewed safely.
///
/// # Safety
/// The engine calls with a live context and `argc` arguments.
unsafe fn entered<'a>(
    ctx: &'a *mut q::JSContext,
    argc: c_int,
    argv: *mut q::JSValue,
) -> (&'a Realm, Args<'a>) {
    // SAFETY: as the caller promises.
    unsafe { (Realm::borrow(ctx), Args::new(argc, argv)) }
}

macro_rules! entries {
    ($(unsafe fn $name:ident<$($t:ident: $bound:path),+>($ctx:ident, $this:ident, $argc:ident, $argv:ident) |$realm:ident, $args:ident| $body:expr)+) => {$(
        unsafe extern "C" fn $name<$($t),+>(
            $ctx: *mut q::JSContext,
            $this: q::JSValue,
            $argc: c_int,
            $argv: *mut q::JSValue,
        ) -> q::JSValue
        where
            $($t: $bound),+
        {
            // SAFETY: called by the engine.
            let ($realm, $args) = unsafe { entered(&$ctx, $argc, $argv) };
            let _ = &$this;
            guard($realm, |$realm| $body)
        }
    )+};
}

trait MethodFn<T>: Fn(&Realm, &T, &Args<'_>) -> Fallible<Value> + Copy + 'static {}
impl<T, F: Fn(&Realm, &T, &Args<'_>) -> Fallible<Value> + Copy + 'static> MethodFn<T> for F {}
trait StaticFn: Fn(&Realm, &Args<'_>) -> Fallible<Value> + Copy + 'static {}
impl<F: Fn(&Realm, &Args<'_>) -> Fallible<Value> + Copy + 'static> StaticFn for F {}

entries! {
    unsafe fn method_entry<T: PlatformObject, F: MethodFn::<T>>(ctx, this, argc, argv) |realm, args|
        conjure::<F>()(realm, this_as::<T>(realm, &this)?, &args)
    unsafe fn promise_method_entry<T: PlatformObject, F: MethodFn::<T>>(ctx, this, argc, argv) |realm, args| {
        let result = this_as::<T>(realm, &this).and_then(|this| conjure::<F>()(realm, this, &args));
        rejected(realm, result)
    }
    unsafe fn static_entry<F: StaticFn>(ctx, this, argc, argv) |realm, args| conjure::<F>()(realm, &args)
    unsafe fn static_promise_entry<F: StaticFn>(ctx, this, argc, argv) |realm, args|
        rejected(realm, conjure::<F>()(realm, &args))
}

unsafe extern "C" fn getter_entry<T, G>(ctx: *mut q::JSContext, this: q::JSValue) -> q::JSValue
where
    T: PlatformObject,
    G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| conjure::<G>()(realm, this_as::<T>(realm, &this)?))
}

unsafe extern "C" fn promise_getter_entry<T, G>(ctx: *mut q::JSContext, this: q::JSValue) -> q::JSValue
where
    T: PlatformObject,
    G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        let result = this_as::<T>(realm, &this).and_then(|this| conjure::<G>()(realm, this));
        rejected(realm, result)
    })
}

unsafe extern "C" fn static_getter_entry<G>(ctx: *mut q::JSContext, _this: q::JSValue) -> q::JSValue
where
    G: Fn(&Realm) -> Fallible<Value> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| conjure::<G>()(realm))
}

unsafe extern "C" fn static_setter_entry<S>(
    ctx: *mut q::JSContext,
    _this: q::JSValue,
    value: q::JSValue,
) -> q::JSValue
where
    S: Fn(&Realm, &Value) -> Fallible<()> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        conjure::<S>()(realm, Value::view_one(&value))?;
        Ok(Value::UNDEFINED)
    })
}

unsafe extern "C" fn setter_entry<T, S>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    value: q::JSValue,
) -> q::JSValue
where
    T: PlatformObject,
    S: Fn(&Realm, &T, &Value) -> Fallible<()> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        conjure::<S>()(realm, this_as::<T>(realm, &this)?, Value::view_one(&value))?;
        Ok(Value::UNDEFINED)
    })
}

unsafe extern "C" fn lenient_getter_entry<T, G>(ctx: *mut q::JSContext, this: q::JSValue) -> q::JSValue
where
    T: PlatformObject,
    G: Fn(&Realm, &T) -> Fallible<Value> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| match this_as::<T>(realm, &this) {
        Ok(this) => conjure::<G>()(realm, this),
        Err(_) => Ok(Value::UNDEFINED),
    })
}

unsafe extern "C" fn lenient_setter_entry<T, S>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    value: q::JSValue,
) -> q::JSValue
where
    T: PlatformObject,
    S: Fn(&Realm, &T, &Value) -> Fallible<()> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        if let Ok(this) = this_as::<T>(realm, &this) {
            conjure::<S>()(realm, this, Value::view_one(&value))?;
        }
        Ok(Value::UNDEFINED)
    })
}

unsafe extern "C" fn replace_entry<T, S>(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    value: q::JSValue,
) -> q::JSValue
where
    T: PlatformObject,
    S: Fn(&Realm, &Value, &Value) -> Fallible<()> + Copy + 'static,
{
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        this_as::<T>(realm, &this)?;
        let global;
        let this = match Value::view_one(&this) {
            nullish if nullish.is_nullish() => {
                global = realm.global().into_value();
                &global
            }
            this => this,
        };
        conjure::<S>()(realm, this, Value::view_one(&value))?;
        Ok(Value::UNDEFINED)
    })
}
