//! [`TransformStream`](https://streams.spec.whatwg.org/#ts-class).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Exception, Fallible, FromJs, Member, Object, Promise, Realm, Reflector, Root, Traced, Value,
    platform_object, trace_fields,
};

use super::pulling::PullingController;
use super::queue::Strategy;
use super::readable_stream::Controller;
use super::sink::UnderlyingSinkSteps;
use super::source::UnderlyingSourceSteps;
use super::transformer::{ScriptTransformer, TransformerSteps};
use crate::bindings::{QueuingStrategy, ReadableStreamController, TransformStreamMethods, Transformer};
use crate::dom::{
    ReadableStream, ReadableStreamDefaultController, TransformStreamDefaultController, WritableStream,
    WritableStreamDefaultController,
};

/// `TransformStream`.
pub(crate) struct TransformStream {
    reflector: Reflector,
    readable: RefCell<Option<Member<ReadableStream>>>,
    writable: RefCell<Option<Member<WritableStream>>>,
    pub(super) controller: RefCell<Option<Member<TransformStreamDefaultController>>>,
    pub(super) backpressure: Cell<bool>,
    backpressure_change_promise: RefCell<Option<Traced<Promise<()>>>>,
    /// What the constructor was given, until the object is there.
    construction: RefCell<Option<Construction>>,
}

trace_fields!(TransformStream { readable, writable, controller, backpressure_change_promise });
platform_object!(TransformStream);

struct Construction {
    object: Option<Traced<Object>>,
    transformer: Transformer,
    writable_strategy: Strategy,
    readable_strategy: Strategy,
}

/// The underlying sink of the writable side.
struct TransformSink {
    stream: Member<TransformStream>,
    start_promise: Traced<Promise<()>>,
}

trace_fields!(TransformSink { stream, start_promise });

/// The underlying source of the readable side.
struct TransformSource {
    stream: Member<TransformStream>,
    start_promise: Traced<Promise<()>>,
}

trace_fields!(TransformSource { stream, start_promise });

fn not_set_up() -> Exception {
    Exception::type_error("the stream is not set up yet")
}

impl TransformStream {
    fn initial() -> Self {
        Self {
            reflector: Reflector::new(),
            readable: RefCell::default(),
            writable: RefCell::default(),
            controller: RefCell::default(),
            backpressure: Cell::new(false),
            backpressure_change_promise: RefCell::default(),
            construction: RefCell::default(),
        }
    }

    /// [Sets up](https://streams.spec.whatwg.org/#transformstream-set-up) a stream of the platform's own.
    pub(crate) fn create(realm: &Realm, transformer: Box<dyn TransformerSteps>) -> Fallible<Root<Self>> {
        let stream = realm.wrap(Self::initial())?;
        let start_promise = Promise::resolved(realm, ())?;
        let strategies = (Strategy::counting(1.0), Strategy::counting(0.0));
        Self::initialize(&stream, realm, &start_promise, strategies.0, strategies.1)?;
        TransformStreamDefaultController::set_up(realm, &stream, transformer)?;
        Ok(stream)
    }

    /// Of two sides that are there already: what is left of a transform stream that was transferred.
    pub(super) fn of_sides(
        realm: &Realm,
        readable: Root<ReadableStream>,
        writable: Root<WritableStream>,
    ) -> Fallible<Root<Self>> {
        let stream = Self::initial();
        stream.readable.replace(Some(readable.into()));
        stream.writable.replace(Some(writable.into()));
        realm.wrap(stream)
    }

    /// [InitializeTransformStream](https://streams.spec.whatwg.org/#initialize-transform-stream).
    fn initialize(
        this: &Root<Self>,
        realm: &Realm,
        start_promise: &Promise<()>,
        writable_strategy: Strategy,
        readable_strategy: Strategy,
    ) -> Fallible<()> {
        let (stream, start_promise) = (Member::from(this.clone()), Traced::new(start_promise.clone()));
        // Steps 1 to 5.
        let sink = TransformSink { stream: stream.clone(), start_promise: start_promise.clone() };
        let writable = WritableStream::create(realm, Box::new(sink), writable_strategy)?;
        this.writable.replace(Some(writable.into()));
        // Steps 6 to 8.
        let source = TransformSource { stream, start_promise };
        let readable = ReadableStream::create(realm, Box::new(source), readable_strategy)?;
        this.readable.replace(Some(readable.into()));
        // Steps 9 and 10.
        this.set_backpressure(realm, true)
    }

    pub(crate) fn readable_side(&self) -> Fallible<Root<ReadableStream>> {
        self.readable.borrow().as_deref().cloned().ok_or_else(not_set_up)
    }

    pub(crate) fn writable_side(&self) -> Fallible<Root<WritableStream>> {
        self.writable.borrow().as_deref().cloned().ok_or_else(not_set_up)
    }

