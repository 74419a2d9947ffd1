//! Lists that conversions fill: a page decides how long they get, and may not end the process with them.
//!
//! What Rust allocates is outside the engine's memory limit. Engines throw a `RangeError` where a list would be longer than
//! they can hold; here that is where one list, with the texts and lists in it, would be larger than the limit.

use std::cell::Cell;

use crate::{Exception, Fallible, Realm, state};

/// How many items are added between two looks at the time limit. A power of 2.
const LOOK_EVERY: usize = 4096;

thread_local! {
    /// Bytes that conversions have allocated on this thread so far, modulo 2^64: only differences mean something.
    static ALLOCATED: Cell<usize> = const { Cell::new(0) };
}

/// Counts bytes that a conversion has allocated for something that a list may hold.
#[inline]
pub(crate) fn count_allocated(bytes: usize) {
    ALLOCATED.set(ALLOCATED.get().wrapping_add(bytes));
}

/// A list that a conversion fills.
pub(crate) struct List<T> {
    items: Vec<T>,
    /// What was allocated before its first item.
    before: usize,
}

impl<T> List<T> {
    pub(crate) fn new() -> Self {
        Self { items: Vec::new(), before: ALLOCATED.get() }
    }

    /// Adds an item.
    ///
    /// # Errors
    /// A `RangeError` if the list would be larger than the runtime's memory limit or there is no memory for it; the end of
    /// the script if it was stopped or is out of time.
    #[inline]
    pub(crate) fn push(&mut self, realm: &Realm, item: T) -> Fallible<()> {
        let length = self.items.len();
        if length == self.items.capacity() {
            self.grow()?;
        }
        if ALLOCATED.get().wrapping_sub(self.before) > state::memory_limit() {
            return Err(too_large());
        }
        if length % LOOK_EVERY == LOOK_EVERY - 1 {
            check_time(realm)?;
        }
        self.items.push(item);
        Ok(())
    }

    /// Makes room for as many items again, or as many as the limit has room for.
    #[cold]
    fn grow(&mut self) -> Fallible<()> {
        let length = self.items.len();
        let most = state::memory_limit() / size_of::<T>().max(1);
        let more = length.max(4).min(most.saturating_sub(length));
        if more == 0 {
            return Err(too_large());
        }
        self.items.try_reserve_exact(more).map_err(|_| too_large())
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.items
    }

    pub(crate) fn into_vec(self) -> Vec<T> {
        count_allocated(self.items.capacity().saturating_mul(size_of::<T>()));
        self.items
    }
}

#[cold]
fn too_large() -> Exception {
    Exception::range_error("there is no memory for a list of that length")
}

/// What ends a script that was stopped or is out of time, in a loop of Rust that a page decides the length of.
#[cold]
pub(crate) fn check_time(realm: &Realm) -> Fallible<()> {
    if state::is_interrupted() { Err(Exception::termination(realm)) } else { Ok(()) }
}
