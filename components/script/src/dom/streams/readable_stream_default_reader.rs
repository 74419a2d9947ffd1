//! [`ReadableStreamDefaultReader`](https://streams.spec.whatwg.org/#default-reader-class).

use std::cell::RefCell;
use std::collections::VecDeque;

use bgfetch_js::{
    Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Traced, Value,
    platform_object, trace_fields,
};

use super::read_request::{PromiseRequest, ReadRequest};
use super::readable_stream::State;
use crate::bindings::{
    ReadableStreamDefaultReaderMethods, ReadableStreamGenericReaderMethods, ReadableStreamReadResult,
};
use crate::dom::ReadableStream;

/// `ReadableStreamDefaultReader`.
pub(crate) struct ReadableStreamDefaultReader {
    reflector: Reflector,
    stream: RefCell<Option<Member<ReadableStream>>>,
    closed_promise: RefCell<Traced<Promise<()>>>,
    requests: RefCell<VecDeque<Box<dyn ReadRequest>>>,
    /// What the constructor was given, until the object is there.
    construction: RefCell<Option<Member<ReadableStream>>>,
}

trace_fields!(ReadableStreamDefaultReader { stream, closed_promise, requests, construction });
platform_object!(ReadableStreamDefaultReader);

impl ReadableStreamDefaultReader {
    /// A reader of no stream yet.
    pub(super) fn detached(realm: &Realm) -> Fallible<Self> {
        Ok(Self {
            reflector: Reflector::new(),
            stream: RefCell::default(),
            closed_promise: RefCell::new(Promise::new(realm)?.into()),
            requests: RefCell::default(),
            construction: RefCell::default(),
        })
    }

    /// [SetUpReadableStreamDefaultReader](https://streams.spec.whatwg.org/#set-up-readable-stream-default-reader).
    pub(super) fn set_up(&self, realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<()> {
        if stream.is_locked() {
            return Err(Exception::type_error("the stream is locked to a reader already"));
        }
        *self.stream.borrow_mut() = Some(stream.clone().into());
        *stream.reader.borrow_mut() = Some(self.root().into());
        match stream.state.get() {
            State::Readable => {}
            State::Closed => self.closed_promise().resolve(realm, ()),
            State::Errored => {
                self.closed_promise().reject(realm, Exception::Js(stream.error_value()));
                self.closed_promise().mark_as_handled();
            }
        }
        Ok(())
    }

    pub(super) fn stream(&self) -> Option<Root<ReadableStream>> {
        self.stream.borrow().as_ref().map(|stream| (**stream).clone())
    }

    pub(super) fn closed_promise(&self) -> Promise<()> {
        (**self.closed_promise.borrow()).clone()
    }

    pub(super) fn has_requests(&self) -> bool {
        !self.requests.borrow().is_empty()
    }

    pub(super) fn next_request(&self) -> Option<Box<dyn ReadRequest>> {
        self.requests.borrow_mut().pop_front()
    }

    pub(super) fn take_requests(&self) -> VecDeque<Box<dyn ReadRequest>> {
        self.requests.take()
    }

    pub(super) fn add_request(&self, request: Box<dyn ReadRequest>) {
        self.requests.borrow_mut().push_back(request);
    }

    /// [ReadableStreamDefaultReaderRead](https://streams.spec.whatwg.org/#readable-stream-default-reader-read).
    pub(super) fn read_with(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        let Some(stream) = self.stream() else {
            let error = released().to_value(realm);
            return request.error(realm, &error);
        };
        stream.disturbed.set(true);
        match stream.state.get() {
            State::Closed => request.close(realm),
            State::Errored => request.error(realm, &stream.error_value()),
            State::Readable => stream.controller()?.pull_steps(realm, request),
        }
    }

    /// [ReadableStreamDefaultReaderRelease](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease).
    pub(super) fn release(&self, realm: &Realm) -> Fallible<()> {
        let Some(stream) = self.stream() else { return Ok(()) };
        // ReadableStreamReaderGenericRelease.
        if stream.state.get() == State::Readable {
            self.closed_promise().reject(realm, released());
        } else {
            self.closed_promise.replace(Promise::rejected(realm, released())?.into());
        }
        self.closed_promise().mark_as_handled();
        stream.reader.replace(None);
        self.stream.replace(None);
        // ReadableStreamDefaultReaderErrorReadRequests.
        let error = released().to_value(realm);
        for request in self.take_requests() {
            request.error(realm, &error)?;
        }
        Ok(())
    }
}

fn released() -> Exception {
    Exception::type_error("the reader has been released from its stream")
}

impl ReadableStreamDefaultReaderMethods for ReadableStreamDefaultReader {
    fn constructor(realm: &Realm, stream: Root<ReadableStream>) -> Fallible<Self> {
        let reader = Self::detached(realm)?;
        reader.construction.replace(Some(stream.into()));
        Ok(reader)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let stream = this.construction.take();
        stream.map_or(Ok(()), |stream| this.set_up(realm, &stream))
    }

    fn read(&self, realm: &Realm) -> Fallible<Promise<ReadableStreamReadResult>> {
        let promise = Promise::new(realm)?;
        self.read_with(realm, Box::new(PromiseRequest(promise.clone().into())))?;
        Ok(promise)
    }

    fn release_lock(&self, realm: &Realm) -> Fallible<()> {
        self.release(realm)
    }
}

impl ReadableStreamGenericReaderMethods for ReadableStreamDefaultReader {
    fn closed(&self, _: &Realm) -> Fallible<Promise<()>> {
        Ok(self.closed_promise())
    }

    fn cancel(&self, realm: &Realm, reason: Option<Value>) -> Fallible<Promise<()>> {
        match self.stream() {
            Some(stream) => stream.cancel_with(realm, &reason.unwrap_or_default()),
            None => Err(released()),
        }
    }
}
