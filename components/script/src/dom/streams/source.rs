//! [Underlying sources](https://streams.spec.whatwg.org/#underlying-source-api): of script, and of the platform's own.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bgfetch_js::{
    Exception, Fallible, Object, Promise, Realm, Root, ToJs, Trace, Traced, Tracer, TypedArray,
    TypedArrayKind, Value,
};
use bgfetch_traits::body::{BodyError, BodyReader};
use bytes::Bytes;

use crate::agent::{Agent, TaskSource};
use crate::bindings::UnderlyingSource;
use crate::dom::{ReadableStream, ReadableStreamDefaultController};

/// The algorithms of an underlying source.
pub(super) trait UnderlyingSourceSteps: Trace {
    /// The start algorithm: its value is waited for.
    fn start(&self, realm: &Realm, controller: &Root<ReadableStreamDefaultController>) -> Fallible<Value>;
    /// The pull algorithm.
    fn pull(
        &self,
        realm: &Realm,
        controller: &Root<ReadableStreamDefaultController>,
    ) -> Fallible<Promise<()>>;
    /// The cancel algorithm.
    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>>;
    /// Gives up the bytes that it has not given yet, if it is a source of bytes that nobody has asked yet.
    fn take_reader(&self) -> Option<BodyReader> {
        None
    }
}

/// No underlying source: only the controller could have given chunks.
pub(super) struct NoSource;

impl Trace for NoSource {
    fn trace(&self, _: &mut Tracer) {}
}

impl UnderlyingSourceSteps for NoSource {
    fn start(&self, _: &Realm, _: &Root<ReadableStreamDefaultController>) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }

    fn pull(&self, realm: &Realm, _: &Root<ReadableStreamDefaultController>) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }

    fn cancel(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }
}

/// An underlying source that a page gave.
pub(super) struct ScriptSource {
    object: Traced<Object>,
    start: Option<Traced<crate::bindings::UnderlyingSourceStartCallback>>,
    pull: Option<Traced<crate::bindings::UnderlyingSourcePullCallback>>,
    cancel: Option<Traced<crate::bindings::UnderlyingSourceCancelCallback>>,
}

bgfetch_js::trace_fields!(ScriptSource { object, start, pull, cancel });

impl ScriptSource {
    pub(super) fn new(object: Traced<Object>, source: UnderlyingSource) -> Self {
        Self {
            object,
            start: source.start.map(Into::into),
            pull: source.pull.map(Into::into),
            cancel: source.cancel.map(Into::into),
        }
    }
}

impl UnderlyingSourceSteps for ScriptSource {
    fn start(&self, realm: &Realm, controller: &Root<ReadableStreamDefaultController>) -> Fallible<Value> {
        let Some(start) = &self.start else { return Ok(Value::UNDEFINED) };
        start.call(realm, self.object.as_value(), controller.clone())
    }

    fn pull(
        &self,
        realm: &Realm,
        controller: &Root<ReadableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let Some(pull) = &self.pull else { return Promise::resolved(realm, ()) };
        pull.call(realm, self.object.as_value(), controller.clone())
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let Some(cancel) = &self.cancel else { return Promise::resolved(realm, ()) };
        cancel.call(realm, self.object.as_value(), Some(reason.clone()))
    }
}

/// Bytes that come from another thread.
struct BodySource(Rc<RefCell<BodyState>>);

#[derive(Default)]
struct BodyState {
    reader: Option<BodyReader>,
    /// Of the pull that waits, to end it when the stream is canceled.
    waker: Option<Waker>,
    pulled: bool,
}

impl Trace for BodySource {
    fn trace(&self, _: &mut Tracer) {}
}

impl BodySource {
    async fn next(state: Rc<RefCell<BodyState>>) -> Option<Result<Bytes, BodyError>> {
        std::future::poll_fn(move |cx| {
            let mut state = state.borrow_mut();
            state.waker = Some(cx.waker().clone());
            match &mut state.reader {
                Some(reader) => reader.poll_read(cx),
                None => Poll::Ready(None),
            }
        })
        .await
    }
}

impl UnderlyingSourceSteps for BodySource {
    fn start(&self, _: &Realm, _: &Root<ReadableStreamDefaultController>) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }

    fn pull(
        &self,
        realm: &Realm,
        controller: &Root<ReadableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        self.0.borrow_mut().pulled = true;
        let done = Promise::new(realm)?;
        let (state, controller) = (Rc::clone(&self.0), controller.clone());
        let (owner, pulled) = (realm.clone(), done.clone());
        Agent::current().spawn(TaskSource::Networking, realm, async move {
            let chunk = Self::next(Rc::clone(&state)).await;
            if controller.can_close_or_enqueue() {
                match chunk {
                    Some(Ok(bytes)) => {
                        let array = TypedArray::from_vec(&owner, TypedArrayKind::Uint8, bytes.into())?;
                        controller.enqueue_chunk(&owner, &array.to_js(&owner)?)?;
                    }
                    None => controller.close_steps(&owner)?,
                    Some(Err(error)) => {
                        let error = body_exception(&error).to_value(&owner);
                        controller.error_steps(&owner, &error)?;
                    }
                }
            }
            pulled.resolve(&owner, ());
            Ok(())
        });
        Ok(done)
    }

    fn cancel(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        let (reader, waker) = {
            let mut state = self.0.borrow_mut();
            (state.reader.take(), state.waker.take())
        };
        drop(reader);
        if let Some(waker) = waker {
            waker.wake();
        }
        Promise::resolved(realm, ())
    }

    fn take_reader(&self) -> Option<BodyReader> {
        let mut state = self.0.borrow_mut();
        if state.pulled { None } else { state.reader.take() }
    }
}

/// What a page sees when a body ends early.
pub(crate) fn body_exception(error: &BodyError) -> Exception {
    match error {
        BodyError::Aborted => Exception::dom("AbortError", "the operation was aborted"),
        // What the network said is not for pages.
        BodyError::Network(_) => Exception::type_error("network error"),
        BodyError::Source(message) => Exception::type_error(format!("the body failed: {message}")),
    }
}

impl ReadableStream {
    /// A stream of the bytes of `reader`; nothing is read before someone asks.
    pub(crate) fn from_reader(realm: &Realm, reader: BodyReader) -> Fallible<Root<Self>> {
        let state = BodyState { reader: Some(reader), ..BodyState::default() };
        Self::create(realm, Box::new(BodySource(Rc::new(RefCell::new(state)))), 0.0)
    }
}
