//! [`ReadableStreamDefaultController`](https://streams.spec.whatwg.org/#rs-default-controller-class).

use bgfetch_js::{
    Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Traced, Value,
    platform_object, trace_fields,
};

use super::pulling::{Pulling, PullingController};
use super::queue::{QueueWithSizes, SizeAlgorithm, Strategy};
use super::read_request::ReadRequest;
use super::readable_stream::{Controller, State};
use super::source::UnderlyingSourceSteps;
use crate::bindings::{ReadableStreamController, ReadableStreamDefaultControllerMethods};
use crate::dom::ReadableStream;

/// `ReadableStreamDefaultController`.
pub(crate) struct ReadableStreamDefaultController {
    reflector: Reflector,
    stream: Member<ReadableStream>,
    queue: QueueWithSizes<Traced<Value>>,
    strategy_hwm: f64,
    strategy_size: SizeAlgorithm,
    pulling: Pulling,
}

trace_fields!(ReadableStreamDefaultController { stream, queue, strategy_size, pulling });
platform_object!(ReadableStreamDefaultController);

/// [SetUpReadableStreamDefaultController](https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller).
///
/// # Errors
/// What the start algorithm throws.
pub(super) fn set_up(
    realm: &Realm,
    stream: &Root<ReadableStream>,
    source: Box<dyn UnderlyingSourceSteps>,
    strategy: Strategy,
) -> Fallible<()> {
    // Steps 2 to 8.
    let controller = realm.wrap(ReadableStreamDefaultController {
        reflector: Reflector::new(),
        stream: stream.clone().into(),
        queue: QueueWithSizes::default(),
        strategy_hwm: strategy.high_water_mark,
        strategy_size: SizeAlgorithm::new(strategy.size),
        pulling: Pulling::new(realm, source)?,
    })?;
    stream.controller.replace(Some(Controller::Default(controller.clone().into())));
    // Steps 9 to 12.
    controller.start(realm)
}

impl PullingController for ReadableStreamDefaultController {
    fn stream(&self) -> &ReadableStream {
        &self.stream
    }

    fn pulling(&self) -> &Pulling {
        &self.pulling
    }

    fn as_union(&self) -> ReadableStreamController {
        ReadableStreamController::ReadableStreamDefaultController(self.root())
    }

    /// [ShouldCallPull](https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull).
    fn should_call_pull(&self) -> bool {
        if !self.can_close_or_enqueue() || !self.pulling.is_started() {
            return false;
        }
        if self.stream.default_reader().is_some_and(|reader| reader.has_requests()) {
            return true;
        }
        self.desired().is_some_and(|size| size > 0.0)
    }

    /// [Error](https://streams.spec.whatwg.org/#readable-stream-default-controller-error).
    fn error_steps(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if self.stream.state.get() != State::Readable {
            return Ok(());
        }
        self.queue.reset();
        self.clear_algorithms();
        self.stream.fail(realm, error)
    }
}

impl ReadableStreamDefaultController {
    /// [HasBackpressure](https://streams.spec.whatwg.org/#rs-default-controller-has-backpressure).
    pub(super) fn has_backpressure(&self) -> bool {
        !self.should_call_pull()
    }

    /// [GetDesiredSize](https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size).
    pub(super) fn desired(&self) -> Option<f64> {
        PullingController::desired(self, self.strategy_hwm, self.queue.total_size())
    }

    /// [ClearAlgorithms](https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms).
    fn clear_algorithms(&self) {
        self.pulling.clear();
        self.strategy_size.clear();
    }

    /// [Close](https://streams.spec.whatwg.org/#readable-stream-default-controller-close).
    pub(super) fn close_steps(&self, realm: &Realm) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        self.pulling.close_requested.set(true);
        if self.queue.is_empty() {
            self.clear_algorithms();
            self.stream.close(realm)?;
        }
        Ok(())
    }

    /// [Enqueue](https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue).
    ///
    /// # Errors
    /// What the size algorithm threw, or a `RangeError` if it gave no size; the stream is errored then.
    pub(super) fn enqueue_chunk(&self, realm: &Realm, chunk: &Value) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        // Step 3.
        if let Some(request) = self.stream.default_reader().and_then(|reader| reader.next_request()) {
            request.chunk(realm, chunk)?;
            return self.call_pull_if_needed(realm);
        }
        // Step 4.
        let size = self.strategy_size.run(realm, chunk);
        if let Err(exception) = size.and_then(|size| self.queue.enqueue(chunk.clone().into(), size)) {
            let error = exception.to_value(realm);
            self.error_steps(realm, &error)?;
            return Err(Exception::js(error));
        }
        // Step 5.
        self.call_pull_if_needed(realm)
    }

    /// [\[\[CancelSteps\]\]](https://streams.spec.whatwg.org/#rs-default-controller-private-cancel).
    pub(super) fn cancel_steps(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.queue.reset();
        let canceled = self.pulling.source().map(|source| source.cancel(realm, reason));
        self.clear_algorithms();
        canceled.unwrap_or_else(|| Promise::resolved(realm, ()))
    }

    /// [\[\[PullSteps\]\]](https://streams.spec.whatwg.org/#rs-default-controller-private-pull).
    pub(super) fn pull_steps(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        // Step 2.
        if let Some(chunk) = self.queue.dequeue() {
            if self.pulling.close_requested.get() && self.queue.is_empty() {
                self.clear_algorithms();
                self.stream.close(realm)?;
            } else {
                self.call_pull_if_needed(realm)?;
            }
            return request.chunk(realm, &chunk);
        }
        // Step 3.
        if let Some(reader) = self.stream.default_reader() {
            reader.add_request(request);
        }
        self.call_pull_if_needed(realm)
    }
}

fn not_open() -> Exception {
    Exception::type_error("the stream is closed or errored, or was asked to close before")
}

impl ReadableStreamDefaultControllerMethods for ReadableStreamDefaultController {
    fn desired_size(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.desired())
    }

    fn close(&self, realm: &Realm) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Err(not_open());
        }
        self.close_steps(realm)
    }

    fn enqueue(&self, realm: &Realm, chunk: Option<Value>) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Err(not_open());
        }
        self.enqueue_chunk(realm, &chunk.unwrap_or_default())
    }

    fn error(&self, realm: &Realm, e: Option<Value>) -> Fallible<()> {
        self.error_steps(realm, &e.unwrap_or_default())
    }
}
