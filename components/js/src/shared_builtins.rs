//! What the engine's own functions do not do of shared memory: buffers that grow in one thread grow in all, and
//! [`Atomics.wait()`](https://tc39.es/ecma262/#sec-atomics.wait) ends when script is to end.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use wasmtime::WaitResult;

use crate::glue::Args;
use crate::shared_block::SharedBlock;
use crate::{
    ArrayBuffer, ArrayBufferView, BigInt, Exception, Fallible, FromJs, Realm, TypedArrayKind, Value, state,
};

/// How often a thread that waits looks whether its script is to end.
const LOOK: Duration = Duration::from_millis(50);

/// Threads that wait, by what address, first come first.
static WAITERS: LazyLock<Mutex<HashMap<usize, VecDeque<Arc<Waiter>>>>> = LazyLock::new(Mutex::default);

struct Waiter {
    thread: Thread,
    notified: AtomicBool,
}

fn waiters() -> MutexGuard<'static, HashMap<usize, VecDeque<Arc<Waiter>>>> {
    WAITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in shared memory that may be waited at.
struct Place {
    block: SharedBlock,
    address: usize,
    /// From the block's beginning.
    offset: u64,
    wide: bool,
}

impl Place {
    /// [ValidateAtomicAccess](https://tc39.es/ecma262/#sec-validateatomicaccess) for waiting; none if the array is not shared.
    fn of(realm: &Realm, array: &Value, index: &Value) -> Fallible<Option<Self>> {
        let view = array.as_object().and_then(|object| ArrayBufferView::of_object(&object));
        let kind = view.as_ref().and_then(ArrayBufferView::kind);
        let (Some(view), Some(TypedArrayKind::Int32 | TypedArrayKind::BigInt64)) = (view, kind) else {
            return Err(Exception::type_error("the array is neither an Int32Array nor a BigInt64Array"));
        };
        let (buffer, ..) = view.parts(realm)?;
        if !buffer.is_shared() {
            return Ok(None);
        }
        let index = to_index(realm, index)?;
        let (buffer, offset, length) = view.parts(realm)?;
        let wide = kind == Some(TypedArrayKind::BigInt64);
        let size = if wide { 8 } else { 4 };
        let within = usize::try_from(index).ok().and_then(|index| index.checked_mul(size));
        let within = within.filter(|at| at.checked_add(size).is_some_and(|end| end <= length));
        let within = within.ok_or_else(|| Exception::range_error("the index is beyond the array's end"))?;
        let parts = buffer.block().zip(buffer.address());
        let (block, start) = parts.ok_or_else(|| Exception::type_error("the buffer is not shared"))?;
        let at = offset + within;
        Ok(Some(Self { block, address: start + at, offset: at as u64, wide }))
    }

    fn holds(&self, value: i64) -> bool {
        if self.wide {
            // SAFETY: within the block, which is alive, and aligned, as elements of arrays are; shared with other threads by
            // atomic operations.
            return unsafe { AtomicI64::from_ptr(self.address as *mut i64) }.load(Ordering::SeqCst) == value;
        }
        // SAFETY: as above.
        let found = unsafe { AtomicI32::from_ptr(self.address as *mut i32) }.load(Ordering::SeqCst);
        i64::from(found) == value
    }
}

/// [ToIndex](https://tc39.es/ecma262/#sec-toindex)
pub(crate) fn to_index(realm: &Realm, value: &Value) -> Fallible<u64> {
    let number = value.to_number(realm)?.trunc();
    let number = if number.is_nan() { 0.0 } else { number };
    if !(0.0..=9_007_199_254_740_991.0).contains(&number) {
        return Err(Exception::range_error("the index is out of range"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared above")]
    Ok(number as u64)
}

/// [`Atomics.wait()`](https://tc39.es/ecma262/#sec-atomics.wait)
pub(crate) fn wait(realm: &Realm, args: &Args<'_>) -> Fallible<Value> {
    let place = Place::of(realm, args.get(0), args.get(1))?;
    let place = place.ok_or_else(|| Exception::type_error("the array is not shared"))?;
    let value = if place.wide {
        BigInt::wrapping_i64(realm, args.get(2))?
    } else {
        i64::from(i32::from_js(realm, args.get(2))?)
    };
    let timeout = args.get(3).to_number(realm)?;
    let timeout = if timeout.is_nan() { f64::INFINITY } else { timeout.max(0.0) };
    if !state::can_block() {
        return Err(Exception::type_error("this thread must not wait"));
    }
    // What cannot be added to now is as good as never.
    let deadline = Duration::try_from_secs_f64(timeout / 1000.0)
        .ok()
        .and_then(|timeout| Instant::now().checked_add(timeout));
    let result = match place.block.memory() {
        Some(memory) => wait_in_memory(realm, memory, &place, value, deadline)?,
        None => wait_in_block(realm, &place, value, deadline)?,
    };
    Value::string(realm, result)
}

fn wait_in_block(
    realm: &Realm,
    place: &Place,
    value: i64,
    deadline: Option<Instant>,
) -> Fallible<&'static str> {
    let waiter = Arc::new(Waiter { thread: thread::current(), notified: AtomicBool::new(false) });
    {
        let mut waiters = waiters();
        if !place.holds(value) {
            return Ok("not-equal");
        }
        waiters.entry(place.address).or_default().push_back(Arc::clone(&waiter));
    }
    loop {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let late = remaining.is_some_and(|remaining| remaining.is_zero());
        let stopped = state::is_interrupted();
        if late || stopped || waiter.notified.load(Ordering::SeqCst) {
            let mut waiters = waiters();
            if let Some(queue) = waiters.get_mut(&place.address) {
                queue.retain(|other| !Arc::ptr_eq(other, &waiter));
                if queue.is_empty() {
                    waiters.remove(&place.address);
                }
            }
            drop(waiters);
            return match waiter.notified.load(Ordering::SeqCst) {
                _ if stopped => Err(Exception::termination(realm)),
                true => Ok("ok"),
                false => Ok("timed-out"),
            };
        }
        thread::park_timeout(remaining.map_or(LOOK, |remaining| remaining.min(LOOK)));
    }
}

/// Waits where WebAssembly does, which may be what notifies.
fn wait_in_memory(
    realm: &Realm,
    memory: &wasmtime::SharedMemory,
    place: &Place,
    value: i64,
    deadline: Option<Instant>,
) -> Fallible<&'static str> {
    let mut first = true;
    loop {
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let turn = Some(remaining.map_or(LOOK, |remaining| remaining.min(LOOK)));
        let result = if place.wide {
            memory.atomic_wait64(place.offset, value.cast_unsigned(), turn)
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "made of 32 bits")]
            let value = value as i32;
            memory.atomic_wait32(place.offset, value.cast_unsigned(), turn)
        };
        match result {
            Ok(WaitResult::Ok) => return Ok("ok"),
            Ok(WaitResult::Mismatch) if first => return Ok("not-equal"),
            // Changed between two turns: who did that has notified, or will.
            Ok(WaitResult::Mismatch) => return Ok("ok"),
            Ok(WaitResult::TimedOut) => {}
            Err(trap) => return Err(Exception::range_error(trap.to_string())),
        }
        first = false;
        if state::is_interrupted() {
            return Err(Exception::termination(realm));
        }
        if remaining.is_some_and(|remaining| remaining <= LOOK) {
            return Ok("timed-out");
        }
    }
}

