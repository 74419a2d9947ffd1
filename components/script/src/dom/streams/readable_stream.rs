//! [`ReadableStream`](https://streams.spec.whatwg.org/#rs-class).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    AsyncSequence, Exception, Fallible, FromJs, Member, Object, PlatformObject, Promise, Realm, Reflector,
    Root, Trace, Traced, Tracer, Value, platform_object, trace_fields,
};

use super::from::from_iterable;
use super::pipe_to::{PipeOptions, pipe_to};
use super::pulling::PullingController;
use super::queue::Strategy;
use super::read_request::ReadRequest;
use super::source::{NoSource, ScriptSource, UnderlyingSourceSteps};
use super::{readable_byte_stream_controller, readable_stream_default_controller};
use crate::bindings::{
    QueuingStrategy, ReadableStreamGetReaderOptions, ReadableStreamIteratorOptions, ReadableStreamMethods,
    ReadableStreamReader, ReadableWritablePair, StreamPipeOptions, UnderlyingSource,
};
use crate::dom::{
    ReadableByteStreamController, ReadableStreamBYOBReader, ReadableStreamDefaultController,
    ReadableStreamDefaultReader, WritableStream,
};

/// `ReadableStream`.
pub(crate) struct ReadableStream {
    reflector: Reflector,
    pub(super) state: Cell<State>,
    stored_error: RefCell<Traced<Value>>,
    pub(super) reader: RefCell<Option<Reader>>,
    pub(super) controller: RefCell<Option<Controller>>,
    pub(super) disturbed: Cell<bool>,
    /// What the constructor was given, until the object is there.
    construction: RefCell<Option<Construction>>,
}

struct Construction {
    object: Option<Traced<Object>>,
    source: UnderlyingSource,
    strategy: QueuingStrategy,
}

trace_fields!(ReadableStream { stored_error, reader, controller });
platform_object!(ReadableStream);

/// [State](https://streams.spec.whatwg.org/#readablestream-state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Readable,
    Closed,
    Errored,
}

/// [Reader](https://streams.spec.whatwg.org/#readablestream-reader).
#[derive(Clone)]
pub(super) enum Reader {
    Default(Member<ReadableStreamDefaultReader>),
    Byob(Member<ReadableStreamBYOBReader>),
}

impl Trace for Reader {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Default(reader) => reader.trace(tracer),
            Self::Byob(reader) => reader.trace(tracer),
        }
    }
}

/// [Controller](https://streams.spec.whatwg.org/#readablestream-controller).
#[derive(Clone)]
pub(super) enum Controller {
    Default(Member<ReadableStreamDefaultController>),
    Byte(Member<ReadableByteStreamController>),
}

impl Trace for Controller {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Default(controller) => controller.trace(tracer),
            Self::Byte(controller) => controller.trace(tracer),
        }
    }
}

/// [What both kinds of controller can do](https://streams.spec.whatwg.org/#rs-abstract-ops-used-by-controllers).
impl Controller {
    fn cancel_steps(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        match self {
            Self::Default(controller) => controller.cancel_steps(realm, reason),
            Self::Byte(controller) => controller.cancel_steps(realm, reason),
        }
    }

    pub(super) fn pull_steps(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        match self {
            Self::Default(controller) => controller.pull_steps(realm, request),
            Self::Byte(controller) => controller.pull_steps(realm, request),
        }
    }

    pub(super) fn release_steps(&self) {
        match self {
            // [\[\[ReleaseSteps\]\]](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaultcontroller-releasesteps)
            // of a default controller does nothing.
            Self::Default(_) => {}
            Self::Byte(controller) => controller.release_steps(),
        }
    }

    pub(super) fn error_steps(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        match self {
            Self::Default(controller) => controller.error_steps(realm, error),
            Self::Byte(controller) => controller.error_steps(realm, error),
        }
    }
}

