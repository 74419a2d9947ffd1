//! [The WindowProxy exotic object](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-windowproxy-exotic-object):
//! one for each browsing context, which forwards to the global object of the context's current document.
//!
//! Script sees it wherever it asks for a window: as `window`, `self`, `globalThis`, as `this` of classic scripts, and as
//! what a native gives when its result is a window. Two things differ from the standard, because the engine leaves no
//! room for them. `this` of a function in sloppy mode that is called without one is the global object itself. And the
//! prototype of a proxy, for which the engine has no hook, is fixed: see [`WindowProxy::set_target`].

mod cross_origin;
mod hooks;

use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::rc::Rc;

use rquickjs_sys as q;

use crate::object::check;
use crate::{
    Fallible, Handle, Object, PlatformObject, Realm, Root, Runtime, Trace, Traced, Tracer, Value, state,
};

/// What windows and their frames are to the host.
pub trait WindowHost {
    /// [IsPlatformObjectSameOrigin](https://html.spec.whatwg.org/multipage/nav-history-apis.html#isplatformobjectsameorigin-(-o-)):
    /// whether script of one realm may reach into the other's window.
    fn allows(&self, accessor: &Realm, target: &Realm) -> bool;

    /// How many [document-tree child navigables](https://html.spec.whatwg.org/multipage/document-sequences.html#document-tree-child-navigables)
    /// a realm's window has.
    fn child_count(&self, target: &Realm) -> u32;

    /// The proxy of one of them.
    fn child(&self, target: &Realm, index: u32) -> Option<Value>;

    /// The proxy of the first of them that has this name.
    fn child_named(&self, target: &Realm, name: &str) -> Option<Value>;

    /// [A named object](https://html.spec.whatwg.org/multipage/nav-history-apis.html#named-access-on-the-window-object) of a realm's
    /// window.
    fn named(&self, target: &Realm, name: &str) -> Option<Value>;
}

impl Runtime {
    /// Sets what proxies ask. Without it, windows have no frames and everything is of the same origin.
    pub fn set_window_host(&self, host: impl WindowHost + 'static) {
        *state::shared().window_host.borrow_mut() = Some(Rc::new(host));
    }
}

/// A browsing context's proxy: a counted handle.
#[derive(Clone)]
pub struct WindowProxy(Object);

/// What a proxy forwards to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Window,
    /// A `Location` object, as windows of other origins see it.
    Location,
}

struct Data {
    kind: Kind,
    /// The global object, or the `Location` object.
    target: RefCell<Traced<Value>>,
    /// The global object.
    global: RefCell<Traced<Value>>,
}

impl Trace for Data {
    fn trace(&self, tracer: &mut Tracer) {
        self.target.trace(tracer);
        self.global.trace(tracer);
    }
}

impl WindowProxy {
    /// A proxy that forwards to nothing yet.
    ///
    /// # Errors
    /// Only without memory.
    pub fn new(realm: &Realm) -> Fallible<Self> {
        make(realm, Kind::Window, Value::UNDEFINED, Value::UNDEFINED).map(Self)
    }

    /// Forwards to a realm's global object from here on, and makes it the window that scripts of the realm see.
    ///
    /// Its prototype becomes the global object's if `prototype` says so, and `null` otherwise. That is for threads with
    /// windows of several origins: they share the proxy, and a prototype would give one of them the functions of another.
    ///
    /// # Errors
    /// Only without memory.
    pub fn set_target(&self, realm: &Realm, prototype: bool) -> Fallible<()> {
        let global = realm.global();
        if let Some(data) = data_of(self.0.raw()) {
            for place in [&data.target, &data.global] {
                let before = place.replace(global.as_value().clone().into());
                drop(before);
            }
        }
        if let Some(entry) = state::shared().globals.borrow_mut().get_mut(&global.address()) {
            entry.proxy = Some(self.0.clone());
        }
        global.define_hidden(realm, "globalThis", self.0.as_value())?;
        if prototype {
            let prototype = global.prototype(realm)?;
            let value = prototype.map_or(Value::NULL, Object::into_value);
            self.set_prototype(realm, &value)
        } else {
            self.hide_prototype(realm)
        }
    }

    /// Makes its prototype `null`.
    ///
    /// # Errors
    /// Only without memory.
    pub fn hide_prototype(&self, realm: &Realm) -> Fallible<()> {
        self.set_prototype(realm, &Value::NULL)
    }

    fn set_prototype(&self, realm: &Realm, prototype: &Value) -> Fallible<()> {
        // SAFETY: context, object and prototype are alive.
        let status = unsafe { q::JS_SetPrototype(realm.raw(), self.0.raw(), prototype.raw()) };
        check(realm, status)
    }

    /// The proxy as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        self.0.as_value()
    }
}

impl fmt::Debug for WindowProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WindowProxy")
    }
}

impl Handle for WindowProxy {
    fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.0.as_value());
    }
}

impl<T: PlatformObject> Root<T> {
    /// The object as script is to see it: a window as its proxy, anything else as itself.
    #[must_use]
    pub fn to_value(&self) -> Value {
        seen(self.as_value())
    }
}

/// What script is to see in place of a value: the proxy of a global object.
pub(crate) fn seen(value: &Value) -> Value {
    proxy_of(value.raw()).unwrap_or_else(|| value.clone())
}