/// [`Atomics.notify()`](https://tc39.es/ecma262/#sec-atomics.notify)
pub(crate) fn notify(realm: &Realm, args: &Args<'_>) -> Fallible<Value> {
    let place = Place::of(realm, args.get(0), args.get(1))?;
    let count = match args.get(2) {
        count if count.is_undefined() => f64::INFINITY,
        count => count.to_number(realm)?,
    };
    let Some(place) = place else {
        // The index is looked at in any case: the engine's own does that.
        let all: Vec<Value> = args.rest(0).iter().take(2).cloned().collect();
        return realm.intrinsics().object("atomicsNotify")?.call(realm, &Value::UNDEFINED, &all);
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as it is to")]
    let count = if count.is_nan() { 0 } else { count.max(0.0) as u32 };
    if let Some(memory) = place.block.memory() {
        let woken = memory.atomic_notify(place.offset, count);
        return woken
            .map(|woken| Value::number(f64::from(woken)))
            .map_err(|trap| Exception::range_error(trap.to_string()));
    }
    let mut waiters = waiters();
    let queue = waiters.get_mut(&place.address);
    let woken: Vec<Arc<Waiter>> = queue
        .map(|queue| queue.drain(..queue.len().min(usize::try_from(count).unwrap_or(usize::MAX))).collect())
        .unwrap_or_default();
    for waiter in &woken {
        waiter.notified.store(true, Ordering::SeqCst);
        waiter.thread.unpark();
    }
    drop(waiters);
    Ok(Value::number(woken.len() as f64))
}

/// [`SharedArrayBuffer.prototype.grow()`](https://tc39.es/ecma262/#sec-sharedarraybuffer.prototype.grow)
pub(crate) fn grow(realm: &Realm, this: &Value, args: &Args<'_>) -> Fallible<Value> {
    let buffer = this.as_object().and_then(|object| ArrayBuffer::of_object(&object));
    let max = buffer.as_ref().map_or(Ok(None), |buffer| buffer.shared_max(realm))?;
    let (Some(buffer), Some(max)) = (buffer, max) else {
        return realm.intrinsics().object("sharedGrow")?.call(realm, this, &[args.get(0).clone()]);
    };
    let length = to_index(realm, args.get(0))?;
    if let Some(grown) = crate::wasm::resize_buffer(realm, buffer.as_object(), length) {
        return grown.map(|()| Value::UNDEFINED);
    }
    let too_long = || Exception::range_error("a SharedArrayBuffer grows, up to its maximum");
    let length = usize::try_from(length).map_err(|_| too_long())?;
    if length > max {
        return Err(too_long());
    }
    let block = buffer.block().ok_or_else(too_long)?;
    if block.memory().is_some() || !block.grow(length) {
        return Err(too_long());
    }
    buffer.set_length(realm, length)?;
    Ok(Value::UNDEFINED)
}

/// [`get SharedArrayBuffer.prototype.byteLength`](https://tc39.es/ecma262/#sec-get-sharedarraybuffer.prototype.bytelength): what
/// another thread has grown it to, this one learns here at the latest.
pub(crate) fn byte_length(realm: &Realm, this: &Value) -> Fallible<Value> {
    let buffer = this.as_object().and_then(|object| ArrayBuffer::of_object(&object));
    if let Some(buffer) = buffer.filter(ArrayBuffer::is_shared)
        && buffer.shared_max(realm)?.is_some()
        && let Some(block) = buffer.block()
        && block.length() > buffer.len()
    {
        buffer.set_length(realm, block.length())?;
    }
    realm.intrinsics().object("sharedByteLength")?.call(realm, this, &[])
}
