//! [`ReadableStreamBYOBReader`](https://streams.spec.whatwg.org/#byob-reader-class).

use std::cell::RefCell;
use std::collections::VecDeque;

use bgfetch_js::{
    ArrayBufferView, Exception, Fallible, PlatformObject, Promise, Realm, Reflector, Root, Value,
    platform_object, trace_fields,
};

use super::generic_reader::{GenericReader, generic_reader_mixin, released};
use super::read_request::{PromiseRequest, ReadIntoRequest};
use super::readable_stream::{Controller, Reader, State};
use crate::bindings::{
    ReadableStreamBYOBReaderMethods, ReadableStreamBYOBReaderReadOptions, ReadableStreamReadResult,
};
use crate::dom::ReadableStream;

/// `ReadableStreamBYOBReader`.
pub(crate) struct ReadableStreamBYOBReader {
    reflector: Reflector,
    pub(super) generic: GenericReader,
    read_into_requests: RefCell<VecDeque<Box<dyn ReadIntoRequest>>>,
}

trace_fields!(ReadableStreamBYOBReader { generic, read_into_requests });
platform_object!(ReadableStreamBYOBReader);
generic_reader_mixin!(ReadableStreamBYOBReader);

impl ReadableStreamBYOBReader {
    /// [SetUpReadableStreamBYOBReader](https://streams.spec.whatwg.org/#set-up-readable-stream-byob-reader), up to
    /// [`Self::lock`].
    fn of(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Self> {
        let generic = GenericReader::new(realm, stream)?;
        if !matches!(stream.controller()?, Controller::Byte(_)) {
            return Err(Exception::type_error("the stream is no byte stream: it has no BYOB reader"));
        }
        Ok(Self { reflector: Reflector::new(), generic, read_into_requests: RefCell::default() })
    }

    /// Makes it the reader of its stream.
    fn lock(&self) {
        if let Some(stream) = self.generic.stream() {
            stream.reader.replace(Some(Reader::Byob(self.root().into())));
        }
    }

    /// [AcquireReadableStreamBYOBReader](https://streams.spec.whatwg.org/#acquire-readable-stream-byob-reader).
    ///
    /// # Errors
    /// A `TypeError` if the stream is locked or is no byte stream.
    pub(super) fn acquire(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Root<Self>> {
        let reader = realm.wrap(Self::of(realm, stream)?)?;
        reader.lock();
        Ok(reader)
    }

    pub(super) fn request_count(&self) -> usize {
        self.read_into_requests.borrow().len()
    }

    pub(super) fn next_request(&self) -> Option<Box<dyn ReadIntoRequest>> {
        self.read_into_requests.borrow_mut().pop_front()
    }

    pub(super) fn take_requests(&self) -> VecDeque<Box<dyn ReadIntoRequest>> {
        self.read_into_requests.take()
    }

    /// [ReadableStreamAddReadIntoRequest](https://streams.spec.whatwg.org/#readable-stream-add-read-into-request).
    pub(super) fn add_request(&self, request: Box<dyn ReadIntoRequest>) {
        self.read_into_requests.borrow_mut().push_back(request);
    }

    /// [ReadableStreamBYOBReaderErrorReadIntoRequests](https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreadererrorreadintorequests).
    pub(super) fn error_requests(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.take_requests().into_iter().try_for_each(|request| request.error(realm, error))
    }

    /// [ReadableStreamBYOBReaderRead](https://streams.spec.whatwg.org/#readable-stream-byob-reader-read).
    pub(super) fn read_with(
        &self,
        realm: &Realm,
        view: &ArrayBufferView,
        min: usize,
        request: Box<dyn ReadIntoRequest>,
    ) -> Fallible<()> {
        let Some(stream) = self.generic.stream() else {
            let error = released().to_value(realm);
            return request.error(realm, &error);
        };
        stream.disturbed.set(true);
        if stream.state.get() == State::Errored {
            return request.error(realm, &stream.stored_error());
        }
        match stream.controller()? {
            Controller::Byte(controller) => controller.pull_into(realm, view, min, request),
            Controller::Default(_) => Err(Exception::type_error("the stream is no byte stream")),
        }
    }

    /// [ReadableStreamBYOBReaderRelease](https://streams.spec.whatwg.org/#abstract-opdef-readablestreambyobreaderrelease).
    pub(super) fn release(&self, realm: &Realm) -> Fallible<()> {
        if !self.generic.release(realm)? {
            return Ok(());
        }
        let error = released().to_value(realm);
        self.error_requests(realm, &error)
    }
}

impl ReadableStreamBYOBReaderMethods for ReadableStreamBYOBReader {
    fn constructor(realm: &Realm, stream: Root<ReadableStream>) -> Fallible<Self> {
        Self::of(realm, &stream)
    }

    fn constructed(this: &Root<Self>, _: &Realm) -> Fallible<()> {
        this.lock();
        Ok(())
    }

    /// [`read()`](https://streams.spec.whatwg.org/#byob-reader-read)
    fn read(
        &self,
        realm: &Realm,
        view: ArrayBufferView,
        options: ReadableStreamBYOBReaderReadOptions,
    ) -> Fallible<Promise<ReadableStreamReadResult>> {
        // Steps 1 to 3.
        let (buffer, _, length) = view.parts(realm)?;
        if length == 0 || buffer.is_empty() {
            return Err(Exception::type_error("the view or its buffer is empty or detached"));
        }
        // Step 4.
        if options.min == 0 {
            return Err(Exception::type_error("min is 0, but must be at least 1"));
        }
        // Steps 5 and 6.
        let elements = view.kind().map_or(length, |kind| length / kind.element_size());
        let min = usize::try_from(options.min).ok().filter(|min| *min <= elements).ok_or_else(|| {
            Exception::range_error(format!(
                "min is {}, but the view has only {elements} elements",
                options.min
            ))
        })?;
        // Step 7.
        if self.generic.stream().is_none() {
            return Err(released());
        }
        // Steps 8 to 11.
        let promise = Promise::new(realm)?;
        self.read_with(realm, &view, min, Box::new(PromiseRequest(promise.clone().into())))?;
        Ok(promise)
    }

    fn release_lock(&self, realm: &Realm) -> Fallible<()> {
        self.release(realm)
    }
}
