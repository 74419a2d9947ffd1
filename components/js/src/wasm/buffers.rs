//! The buffers that script has of memories.

use std::cell::RefCell;
use std::rc::Rc;

use super::memory::State;
use super::store::{Agent, take_growth, with};
use crate::{Fallible, Object, Realm};

/// Memories that script has a buffer of.
#[derive(Default)]
pub(super) struct Buffers(RefCell<Vec<Rc<State>>>);

impl Buffers {
    pub(super) fn add(&self, memory: &Rc<State>) {
        self.0.borrow_mut().push(Rc::clone(memory));
    }

    pub(super) fn remove(&self, memory: &State) {
        self.0.borrow_mut().retain(|known| !std::ptr::eq(Rc::as_ptr(known), memory));
    }

    fn of(&self, buffer: &Object) -> Option<Rc<State>> {
        let known = self.0.borrow();
        known
            .iter()
            .find(|memory| memory.buffer.borrow().as_ref().is_some_and(|own| own.as_object().is_same(buffer)))
            .cloned()
    }
}

/// Before script runs again: the buffers of memories that have grown follow, and values are let go of that WebAssembly holds no
/// more.
pub(super) fn refresh(realm: &Realm) {
    let Some(agent) = Agent::existing() else { return };
    agent.externs.sweep();
    if !with(|mut context| take_growth(&mut context)).unwrap_or(false) {
        return;
    }
    let memories = agent.buffers.0.borrow().clone();
    for memory in memories {
        if let Err(exception) = memory.refresh(realm, false) {
            tracing::warn!(%exception, "the buffer of a memory does not follow it");
        }
    }
}

/// Whether a buffer is that of a memory, and never detached by script: its
/// [`[[ArrayBufferDetachKey]]`](https://tc39.es/ecma262/#sec-properties-of-the-arraybuffer-prototype-object) is not undefined.
pub(crate) fn keeps(buffer: &Object) -> bool {
    Agent::existing().is_some_and(|agent| agent.buffers.of(buffer).is_some())
}

/// Resizes a buffer that is that of a memory; none if it is not.
pub(crate) fn resize(realm: &Realm, buffer: &Object, length: u64) -> Option<Fallible<()>> {
    let memory = Agent::existing()?.buffers.of(buffer)?;
    Some(memory.resize(realm, length))
}
