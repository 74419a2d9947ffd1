//! Values of script that WebAssembly holds: `externref`.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use wasmtime::{ExternRef, Rooted};

use super::store::Context;
use crate::Value;

/// The values, by number: what WebAssembly holds of them may be dropped by its own collector.
#[derive(Default)]
pub(super) struct Externs {
    values: RefCell<Vec<Option<Value>>>,
    free: RefCell<Vec<usize>>,
    dropped: Arc<Mutex<Vec<usize>>>,
}

/// What WebAssembly holds.
struct Held {
    number: usize,
    dropped: Arc<Mutex<Vec<usize>>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(self.number);
    }
}

impl Externs {
    /// [`ref.extern`](https://webassembly.github.io/spec/core/syntax/values.html#syntax-ref) of a value.
    pub(super) fn hold(
        &self,
        context: &mut Context<'_>,
        value: Value,
    ) -> wasmtime::Result<Rooted<ExternRef>> {
        let free = self.free.borrow_mut().pop();
        let number = match free {
            Some(number) => {
                if let Some(place) = self.values.borrow_mut().get_mut(number) {
                    *place = Some(value);
                }
                number
            }
            None => {
                let mut values = self.values.borrow_mut();
                values.push(Some(value));
                values.len() - 1
            }
        };
        ExternRef::new(context, Held { number, dropped: Arc::clone(&self.dropped) })
    }

    /// The value that a reference holds; none if it is one of WebAssembly's own.
    pub(super) fn value(
        &self,
        context: &mut Context<'_>,
        reference: &Rooted<ExternRef>,
    ) -> wasmtime::Result<Option<Value>> {
        let data = reference.data(&*context)?;
        let held = data.and_then(|data| data.downcast_ref::<Held>());
        Ok(held.and_then(|held| self.values.borrow().get(held.number).cloned().flatten()))
    }

    /// Lets go of the values that WebAssembly holds no more.
    pub(super) fn sweep(&self) {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        for number in dropped {
            let value = self.values.borrow_mut().get_mut(number).and_then(Option::take);
            self.free.borrow_mut().push(number);
            drop(value);
        }
    }
}
