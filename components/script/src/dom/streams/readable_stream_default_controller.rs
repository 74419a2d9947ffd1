//! [`ReadableStreamDefaultController`](https://streams.spec.whatwg.org/#rs-default-controller-class).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{
    Callback, Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Trace, Traced,
    Tracer, Value, platform_object, trace_fields,
};
use bgfetch_traits::body::BodyReader;

use super::read_request::ReadRequest;
use super::readable_stream::State;
use super::source::UnderlyingSourceSteps;
use crate::bindings::ReadableStreamDefaultControllerMethods;
use crate::dom::ReadableStream;
use crate::report;

/// `ReadableStreamDefaultController`.
pub(crate) struct ReadableStreamDefaultController {
    reflector: Reflector,
    stream: Member<ReadableStream>,
    queue: RefCell<VecDeque<Queued>>,
    queue_total_size: Cell<f64>,
    strategy_hwm: f64,
    strategy_size: RefCell<Option<Traced<Callback>>>,
    /// `None` once its algorithms were cleared.
    source: RefCell<Option<Box<dyn UnderlyingSourceSteps>>>,
    started: Cell<bool>,
    close_requested: Cell<bool>,
    pull_again: Cell<bool>,
    pulling: Cell<bool>,
}

trace_fields!(ReadableStreamDefaultController { stream, queue, strategy_size, source });
platform_object!(ReadableStreamDefaultController);

struct Queued {
    chunk: Traced<Value>,
    size: f64,
}

impl Trace for Queued {
    fn trace(&self, tracer: &mut Tracer) {
        self.chunk.trace(tracer);
    }
}

/// A [queuing strategy](https://streams.spec.whatwg.org/#queuing-strategy); without `size`, each chunk counts 1.
pub(super) struct Strategy {
    pub(super) high_water_mark: f64,
    pub(super) size: Option<Callback>,
}

/// [SetUpReadableStreamDefaultController](https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller).
pub(super) fn set_up(
    realm: &Realm,
    stream: &Root<ReadableStream>,
    source: Box<dyn UnderlyingSourceSteps>,
    strategy: Strategy,
) -> Fallible<()> {
    let controller = realm.wrap(ReadableStreamDefaultController {
        reflector: Reflector::new(),
        stream: stream.clone().into(),
        queue: RefCell::default(),
        queue_total_size: Cell::new(0.0),
        strategy_hwm: strategy.high_water_mark,
        strategy_size: RefCell::new(strategy.size.map(Into::into)),
        source: RefCell::new(Some(source)),
        started: Cell::new(false),
        close_requested: Cell::new(false),
        pull_again: Cell::new(false),
        pulling: Cell::new(false),
    })?;
    *stream.controller.borrow_mut() = Some(controller.clone().into());
    // Steps 9 to 12.
    let started = match controller.with_source(|source| source.start(realm, &controller)) {
        Some(started) => started?,
        None => Value::UNDEFINED,
    };
    let started = Promise::<Value>::resolve_value(realm, &started)?;
    let (fulfilled, rejected) = (controller.clone(), controller);
    started.react(
        realm,
        move |realm, _| {
            fulfilled.started.set(true);
            settle(realm, fulfilled.call_pull_if_needed(realm));
        },
        move |realm, reason| settle(realm, rejected.error_steps(realm, reason)),
    )
}

/// Reports what an internal step could not do: only for want of memory.
pub(super) fn settle(realm: &Realm, result: Fallible<()>) {
    if let Err(exception) = result {
        report::report_exception(realm, exception);
    }
}

impl ReadableStreamDefaultController {
    /// Runs `f` with the source; it stays out of its place meanwhile only for other borrowers, which find `None`.
    fn with_source<R>(&self, f: impl FnOnce(&dyn UnderlyingSourceSteps) -> R) -> Option<R> {
        let source = self.source.borrow();
        source.as_ref().map(|source| f(&**source))
    }

    /// The bytes of a source that nobody has asked yet.
    pub(super) fn take_reader(&self) -> Option<BodyReader> {
        if !self.queue.borrow().is_empty() || self.pulling.get() || self.close_requested.get() {
            return None;
        }
        self.with_source(|source| source.take_reader()).flatten()
    }

    /// [CanCloseOrEnqueue](https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue).
    pub(super) fn can_close_or_enqueue(&self) -> bool {
        !self.close_requested.get() && self.stream.state.get() == State::Readable
    }

    /// [CallPullIfNeeded](https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed).
    fn call_pull_if_needed(&self, realm: &Realm) -> Fallible<()> {
        if !self.should_call_pull() {
            return Ok(());
        }
        if self.pulling.get() {
            self.pull_again.set(true);
            return Ok(());
        }
        self.pulling.set(true);
        let this = self.root();
        let Some(pulled) = self.with_source(|source| source.pull(realm, &this)) else { return Ok(()) };
        let rejected = this.clone();
        pulled?.react(
            realm,
            move |realm, _| {
                this.pulling.set(false);
                if this.pull_again.replace(false) {
                    settle(realm, this.call_pull_if_needed(realm));
                }
            },
            move |realm, reason| settle(realm, rejected.error_steps(realm, reason)),
        )
    }

