//! [`ReadableByteStreamController`](https://streams.spec.whatwg.org/#rbs-controller-class).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{
    ArrayBuffer, ArrayBufferView, Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector,
    Root, TypedArray, TypedArrayKind, Value, platform_object, trace_fields,
};

use super::pull_into::{PullInto, QueueEntry};
use super::pulling::{Pulling, PullingController};
use super::read_request::ReadRequest;
use super::readable_stream::{Controller, State};
use super::source::UnderlyingSourceSteps;
use crate::bindings::{ReadableByteStreamControllerMethods, ReadableStreamController};
use crate::dom::{ReadableStream, ReadableStreamBYOBRequest};

/// `ReadableByteStreamController`.
pub(crate) struct ReadableByteStreamController {
    reflector: Reflector,
    pub(super) stream: Member<ReadableStream>,
    /// Bytes each time the source is to allocate memory itself for a default reader.
    auto_allocate_chunk_size: Option<u64>,
    byob_request: RefCell<Option<Member<ReadableStreamBYOBRequest>>>,
    pub(super) pending_pull_intos: RefCell<VecDeque<PullInto>>,
    pub(super) queue: RefCell<VecDeque<QueueEntry>>,
    /// Bytes in the queue.
    pub(super) queue_total_size: Cell<usize>,
    strategy_hwm: f64,
    pub(super) pulling: Pulling,
}

trace_fields!(ReadableByteStreamController { stream, byob_request, pending_pull_intos, queue, pulling });
platform_object!(ReadableByteStreamController);

/// [SetUpReadableByteStreamController](https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller).
///
/// # Errors
/// What the start algorithm throws.
pub(super) fn set_up(
    realm: &Realm,
    stream: &Root<ReadableStream>,
    source: Box<dyn UnderlyingSourceSteps>,
    high_water_mark: f64,
    auto_allocate_chunk_size: Option<u64>,
) -> Fallible<()> {
    // Steps 3 to 13.
    let controller = realm.wrap(ReadableByteStreamController {
        reflector: Reflector::new(),
        stream: stream.clone().into(),
        auto_allocate_chunk_size,
        byob_request: RefCell::default(),
        pending_pull_intos: RefCell::default(),
        queue: RefCell::default(),
        queue_total_size: Cell::new(0),
        strategy_hwm: high_water_mark,
        pulling: Pulling::new(realm, source)?,
    })?;
    stream.controller.replace(Some(Controller::Byte(controller.clone().into())));
    // Steps 14 to 17.
    controller.start(realm)
}

impl PullingController for ReadableByteStreamController {
    fn stream(&self) -> &ReadableStream {
        &self.stream
    }

    fn pulling(&self) -> &Pulling {
        &self.pulling
    }

    fn as_union(&self) -> ReadableStreamController {
        ReadableStreamController::ReadableByteStreamController(self.root())
    }

    /// [ShouldCallPull](https://streams.spec.whatwg.org/#readable-byte-stream-controller-should-call-pull).
    fn should_call_pull(&self) -> bool {
        if !self.can_close_or_enqueue() || !self.pulling.is_started() {
            return false;
        }
        self.stream.default_reader().is_some_and(|reader| reader.has_requests())
            || self.stream.byob_reader().is_some_and(|reader| reader.request_count() > 0)
            || self.desired().is_some_and(|size| size > 0.0)
    }

    /// [Error](https://streams.spec.whatwg.org/#readable-byte-stream-controller-error).
    fn error_steps(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if self.stream.state.get() != State::Readable {
            return Ok(());
        }
        self.clear_pending_pull_intos();
        self.reset_queue();
        self.clear_algorithms();
        self.stream.fail(realm, error)
    }
}

impl ReadableByteStreamController {
    /// Whether the source has not been asked for anything yet, and nothing was given.
    pub(super) fn is_untouched(&self) -> bool {
        self.queue.borrow().is_empty() && !self.pulling.is_under_way() && !self.pulling.close_requested.get()
    }