fn proxy_of(object: q::JSValue) -> Option<Value> {
    // SAFETY: reads the class of a live object.
    let is_plain = || unsafe { q::JS_GetClassID(object) } == crate::platform::PLAIN_OBJECT;
    if !Value::view_one(&object).is_object() || !is_plain() {
        return None;
    }
    // SAFETY: an object's value holds a pointer.
    let address = unsafe { q::JS_VALUE_GET_PTR(object) };
    let shared = state::shared();
    let globals = shared.globals.borrow();
    globals.get(&address)?.proxy.as_ref().map(|proxy| proxy.as_value().clone())
}

/// The proxy that classic scripts of a realm have as `this`.
pub(crate) fn this_of(realm: &Realm) -> Value {
    seen(realm.global().as_value())
}

/// The global object behind a window's proxy; `None` for any other object.
pub(crate) fn global_behind(object: q::JSValue) -> Option<Value> {
    let data = data_of(object).filter(|data| data.kind == Kind::Window)?;
    Some((**data.global.borrow()).clone())
}

/// Whether an object is one of this module's.
pub(crate) fn is_proxy(object: q::JSValue) -> bool {
    data_of(object).is_some()
}

/// Whether script of `accessor` may reach into what stands behind a value, if that is a proxy.
pub(crate) fn is_within_reach(accessor: &Realm, value: q::JSValue) -> bool {
    global_behind(value).is_none_or(|global| allows(accessor, &global))
}

/// The realm of a global object.
fn realm_of(global: &Value) -> Option<Realm> {
    // SAFETY: an object's value holds a pointer.
    let address = global.is_object().then(|| unsafe { q::JS_VALUE_GET_PTR(global.raw()) })?;
    let ctx = state::shared().globals.borrow().get(&address)?.ctx;
    // SAFETY: the entry is there as long as the global object's context is alive.
    Some(unsafe { Realm::borrow(&ctx) }.clone())
}

fn host() -> Option<Rc<dyn WindowHost>> {
    state::shared().window_host.borrow().clone()
}

fn allows(accessor: &Realm, global: &Value) -> bool {
    match (realm_of(global), host()) {
        (Some(target), Some(host)) => accessor.is_same(&target) || host.allows(accessor, &target),
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn make(realm: &Realm, kind: Kind, target: Value, global: Value) -> Fallible<Object> {
    let class = state::proxy_classes().window;
    // SAFETY: the context is alive; the class was registered with the runtime.
    let object = realm.own(unsafe { q::JS_NewObjectProtoClass(realm.raw(), q::JS_NULL, class) })?;
    let data = Data { kind, target: RefCell::new(target.into()), global: RefCell::new(global.into()) };
    // SAFETY: the object was just made, is of that class, and owns the box from here on.
    unsafe { q::JS_SetOpaque(object.raw(), Box::into_raw(Box::new(data)).cast()) };
    Ok(Object::from_value_unchecked(object))
}

fn data_of<'a>(object: q::JSValue) -> Option<&'a Data> {
    let class = state::proxy_classes().window;
    if class == 0 {
        return None;
    }
    // SAFETY: for anything but an object of that class this gives null; the box lives as long as the object, which
    // the caller holds for as long as it uses the data.
    unsafe { q::JS_GetOpaque(object, class).cast::<Data>().as_ref() }
}

unsafe extern "C" fn gc_mark(rt: *mut q::JSRuntime, object: q::JSValue, mark: q::JS_MarkFunc) {
    if let Some(data) = data_of(object) {
        data.trace(&mut Tracer::new(rt, mark));
    }
}

unsafe extern "C" fn finalize(_rt: *mut q::JSRuntime, object: q::JSValue) {
    // SAFETY: called once, when an object of the class dies; the opaque is null or the box.
    unsafe {
        let data: *mut c_void = q::JS_GetOpaque(object, state::proxy_classes().window);
        if !data.is_null() {
            drop(Box::from_raw(data.cast::<Data>()));
        }
    }
}

/// Registers the classes of this module with a runtime.
pub(crate) fn register(rt: *mut q::JSRuntime) -> Result<ProxyClasses, String> {
    let window = register_class(rt, c"Object", Some(gc_mark), Some(finalize), &raw const hooks::METHODS)?;
    Ok(ProxyClasses { window })
}

/// The class numbers of this module.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProxyClasses {
    pub(crate) window: u32,
}

fn register_class(
    rt: *mut q::JSRuntime,
    name: &'static std::ffi::CStr,
    gc_mark: q::JSClassGCMark,
    finalizer: q::JSClassFinalizer,
    exotic: *const q::JSClassExoticMethods,
) -> Result<u32, String> {
    let mut id: q::JSClassID = 0;
    // SAFETY: the runtime is alive; the definition is copied except for its static name and hooks.
    let status = unsafe {
        q::JS_NewClassID(rt, &raw mut id);
        let definition = q::JSClassDef {
            class_name: name.as_ptr(),
            finalizer,
            gc_mark,
            call: None,
            exotic: exotic.cast_mut(),
        };
        q::JS_NewClass(rt, id, &raw const definition)
    };
    if status < 0 { Err(format!("no memory for the class {name:?}")) } else { Ok(id) }
}
