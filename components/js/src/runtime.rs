//! The engine's instance of a thread.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rquickjs_sys as q;

use crate::closure::ClosureTable;
use crate::glue::CustomElementHooks;
use crate::glue::Interface;
use crate::module::ModuleLoader;
use crate::object::Atom;
use crate::realm::Realm;
use crate::{Exception, PlatformObject, Promise, Value, platform, state};

/// Limits of a runtime.
#[derive(Clone, Copy, Debug)]
pub struct RuntimeOptions {
    /// Bytes that JavaScript may allocate; memory of Rust structs and buffers does not count.
    pub memory_limit: usize,
    /// Bytes of stack that JavaScript may use: well below the thread's own, and below 16 MiB.
    pub stack_limit: usize,
    /// Bytes allocated before a cycle collection starts by itself.
    pub gc_threshold: usize,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self { memory_limit: 512 << 20, stack_limit: 4 << 20, gc_threshold: 4 << 20 }
    }
}

/// The JavaScript engine of this thread.
///
/// Its thread should have 8 MiB of stack or more.
pub struct Runtime {
    interrupter: Interrupter,
    deadline: Rc<Cell<Option<Instant>>>,
    /// What the interrupt handler points to.
    handler: Rc<InterruptState>,
    not_send: PhantomData<*mut ()>,
}

pub(crate) struct InterruptState {
    stop: Arc<AtomicBool>,
    deadline: Rc<Cell<Option<Instant>>>,
}

impl InterruptState {
    /// Whether script is to end: it was stopped, or is out of time.
    pub(crate) fn is_interrupted(&self) -> bool {
        let late = self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline);
        late || self.stop.load(Ordering::Acquire)
    }
}

/// Stops the script that a runtime is running, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Interrupter(Arc<AtomicBool>);

impl Interrupter {
    /// Stops the running script, and every later one, until [`Interrupter::reset`].
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Lets scripts run again.
    pub fn reset(&self) {
        self.0.store(false, Ordering::Release);
    }

