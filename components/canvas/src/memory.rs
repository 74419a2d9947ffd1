//! How much memory all bitmaps and masks of the process take together: pages can make many large ones, and what cannot be
//! allocated would end the process.

use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes of all of them.
const MOST_BYTES: u64 = 2 << 30;

static IN_USE: AtomicU64 = AtomicU64::new(0);

/// Something large, which is counted.
#[derive(Debug)]
pub(crate) struct Reserved<T> {
    pub(crate) value: T,
    bytes: u64,
}

impl<T> Reserved<T> {
    /// What `make` makes, of so many bytes; `None` if that is nothing, or if all together would be too large.
    pub(crate) fn new(bytes: u64, make: impl FnOnce() -> Option<T>) -> Option<Self> {
        let add = |in_use: u64| in_use.checked_add(bytes).filter(|sum| *sum <= MOST_BYTES);
        IN_USE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).ok()?;
        let made = make().map(|value| Self { value, bytes });
        if made.is_none() {
            IN_USE.fetch_sub(bytes, Ordering::Relaxed);
        }
        made
    }
}

impl<T: Clone> Reserved<T> {
    /// A copy; `None` if all together would be too large.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Self::new(self.bytes, || Some(self.value.clone()))
    }
}

impl<T> Drop for Reserved<T> {
    fn drop(&mut self) {
        IN_USE.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_BYTES, Reserved};

    #[test]
    fn memory_that_is_given_back_can_be_had_again() {
        let half = || Reserved::new(MOST_BYTES / 2 - 1, || Some(()));
        let held = [half(), half()];
        assert!(held.iter().all(Option::is_some));
        assert!(half().is_none());
        drop(held);
        assert!(Reserved::new(MOST_BYTES / 2, || None::<()>).is_none());
        assert!(half().is_some());
    }
}
