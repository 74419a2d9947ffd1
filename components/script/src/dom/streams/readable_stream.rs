//! [`ReadableStream`](https://streams.spec.whatwg.org/#rs-class) with default readers.
//!
//! Byte streams (`type: "bytes"`), BYOB readers and piping to writable streams are not implemented: there is nothing to
//! write to yet.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Callback, Exception, Fallible, FromJs, Member, Object, PlatformObject, Promise, Realm, Reflector, Root,
    ToJs, Traced, Value, platform_object, trace_fields,
};

use super::readable_stream_default_controller::{Strategy, set_up};
use super::source::{NoSource, ScriptSource, UnderlyingSourceSteps};
use crate::bindings::{
    QueuingStrategy, ReadableStreamGetReaderOptions, ReadableStreamIteratorOptions, ReadableStreamMethods,
    UnderlyingSource,
};
use crate::dom::{ReadableStreamDefaultController, ReadableStreamDefaultReader};

/// `ReadableStream`.
pub(crate) struct ReadableStream {
    reflector: Reflector,
    pub(super) state: Cell<State>,
    pub(super) stored_error: RefCell<Traced<Value>>,
    pub(super) reader: RefCell<Option<Member<ReadableStreamDefaultReader>>>,
    pub(super) controller: RefCell<Option<Member<ReadableStreamDefaultController>>>,
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

impl ReadableStream {
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

    /// [Sets up](https://streams.spec.whatwg.org/#readablestream-set-up) a stream of the platform's own. Nothing is
    /// pulled before it is asked for with a high water mark of 0.
    pub(super) fn create(
        realm: &Realm,
        source: Box<dyn UnderlyingSourceSteps>,
        high_water_mark: f64,
    ) -> Fallible<Root<Self>> {
        let stream = realm.wrap(Self::initial())?;
        set_up(realm, &stream, source, Strategy { high_water_mark, size: None })?;
        Ok(stream)
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

    pub(super) fn controller(&self) -> Fallible<Root<ReadableStreamDefaultController>> {
        let controller = self.controller.borrow();
        let controller = controller.as_ref().map(|controller| (**controller).clone());
        controller.ok_or_else(|| Exception::type_error("the stream is not set up yet"))
    }

    pub(super) fn error_value(&self) -> Value {
        (**self.stored_error.borrow()).clone()
    }

    pub(super) fn reader(&self) -> Option<Root<ReadableStreamDefaultReader>> {
        self.reader.borrow().as_ref().map(|reader| (**reader).clone())
    }

    /// [AcquireReadableStreamDefaultReader](https://streams.spec.whatwg.org/#acquire-readable-stream-reader).
    pub(super) fn acquire_reader(&self, realm: &Realm) -> Fallible<Root<ReadableStreamDefaultReader>> {
        let reader = realm.wrap(ReadableStreamDefaultReader::detached(realm)?)?;
        reader.set_up(realm, &self.root())?;
        Ok(reader)
    }

    /// [ReadableStreamClose](https://streams.spec.whatwg.org/#readable-stream-close).
    pub(super) fn close(&self, realm: &Realm) -> Fallible<()> {
        self.state.set(State::Closed);
        let Some(reader) = self.reader() else { return Ok(()) };
        reader.closed_promise().resolve(realm, ());
        for request in reader.take_requests() {
            request.close(realm)?;
        }
        Ok(())
    }

    /// [ReadableStreamError](https://streams.spec.whatwg.org/#readable-stream-error).
    pub(super) fn fail(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.state.set(State::Errored);
        self.stored_error.replace(error.clone().into());
        let Some(reader) = self.reader() else { return Ok(()) };
        let closed = reader.closed_promise();
        closed.reject(realm, Exception::Js(error.clone()));
        closed.mark_as_handled();
        for request in reader.take_requests() {
            request.error(realm, error)?;
        }
        Ok(())
    }

    /// [ReadableStreamCancel](https://streams.spec.whatwg.org/#readable-stream-cancel).
    pub(crate) fn cancel_with(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.disturbed.set(true);
        match self.state.get() {
            State::Closed => return Promise::resolved(realm, ()),
            State::Errored => return Promise::rejected(realm, Exception::Js(self.error_value())),
            State::Readable => {}
        }
        self.close(realm)?;
        let canceled = self.controller()?.cancel_steps(realm, reason)?;
        canceled.then(realm, |_, _| Ok(Value::UNDEFINED), None)
    }

    /// [Errors](https://streams.spec.whatwg.org/#readablestream-error) a stream of the platform's own.
    pub(crate) fn error_with(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.controller()?.error_steps(realm, error)
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
        // Step 4.
        if source.type_.is_some() {
            return Err(Exception::type_error(
                "byte streams (an underlying source of type \"bytes\") are not implemented here",
            ));
        }
        let stream = Self::initial();
        let object = underlying_source.map(Into::into);
        stream.construction.replace(Some(Construction { object, source, strategy }));
        Ok(stream)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let Some(Construction { object, source, strategy }) = this.construction.take() else { return Ok(()) };
        // Step 5.
        let high_water_mark = match strategy.high_water_mark {
            None => 1.0,
            Some(mark) if mark.is_nan() || mark < 0.0 => {
                return Err(Exception::range_error(format!(
                    "highWaterMark is {mark}, but must not be NaN or negative"
                )));
            }
            Some(mark) => mark,
        };
        let size = match strategy.size {
            Some(size) => Some(Callback::new(&size.to_js(realm)?)?),
            None => None,
        };
        let steps: Box<dyn UnderlyingSourceSteps> = match object {
            Some(object) => Box::new(ScriptSource::new(object, source)),
            None => Box::new(NoSource),
        };
        set_up(realm, this, steps, Strategy { high_water_mark, size })
    }

    fn locked(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_locked())
    }

    fn async_iterator(
        &self,
        realm: &Realm,
        options: ReadableStreamIteratorOptions,
    ) -> Fallible<Box<dyn bgfetch_js::glue::AsyncIteration>> {
        Ok(Box::new(super::iteration::StreamIteration::new(
            self.acquire_reader(realm)?,
            options.prevent_cancel,
        )))
    }

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
    ) -> Fallible<Root<ReadableStreamDefaultReader>> {
        if options.mode.is_some() {
            return Err(Exception::type_error("the stream is no byte stream: it has no BYOB reader"));
        }
        self.acquire_reader(realm)
    }

    fn tee(&self, realm: &Realm) -> Fallible<Vec<Root<Self>>> {
        let (first, second) = self.tee_streams(realm, false)?;
        Ok(vec![first, second])
    }
}