    /// Whether it was used.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A promise was rejected without a handler, or got one later.
#[derive(Debug)]
pub struct Rejection {
    /// The realm.
    pub realm: Realm,
    /// The promise.
    pub promise: Promise<Value>,
    /// The reason.
    pub reason: Value,
    /// `true`: it was rejected before and is now handled.
    pub handled: bool,
    /// The URL of the [running script](https://html.spec.whatwg.org/multipage/webappapis.html#running-script); empty if there
    /// is none.
    pub script: String,
}

impl Runtime {
    /// Makes this thread's runtime, knowing these interfaces (in pre-order of inheritance, as generated).
    ///
    /// # Errors
    /// A sentence if the thread has a runtime already, or there is no memory for one.
    pub fn new(options: RuntimeOptions, interfaces: &[&'static Interface]) -> Result<Self, String> {
        if !state::runtime().is_null() {
            return Err("this thread has a JavaScript runtime already".into());
        }
        // SAFETY: no precondition.
        let rt = unsafe { q::JS_NewRuntime() };
        if rt.is_null() {
            return Err("no memory for a JavaScript runtime".into());
        }
        let interrupter = Interrupter::default();
        let deadline = Rc::new(Cell::new(None));
        let handler =
            Rc::new(InterruptState { stop: Arc::clone(&interrupter.0), deadline: Rc::clone(&deadline) });
        // SAFETY: the runtime is alive; the handler lives as long as the runtime does (see `Drop`).
        unsafe {
            q::JS_SetMemoryLimit(rt, options.memory_limit as _);
            q::JS_SetMaxStackSize(rt, options.stack_limit as _);
            q::JS_SetGCThreshold(rt, options.gc_threshold as _);
            q::JS_SetInterruptHandler(rt, Some(interrupt), Rc::as_ptr(&handler).cast_mut().cast());
            q::JS_SetHostPromiseRejectionTracker(rt, Some(track_rejection), ptr::null_mut());
            q::JS_SetModuleLoaderFunc2(
                rt,
                Some(crate::module::normalize),
                Some(crate::module::load),
                Some(crate::import_attributes::check_supported),
                ptr::null_mut(),
            );
        }
        crate::shared_block::set_functions(rt);
        state::set_can_block(false);
        // Before the others, whose numbers tell platform objects.
        state::set_proxy_classes(crate::window_proxy::register(rt)?);
        let class_base = register_classes(rt, interfaces)?;
        state::set_runtime(rt, class_base);
        crate::atoms::begin();
        *state::shared().interfaces.borrow_mut() = interfaces.to_vec();
        state::set_memory_limit(options.memory_limit);
        *state::shared().interrupt.borrow_mut() = Some(Rc::clone(&handler));
        Ok(Self { interrupter, deadline, handler, not_send: PhantomData })
    }

    /// A handle that stops scripts.
    #[must_use]
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// Stops scripts that still run after `limit`; `None` lets them run for ever. Set it anew for each task.
    pub fn set_time_limit(&self, limit: Option<Duration>) {
        self.deadline.set(limit.map(|limit| Instant::now() + limit));
    }

    /// Whether the current time limit has passed.
    #[must_use]
    pub fn is_out_of_time(&self) -> bool {
        self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Lets [`Atomics.wait()`](https://tc39.es/ecma262/#sec-atomics.wait) wait on this thread: `[[CanBlock]]` of the agent.
    pub fn allow_blocking() {
        state::set_can_block(true);
    }

    /// Sets what makes DOMExceptions: called with their realm.
    pub fn set_exception_factory(
        &self,
        factory: fn(&Realm, &crate::DomExceptionInit) -> crate::Fallible<Value>,
    ) {
        state::shared().make_exception.set(Some(factory));
    }

    /// Sets what custom elements want of generated code.
    pub fn set_custom_element_hooks(&self, hooks: CustomElementHooks) {
        state::shared().custom_elements.set(Some(hooks));
    }

    /// Sets what happens when the outermost script ends: performing a microtask checkpoint.
    pub fn set_checkpoint_hook(&self, hook: impl Fn() + 'static) {
        *state::shared().checkpoint.borrow_mut() = Some(Rc::new(hook));
    }

    /// Sets what happens with an exception that a microtask throws.
    pub fn set_job_error_hook(&self, hook: impl Fn(&Realm, Exception) + 'static) {
        *state::shared().job_error.borrow_mut() = Some(Rc::new(hook));
    }

    /// Sets what happens when a promise is handled that was rejected before: [`Runtime::take_rejections`] gives it. No
    /// script may run there.
    pub fn set_handled_hook(&self, hook: fn()) {
        state::shared().rejection.set(Some(hook));
    }

    /// Sets what finds the source of modules.
    pub fn set_module_loader(&self, loader: impl ModuleLoader + 'static) {
        *state::shared().loader.borrow_mut() = Some(Rc::new(loader));
    }

    /// Runs all microtasks, those included that they queue. Stops early when a script is stopped.
    ///
    /// Call it where the HTML Standard [performs a microtask
    /// checkpoint](https://html.spec.whatwg.org/multipage/webappapis.html#perform-a-microtask-checkpoint).
    pub fn run_microtasks() {
        let rt = state::runtime();
        if rt.is_null() {
            return;
        }
        // SAFETY: the runtime is alive.
        while unsafe { q::JS_IsJobPending(rt) } {
            let mut ctx = ptr::null_mut();
            let entry = state::Entry::new();
            // SAFETY: the runtime is alive and the place is valid; the context that comes back is alive.
            let status = unsafe { q::JS_ExecutePendingJob(rt, &raw mut ctx) };
            entry.end_quietly();
            if status < 0 && !ctx.is_null() {
                // SAFETY: the engine keeps the job's context alive as long as a realm of it is.
                let realm = unsafe { Realm::borrow(&ctx) };
                let exception = Exception::take(realm);
                let stopped = exception.is_termination();
                let hook = state::shared().job_error.borrow().clone();
                if let Some(hook) = hook {
                    hook(realm, exception);
                }
                if stopped {
                    break;
                }
            }
        }
    }

    /// Whether script is on this thread's stack.
    #[must_use]
    pub fn is_running_script() -> bool {
        state::depth() > 0
    }

    /// Takes the rejections told since the last call, in order.
    #[must_use]
    pub fn take_rejections() -> Vec<Rejection> {
        std::mem::take(&mut *state::shared().rejections.borrow_mut())
    }

    /// Collects cycles now.
    pub fn collect_garbage() {
        let rt = state::runtime();
        if !rt.is_null() {
            // SAFETY: the runtime is alive.
            unsafe { q::JS_RunGC(rt) };
        }
    }

    /// Bytes that JavaScript has allocated.
    #[must_use]
    pub fn memory_used() -> u64 {
        let rt = state::runtime();
        if rt.is_null() {
            return 0;
        }
        // SAFETY: all-zero is a valid value of this struct of integers.
        let mut usage: q::JSMemoryUsage = unsafe { std::mem::zeroed() };
        // SAFETY: the runtime is alive and the place is valid.
        unsafe { q::JS_ComputeMemoryUsage(rt, &raw mut usage) };
        u64::try_from(usage.malloc_size).unwrap_or(0)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        let rt = state::runtime();
        let shared = state::shared();
        crate::wasm::end();
        shared.rejections.borrow_mut().clear();
        shared.checkpoint.borrow_mut().take();
        shared.job_error.borrow_mut().take();
        shared.loader.borrow_mut().take();
        ClosureTable::clear(&shared.closures);
        let realms = std::mem::take(&mut *shared.realms.borrow_mut());
        for data in realms.values() {
            data.clear();
        }
        let globals = std::mem::take(&mut *shared.globals.borrow_mut());
        for global in globals.into_values() {
            drop(global.proxy);
            platform::free_global(global.header);
        }
        shared.window_host.borrow_mut().take();
        crate::realm::forget_last();
        drop(realms);
        crate::atoms::end();
        // SAFETY: the runtime is alive.
        unsafe { q::JS_RunGC(rt) };
        if state::handles() == 0 {
            // SAFETY: nothing refers to the runtime any more, and it is not used again.
            unsafe { q::JS_FreeRuntime(rt) };
        } else {
            // Freeing it would abort the process, or leave those handles dangling.
            tracing::warn!(
                handles = state::handles(),
                "a JavaScript runtime ends while values are held; its memory stays"
            );
            std::mem::forget(Rc::clone(&self.handler));
            state::forget_handles();
        }
        state::set_runtime(ptr::null_mut(), u32::MAX);
    }
}

unsafe extern "C" fn interrupt(_rt: *mut q::JSRuntime, opaque: *mut c_void) -> c_int {
    // SAFETY: `opaque` is the state that lives as long as the runtime.
    let state = unsafe { &*opaque.cast::<InterruptState>() };
    c_int::from(state.is_interrupted())
}

/// The URL of the innermost script on the stack.
fn running_script(realm: &Realm) -> String {
    /// So many natives may be above it.
    const LEVELS: c_int = 8;
    (0..LEVELS)
        .find_map(|level| {
            // SAFETY: the context is alive; the atom that is given is owned.
            let atom = Atom(unsafe { q::JS_GetScriptOrModuleName(realm.raw(), level) });
            (atom.0 != 0).then(|| atom.to_text(realm))
        })
        .unwrap_or_default()
}

unsafe extern "C" fn track_rejection(
    ctx: *mut q::JSContext,
    promise: q::JSValue,
    reason: q::JSValue,
    handled: bool,
    _opaque: *mut c_void,
) {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) }.clone();
    let Some(object) = Value::from_borrowed(promise).as_object() else { return };
    let script = if handled { String::new() } else { running_script(&realm) };
    state::shared().rejections.borrow_mut().push(Rejection {
        realm,
        promise: Promise::of_object(object),
        reason: Value::from_borrowed(reason),
        handled,
        script,
    });
    let hook = state::shared().rejection.get();
    if let Some(hook) = hook.filter(|_| handled) {
        hook();
    }
}

/// One class an interface, numbered in the order given; returns the first number.
fn register_classes(rt: *mut q::JSRuntime, interfaces: &[&'static Interface]) -> Result<u32, String> {
    let mut base = 0;
    // In the order of their indices, the highest first: see `state::class_of`.
    let own = [
        crate::glue::PairIterator::INTERFACE,
        crate::glue::AsyncIterator::INTERFACE,
        &crate::shared::SHARED,
        &crate::glue::NAMED_PROPERTIES,
        crate::glue::ObservableArrayHandler::INTERFACE,
    ];
    for (index, interface) in interfaces.iter().copied().chain(own).enumerate() {
        if index < interfaces.len() && usize::from(interface.index) != index {
            return Err(format!("interface {:?} is not at its place in the list", interface.name));
        }
        let mut id: q::JSClassID = 0;
        // SAFETY: the runtime is alive; the definition is copied except for its static name.
        let status = unsafe {
            q::JS_NewClassID(rt, &raw mut id);
            let definition = q::JSClassDef {
                class_name: interface.name.as_ptr(),
                finalizer: Some(platform::finalize),
                gc_mark: Some(platform::gc_mark),
                call: crate::undetectable::call_of(interface),
                exotic: interface.exotic_methods().cast_mut(),
            };
            q::JS_NewClass(rt, id, &raw const definition)
        };
        if status < 0 {
            return Err(format!("no memory for the class of {:?}", interface.name));
        }
        if index == 0 {
            base = id;
        }
        // The brand check counts on it.
        debug_assert_eq!(id as usize, base as usize + index);
    }
    Ok(base)
}
