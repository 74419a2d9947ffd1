//! [Shared data blocks](https://tc39.es/ecma262/#sec-data-blocks): memory that the `SharedArrayBuffer`s of several threads are
//! buffers of.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::HashMap;
use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use rquickjs_sys as q;

use crate::{ArrayBuffer, Exception, Fallible, Realm};

/// Bytes that all blocks of the process may have together, but for those of WebAssembly.
const LIMIT: usize = 4 << 30;
/// No element of an array wants more.
const ALIGNMENT: usize = 16;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// The blocks that buffers have, by their address, with how many buffers these are.
static BLOCKS: LazyLock<Mutex<HashMap<usize, (usize, SharedBlock)>>> = LazyLock::new(Mutex::default);

fn blocks() -> MutexGuard<'static, HashMap<usize, (usize, SharedBlock)>> {
    BLOCKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A block, counted: it may go to any thread.
#[derive(Clone)]
pub struct SharedBlock(Arc<Block>);

struct Block {
    owner: Owner,
    /// Bytes that are in use of a block that can grow; only ever more.
    length: AtomicUsize,
}

enum Owner {
    Allocated(Allocation),
    Memory(wasmtime::SharedMemory),
}

struct Allocation {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: what is behind the pointer is touched by the engine alone, as the memory model of JavaScript has it.
unsafe impl Send for Allocation {}
// SAFETY: as above.
unsafe impl Sync for Allocation {}

impl Drop for Allocation {
    fn drop(&mut self) {
        ALLOCATED.fetch_sub(self.layout.size(), Ordering::SeqCst);
        // SAFETY: allocated with this layout, and nothing refers to it any more.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) };
    }
}

impl fmt::Debug for SharedBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedBlock")
    }
}

impl SharedBlock {
    fn allocate(size: usize) -> Option<Self> {
        let layout = Layout::from_size_align(size.max(1), ALIGNMENT).ok()?;
        if ALLOCATED.fetch_add(layout.size(), Ordering::SeqCst) + layout.size() > LIMIT {
            ALLOCATED.fetch_sub(layout.size(), Ordering::SeqCst);
            return None;
        }
        // SAFETY: the layout has a size.
        let Some(pointer) = NonNull::new(unsafe { alloc_zeroed(layout) }) else {
            ALLOCATED.fetch_sub(layout.size(), Ordering::SeqCst);
            return None;
        };
        Some(Self::of(Owner::Allocated(Allocation { pointer, layout })))
    }

    /// That of a memory of WebAssembly.
    pub(crate) fn of_memory(memory: wasmtime::SharedMemory) -> Self {
        let address = memory.data().as_ptr().addr();
        let known = blocks().get(&address).map(|(_, block)| block.clone());
        known.unwrap_or_else(|| Self::of(Owner::Memory(memory)))
    }

    fn of(owner: Owner) -> Self {
        Self(Arc::new(Block { owner, length: AtomicUsize::new(0) }))
    }

    fn pointer(&self) -> *mut u8 {
        match &self.0.owner {
            Owner::Allocated(allocation) => allocation.pointer.as_ptr(),
            Owner::Memory(memory) => memory.data().as_ptr().cast_mut().cast(),
        }
    }

    /// The memory of WebAssembly that it is.
    pub(crate) fn memory(&self) -> Option<&wasmtime::SharedMemory> {
        match &self.0.owner {
            Owner::Allocated(_) => None,
            Owner::Memory(memory) => Some(memory),
        }
    }

    /// Bytes that are in use, where that is told.
    pub(crate) fn length(&self) -> usize {
        match &self.0.owner {
            Owner::Allocated(_) => self.0.length.load(Ordering::SeqCst),
            Owner::Memory(memory) => memory.data_size(),
        }
    }

    /// Says that so many bytes are in use, unless more are already.
    pub(crate) fn lengthen(&self, length: usize) {
        self.0.length.fetch_max(length, Ordering::SeqCst);
    }

