//! [Memories](https://webassembly.github.io/spec/js-api/#memories).

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::rc::Rc;

use rquickjs_sys as q;
use wasmtime::{MemoryType, MemoryTypeBuilder};

use super::engine::engine;
use super::store::{Agent, with};
use crate::shared_block::SharedBlock;
use crate::{ArrayBuffer, Exception, Fallible, Realm};

/// Bytes of a page.
pub(super) const PAGE: u64 = 1 << 16;
/// Bytes that a buffer of script may have.
const MAX_BUFFER: u64 = (1 << 31) - PAGE;

/// How large a memory is, and may get.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// Pages that it begins with.
    pub initial: u64,
    /// Pages that it may have at most.
    pub maximum: Option<u64>,
    /// Whether its addresses have 64 bits.
    pub is_64: bool,
    /// Whether other threads may have it.
    pub shared: bool,
}

/// A memory.
#[derive(Clone, Debug)]
pub struct Memory(pub(super) Rc<State>);

/// A shared memory on its way to another thread.
#[derive(Clone, Debug)]
pub struct SharedMemory(wasmtime::SharedMemory);

#[derive(Debug)]
pub(super) struct State {
    raw: Raw,
    ty: MemoryType,
    /// The buffer that script has of it.
    pub(super) buffer: RefCell<Option<ArrayBuffer>>,
    pub(super) resizable: Cell<bool>,
}

#[derive(Debug)]
enum Raw {
    Own(wasmtime::Memory),
    Shared(wasmtime::SharedMemory),
}

impl Memory {
    /// [`new Memory()`](https://webassembly.github.io/spec/js-api/#dom-memory-memory)
    ///
    /// # Errors
    /// A `RangeError` if it would be too large or the limits are not in order; a `TypeError` if it is to be shared and has no
    /// maximum.
    pub fn new(limits: MemoryLimits) -> Fallible<Self> {
        if limits.maximum.is_some_and(|maximum| maximum < limits.initial) {
            return Err(Exception::range_error("the maximum is smaller than the initial size"));
        }
        if limits.shared && limits.maximum.is_none() {
            return Err(Exception::type_error("a shared memory has a maximum"));
        }
        let ty = MemoryTypeBuilder::default()
            .min(limits.initial)
            .max(limits.maximum)
            .memory64(limits.is_64)
            .shared(limits.shared)
            .build();
        let failed = |error: wasmtime::Error| Exception::range_error(format!("{error:#}"));
        let ty = ty.map_err(failed)?;
        if limits.shared {
            return wasmtime::SharedMemory::new(engine()?, ty).map(Self::of_shared).map_err(failed);
        }
        let memory = with(|context| wasmtime::Memory::new(context, ty))?;
        Self::of_raw(memory.map_err(failed)?)
    }

    pub(super) fn of_raw(memory: wasmtime::Memory) -> Fallible<Self> {
        let ty = with(|context| memory.ty(context))?;
        Ok(Self::of(Raw::Own(memory), ty))
    }

    pub(super) fn of_shared(memory: wasmtime::SharedMemory) -> Self {
        let ty = memory.ty();
        Self::of(Raw::Shared(memory), ty)
    }

    fn of(raw: Raw, ty: MemoryType) -> Self {
        Self(Rc::new(State { raw, ty, buffer: RefCell::default(), resizable: Cell::new(false) }))
    }

    pub(super) fn raw(&self) -> wasmtime::Extern {
        match &self.0.raw {
            Raw::Own(memory) => (*memory).into(),
            Raw::Shared(memory) => memory.clone().into(),
        }
    }

    /// Whether its addresses have 64 bits.
    #[must_use]
    pub fn is_64(&self) -> bool {
        self.0.ty.is_64()
    }

    /// It, on its way to another thread; none if it is not shared.
    #[must_use]
    pub fn share(&self) -> Option<SharedMemory> {
        match &self.0.raw {
            Raw::Own(_) => None,
            Raw::Shared(memory) => Some(SharedMemory(memory.clone())),
        }
    }

    /// A shared memory of another thread, or of this.
    #[must_use]
    pub fn of_share(shared: SharedMemory) -> Self {
        Self::of_shared(shared.0)
    }

    /// [`grow()`](https://webassembly.github.io/spec/js-api/#dom-memory-grow): how many pages it had.
    ///
    /// # Errors
    /// A `RangeError` if it cannot grow that much.
    pub fn grow(&self, realm: &Realm, delta: u64) -> Fallible<u64> {
        let before = match &self.0.raw {
            Raw::Own(memory) => with(|context| memory.grow(context, delta))?,
            Raw::Shared(memory) => memory.grow(delta),
        };
        let before = before.map_err(|_| Exception::range_error("the memory cannot grow that much"))?;
        // Also by nothing.
        self.0.refresh(realm, true)?;
        Ok(before)
    }

    /// [The buffer](https://webassembly.github.io/spec/js-api/#dom-memory-buffer) that script has of it.
    ///
    /// # Errors
    /// A `RangeError` if it is too large for a buffer.
    pub fn buffer(&self, realm: &Realm) -> Fallible<ArrayBuffer> {
        self.0.refresh(realm, false)?;
        if let Some(buffer) = self.0.buffer.borrow().clone() {
            return Ok(buffer);
        }
        let buffer = self.0.make_buffer(realm)?;
        *self.0.buffer.borrow_mut() = Some(buffer.clone());
        Agent::current()?.buffers.add(&self.0);
        Ok(buffer)
    }