impl ReadableStream {
    /// [InitializeReadableStream](https://streams.spec.whatwg.org/#initialize-readable-stream).
    fn initial() -> Self {
        Self {
            reflector: Reflector::new(),
            state: Cell::new(State::Readable),
            stored_error: RefCell::new(Value::UNDEFINED.into()),
            reader: RefCell::default(),
            controller: RefCell::default(),
            disturbed: Cell::new(false),
            construction: RefCell::default(),
        }
    }

    /// [CreateReadableStream](https://streams.spec.whatwg.org/#create-readable-stream), or [setting
    /// up](https://streams.spec.whatwg.org/#readablestream-set-up) a stream of the platform's own. Nothing is pulled
    /// before it is asked for with a high water mark of 0.
    pub(super) fn create(
        realm: &Realm,
        source: Box<dyn UnderlyingSourceSteps>,
        strategy: Strategy,
    ) -> Fallible<Root<Self>> {
        let stream = realm.wrap(Self::initial())?;
        readable_stream_default_controller::set_up(realm, &stream, source, strategy)?;
        Ok(stream)
    }

    /// [CreateReadableByteStream](https://streams.spec.whatwg.org/#abstract-opdef-createreadablebytestream), or [setting up
    /// with byte reading support](https://streams.spec.whatwg.org/#readablestream-set-up-with-byte-reading-support).
    pub(super) fn create_byte_stream(
        realm: &Realm,
        source: Box<dyn UnderlyingSourceSteps>,
    ) -> Fallible<Root<Self>> {
        let stream = realm.wrap(Self::initial())?;
        readable_byte_stream_controller::set_up(realm, &stream, source, 0.0, None)?;
        Ok(stream)
    }

    /// A stream that is closed.
    pub(crate) fn closed(realm: &Realm) -> Fallible<Root<Self>> {
        let stream = Self::create(realm, Box::new(NoSource), Strategy::counting(1.0))?;
        if let Controller::Default(controller) = stream.controller()? {
            controller.close_steps(realm)?;
        }
        Ok(stream)
    }

    /// [Pipes](https://streams.spec.whatwg.org/#readablestream-pipe-to) it into another, without options.
    ///
    /// # Errors
    /// A `TypeError` if one of them is locked.
    pub(crate) fn pipe_into(
        &self,
        realm: &Realm,
        destination: &Root<WritableStream>,
    ) -> Fallible<Promise<()>> {
        pipe_to(realm, &self.root(), destination, PipeOptions::default())
    }

    /// Whether it is [locked](https://streams.spec.whatwg.org/#is-readable-stream-locked).
    pub(crate) fn is_locked(&self) -> bool {
        self.reader.borrow().is_some()
    }

    /// Whether it is [disturbed](https://streams.spec.whatwg.org/#is-readable-stream-disturbed).
    pub(crate) fn is_disturbed(&self) -> bool {
        self.disturbed.get()
    }

    /// Whether it is [readable](https://streams.spec.whatwg.org/#readablestream-readable).
    pub(crate) fn is_readable(&self) -> bool {
        self.state.get() == State::Readable
    }

    /// Whether it is [errored](https://streams.spec.whatwg.org/#readablestream-errored).
    pub(super) fn is_errored(&self) -> bool {
        self.state.get() == State::Errored
    }

    pub(super) fn controller(&self) -> Fallible<Controller> {
        self.controller.borrow().clone().ok_or_else(|| Exception::type_error("the stream is not set up yet"))
    }

    pub(super) fn stored_error(&self) -> Value {
        (**self.stored_error.borrow()).clone()
    }

    fn current_reader(&self) -> Option<Reader> {
        self.reader.borrow().clone()
    }

    pub(super) fn default_reader(&self) -> Option<Root<ReadableStreamDefaultReader>> {
        match self.current_reader() {
            Some(Reader::Default(reader)) => Some(reader.into_inner()),
            _ => None,
        }
    }

    pub(super) fn byob_reader(&self) -> Option<Root<ReadableStreamBYOBReader>> {
        match self.current_reader() {
            Some(Reader::Byob(reader)) => Some(reader.into_inner()),
            _ => None,
        }
    }

