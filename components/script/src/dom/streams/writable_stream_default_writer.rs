//! [`WritableStreamDefaultWriter`](https://streams.spec.whatwg.org/#default-writer-class).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, PlatformObject, Promise, PromiseState, Realm, Reflector, Root, Traced,
    Value, platform_object, trace_fields,
};

use super::writable_stream::State;
use crate::bindings::WritableStreamDefaultWriterMethods;
use crate::dom::WritableStream;

/// `WritableStreamDefaultWriter`.
pub(crate) struct WritableStreamDefaultWriter {
    reflector: Reflector,
    stream: RefCell<Option<Member<WritableStream>>>,
    closed_promise: RefCell<Traced<Promise<()>>>,
    ready_promise: RefCell<Traced<Promise<()>>>,
}

trace_fields!(WritableStreamDefaultWriter { stream, closed_promise, ready_promise });
platform_object!(WritableStreamDefaultWriter);

fn released() -> Exception {
    Exception::type_error("the writer has been released from its stream")
}

fn rejected(realm: &Realm, reason: Value) -> Fallible<Promise<()>> {
    let promise = Promise::rejected(realm, Exception::js(reason))?;
    promise.mark_as_handled();
    Ok(promise)
}

/// Rejects the promise in a slot, or one that takes its place if it has settled already.
fn ensure_rejected(realm: &Realm, slot: &RefCell<Traced<Promise<()>>>, error: &Value) -> Fallible<()> {
    let promise = (**slot.borrow()).clone();
    if promise.state() == PromiseState::Pending {
        promise.reject(realm, Exception::js(error.clone()));
        promise.mark_as_handled();
    } else {
        slot.replace(rejected(realm, error.clone())?.into());
    }
    Ok(())
}

impl WritableStreamDefaultWriter {
    /// [SetUpWritableStreamDefaultWriter](https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer), up to
    /// [`Self::lock`].
    fn of(realm: &Realm, stream: &Root<WritableStream>) -> Fallible<Self> {
        // Step 1.
        if stream.is_locked() {
            return Err(Exception::type_error("the stream is locked to a writer already"));
        }
        // Steps 4 to 8.
        let (ready, closed) = match stream.state.get() {
            State::Writable => {
                let waits = !stream.close_queued_or_in_flight() && stream.backpressure.get();
                let ready = if waits { Promise::new(realm)? } else { Promise::resolved(realm, ())? };
                (ready, Promise::new(realm)?)
            }
            State::Erroring => (rejected(realm, stream.stored_error())?, Promise::new(realm)?),
            State::Closed => (Promise::resolved(realm, ())?, Promise::resolved(realm, ())?),
            State::Errored => {
                (rejected(realm, stream.stored_error())?, rejected(realm, stream.stored_error())?)
            }
        };
        Ok(Self {
            reflector: Reflector::new(),
            stream: RefCell::new(Some(stream.clone().into())),
            closed_promise: RefCell::new(closed.into()),
            ready_promise: RefCell::new(ready.into()),
        })
    }

    /// Makes it the writer of its stream.
    fn lock(&self) {
        if let Some(stream) = self.stream() {
            stream.writer.replace(Some(self.root().into()));
        }
    }

    /// [AcquireWritableStreamDefaultWriter](https://streams.spec.whatwg.org/#acquire-writable-stream-default-writer).
    ///
    /// # Errors
    /// A `TypeError` if the stream is locked.
    pub(super) fn acquire(realm: &Realm, stream: &Root<WritableStream>) -> Fallible<Root<Self>> {
        let writer = realm.wrap(Self::of(realm, stream)?)?;
        writer.lock();
        Ok(writer)
    }

    fn stream(&self) -> Option<Root<WritableStream>> {
        self.stream.borrow().as_deref().cloned()
    }

    pub(super) fn closed_promise(&self) -> Promise<()> {
        (**self.closed_promise.borrow()).clone()
    }

    pub(super) fn ready_promise(&self) -> Promise<()> {
        (**self.ready_promise.borrow()).clone()
    }

    /// There is backpressure from here on.
    pub(super) fn renew_ready_promise(&self, realm: &Realm) -> Fallible<()> {
        self.ready_promise.replace(Promise::new(realm)?.into());
        Ok(())
    }

    /// [EnsureReadyPromiseRejected](https://streams.spec.whatwg.org/#writable-stream-default-writer-ensure-ready-promise-rejected).
    pub(super) fn ensure_ready_promise_rejected(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        ensure_rejected(realm, &self.ready_promise, error)
    }