    /// [HostGrowSharedArrayBuffer](https://tc39.es/ecma262/#sec-hostgrowsharedarraybuffer): whether it is as long now; it never
    /// gets shorter.
    pub(crate) fn grow(&self, length: usize) -> bool {
        let longer = |now: usize| (now <= length).then_some(length);
        self.0.length.fetch_update(Ordering::SeqCst, Ordering::SeqCst, longer).is_ok()
    }
}

/// Tells the runtime how shared blocks are made and let go of.
pub(crate) fn set_functions(rt: *mut q::JSRuntime) {
    let functions = q::JSSharedArrayBufferFunctions {
        sab_alloc: Some(allocate),
        sab_free: Some(release),
        sab_dup: Some(retain),
        sab_opaque: std::ptr::null_mut(),
    };
    // SAFETY: the runtime is alive, and copies the functions.
    unsafe { q::JS_SetSharedArrayBufferFunctions(rt, &raw const functions) };
}

unsafe extern "C" fn allocate(_opaque: *mut c_void, size: q::size_t) -> *mut c_void {
    let Some(block) = usize::try_from(size).ok().and_then(SharedBlock::allocate) else {
        // The engine gives up without saying why.
        if let Some(ctx) = Realm::any() {
            // SAFETY: the context is alive; the format is a constant without conversions.
            unsafe { q::JS_ThrowRangeError(ctx, c"no memory for a SharedArrayBuffer".as_ptr()) };
        }
        return std::ptr::null_mut();
    };
    let pointer = block.pointer();
    blocks().insert(pointer.addr(), (1, block));
    pointer.cast()
}

unsafe extern "C" fn retain(_opaque: *mut c_void, pointer: *mut c_void) {
    if let Some((count, _)) = blocks().get_mut(&pointer.addr()) {
        *count += 1;
    }
}

unsafe extern "C" fn release(_opaque: *mut c_void, pointer: *mut c_void) {
    let mut blocks = blocks();
    let Some((count, _)) = blocks.get_mut(&pointer.addr()) else { return };
    *count = count.saturating_sub(1);
    if *count == 0 {
        let gone = blocks.remove(&pointer.addr());
        drop(blocks);
        drop(gone);
    }
}

impl ArrayBuffer {
    /// The block of a shared buffer; none if it is not shared.
    #[must_use]
    pub fn block(&self) -> Option<SharedBlock> {
        if !self.is_shared() {
            return None;
        }
        let block = blocks().get(&self.address()?).map(|(_, block)| block.clone())?;
        block.lengthen(self.len());
        Some(block)
    }

    /// A shared buffer of a block: of `length` bytes, or growable up to `max`.
    ///
    /// # Errors
    /// A `RangeError` if it would be too long.
    pub fn of_block(realm: &Realm, block: &SharedBlock, length: usize, max: Option<usize>) -> Fallible<Self> {
        let length = if max.is_some() { length.max(block.length()) } else { length };
        let pointer = block.pointer();
        // What the engine counts from here on; without a buffer in the end, this is what is let go of again.
        blocks().entry(pointer.addr()).or_insert_with(|| (0, block.clone())).0 += 1;
        // SAFETY: the context is alive, and the block has as many bytes; the table holds it while a buffer has it.
        let value = realm.own(unsafe {
            let most = max.unwrap_or(0) as q::size_t;
            q::JS_NewArrayBuffer(
                realm.raw(),
                pointer,
                length as q::size_t,
                most,
                None,
                std::ptr::null_mut(),
                true,
            )
        });
        // SAFETY: takes back what was counted above.
        unsafe { release(std::ptr::null_mut(), pointer.cast()) };
        let buffer = value?.as_object().and_then(|object| Self::of_object(&object));
        buffer.ok_or_else(|| Exception::type_error("the engine made no SharedArrayBuffer"))
    }
}
