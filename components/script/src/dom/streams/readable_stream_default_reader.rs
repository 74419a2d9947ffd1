//! [`ReadableStreamDefaultReader`](https://streams.spec.whatwg.org/#default-reader-class).

use std::cell::RefCell;
use std::collections::VecDeque;

use bgfetch_js::{
    Fallible, PlatformObject, Promise, Realm, Reflector, Root, Value, platform_object, trace_fields,
};

use super::generic_reader::{GenericReader, generic_reader_mixin, released};
use super::read_request::{PromiseRequest, ReadRequest};
use super::readable_stream::{Reader, State};
use crate::bindings::{ReadableStreamDefaultReaderMethods, ReadableStreamReadResult};
use crate::dom::ReadableStream;

/// `ReadableStreamDefaultReader`.
pub(crate) struct ReadableStreamDefaultReader {
    reflector: Reflector,
    pub(super) generic: GenericReader,
    read_requests: RefCell<VecDeque<Box<dyn ReadRequest>>>,
}

trace_fields!(ReadableStreamDefaultReader { generic, read_requests });
platform_object!(ReadableStreamDefaultReader);
generic_reader_mixin!(ReadableStreamDefaultReader);

impl ReadableStreamDefaultReader {
    /// [SetUpReadableStreamDefaultReader](https://streams.spec.whatwg.org/#set-up-readable-stream-default-reader), up to
    /// [`Self::lock`].
    fn of(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Self> {
        let generic = GenericReader::new(realm, stream)?;
        Ok(Self { reflector: Reflector::new(), generic, read_requests: RefCell::default() })
    }

    /// Makes it the reader of its stream.
    fn lock(&self) {
        if let Some(stream) = self.generic.stream() {
            stream.reader.replace(Some(Reader::Default(self.root().into())));
        }
    }

    /// [AcquireReadableStreamDefaultReader](https://streams.spec.whatwg.org/#acquire-readable-stream-reader).
    ///
    /// # Errors
    /// A `TypeError` if the stream is locked.
    pub(super) fn acquire(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Root<Self>> {
        let reader = realm.wrap(Self::of(realm, stream)?)?;
        reader.lock();
        Ok(reader)
    }

    pub(super) fn has_requests(&self) -> bool {
        !self.read_requests.borrow().is_empty()
    }

    pub(super) fn next_request(&self) -> Option<Box<dyn ReadRequest>> {
        self.read_requests.borrow_mut().pop_front()
    }

    pub(super) fn take_requests(&self) -> VecDeque<Box<dyn ReadRequest>> {
        self.read_requests.take()
    }

    /// [ReadableStreamAddReadRequest](https://streams.spec.whatwg.org/#readable-stream-add-read-request).
    pub(super) fn add_request(&self, request: Box<dyn ReadRequest>) {
        self.read_requests.borrow_mut().push_back(request);
    }

    /// [ReadableStreamDefaultReaderErrorReadRequests](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreadererrorreadrequests).
    pub(super) fn error_requests(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.take_requests().into_iter().try_for_each(|request| request.error(realm, error))
    }

    /// [ReadableStreamDefaultReaderRead](https://streams.spec.whatwg.org/#readable-stream-default-reader-read).
    pub(super) fn read_with(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        let Some(stream) = self.generic.stream() else {
            let error = released().to_value(realm);
            return request.error(realm, &error);
        };
        stream.disturbed.set(true);
        match stream.state.get() {
            State::Closed => request.close(realm),
            State::Errored => request.error(realm, &stream.stored_error()),
            State::Readable => stream.controller()?.pull_steps(realm, request),
        }
    }

    /// [ReadableStreamDefaultReaderRelease](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultreaderrelease).
    pub(super) fn release(&self, realm: &Realm) -> Fallible<()> {
        if !self.generic.release(realm)? {
            return Ok(());
        }
        let error = released().to_value(realm);
        self.error_requests(realm, &error)
    }
}

impl ReadableStreamDefaultReaderMethods for ReadableStreamDefaultReader {
    fn constructor(realm: &Realm, stream: Root<ReadableStream>) -> Fallible<Self> {
        Self::of(realm, &stream)
    }

    fn constructed(this: &Root<Self>, _: &Realm) -> Fallible<()> {
        this.lock();
        Ok(())
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