    /// [ShouldCallPull](https://streams.spec.whatwg.org/#readable-stream-default-controller-should-call-pull).
    fn should_call_pull(&self) -> bool {
        if !self.can_close_or_enqueue() || !self.started.get() {
            return false;
        }
        if self.stream.reader().is_some_and(|reader| reader.has_requests()) {
            return true;
        }
        self.desired().is_some_and(|size| size > 0.0)
    }

    /// [GetDesiredSize](https://streams.spec.whatwg.org/#readable-stream-default-controller-get-desired-size).
    fn desired(&self) -> Option<f64> {
        match self.stream.state.get() {
            State::Errored => None,
            State::Closed => Some(0.0),
            State::Readable => Some(self.strategy_hwm - self.queue_total_size.get()),
        }
    }

    /// [ClearAlgorithms](https://streams.spec.whatwg.org/#readable-stream-default-controller-clear-algorithms).
    fn clear_algorithms(&self) {
        // A source that is being called keeps running; it is not called again, since the stream is no longer readable.
        if let Ok(mut source) = self.source.try_borrow_mut() {
            let source = source.take();
            drop(source);
        }
        let size = self.strategy_size.take();
        drop(size);
    }

    /// [Close](https://streams.spec.whatwg.org/#readable-stream-default-controller-close).
    pub(super) fn close_steps(&self, realm: &Realm) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        self.close_requested.set(true);
        let empty = self.queue.borrow().is_empty();
        if empty {
            self.clear_algorithms();
            self.stream.close(realm)?;
        }
        Ok(())
    }

    /// [Enqueue](https://streams.spec.whatwg.org/#readable-stream-default-controller-enqueue).
    pub(super) fn enqueue_chunk(&self, realm: &Realm, chunk: &Value) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Ok(());
        }
        // Step 3.
        if let Some(request) = self.stream.reader().and_then(|reader| reader.next_request()) {
            request.chunk(realm, chunk)?;
            return self.call_pull_if_needed(realm);
        }
        // Step 4.
        let strategy = self.strategy_size.borrow().as_ref().map(|size| (**size).clone());
        let size = match strategy {
            None => Ok(1.0),
            Some(size) => size
                .call(realm, &Value::UNDEFINED, std::slice::from_ref(chunk))
                .and_then(|size| size.to_number(realm)),
        };
        // EnqueueValueWithSize.
        let size = size.and_then(|size| {
            if size.is_nan() || size < 0.0 || size.is_infinite() {
                return Err(Exception::range_error(format!(
                    "the chunk's size is {size}, but must be a finite number from 0"
                )));
            }
            Ok(size)
        });
        match size {
            Err(exception) => {
                let error = exception.to_value(realm);
                self.error_steps(realm, &error)?;
                Err(Exception::Js(error))
            }
            Ok(size) => {
                self.queue.borrow_mut().push_back(Queued { chunk: chunk.clone().into(), size });
                self.queue_total_size.set(self.queue_total_size.get() + size);
                self.call_pull_if_needed(realm)
            }
        }
    }

    /// [Error](https://streams.spec.whatwg.org/#readable-stream-default-controller-error).
    pub(super) fn error_steps(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if self.stream.state.get() != State::Readable {
            return Ok(());
        }
        self.reset_queue();
        self.clear_algorithms();
        self.stream.fail(realm, error)
    }

    fn reset_queue(&self) {
        let queue = self.queue.take();
        self.queue_total_size.set(0.0);
        drop(queue);
    }

    /// [\[\[CancelSteps\]\]](https://streams.spec.whatwg.org/#rs-default-controller-private-cancel).
    pub(super) fn cancel_steps(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.reset_queue();
        let canceled = self.with_source(|source| source.cancel(realm, reason));
        self.clear_algorithms();
        canceled.unwrap_or_else(|| Promise::resolved(realm, ()))
    }

    /// [\[\[PullSteps\]\]](https://streams.spec.whatwg.org/#rs-default-controller-private-pull).
    pub(super) fn pull_steps(&self, realm: &Realm, request: Box<dyn ReadRequest>) -> Fallible<()> {
        let queued = self.queue.borrow_mut().pop_front();
        let Some(Queued { chunk, size }) = queued else {
            if let Some(reader) = self.stream.reader() {
                reader.add_request(request);
            }
            return self.call_pull_if_needed(realm);
        };
        self.queue_total_size.set((self.queue_total_size.get() - size).max(0.0));
        let empty = self.queue.borrow().is_empty();
        if self.close_requested.get() && empty {
            self.clear_algorithms();
            self.stream.close(realm)?;
        } else {
            self.call_pull_if_needed(realm)?;
        }
        request.chunk(realm, &chunk)
    }
}

impl ReadableStreamDefaultControllerMethods for ReadableStreamDefaultController {
    fn desired_size(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.desired())
    }

    fn close(&self, realm: &Realm) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Err(Exception::type_error(
                "the stream is closed or errored, or was asked to close before",
            ));
        }
        self.close_steps(realm)
    }

    fn enqueue(&self, realm: &Realm, chunk: Option<Value>) -> Fallible<()> {
        if !self.can_close_or_enqueue() {
            return Err(Exception::type_error(
                "the stream is closed or errored, or was asked to close before",
            ));
        }
        self.enqueue_chunk(realm, &chunk.unwrap_or_default())
    }

    fn error(&self, realm: &Realm, e: Option<Value>) -> Fallible<()> {
        self.error_steps(realm, &e.unwrap_or_default())
    }
}