    /// [GetDesiredSize](https://streams.spec.whatwg.org/#readable-byte-stream-controller-get-desired-size).
    #[expect(clippy::cast_precision_loss, reason = "sizes below 2^53")]
    fn desired(&self) -> Option<f64> {
        PullingController::desired(self, self.strategy_hwm, self.queue_total_size.get() as f64)
    }

    /// [ClearAlgorithms](https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-algorithms).
    pub(super) fn clear_algorithms(&self) {
        self.pulling.clear();
    }

    /// [ClearPendingPullIntos](https://streams.spec.whatwg.org/#readable-byte-stream-controller-clear-pending-pull-intos).
    fn clear_pending_pull_intos(&self) {
        self.invalidate_byob_request();
        let pending = self.pending_pull_intos.take();
        drop(pending);
    }

    /// [InvalidateBYOBRequest](https://streams.spec.whatwg.org/#readable-byte-stream-controller-invalidate-byob-request).
    pub(super) fn invalidate_byob_request(&self) {
        if let Some(request) = self.byob_request.take() {
            request.invalidate();
        }
    }

    /// [GetBYOBRequest](https://streams.spec.whatwg.org/#readable-byte-stream-controller-get-byob-request).
    pub(super) fn current_byob_request(
        &self,
        realm: &Realm,
    ) -> Fallible<Option<Root<ReadableStreamBYOBRequest>>> {
        if let Some(request) = self.byob_request.borrow().as_deref() {
            return Ok(Some(request.clone()));
        }
        let place = self.pending_pull_intos.borrow().front().map(|first| {
            let offset = first.byte_offset + first.bytes_filled;
            ((*first.buffer).clone(), offset, first.byte_length - first.bytes_filled)
        });
        let Some((buffer, offset, length)) = place else { return Ok(None) };
        let view = TypedArray::over(realm, TypedArrayKind::Uint8, &buffer, offset, length)?;
        let request = ReadableStreamBYOBRequest::new(realm, self.root(), view)?;
        self.byob_request.replace(Some(request.clone().into()));
        Ok(Some(request))
    }

    /// [Close](https://streams.spec.whatwg.org/#readable-byte-stream-controller-close).
    ///
    /// # Errors
    /// A `TypeError` if the memory of a reader is filled up to the middle of an element; the stream is errored then.
    pub(super) fn close_steps(&self, realm: &Realm) -> Fallible<()> {
        // Steps 2 and 3.
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        if self.queue_total_size.get() > 0 {
            self.pulling.close_requested.set(true);
            return Ok(());
        }
        // Step 4.
        if self.pending_pull_intos.borrow().front().is_some_and(|first| first.remainder() != 0) {
            let exception = Exception::type_error("the stream is closed in the middle of an element");
            let error = exception.to_value(realm);
            self.error_steps(realm, &error)?;
            return Err(Exception::js(error));
        }
        // Steps 5 and 6.
        self.clear_algorithms();
        self.stream.close(realm)
    }

    /// [Closes](https://streams.spec.whatwg.org/#readablestream-close) a stream of the platform's own.
    pub(super) fn close_platform_stream(&self, realm: &Realm) -> Fallible<()> {
        self.close_steps(realm)?;
        if self.pending_pull_intos.borrow().is_empty() { Ok(()) } else { self.respond(realm, 0) }
    }

    fn reset_queue(&self) {
        let queue = self.queue.take();
        self.queue_total_size.set(0);
        drop(queue);
    }

    /// [EnqueueChunkToQueue](https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue-chunk-to-queue).
    pub(super) fn enqueue_chunk_to_queue(&self, buffer: ArrayBuffer, byte_offset: usize, byte_length: usize) {
        let entry = QueueEntry { buffer: buffer.into(), byte_offset, byte_length };
        self.queue.borrow_mut().push_back(entry);
        self.queue_total_size.set(self.queue_total_size.get() + byte_length);
    }

