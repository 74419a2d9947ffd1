//! What a thread knows of its runtime: enough to count references without carrying a pointer in each handle.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ptr;
use std::rc::Rc;

use rquickjs_sys as q;

use crate::caller::CallerMembers;
use crate::closure::ClosureTable;
use crate::exception::DomExceptionInit;
use crate::glue::{CustomElementHooks, Interface};
use crate::module::ModuleLoader;
use crate::platform::Header;
use crate::realm::{Realm, RealmData};
use crate::runtime::{InterruptState, Rejection};
use crate::window_proxy::{ProxyClasses, WindowHost};
use crate::{Exception, Fallible, Object, Value};

thread_local! {
    static RUNTIME: Cell<*mut q::JSRuntime> = const { Cell::new(ptr::null_mut()) };
    static HANDLES: Cell<usize> = const { Cell::new(0) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static MEMORY_LIMIT: Cell<usize> = const { Cell::new(usize::MAX) };
    static CAN_BLOCK: Cell<bool> = const { Cell::new(false) };
    static CLASS_BASE: Cell<u32> = const { Cell::new(u32::MAX) };
    static PROXY_CLASSES: Cell<ProxyClasses> = const { Cell::new(ProxyClasses { window: 0 }) };
    static SHARED: RefCell<Option<Rc<Shared>>> = const { RefCell::new(None) };
}

/// Hooks and tables of the thread's runtime.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) closures: ClosureTable,
    pub(crate) realms: RefCell<HashMap<*mut q::JSContext, Box<RealmData>>>,
    /// Global objects are ordinary engine objects: which platform object is behind which of them.
    pub(crate) globals: RefCell<HashMap<*mut std::ffi::c_void, Global>>,
    pub(crate) window_host: RefCell<Option<Rc<dyn WindowHost>>>,
    pub(crate) caller_members: Cell<&'static [CallerMembers]>,
    pub(crate) rejections: RefCell<Vec<Rejection>>,
    pub(crate) rejection: Cell<Option<fn()>>,
    pub(crate) checkpoint: RefCell<Option<Rc<dyn Fn()>>>,
    pub(crate) job_error: RefCell<Option<Rc<JobErrorHook>>>,
    /// What runs the reactions of custom elements, and what their constructors do.
    pub(crate) custom_elements: Cell<Option<CustomElementHooks>>,
    pub(crate) make_exception: Cell<Option<ExceptionFactory>>,
    pub(crate) loader: RefCell<Option<Rc<dyn ModuleLoader>>>,
    pub(crate) interfaces: RefCell<Vec<&'static Interface>>,
    /// What tells whether script is to end.
    pub(crate) interrupt: RefCell<Option<Rc<InterruptState>>>,
}

/// A global object that stands for a platform object.
pub(crate) struct Global {
    pub(crate) header: *mut Header,
    pub(crate) ctx: *mut q::JSContext,
    /// What script sees in its place, if it is a window.
    pub(crate) proxy: Option<Object>,
}

/// Told of what a microtask threw.
pub(crate) type JobErrorHook = dyn Fn(&Realm, Exception);

/// Makes the object that stands for a DOMException in a realm.
pub(crate) type ExceptionFactory = fn(&Realm, &DomExceptionInit) -> Fallible<Value>;

#[inline]
pub(crate) fn runtime() -> *mut q::JSRuntime {
    RUNTIME.get()
}

/// Bytes that JavaScript may allocate, and, apart from that, each list that a conversion makes of its values.
#[inline]
pub(crate) fn memory_limit() -> usize {
    MEMORY_LIMIT.get()
}

pub(crate) fn set_memory_limit(bytes: usize) {
    MEMORY_LIMIT.set(bytes);
}

/// Whether script of this thread may wait for other threads.
pub(crate) fn can_block() -> bool {
    CAN_BLOCK.get()
}

pub(crate) fn set_can_block(can: bool) {
    CAN_BLOCK.set(can);
}

/// Whether script is to end: it was stopped, or is out of time.
pub(crate) fn is_interrupted() -> bool {
    shared().interrupt.borrow().as_ref().is_some_and(|state| state.is_interrupted())
}

/// The classes of window proxies.
pub(crate) fn proxy_classes() -> ProxyClasses {
    PROXY_CLASSES.get()
}

pub(crate) fn set_proxy_classes(classes: ProxyClasses) {
    PROXY_CLASSES.set(classes);
}

pub(crate) fn set_runtime(rt: *mut q::JSRuntime, class_base: u32) {
    RUNTIME.set(rt);
    CLASS_BASE.set(class_base);
    SHARED.with_borrow_mut(|shared| *shared = (!rt.is_null()).then(Rc::default));
}

/// The thread's tables; empty ones if its runtime is gone.
pub(crate) fn shared() -> Rc<Shared> {
    SHARED.with_borrow(|shared| shared.clone()).unwrap_or_default()
}

#[inline]
pub(crate) fn class_base() -> u32 {
    CLASS_BASE.get()
}

#[inline]
pub(crate) fn count_handle() {
    HANDLES.set(HANDLES.get() + 1);
}

#[inline]
pub(crate) fn uncount_handle() {
    HANDLES.set(HANDLES.get().saturating_sub(1));
}

pub(crate) fn handles() -> usize {
    HANDLES.get()
}

pub(crate) fn forget_handles() {
    HANDLES.set(0);
}

/// How deep script is nested on this thread's stack; a microtask checkpoint is due when it comes back to 0.
pub(crate) fn depth() -> u32 {
    DEPTH.get()
}

/// Counts one entry into script; when the outermost ends, the checkpoint hook runs.
pub(crate) struct Entry(());

impl Entry {
    pub(crate) fn new() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(())
    }

    /// Ends the entry without a checkpoint.
    pub(crate) fn end_quietly(self) {
        DEPTH.set(DEPTH.get() - 1);
        std::mem::forget(self);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            let hook = shared().checkpoint.borrow().clone();
            if let Some(hook) = hook {
                hook();
            }
        }
    }
}

/// The contexts of realms that hold what they need: they are alive.
pub(crate) fn contexts() -> Vec<*mut q::JSContext> {
    let shared = shared();
    let realms = shared.realms.borrow();
    realms.iter().filter(|(_, data)| data.is_held()).map(|(ctx, _)| *ctx).collect()
}

/// Whether a context is of a realm that is known to be alive.
pub(crate) fn is_alive(ctx: *mut q::JSContext) -> bool {
    shared().realms.borrow().get(&ctx).is_some_and(|data| data.is_held())
}

/// The interface at a place of the runtime's list.
pub(crate) fn interface(index: u16) -> Option<&'static Interface> {
    shared().interfaces.borrow().get(usize::from(index)).copied()
}

/// The class of objects of an interface.
pub(crate) fn class_of(interface: &Interface) -> u32 {
    if interface.index >= crate::glue::FIRST_INTERNAL {
        // This crate's own classes follow those of the program, the highest index first.
        let own = u32::from(crate::glue::INTERNAL - interface.index);
        class_base() + u32::try_from(shared().interfaces.borrow().len()).unwrap_or(0) + own
    } else {
        class_base() + u32::from(interface.index)
    }
}
