//! [`WritableStreamDefaultController`](https://streams.spec.whatwg.org/#ws-default-controller-class).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Trace, Traced, Tracer, Value,
    platform_object, trace_fields,
};

use super::queue::{QueueWithSizes, SizeAlgorithm, Strategy};
use super::sink::{SharedSink, UnderlyingSinkSteps};
use super::writable_stream::State;
use crate::bindings::WritableStreamDefaultControllerMethods;
use crate::dom::{AbortSignal, WritableStream};

/// `WritableStreamDefaultController`.
pub(crate) struct WritableStreamDefaultController {
    reflector: Reflector,
    stream: Member<WritableStream>,
    queue: QueueWithSizes<Written>,
    /// The signal of its [abort controller](https://streams.spec.whatwg.org/#writablestreamdefaultcontroller-abortcontroller),
    /// which nobody sees.
    signal: Member<AbortSignal>,
    started: Cell<bool>,
    strategy_hwm: f64,
    /// `None` once its algorithms were cleared.
    strategy_size: RefCell<Option<SizeAlgorithm>>,
    sink: RefCell<Option<Traced<SharedSink>>>,
}

trace_fields!(WritableStreamDefaultController { stream, queue, signal, strategy_size, sink });
platform_object!(WritableStreamDefaultController);

/// What is in the queue.
#[derive(Clone)]
enum Written {
    Chunk(Traced<Value>),
    /// The [close sentinel](https://streams.spec.whatwg.org/#close-sentinel).
    Close,
}

impl Trace for Written {
    fn trace(&self, tracer: &mut Tracer) {
        if let Self::Chunk(chunk) = self {
            chunk.trace(tracer);
        }
    }
}

/// [SetUpWritableStreamDefaultController](https://streams.spec.whatwg.org/#set-up-writable-stream-default-controller).
///
/// # Errors
/// What the start algorithm throws.
pub(super) fn set_up(
    realm: &Realm,
    stream: &Root<WritableStream>,
    sink: Box<dyn UnderlyingSinkSteps>,
    strategy: Strategy,
) -> Fallible<()> {
    // Steps 3 to 12.
    let sink = realm.share(sink)?;
    let controller = realm.wrap(WritableStreamDefaultController {
        reflector: Reflector::new(),
        stream: stream.clone().into(),
        queue: QueueWithSizes::default(),
        signal: realm.wrap(AbortSignal::new())?.into(),
        started: Cell::new(false),
        strategy_hwm: strategy.high_water_mark,
        strategy_size: RefCell::new(Some(SizeAlgorithm::new(strategy.size))),
        sink: RefCell::new(Some(sink.clone().into())),
    })?;
    stream.controller.replace(Some(controller.clone().into()));
    // Steps 13 and 14.
    stream.update_backpressure(realm, controller.has_backpressure())?;
    // Step 15.
    let started = sink.start(realm, &controller)?;
    // Steps 16 to 18.
    Promise::<Value>::resolve_value(realm, &started)?.react_with(
        realm,
        Member::from(controller),
        |realm, controller, _| {
            controller.started.set(true);
            controller.advance_queue_if_needed(realm)
        },
        |realm, controller, reason| {
            controller.started.set(true);
            controller.stream.deal_with_rejection(realm, reason)
        },
    )
}

impl WritableStreamDefaultController {
    fn sink(&self) -> Option<SharedSink> {
        self.sink.borrow().as_deref().cloned()
    }

    pub(super) fn is_started(&self) -> bool {
        self.started.get()
    }

    /// [Signals abort](https://dom.spec.whatwg.org/#abortcontroller-signal-abort) on its abort controller.
    pub(super) fn signal_abort(&self, realm: &Realm, reason: &Value) -> Fallible<()> {
        // Without a reason of its own an abort has the usual one.
        let reason = Some(reason.clone()).filter(|reason| !reason.is_undefined());
        self.signal.signal_abort(realm, reason)
    }

    /// [\[\[AbortSteps\]\]](https://streams.spec.whatwg.org/#ws-default-controller-private-abort).
    pub(super) fn abort_steps(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let aborted = self.sink().map(|sink| sink.abort(realm, reason));
        self.clear_algorithms();
        aborted.unwrap_or_else(|| Promise::resolved(realm, ()))
    }

    /// [\[\[ErrorSteps\]\]](https://streams.spec.whatwg.org/#ws-default-controller-private-error).
    pub(super) fn error_steps(&self) {
        self.queue.reset();
    }

    /// [AdvanceQueueIfNeeded](https://streams.spec.whatwg.org/#writable-stream-default-controller-advance-queue-if-needed).
    fn advance_queue_if_needed(&self, realm: &Realm) -> Fallible<()> {
        // Steps 2 and 3.
        if !self.started.get() || self.stream.has_write_in_flight() {
            return Ok(());
        }
        // Step 6.
        if self.stream.state.get() == State::Erroring {
            return self.stream.finish_erroring(realm);
        }
        // Steps 7 to 10.
        match self.queue.peek() {
            None => Ok(()),
            Some(Written::Close) => self.process_close(realm),
            Some(Written::Chunk(chunk)) => self.process_write(realm, &chunk),
        }
    }

