//! What readers have in common: the [`ReadableStreamGenericReader`](https://streams.spec.whatwg.org/#generic-reader-mixin)
//! mixin and its abstract operations.

use std::cell::RefCell;

use bgfetch_js::{Exception, Fallible, Member, Promise, Realm, Root, Traced, Value, trace_fields};

use super::readable_stream::State;
use crate::dom::ReadableStream;

/// The slots of the mixin.
pub(super) struct GenericReader {
    stream: RefCell<Option<Member<ReadableStream>>>,
    closed_promise: RefCell<Traced<Promise<()>>>,
}

trace_fields!(GenericReader { stream, closed_promise });

impl GenericReader {
    /// [ReadableStreamReaderGenericInitialize](https://streams.spec.whatwg.org/#readable-stream-reader-generic-initialize),
    /// except that the stream learns of its reader when that is an object.
    ///
    /// # Errors
    /// A `TypeError` if the stream is locked.
    pub(super) fn new(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Self> {
        if stream.is_locked() {
            return Err(Exception::type_error("the stream is locked to a reader already"));
        }
        let closed_promise = match stream.state.get() {
            State::Readable => Promise::new(realm)?,
            State::Closed => Promise::resolved(realm, ())?,
            State::Errored => {
                let promise = Promise::rejected(realm, Exception::js(stream.stored_error()))?;
                promise.mark_as_handled();
                promise
            }
        };
        Ok(Self {
            stream: RefCell::new(Some(stream.clone().into())),
            closed_promise: RefCell::new(closed_promise.into()),
        })
    }

    pub(super) fn stream(&self) -> Option<Root<ReadableStream>> {
        self.stream.borrow().as_deref().cloned()
    }

    pub(super) fn closed_promise(&self) -> Promise<()> {
        (**self.closed_promise.borrow()).clone()
    }

    /// [ReadableStreamReaderGenericCancel](https://streams.spec.whatwg.org/#readable-stream-reader-generic-cancel).
    ///
    /// # Errors
    /// A `TypeError` if the reader was released.
    pub(super) fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.stream().ok_or_else(released)?.cancel_with(realm, reason)
    }

    /// [ReadableStreamReaderGenericRelease](https://streams.spec.whatwg.org/#readable-stream-reader-generic-release):
    /// whether there was something to release.
    pub(super) fn release(&self, realm: &Realm) -> Fallible<bool> {
        let Some(stream) = self.stream() else { return Ok(false) };
        // Steps 4 to 6.
        if stream.state.get() == State::Readable {
            self.closed_promise().reject(realm, released());
        } else {
            self.closed_promise.replace(Promise::rejected(realm, released())?.into());
        }
        self.closed_promise().mark_as_handled();
        // Step 7.
        stream.controller()?.release_steps();
        // Steps 8 and 9.
        stream.reader.replace(None);
        self.stream.replace(None);
        Ok(true)
    }
}

/// What the operations of a released reader fail with.
pub(super) fn released() -> Exception {
    Exception::type_error("the reader has been released from its stream")
}

/// Implements the mixin for a reader with a field `generic`.
macro_rules! generic_reader_mixin {
    ($name:ident) => {
        impl $crate::bindings::ReadableStreamGenericReaderMethods for $name {
            fn closed(&self, _: &Realm) -> Fallible<Promise<()>> {
                Ok(self.generic.closed_promise())
            }

            fn cancel(&self, realm: &Realm, reason: Option<Value>) -> Fallible<Promise<()>> {
                self.generic.cancel(realm, &reason.unwrap_or_default())
            }
        }
    };
}
pub(super) use generic_reader_mixin;