    /// [ReadableStreamClose](https://streams.spec.whatwg.org/#readable-stream-close).
    pub(super) fn close(&self, realm: &Realm) -> Fallible<()> {
        self.state.set(State::Closed);
        match self.current_reader() {
            None => Ok(()),
            Some(Reader::Byob(reader)) => {
                reader.generic.closed_promise().resolve(realm, ());
                Ok(())
            }
            Some(Reader::Default(reader)) => {
                reader.generic.closed_promise().resolve(realm, ());
                reader.take_requests().into_iter().try_for_each(|request| request.close(realm))
            }
        }
    }

    /// [ReadableStreamError](https://streams.spec.whatwg.org/#readable-stream-error).
    pub(super) fn fail(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.state.set(State::Errored);
        self.stored_error.replace(error.clone().into());
        let fail = |closed: Promise<()>| {
            closed.reject(realm, Exception::js(error.clone()));
            closed.mark_as_handled();
        };
        match self.current_reader() {
            None => Ok(()),
            Some(Reader::Default(reader)) => {
                fail(reader.generic.closed_promise());
                reader.error_requests(realm, error)
            }
            Some(Reader::Byob(reader)) => {
                fail(reader.generic.closed_promise());
                reader.error_requests(realm, error)
            }
        }
    }

    /// [ReadableStreamCancel](https://streams.spec.whatwg.org/#readable-stream-cancel).
    pub(crate) fn cancel_with(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        // The promise is one of the stream's realm, whatever reader it is canceled by.
        let realm = realm.of(self);
        // Steps 1 to 3.
        self.disturbed.set(true);
        match self.state.get() {
            State::Closed => return Promise::resolved(realm, ()),
            State::Errored => return Promise::rejected(realm, Exception::js(self.stored_error())),
            State::Readable => {}
        }
        // Step 4.
        self.close(realm)?;
        // Steps 5 and 6.
        if let Some(reader) = self.byob_reader() {
            reader.take_requests().into_iter().try_for_each(|request| request.close(realm, None))?;
        }
        // Steps 7 and 8.
        let canceled = self.controller()?.cancel_steps(realm, reason)?;
        canceled.then_with(realm, (), Some(|_, (), _| Ok(Value::UNDEFINED)), None)
    }

    /// [Errors](https://streams.spec.whatwg.org/#readablestream-error) a stream of the platform's own.
    pub(crate) fn error_with(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.controller()?.error_steps(realm, error)
    }

    /// Steps 5 and 6 of the constructor.
    fn set_up_controller(
        this: &Root<Self>,
        realm: &Realm,
        object: Option<Traced<Object>>,
        source: UnderlyingSource,
        strategy: QueuingStrategy,
    ) -> Fallible<()> {
        let is_bytes = source.type_.is_some();
        let chunk_size = source.auto_allocate_chunk_size;
        let steps: Box<dyn UnderlyingSourceSteps> = match object {
            Some(object) => Box::new(ScriptSource::new(object, source)),
            None => Box::new(NoSource),
        };
        if is_bytes {
            if strategy.size.is_some() {
                return Err(Exception::range_error("the strategy of a byte stream cannot have a size()"));
            }
            let high_water_mark = Strategy::extract(strategy, 0.0)?.high_water_mark;
            if chunk_size == Some(0) {
                return Err(Exception::type_error("autoAllocateChunkSize is 0, but must be positive"));
            }
            readable_byte_stream_controller::set_up(realm, this, steps, high_water_mark, chunk_size)
        } else {
            let strategy = Strategy::extract(strategy, 1.0)?;
            readable_stream_default_controller::set_up(realm, this, steps, strategy)
        }
    }
}

