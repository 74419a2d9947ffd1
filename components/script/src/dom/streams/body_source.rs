//! Streams of bytes that come from another thread.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bgfetch_js::{Exception, Fallible, Promise, Realm, Root, Trace, Tracer, Value};
use bgfetch_traits::body::{BodyError, BodyReader};
use bytes::Bytes;

use super::pulling::PullingController;
use super::source::UnderlyingSourceSteps;
use crate::agent::{Agent, TaskSource};
use crate::bindings::ReadableStreamController;
use crate::dom::{ReadableByteStreamController, ReadableStream};
use crate::fetching::next_task;

/// Bytes that come from another thread. From the first pull on, one chunk more is read than was asked for: so the end
/// of the body, or what ended it early, is told without being asked for.
struct BodySource(Rc<RefCell<BodyState>>);

#[derive(Default)]
struct BodyState {
    reader: Option<BodyReader>,
    /// What was read and nobody has asked for yet, or what did not fit into the memory of who asked.
    rest: Bytes,
    pulled: bool,
    reading_ahead: bool,
    /// Of the pull that waits, and of what reads ahead.
    wakers: [Option<Waker>; 2],
}

const PULL: usize = 0;
const AHEAD: usize = 1;

type Chunk = Option<Result<Bytes, BodyError>>;

impl Trace for BodySource {
    fn trace(&self, _: &mut Tracer) {}
}

impl BodyState {
    fn poll_reader(&mut self, who: usize, cx: &mut Context<'_>) -> Poll<Chunk> {
        self.wait(who, cx);
        match &mut self.reader {
            Some(reader) => reader.poll_read(cx),
            None => Poll::Ready(None),
        }
    }

    fn wait(&mut self, who: usize, cx: &Context<'_>) {
        if let Some(waker) = self.wakers.get_mut(who) {
            *waker = Some(cx.waker().clone());
        }
    }

    /// The next chunk for a pull: what was read ahead comes first.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Chunk> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        if self.reading_ahead {
            self.wait(PULL, cx);
            return Poll::Pending;
        }
        self.poll_reader(PULL, cx)
    }
}

fn wake(wakers: impl IntoIterator<Item = Option<Waker>>) {
    wakers.into_iter().flatten().for_each(Waker::wake);
}

/// Gives what was read to the stream, as [pulling from
/// bytes](https://streams.spec.whatwg.org/#readablestream-pull-from-bytes) does; what was not taken is left over.
fn give(realm: &Realm, controller: &ReadableByteStreamController, chunk: Chunk) -> Fallible<Bytes> {
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

/// Reads one chunk more, unless there is one.
fn read_ahead(
    realm: &Realm,
    state: &Rc<RefCell<BodyState>>,
    controller: &Root<ReadableByteStreamController>,
) {
    {
        let mut state = state.borrow_mut();
        if state.reading_ahead || !state.rest.is_empty() || state.reader.is_none() {
            return;
        }
        state.reading_ahead = true;
    }
    let (owner, state, controller) = (realm.clone(), Rc::clone(state), controller.clone());
    // A page that does not wait for the body is idle.
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        let chunk = std::future::poll_fn(|cx| state.borrow_mut().poll_reader(AHEAD, cx)).await;
        let waiting = {
            let mut state = state.borrow_mut();
            state.reading_ahead = false;
            state.wakers.get_mut(PULL).and_then(Option::take)
        };
        let ended = match chunk {
            Some(Ok(bytes)) => {
                state.borrow_mut().rest = bytes;
                Ok(Bytes::new())
            }
            end => give(&owner, &controller, end),
        };
        wake([waiting]);
        ended.map(drop)
    });
}

impl UnderlyingSourceSteps for BodySource {
    fn pull(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Promise<()>> {
        let ReadableStreamController::ReadableByteStreamController(controller) = controller else {
            return Promise::resolved(realm, ());
        };
        let is_first = !std::mem::replace(&mut self.0.borrow_mut().pulled, true);
        let done = Promise::new(realm)?;
        let (state, controller) = (Rc::clone(&self.0), controller.clone());
        let (owner, pulled) = (realm.clone(), done.clone());
        Agent::current().spawn(TaskSource::Networking, realm, async move {
            // Chunks come by fetch tasks: also the one that is there, so that who asks for it can still abort.
            if is_first {
                next_task().await;
            }
            let chunk = std::future::poll_fn(|cx| state.borrow_mut().poll_next(cx)).await;
            match give(&owner, &controller, chunk) {
                Ok(rest) => {
                    state.borrow_mut().rest = rest;
                    pulled.resolve(&owner, ());
                    read_ahead(&owner, &state, &controller);
                }
                Err(exception) => pulled.reject(&owner, exception),
            }
            Ok(())
        });
        Ok(done)
    }

    fn cancel(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        self.cleared();
        Promise::resolved(realm, ())
    }

    fn cleared(&self) {
        let (gone, wakers) = {
            let mut state = self.0.borrow_mut();
            ((state.reader.take(), std::mem::take(&mut state.rest)), std::mem::take(&mut state.wakers))
        };
        drop(gone);
        wake(wakers);
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