    /// [CloseWithErrorPropagation](https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation).
    pub(super) fn close_with_error_propagation(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let stream = self.stream().ok_or_else(released)?;
        let state = stream.state.get();
        if stream.close_queued_or_in_flight() || state == State::Closed {
            return Promise::resolved(realm, ());
        }
        if state == State::Errored {
            return Promise::rejected(realm, Exception::js(stream.stored_error()));
        }
        stream.close_steps(realm)
    }

    /// [GetDesiredSize](https://streams.spec.whatwg.org/#writable-stream-default-writer-get-desired-size); none of a writer
    /// that was released, either.
    pub(super) fn current_desired_size(&self) -> Option<f64> {
        let stream = self.stream()?;
        match stream.state.get() {
            State::Errored | State::Erroring => None,
            State::Closed => Some(0.0),
            State::Writable => stream.controller().ok().map(|controller| controller.desired_size()),
        }
    }

    /// [Release](https://streams.spec.whatwg.org/#writable-stream-default-writer-release).
    pub(super) fn release(&self, realm: &Realm) -> Fallible<()> {
        let Some(stream) = self.stream() else { return Ok(()) };
        let error = released().to_value(realm);
        ensure_rejected(realm, &self.ready_promise, &error)?;
        ensure_rejected(realm, &self.closed_promise, &error)?;
        stream.writer.replace(None);
        self.stream.replace(None);
        Ok(())
    }

    /// [Write](https://streams.spec.whatwg.org/#writable-stream-default-writer-write).
    pub(super) fn write_chunk(&self, realm: &Realm, chunk: &Value) -> Fallible<Promise<()>> {
        // Steps 1 to 4.
        let stream = self.stream().ok_or_else(released)?;
        let controller = stream.controller()?;
        let size = controller.chunk_size(realm, chunk)?;
        // Step 5: the size algorithm may have released the writer.
        if self.stream().is_none_or(|current| !current.is_same(&stream)) {
            return Promise::rejected(realm, released());
        }
        // Steps 6 to 9.
        let state = stream.state.get();
        if state == State::Errored {
            return Promise::rejected(realm, Exception::js(stream.stored_error()));
        }
        if stream.close_queued_or_in_flight() || state == State::Closed {
            let closed = Exception::type_error("the stream is closing or closed: nothing can be written");
            return Promise::rejected(realm, closed);
        }
        if state == State::Erroring {
            return Promise::rejected(realm, Exception::js(stream.stored_error()));
        }
        // Steps 11 to 13.
        let promise = stream.add_write_request(realm)?;
        controller.write_steps(realm, chunk, size)?;
        Ok(promise)
    }
}

impl WritableStreamDefaultWriterMethods for WritableStreamDefaultWriter {
    fn constructor(realm: &Realm, stream: Root<WritableStream>) -> Fallible<Self> {
        Self::of(realm, &stream)
    }

    fn constructed(this: &Root<Self>, _: &Realm) -> Fallible<()> {
        this.lock();
        Ok(())
    }

    fn closed(&self, _: &Realm) -> Fallible<Promise<()>> {
        Ok(self.closed_promise())
    }

    fn desired_size(&self, _: &Realm) -> Fallible<Option<f64>> {
        if self.stream().is_none() {
            return Err(released());
        }
        Ok(self.current_desired_size())
    }

    fn ready(&self, _: &Realm) -> Fallible<Promise<()>> {
        Ok(self.ready_promise())
    }

    fn abort(&self, realm: &Realm, reason: Option<Value>) -> Fallible<Promise<()>> {
        self.stream().ok_or_else(released)?.abort_with(realm, &reason.unwrap_or_default())
    }

    /// [`close()`](https://streams.spec.whatwg.org/#default-writer-close)
    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let stream = self.stream().ok_or_else(released)?;
        if stream.close_queued_or_in_flight() {
            return Err(Exception::type_error("the stream was asked to close before"));
        }
        stream.close_steps(realm)
    }

    fn release_lock(&self, realm: &Realm) -> Fallible<()> {
        self.release(realm)
    }

    /// [`write()`](https://streams.spec.whatwg.org/#default-writer-write)
    fn write(&self, realm: &Realm, chunk: Option<Value>) -> Fallible<Promise<()>> {
        self.write_chunk(realm, &chunk.unwrap_or_default())
    }
}