    /// [`toFixedLengthBuffer()`](https://webassembly.github.io/spec/js-api/#dom-memory-tofixedlengthbuffer), or
    /// [`toResizableBuffer()`](https://webassembly.github.io/spec/js-api/#dom-memory-toresizablebuffer)
    ///
    /// # Errors
    /// As [`Memory::buffer`].
    pub fn to_buffer(&self, realm: &Realm, resizable: bool) -> Fallible<ArrayBuffer> {
        if self.0.resizable.get() != resizable {
            self.0.drop_buffer(realm);
            self.0.resizable.set(resizable);
        }
        self.buffer(realm)
    }
}

impl State {
    const fn is_shared(&self) -> bool {
        matches!(self.raw, Raw::Shared(_))
    }

    /// Where it begins, and how many bytes it has.
    fn place(&self) -> Fallible<(*mut u8, usize)> {
        match &self.raw {
            Raw::Own(memory) => with(|context| (memory.data_ptr(&context), memory.data_size(&context))),
            Raw::Shared(memory) => {
                let data = memory.data();
                Ok((data.as_ptr().cast_mut().cast(), data.len()))
            }
        }
    }

    fn make_buffer(&self, realm: &Realm) -> Fallible<ArrayBuffer> {
        let (pointer, length) = self.place()?;
        let most = self.ty.maximum().unwrap_or(PAGE).saturating_mul(PAGE).min(MAX_BUFFER);
        let most = self.resizable.get().then(|| usize::try_from(most).unwrap_or(usize::MAX));
        if let Raw::Shared(memory) = &self.raw {
            let block = SharedBlock::of_memory(memory.clone());
            let buffer = ArrayBuffer::of_block(realm, &block, length, most)?;
            buffer.as_object().freeze(realm)?;
            return Ok(buffer);
        }
        let resize: q::JSReallocArrayBufferDataFunc = most.map(|_| keep as _);
        // SAFETY: the memory stays where it is (see `engine`) as long as the store, which lasts until the runtime ends. Before
        // script runs again after it has grown, the buffer is detached or told. Nobody else writes while script runs.
        let value = realm.own(unsafe {
            let most = most.unwrap_or(0) as q::size_t;
            q::JS_NewArrayBuffer(
                realm.raw(),
                pointer,
                length as q::size_t,
                most,
                resize,
                ptr::null_mut(),
                false,
            )
        })?;
        let buffer = value.as_object().and_then(|object| ArrayBuffer::of_object(&object));
        buffer.ok_or_else(|| Exception::type_error("the engine made no ArrayBuffer"))
    }

    /// [Refreshes the memory buffer](https://webassembly.github.io/spec/js-api/#refresh-the-memory-buffer): a buffer of fixed
    /// length is replaced if the memory has grown, or `anyway`.
    pub(super) fn refresh(&self, realm: &Realm, anyway: bool) -> Fallible<()> {
        let Some(buffer) = self.buffer.borrow().clone() else { return Ok(()) };
        let (_, length) = self.place()?;
        if self.resizable.get() {
            return if buffer.len() < length { self.lengthen(realm, &buffer, length) } else { Ok(()) };
        }
        if anyway || buffer.len() != length {
            self.drop_buffer(realm);
        }
        Ok(())
    }

    /// Lets go of the buffer, which is detached if it can be.
    fn drop_buffer(&self, realm: &Realm) {
        let Some(buffer) = self.buffer.borrow_mut().take() else { return };
        if !self.is_shared() {
            // SAFETY: context and buffer are alive.
            unsafe { q::JS_DetachArrayBuffer(realm.raw(), buffer.as_value().raw()) };
        }
        if let Ok(agent) = Agent::current() {
            agent.buffers.remove(self);
        }
    }

    /// Tells a resizable buffer how long it is.
    fn lengthen(&self, realm: &Realm, buffer: &ArrayBuffer, length: usize) -> Fallible<()> {
        let before = buffer.len();
        // The engine clears what is new, which WebAssembly may have written to already.
        let written = (!self.is_shared()).then(|| self.bytes(before, length)).transpose()?;
        buffer.set_length(realm, length)?;
        if let Some(written) = written {
            let _all = buffer.write(before, &written);
        }
        Ok(())
    }

    fn bytes(&self, from: usize, to: usize) -> Fallible<Vec<u8>> {
        match &self.raw {
            Raw::Own(memory) => {
                with(|context| memory.data(&context).get(from..to).map(<[u8]>::to_vec).unwrap_or_default())
            }
            Raw::Shared(_) => Ok(Vec::new()),
        }
    }

    /// [HostResizeArrayBuffer](https://webassembly.github.io/spec/js-api/#hostresizearraybuffer) of a buffer of it.
    pub(super) fn resize(&self, realm: &Realm, length: u64) -> Fallible<()> {
        let (_, now) = self.place()?;
        let delta = length.checked_sub(now as u64).filter(|delta| delta.is_multiple_of(PAGE));
        let delta = delta.ok_or_else(|| {
            Exception::range_error("a buffer of a memory grows, and does so by whole pages")
        })?;
        let grown = match &self.raw {
            Raw::Own(memory) => with(|context| memory.grow(context, delta / PAGE))?,
            Raw::Shared(memory) => memory.grow(delta / PAGE),
        };
        grown.map_err(|_| Exception::range_error("the memory cannot grow that much"))?;
        self.refresh(realm, false)
    }
}

/// Resizes and frees nothing: a memory does both itself.
unsafe extern "C" fn keep(
    _rt: *mut q::JSRuntime,
    _opaque: *mut c_void,
    pointer: *mut c_void,
    _length: q::size_t,
) -> *mut c_void {
    pointer
}
