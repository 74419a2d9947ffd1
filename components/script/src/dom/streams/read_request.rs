//! [Read requests](https://streams.spec.whatwg.org/#read-request) and [read-into
//! requests](https://streams.spec.whatwg.org/#read-into-request): what happens with the next chunk.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bgfetch_js::{Exception, Fallible, Promise, Realm, ToJs, Trace, Traced, Tracer, Value, trace_fields};

use crate::bindings::ReadableStreamReadResult;
use crate::dom::ReadableStreamDefaultReader;

/// The steps of a read request; exactly one of them is taken, once.
pub(super) trait ReadRequest: Trace {
    /// There is a chunk.
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()>;
    /// The stream is closed.
    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()>;
    /// The stream is errored.
    fn error(self: Box<Self>, realm: &Realm, error: &Value) -> Fallible<()>;
}

/// The steps of a read-into request; exactly one of them is taken, once.
pub(super) trait ReadIntoRequest: Trace {
    /// There is a chunk: a view on the memory that the request came with.
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()>;
    /// The stream is closed; the memory is given back, unless the stream was canceled.
    fn close(self: Box<Self>, realm: &Realm, chunk: Option<&Value>) -> Fallible<()>;
    /// The stream is errored.
    fn error(self: Box<Self>, realm: &Realm, error: &Value) -> Fallible<()>;
}

/// The request of `reader.read()` of both kinds of reader.
pub(super) struct PromiseRequest(pub(super) Traced<Promise<ReadableStreamReadResult>>);

impl Trace for PromiseRequest {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
    }
}

fn read_result(realm: &Realm, value: &Value, done: bool) -> Fallible<Value> {
    let object = bgfetch_js::Object::new(realm)?;
    object.create(realm, "value", value)?;
    object.create(realm, "done", &done.to_js(realm)?)?;
    Ok(object.into_value())
}

impl ReadRequest for PromiseRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        self.0.resolve_with(realm, &read_result(realm, chunk, false)?);
        Ok(())
    }

    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()> {
        self.0.resolve_with(realm, &read_result(realm, &Value::UNDEFINED, true)?);
        Ok(())
    }

    fn error(self: Box<Self>, realm: &Realm, error: &Value) -> Fallible<()> {
        self.0.reject(realm, Exception::js(error.clone()));
        Ok(())
    }
}

impl ReadIntoRequest for PromiseRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        ReadRequest::chunk(self, realm, chunk)
    }

    fn close(self: Box<Self>, realm: &Realm, chunk: Option<&Value>) -> Fallible<()> {
        let value = chunk.cloned().unwrap_or_default();
        self.0.resolve_with(realm, &read_result(realm, &value, true)?);
        Ok(())
    }

    fn error(self: Box<Self>, realm: &Realm, error: &Value) -> Fallible<()> {
        ReadRequest::error(self, realm, error)
    }
}

/// What a read ended with.
pub(super) type Read = Result<Option<Value>, Value>;

/// A read request of a future.
struct FutureRequest(Rc<RefCell<Slot>>);

#[derive(Default)]
struct Slot {
    read: Option<Read>,
    waker: Option<Waker>,
}

trace_fields!(FutureRequest {});

impl FutureRequest {
    fn settle(&self, read: Read) {
        let waker = {
            let mut slot = self.0.borrow_mut();
            slot.read = Some(read);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl ReadRequest for FutureRequest {
    fn chunk(self: Box<Self>, _: &Realm, chunk: &Value) -> Fallible<()> {
        self.settle(Ok(Some(chunk.clone())));
        Ok(())
    }

    fn close(self: Box<Self>, _: &Realm) -> Fallible<()> {
        self.settle(Ok(None));
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, error: &Value) -> Fallible<()> {
        self.settle(Err(error.clone()));
        Ok(())
    }
}

impl ReadableStreamDefaultReader {
    /// The next chunk, `None` at the end, or the stream's error.
    pub(super) async fn next(&self, realm: &Realm) -> Fallible<Read> {
        let slot: Rc<RefCell<Slot>> = Rc::default();
        self.read_with(realm, Box::new(FutureRequest(Rc::clone(&slot))))?;
        Ok(std::future::poll_fn(move |cx| {
            let mut slot = slot.borrow_mut();
            match slot.read.take() {
                Some(read) => Poll::Ready(read),
                None => {
                    slot.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await)
    }
}
