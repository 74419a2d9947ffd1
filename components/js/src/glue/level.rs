//! How deep dictionaries are nested in others of their kind.

use std::cell::Cell;

use crate::{Exception, Fallible};

/// How deep they may be: an object can be a member of itself, and the conversion of each level needs stack.
const MOST: u16 = 100;

thread_local! {
    static DEPTH: Cell<u16> = const { Cell::new(0) };
}

/// The conversion of one dictionary that may have others of its kind in it.
#[derive(Debug)]
pub struct Level(());

impl Level {
    /// Begins it; dropping ends it.
    ///
    /// # Errors
    /// A `RangeError` if a hundred are under way.
    pub fn enter() -> Fallible<Self> {
        DEPTH.with(|depth| {
            if depth.get() >= MOST {
                return Err(Exception::range_error("dictionaries are nested too deeply"));
            }
            depth.set(depth.get() + 1);
            Ok(Self(()))
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}
