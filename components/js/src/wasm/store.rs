//! The [associated store](https://webassembly.github.io/spec/js-api/#associated-store) of an agent, and who may touch it.
//!
//! WebAssembly that runs has the store. When it calls script, it lends the store for that long: script may call the API,
//! which asks for the store again. So the store is always with one of them, and where it is, is on the stack.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;

use wasmtime::{AsContextMut, ResourceLimiter, RootScope, Store, StoreContextMut, UpdateDeadline};

use super::buffers::Buffers;
use super::engine::engine;
use super::errors::Stopped;
use super::exception::Exceptions;
use super::externs::Externs;
use super::tag::Tag;
use crate::{Callback, Fallible, Realm, state};

/// Bytes that the memories of one agent may have together.
const MEMORY_LIMIT: usize = 16 << 30;
/// Elements that a table may have, as the API's
/// [implementation limits](https://webassembly.github.io/spec/js-api/#limits) have it.
pub(super) const TABLE_LIMIT: usize = 10_000_000;
/// How many memories, tables and instances an agent may have.
const COUNT_LIMIT: usize = 30_000;

/// What a store is told to heed.
#[derive(Default)]
pub(super) struct Limits {
    bytes: usize,
    /// Whether a memory has grown since [`take_growth`].
    grown: bool,
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes.saturating_sub(current).saturating_add(desired);
        if bytes > MEMORY_LIMIT || maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.bytes = bytes;
        self.grown = true;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_LIMIT && maximum.is_none_or(|maximum| desired <= maximum))
    }

    fn instances(&self) -> usize {
        COUNT_LIMIT
    }

    fn tables(&self) -> usize {
        COUNT_LIMIT
    }

    fn memories(&self) -> usize {
        COUNT_LIMIT
    }
}

pub(super) type Context<'a> = StoreContextMut<'a, Limits>;

/// Who has the store.
#[derive(Clone, Copy)]
enum Access {
    /// Nobody.
    Free,
    /// Something that asked for it, or WebAssembly.
    Taken,
    /// WebAssembly, which lends it while it waits for script.
    Lent(NonNull<Context<'static>>),
}

/// What an agent has of WebAssembly.
pub(super) struct Agent {
    store: UnsafeCell<Store<Limits>>,
    access: Cell<Access>,
    /// What imported functions call, by the number that they know.
    pub(super) callbacks: RefCell<Vec<(Callback, Realm)>>,
    pub(super) externs: Externs,
    /// Objects of [exported functions](https://webassembly.github.io/spec/js-api/#exported-function), as long as they live,
    /// by their functions.
    pub(super) functions: RefCell<HashMap<usize, *mut c_void>>,
    /// The functions of these objects.
    pub(super) of_objects: RefCell<HashMap<*mut c_void, wasmtime::Func>>,
    pub(super) buffers: Buffers,
    pub(super) exceptions: Exceptions,
    pub(super) js_tag: RefCell<Option<Tag>>,
}

thread_local! {
    static AGENT: RefCell<Option<Rc<Agent>>> = const { RefCell::new(None) };
}

impl Agent {
    /// That of this thread, made now if there is none.
    pub(super) fn current() -> Fallible<Rc<Self>> {
        if let Some(agent) = Self::existing() {
            return Ok(agent);
        }
        let mut store = Store::new(engine()?, Limits::default());
        store.limiter(|limits| limits);
        store.epoch_deadline_callback(|_| {
            if state::is_interrupted() { Err(Stopped.into()) } else { Ok(UpdateDeadline::Continue(1)) }
        });
        let agent = Rc::new(Self {
            store: UnsafeCell::new(store),
            access: Cell::new(Access::Free),
            callbacks: RefCell::default(),
            externs: Externs::default(),
            functions: RefCell::default(),
            of_objects: RefCell::default(),
            buffers: Buffers::default(),
            exceptions: Exceptions::default(),
            js_tag: RefCell::default(),
        });
        AGENT.with_borrow_mut(|current| *current = Some(Rc::clone(&agent)));
        Ok(agent)
    }

    /// That of this thread, if it has one.
    pub(super) fn existing() -> Option<Rc<Self>> {
        AGENT.try_with(|agent| agent.borrow().clone()).ok().flatten()
    }
}

/// Puts back who had the store.
struct Restore<'a>(&'a Agent, Access);

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        self.0.access.set(self.1);
    }
}

/// Gives the store to `f`, which runs no script but through what [`lend`]s it.
///
/// # Errors
/// A `TypeError` where there is no WebAssembly, or the store is with somebody else.
pub(super) fn with<R>(f: impl FnOnce(Context<'_>) -> R) -> Fallible<R> {
    let agent = Agent::current()?;
    let access = agent.access.replace(Access::Taken);
    let restore = Restore(&agent, access);
    let context = match access {
        // SAFETY: nobody has a reference to the store: who takes one sets `access` for as long as it lasts.
        Access::Free => unsafe { (*agent.store.get()).as_context_mut() },
        // SAFETY: the one who lent it is below on this stack, and does not touch it until script has returned.
        Access::Lent(mut context) => unsafe { context.as_mut() }.as_context_mut(),
        Access::Taken => {
            return Err(crate::Exception::type_error("WebAssembly is at work"));
        }
    };
    let mut scope = RootScope::new(context);
    let result = f(scope.as_context_mut());
    drop(scope);
    drop(restore);
    Ok(result)
}

/// Lends the store to the script that `f` runs.
pub(super) fn lend<R>(agent: &Agent, context: &mut Context<'_>, f: impl FnOnce() -> R) -> R {
    let pointer = NonNull::from(context).cast::<Context<'static>>();
    let _restore = Restore(agent, agent.access.replace(Access::Lent(pointer)));
    f()
}

/// Whether a memory has grown since this was asked.
pub(super) fn take_growth(context: &mut Context<'_>) -> bool {
    std::mem::take(&mut context.data_mut().grown)
}

/// Lets go of everything, as the thread's runtime ends.
pub(crate) fn end() {
    let agent = AGENT.with_borrow_mut(Option::take);
    drop(agent);
}