    /// [HandleQueueDrain](https://streams.spec.whatwg.org/#readable-byte-stream-controller-handle-queue-drain).
    pub(super) fn handle_queue_drain(&self, realm: &Realm) -> Fallible<()> {
        if self.queue_total_size.get() == 0 && self.pulling.close_requested.get() {
            self.clear_algorithms();
            return self.stream.close(realm);
        }
        self.call_pull_if_needed(realm)
    }

    /// [FillReadRequestFromQueue](https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerfillreadrequestfromqueue).
    pub(super) fn fill_read_request_from_queue(
        &self,
        realm: &Realm,
        request: Box<dyn ReadRequest>,
    ) -> Fallible<()> {
        let entry = self.queue.borrow_mut().pop_front();
        let Some(entry) = entry else { return Ok(()) };
        self.queue_total_size.set(self.queue_total_size.get() - entry.byte_length);
        self.handle_queue_drain(realm)?;
        request.chunk(realm, &entry.view(realm)?)
    }

    /// [\[\[CancelSteps\]\]](https://streams.spec.whatwg.org/#rbs-controller-private-cancel).
    pub(super) fn cancel_steps(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.clear_pending_pull_intos();
        self.reset_queue();
        let canceled = self.pulling.source().map(|source| source.cancel(realm, reason));
        self.clear_algorithms();
        canceled.unwrap_or_else(|| Promise::resolved(realm, ()))
    }

    /// [\[\[PullSteps\]\]](https://streams.spec.whatwg.org/#rbs-controller-private-pull).
    pub(super) fn pull_steps(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        // Step 3.
        if self.queue_total_size.get() > 0 {
            return self.fill_read_request_from_queue(realm, request);
        }
        // Steps 4 and 5.
        if let Some(chunk_size) = self.auto_allocate_chunk_size {
            match PullInto::allocate(realm, chunk_size) {
                Ok(descriptor) => self.pending_pull_intos.borrow_mut().push_back(descriptor),
                Err(exception) => return request.error(realm, &exception.to_value(realm)),
            }
        }
        // Steps 6 and 7.
        if let Some(reader) = self.stream.default_reader() {
            reader.add_request(request);
        }
        self.call_pull_if_needed(realm)
    }

    /// [\[\[ReleaseSteps\]\]](https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontroller-releasesteps).
    pub(super) fn release_steps(&self) {
        let mut pending = self.pending_pull_intos.borrow_mut();
        if let Some(first) = pending.front_mut() {
            first.reader_type = super::pull_into::ReaderType::None;
        }
        let rest = if pending.is_empty() { VecDeque::new() } else { pending.split_off(1) };
        drop(pending);
        drop(rest);
    }
}

impl ReadableByteStreamControllerMethods for ReadableByteStreamController {
    fn byob_request(&self, realm: &Realm) -> Fallible<Option<Root<ReadableStreamBYOBRequest>>> {
        self.current_byob_request(realm)
    }

    fn desired_size(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.desired())
    }

    /// [`close()`](https://streams.spec.whatwg.org/#rbs-controller-close)
    fn close(&self, realm: &Realm) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Err(not_open());
        }
        self.close_steps(realm)
    }

    /// [`enqueue()`](https://streams.spec.whatwg.org/#rbs-controller-enqueue)
    fn enqueue(&self, realm: &Realm, chunk: ArrayBufferView) -> Fallible<()> {
        // Steps 1 and 2; the parts of a view whose buffer is detached are a `TypeError`, too.
        let (buffer, _, length) = chunk.parts(realm)?;
        if length == 0 || buffer.is_empty() {
            return Err(Exception::type_error("the chunk or its buffer is empty or detached"));
        }
        // Steps 3 and 4.
        if !self.can_close_or_enqueue() {
            return Err(not_open());
        }
        // Step 5.
        self.enqueue_view(realm, &chunk)
    }

    fn error(&self, realm: &Realm, e: Option<Value>) -> Fallible<()> {
        self.error_steps(realm, &e.unwrap_or_default())
    }
}

fn not_open() -> Exception {
    Exception::type_error("the stream is closed or errored, or was asked to close before")
}
