//! Streams of bytes that come from another thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bgfetch_js::{Exception, Fallible, Promise, Realm, Root, Trace, Tracer, Value};
use bgfetch_traits::body::{BodyError, BodyReader};
use bytes::Bytes;

use super::source::UnderlyingSourceSteps;
use crate::agent::{Agent, TaskSource};
use crate::bindings::ReadableStreamController;
use crate::dom::{ReadableByteStreamController, ReadableStream};

/// Bytes that come from another thread.
struct BodySource(Rc<RefCell<BodyState>>);

#[derive(Default)]
struct BodyState {
    reader: Option<BodyReader>,
    /// What was read, but did not fit into the memory of who asked.
    rest: Bytes,
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
            if !state.rest.is_empty() {
                return Poll::Ready(Some(Ok(std::mem::take(&mut state.rest))));
            }
            state.waker = Some(cx.waker().clone());
            match &mut state.reader {
                Some(reader) => reader.poll_read(cx),
                None => Poll::Ready(None),
            }
        })
        .await
    }
}

/// Gives what was read to the stream, as [pulling from
/// bytes](https://streams.spec.whatwg.org/#readablestream-pull-from-bytes) does; what was not taken is left over.
fn give(
    realm: &Realm,
    controller: &ReadableByteStreamController,
    chunk: Option<Result<Bytes, BodyError>>,
) -> Fallible<Bytes> {
    if !controller.can_close_or_enqueue() {
        return Ok(Bytes::new());
    }
    match chunk {
        Some(Ok(bytes)) => return controller.pull_from_bytes(realm, bytes),
        None => controller.close_platform_stream(realm)?,
        Some(Err(error)) => {
            let error = body_exception(&error).to_value(realm);
            controller.error_steps(realm, &error)?;
        }
    }
    Ok(Bytes::new())
}

impl UnderlyingSourceSteps for BodySource {
    fn pull(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Promise<()>> {
        let ReadableStreamController::ReadableByteStreamController(controller) = controller else {
            return Promise::resolved(realm, ());
        };
        self.0.borrow_mut().pulled = true;
        let done = Promise::new(realm)?;
        let (state, controller) = (Rc::clone(&self.0), controller.clone());
        let (owner, pulled) = (realm.clone(), done.clone());
        Agent::current().spawn(TaskSource::Networking, realm, async move {
            let chunk = Self::next(Rc::clone(&state)).await;
            match give(&owner, &controller, chunk) {
                Ok(rest) => {
                    state.borrow_mut().rest = rest;
                    pulled.resolve(&owner, ());
                }
                Err(exception) => pulled.reject(&owner, exception),
            }
            Ok(())
        });
        Ok(done)
    }

    fn cancel(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        let (reader, waker) = {
            let mut state = self.0.borrow_mut();
            state.rest = Bytes::new();
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
pub(super) fn body_exception(error: &BodyError) -> Exception {
    match error {
        BodyError::Aborted => Exception::dom("AbortError", "the operation was aborted"),
        // What the network said is not for pages.
        BodyError::Network(_) => Exception::type_error("network error"),
        BodyError::Source(message) => Exception::type_error(format!("the body failed: {message}")),
    }
}

impl ReadableStream {
    /// A byte stream of the bytes of `reader`; nothing is read before someone asks.
    pub(crate) fn from_reader(realm: &Realm, reader: BodyReader) -> Fallible<Root<Self>> {
        let state = BodyState { reader: Some(reader), ..BodyState::default() };
        Self::create_byte_stream(realm, Box::new(BodySource(Rc::new(RefCell::new(state)))))
    }
}