    pub(super) fn readable_controller(&self) -> Fallible<Root<ReadableStreamDefaultController>> {
        match self.readable_side()?.controller()? {
            Controller::Default(controller) => Ok(controller.into_inner()),
            Controller::Byte(_) => Err(not_set_up()),
        }
    }

    fn writable_controller(&self) -> Fallible<Root<WritableStreamDefaultController>> {
        self.writable_side()?.controller()
    }

    fn controller(&self) -> Fallible<Root<TransformStreamDefaultController>> {
        self.controller.borrow().as_deref().cloned().ok_or_else(not_set_up)
    }

    /// [TransformStreamError](https://streams.spec.whatwg.org/#transform-stream-error).
    pub(super) fn fail(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.readable_controller()?.error_steps(realm, error)?;
        self.error_writable_and_unblock_write(realm, error)
    }

    /// [TransformStreamErrorWritableAndUnblockWrite](https://streams.spec.whatwg.org/#transform-stream-error-writable-and-unblock-write).
    pub(super) fn error_writable_and_unblock_write(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.controller()?.clear_algorithms();
        self.error_writable(realm, error)
    }

    /// Errors the writable side if needed, and [unblocks a
    /// write](https://streams.spec.whatwg.org/#transform-stream-unblock-write).
    fn error_writable(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.writable_controller()?.error_if_needed(realm, error)?;
        if self.backpressure.get() { self.set_backpressure(realm, false) } else { Ok(()) }
    }

    /// [TransformStreamSetBackpressure](https://streams.spec.whatwg.org/#transform-stream-set-backpressure).
    pub(super) fn set_backpressure(&self, realm: &Realm, backpressure: bool) -> Fallible<()> {
        let changed = Promise::new(realm)?;
        if let Some(promise) = self.backpressure_change_promise.replace(Some(changed.into())) {
            promise.resolve(realm, ());
        }
        self.backpressure.set(backpressure);
        Ok(())
    }

    fn backpressure_change(&self) -> Fallible<Promise<()>> {
        let promise = self.backpressure_change_promise.borrow();
        promise.as_deref().cloned().ok_or_else(not_set_up)
    }
}

/// [Default sinks](https://streams.spec.whatwg.org/#ts-default-sink-abstract-ops).
impl UnderlyingSinkSteps for TransformSink {
    fn start(&self, _: &Realm, _: &Root<WritableStreamDefaultController>) -> Fallible<Value> {
        Ok(self.start_promise.as_object().as_value().clone())
    }

    /// [WriteAlgorithm](https://streams.spec.whatwg.org/#transform-stream-default-sink-write-algorithm).
    fn write(
        &self,
        realm: &Realm,
        chunk: &Value,
        _: &Root<WritableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        // Step 4.
        if !self.stream.backpressure.get() {
            return self.stream.controller()?.perform_transform(realm, chunk);
        }
        // Step 3.
        self.stream.backpressure_change()?.then_with(
            realm,
            (self.stream.clone(), Traced::new(chunk.clone())),
            Some(|realm, (stream, chunk), _| {
                let writable = stream.writable_side()?;
                if writable.is_erroring() {
                    return Err(Exception::js(writable.stored_error()));
                }
                let transformed = stream.controller()?.perform_transform(realm, chunk)?;
                Ok(transformed.as_object().as_value().clone())
            }),
            None,
        )
    }

    /// [CloseAlgorithm](https://streams.spec.whatwg.org/#transform-stream-default-sink-close-algorithm).
    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let controller = self.stream.controller()?;
        // Step 2.
        if let Some(promise) = controller.finish_promise() {
            return Ok(promise);
        }
        // Steps 4 to 6.
        let finished = controller.start_finishing(realm)?;
        let flushed = controller.flush(realm)?;
        controller.clear_algorithms();
        // Step 7.
        flushed.react_with(
            realm,
            (self.stream.clone(), Traced::new(finished.clone())),
            |realm, (stream, finished), _| {
                let readable = stream.readable_side()?;
                if readable.is_errored() {
                    finished.reject(realm, Exception::js(readable.stored_error()));
                } else {
                    stream.readable_controller()?.close_steps(realm)?;
                    finished.resolve(realm, ());
                }
                Ok(())
            },
            |realm, (stream, finished), reason| {
                stream.readable_controller()?.error_steps(realm, reason)?;
                finished.reject(realm, Exception::js(reason.clone()));
                Ok(())
            },
        )?;
        // Step 8.
        Ok(finished)
    }

    /// [AbortAlgorithm](https://streams.spec.whatwg.org/#transform-stream-default-sink-abort-algorithm).
    fn abort(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let controller = self.stream.controller()?;
        // Step 2.
        if let Some(promise) = controller.finish_promise() {
            return Ok(promise);
        }
        // Steps 4 to 6.
        let finished = controller.start_finishing(realm)?;
        let canceled = controller.cancel(realm, reason)?;
        controller.clear_algorithms();
        // Step 7.
        canceled.react_with(
            realm,
            (self.stream.clone(), Traced::new(finished.clone()), Traced::new(reason.clone())),
            |realm, (stream, finished, reason), _| {
                let readable = stream.readable_side()?;
                if readable.is_errored() {
                    finished.reject(realm, Exception::js(readable.stored_error()));
                } else {
                    stream.readable_controller()?.error_steps(realm, reason)?;
                    finished.resolve(realm, ());
                }
                Ok(())
            },
            |realm, (stream, finished, _), reason| {
                stream.readable_controller()?.error_steps(realm, reason)?;
                finished.reject(realm, Exception::js(reason.clone()));
                Ok(())
            },
        )?;
        // Step 8.
        Ok(finished)
    }
}