    /// [ClearAlgorithms](https://streams.spec.whatwg.org/#writable-stream-default-controller-clear-algorithms).
    fn clear_algorithms(&self) {
        let gone = (self.sink.take(), self.strategy_size.take());
        drop(gone);
    }

    /// [Close](https://streams.spec.whatwg.org/#writable-stream-default-controller-close).
    pub(super) fn close_steps(&self, realm: &Realm) -> Fallible<()> {
        self.queue.enqueue(Written::Close, 0.0)?;
        self.advance_queue_if_needed(realm)
    }

    /// [Error](https://streams.spec.whatwg.org/#writable-stream-default-controller-error).
    fn fail(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.clear_algorithms();
        self.stream.start_erroring(realm, error)
    }

    /// [ErrorIfNeeded](https://streams.spec.whatwg.org/#writable-stream-default-controller-error-if-needed).
    pub(super) fn error_if_needed(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if self.stream.state.get() == State::Writable { self.fail(realm, error) } else { Ok(()) }
    }

    /// [GetBackpressure](https://streams.spec.whatwg.org/#writable-stream-default-controller-get-backpressure).
    fn has_backpressure(&self) -> bool {
        self.desired_size() <= 0.0
    }

    /// [GetChunkSize](https://streams.spec.whatwg.org/#writable-stream-default-controller-get-chunk-size).
    pub(super) fn chunk_size(&self, realm: &Realm, chunk: &Value) -> Fallible<f64> {
        // The algorithm runs outside of its place: it may clear it.
        let Some(algorithm) = self.strategy_size.borrow().clone() else { return Ok(1.0) };
        match algorithm.run(realm, chunk) {
            Ok(size) => Ok(size),
            Err(exception) => {
                self.error_if_needed(realm, &exception.to_value(realm))?;
                Ok(1.0)
            }
        }
    }

    /// [GetDesiredSize](https://streams.spec.whatwg.org/#writable-stream-default-controller-get-desired-size).
    pub(super) fn desired_size(&self) -> f64 {
        self.strategy_hwm - self.queue.total_size()
    }

    /// [ProcessClose](https://streams.spec.whatwg.org/#writable-stream-default-controller-process-close).
    fn process_close(&self, realm: &Realm) -> Fallible<()> {
        // Steps 2 and 3.
        self.stream.mark_close_request_in_flight();
        self.queue.dequeue();
        // Steps 5 and 6.
        let closed = self.sink().map(|sink| sink.close(realm));
        self.clear_algorithms();
        // Steps 7 and 8.
        closed.unwrap_or_else(|| Promise::resolved(realm, ()))?.react_with(
            realm,
            self.stream.clone(),
            |realm, stream, _| {
                stream.finish_in_flight_close(realm);
                Ok(())
            },
            |realm, stream, reason| stream.finish_in_flight_close_with_error(realm, reason),
        )
    }

    /// [ProcessWrite](https://streams.spec.whatwg.org/#writable-stream-default-controller-process-write).
    fn process_write(&self, realm: &Realm, chunk: &Value) -> Fallible<()> {
        // Step 2.
        self.stream.mark_first_write_request_in_flight();
        // Step 3.
        let this = self.root();
        let written = self.sink().map(|sink| sink.write(realm, chunk, &this));
        // Steps 4 and 5.
        written.unwrap_or_else(|| Promise::resolved(realm, ()))?.react_with(
            realm,
            Member::from(this),
            |realm, this, _| this.chunk_written(realm),
            |realm, this, reason| {
                if this.stream.state.get() == State::Writable {
                    this.clear_algorithms();
                }
                this.stream.finish_in_flight_write_with_error(realm, reason)
            },
        )
    }

    /// The steps upon fulfillment.
    fn chunk_written(&self, realm: &Realm) -> Fallible<()> {
        self.stream.finish_in_flight_write(realm);
        let chunk = self.queue.dequeue();
        drop(chunk);
        self.update_backpressure(realm)?;
        self.advance_queue_if_needed(realm)
    }

    fn update_backpressure(&self, realm: &Realm) -> Fallible<()> {
        if self.stream.close_queued_or_in_flight() || self.stream.state.get() != State::Writable {
            return Ok(());
        }
        self.stream.update_backpressure(realm, self.has_backpressure())
    }

    /// [Write](https://streams.spec.whatwg.org/#writable-stream-default-controller-write).
    pub(super) fn write_steps(&self, realm: &Realm, chunk: &Value, size: f64) -> Fallible<()> {
        // Steps 1 and 2.
        if let Err(exception) = self.queue.enqueue(Written::Chunk(chunk.clone().into()), size) {
            return self.error_if_needed(realm, &exception.to_value(realm));
        }
        // Steps 3 to 5.
        self.update_backpressure(realm)?;
        self.advance_queue_if_needed(realm)
    }
}

impl WritableStreamDefaultControllerMethods for WritableStreamDefaultController {
    fn signal(&self, _: &Realm) -> Fallible<Root<AbortSignal>> {
        Ok((*self.signal).clone())
    }

    /// [`error()`](https://streams.spec.whatwg.org/#ws-default-controller-error)
    fn error(&self, realm: &Realm, e: Option<Value>) -> Fallible<()> {
        self.error_if_needed(realm, &e.unwrap_or_default())
    }
}