impl ReadableStreamMethods for ReadableStream {
    /// [`new ReadableStream()`](https://streams.spec.whatwg.org/#rs-constructor)
    fn constructor(
        realm: &Realm,
        underlying_source: Option<Object>,
        strategy: QueuingStrategy,
    ) -> Fallible<Self> {
        // Steps 1 and 2.
        let source = match &underlying_source {
            Some(object) => UnderlyingSource::from_js(realm, object.as_value())?,
            None => UnderlyingSource::default(),
        };
        // Step 3.
        let stream = Self::initial();
        let object = underlying_source.map(Into::into);
        stream.construction.replace(Some(Construction { object, source, strategy }));
        Ok(stream)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        match this.construction.take() {
            Some(Construction { object, source, strategy }) => {
                Self::set_up_controller(this, realm, object, source, strategy)
            }
            None => Ok(()),
        }
    }

    /// [`ReadableStream.from()`](https://streams.spec.whatwg.org/#rs-from)
    fn from(realm: &Realm, async_iterable: AsyncSequence<Value>) -> Fallible<Root<Self>> {
        from_iterable(realm, &async_iterable)
    }

    fn locked(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_locked())
    }

    fn async_iterator(
        &self,
        realm: &Realm,
        options: ReadableStreamIteratorOptions,
    ) -> Fallible<Box<dyn bgfetch_js::glue::AsyncIteration>> {
        let reader = ReadableStreamDefaultReader::acquire(realm, &self.root())?;
        Ok(Box::new(super::iteration::StreamIteration::new(reader, options.prevent_cancel)))
    }

    /// [`cancel()`](https://streams.spec.whatwg.org/#rs-cancel)
    fn cancel(&self, realm: &Realm, reason: Option<Value>) -> Fallible<Promise<()>> {
        if self.is_locked() {
            return Err(Exception::type_error("the stream is locked: cancel it through its reader"));
        }
        self.cancel_with(realm, &reason.unwrap_or_default())
    }

    /// [`getReader()`](https://streams.spec.whatwg.org/#rs-get-reader)
    fn get_reader(
        &self,
        realm: &Realm,
        options: ReadableStreamGetReaderOptions,
    ) -> Fallible<ReadableStreamReader> {
        let stream = self.root();
        Ok(match options.mode {
            None => ReadableStreamReader::ReadableStreamDefaultReader(ReadableStreamDefaultReader::acquire(
                realm, &stream,
            )?),
            Some(_) => ReadableStreamReader::ReadableStreamBYOBReader(ReadableStreamBYOBReader::acquire(
                realm, &stream,
            )?),
        })
    }

    /// [`pipeThrough()`](https://streams.spec.whatwg.org/#rs-pipe-through)
    fn pipe_through(
        &self,
        realm: &Realm,
        transform: ReadableWritablePair,
        options: StreamPipeOptions,
    ) -> Fallible<Root<Self>> {
        // Steps 1 and 2.
        if self.is_locked() {
            return Err(Exception::type_error("the stream is locked: it cannot be piped"));
        }
        if transform.writable.is_locked() {
            return Err(Exception::type_error("the writable stream is locked: nothing can be piped to it"));
        }
        // Steps 3 to 6.
        pipe_to(realm, &self.root(), &transform.writable, PipeOptions::from(options))?.mark_as_handled();
        Ok(transform.readable)
    }

    /// [`pipeTo()`](https://streams.spec.whatwg.org/#rs-pipe-to)
    fn pipe_to(
        &self,
        realm: &Realm,
        destination: Root<WritableStream>,
        options: StreamPipeOptions,
    ) -> Fallible<Promise<()>> {
        if self.is_locked() {
            return Err(Exception::type_error("the stream is locked: it cannot be piped"));
        }
        if destination.is_locked() {
            return Err(Exception::type_error("the destination is locked: nothing can be piped to it"));
        }
        pipe_to(realm, &self.root(), &destination, PipeOptions::from(options))
    }

    fn tee(&self, realm: &Realm) -> Fallible<Vec<Root<Self>>> {
        let (first, second) = self.tee_streams(realm, false)?;
        Ok(vec![first, second])
    }
}