/// [Default sources](https://streams.spec.whatwg.org/#ts-default-source-abstract-ops).
impl UnderlyingSourceSteps for TransformSource {
    fn start(&self, _: &Realm, _: &ReadableStreamController) -> Fallible<Value> {
        Ok(self.start_promise.as_object().as_value().clone())
    }

    /// [PullAlgorithm](https://streams.spec.whatwg.org/#transform-stream-default-source-pull).
    fn pull(&self, realm: &Realm, _: &ReadableStreamController) -> Fallible<Promise<()>> {
        self.stream.set_backpressure(realm, false)?;
        self.stream.backpressure_change()
    }

    /// [CancelAlgorithm](https://streams.spec.whatwg.org/#transform-stream-default-source-cancel).
    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let controller = self.stream.controller()?;
        // Step 2.
        if let Some(promise) = controller.finish_promise() {
            return Ok(promise);
        }
        // Steps 4 to 6.
        let finished = controller.start_finishing(realm)?;
        let canceled = controller.cancel(realm, reason)?;
        controller.clear_algorithms();
        // Step 7.
        canceled.react_with(
            realm,
            (self.stream.clone(), Traced::new(finished.clone()), Traced::new(reason.clone())),
            |realm, (stream, finished, reason), _| {
                let writable = stream.writable_side()?;
                if writable.is_errored() {
                    finished.reject(realm, Exception::js(writable.stored_error()));
                } else {
                    stream.error_writable(realm, reason)?;
                    finished.resolve(realm, ());
                }
                Ok(())
            },
            |realm, (stream, finished, _), reason| {
                stream.error_writable(realm, reason)?;
                finished.reject(realm, Exception::js(reason.clone()));
                Ok(())
            },
        )?;
        // Step 8.
        Ok(finished)
    }
}

impl TransformStreamMethods for TransformStream {
    /// [`new TransformStream()`](https://streams.spec.whatwg.org/#ts-constructor)
    fn constructor(
        realm: &Realm,
        transformer: Option<Object>,
        writable_strategy: QueuingStrategy,
        readable_strategy: QueuingStrategy,
    ) -> Fallible<Self> {
        // Steps 1 and 2.
        let object = transformer;
        let transformer = match &object {
            Some(object) => Transformer::from_js(realm, object.as_value())?,
            None => Transformer::default(),
        };
        // Steps 3 and 4.
        if transformer.readable_type.is_some() || transformer.writable_type.is_some() {
            return Err(Exception::range_error("the transformer has a type, but there are no types"));
        }
        // Steps 5 to 8.
        let readable_strategy = Strategy::extract(readable_strategy, 0.0)?;
        let writable_strategy = Strategy::extract(writable_strategy, 1.0)?;
        let stream = Self::initial();
        let object = object.map(Into::into);
        let construction = Construction { object, transformer, writable_strategy, readable_strategy };
        stream.construction.replace(Some(construction));
        Ok(stream)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let Some(construction) = this.construction.take() else { return Ok(()) };
        let Construction { object, transformer, writable_strategy, readable_strategy } = construction;
        // Steps 9 and 10.
        let start_promise = Promise::new(realm)?;
        Self::initialize(this, realm, &start_promise, writable_strategy, readable_strategy)?;
        // Step 11.
        let start = transformer.start.clone();
        let steps = ScriptTransformer::new(object.clone(), transformer);
        let controller = TransformStreamDefaultController::set_up(realm, this, Box::new(steps))?;
        // Steps 12 and 13.
        let started = match start {
            Some(start) => {
                let transformer = object.map_or(Value::UNDEFINED, |object| object.as_value().clone());
                start.call(realm, &transformer, controller)?
            }
            None => Value::UNDEFINED,
        };
        start_promise.resolve_with(realm, &started);
        Ok(())
    }

    fn readable(&self, _: &Realm) -> Fallible<Root<ReadableStream>> {
        self.readable_side()
    }

    fn writable(&self, _: &Realm) -> Fallible<Root<WritableStream>> {
        self.writable_side()
    }
}
