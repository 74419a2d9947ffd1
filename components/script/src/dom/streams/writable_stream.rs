//! [`WritableStream`](https://streams.spec.whatwg.org/#ws-class).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{
    Exception, Fallible, FromJs, Member, Object, PlatformObject, Promise, Realm, Reflector, Root, Traced,
    Value, platform_object, trace_fields,
};

use super::queue::Strategy;
use super::sink::{NoSink, ScriptSink, UnderlyingSinkSteps};
use super::writable_stream_default_controller::set_up;
use crate::bindings::{QueuingStrategy, UnderlyingSink, WritableStreamMethods};
use crate::dom::{WritableStreamDefaultController, WritableStreamDefaultWriter};

/// A promise in a slot that may be empty.
type PromiseSlot = RefCell<Option<Traced<Promise<()>>>>;

/// `WritableStream`.
pub(crate) struct WritableStream {
    reflector: Reflector,
    pub(super) state: Cell<State>,
    stored_error: RefCell<Traced<Value>>,
    pub(super) writer: RefCell<Option<Member<WritableStreamDefaultWriter>>>,
    pub(super) controller: RefCell<Option<Member<WritableStreamDefaultController>>>,
    pub(super) backpressure: Cell<bool>,
    write_requests: RefCell<VecDeque<Traced<Promise<()>>>>,
    in_flight_write_request: PromiseSlot,
    close_request: PromiseSlot,
    in_flight_close_request: PromiseSlot,
    pending_abort_request: RefCell<Option<PendingAbortRequest>>,
    /// What the constructor was given, until the object is there.
    construction: RefCell<Option<Construction>>,
}

trace_fields!(WritableStream {
    stored_error,
    writer,
    controller,
    write_requests,
    in_flight_write_request,
    close_request,
    in_flight_close_request,
    pending_abort_request,
});
platform_object!(WritableStream);

struct Construction {
    object: Option<Traced<Object>>,
    sink: UnderlyingSink,
    strategy: Strategy,
}

/// [State](https://streams.spec.whatwg.org/#writablestream-state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Writable,
    Erroring,
    Errored,
    Closed,
}

/// A [pending abort request](https://streams.spec.whatwg.org/#pending-abort-request).
struct PendingAbortRequest {
    promise: Traced<Promise<()>>,
    reason: Traced<Value>,
    was_already_erroring: bool,
}

trace_fields!(PendingAbortRequest { promise, reason });

impl WritableStream {
    /// [InitializeWritableStream](https://streams.spec.whatwg.org/#initialize-writable-stream).
    fn initial() -> Self {
        Self {
            reflector: Reflector::new(),
            state: Cell::new(State::Writable),
            stored_error: RefCell::new(Value::UNDEFINED.into()),
            writer: RefCell::default(),
            controller: RefCell::default(),
            backpressure: Cell::new(false),
            write_requests: RefCell::default(),
            in_flight_write_request: RefCell::default(),
            close_request: RefCell::default(),
            in_flight_close_request: RefCell::default(),
            pending_abort_request: RefCell::default(),
            construction: RefCell::default(),
        }
    }

    /// [CreateWritableStream](https://streams.spec.whatwg.org/#create-writable-stream).
    pub(super) fn create(
        realm: &Realm,
        sink: Box<dyn UnderlyingSinkSteps>,
        strategy: Strategy,
    ) -> Fallible<Root<Self>> {
        let stream = realm.wrap(Self::initial())?;
        set_up(realm, &stream, sink, strategy)?;
        Ok(stream)
    }

    /// Whether it is [locked](https://streams.spec.whatwg.org/#is-writable-stream-locked).
    pub(crate) fn is_locked(&self) -> bool {
        self.writer.borrow().is_some()
    }

    pub(super) fn is_erroring(&self) -> bool {
        self.state.get() == State::Erroring
    }

    pub(super) fn is_errored(&self) -> bool {
        self.state.get() == State::Errored
    }

    pub(super) fn controller(&self) -> Fallible<Root<WritableStreamDefaultController>> {
        let controller = self.controller.borrow().as_deref().cloned();
        controller.ok_or_else(|| Exception::type_error("the stream is not set up yet"))
    }

    pub(super) fn stored_error(&self) -> Value {
        (**self.stored_error.borrow()).clone()
    }

    pub(super) fn current_writer(&self) -> Option<Root<WritableStreamDefaultWriter>> {
        self.writer.borrow().as_deref().cloned()
    }

    /// [WritableStreamAbort](https://streams.spec.whatwg.org/#writable-stream-abort).
    pub(super) fn abort_with(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        // Step 1.
        if self.has_ended() {
            return Promise::resolved(realm, ());
        }
        // Step 2.
        self.controller()?.signal_abort(realm, reason)?;
        // Steps 3 and 4: the page's listeners may have ended it.
        if self.has_ended() {
            return Promise::resolved(realm, ());
        }
        // Step 5.
        if let Some(pending) = &*self.pending_abort_request.borrow() {
            return Ok((*pending.promise).clone());
        }
        // Steps 7 to 10.
        let was_already_erroring = self.state.get() == State::Erroring;
        let promise = Promise::new(realm)?;
        let kept = if was_already_erroring { Value::UNDEFINED } else { reason.clone() };
        self.pending_abort_request.replace(Some(PendingAbortRequest {
            promise: promise.clone().into(),
            reason: kept.into(),
            was_already_erroring,
        }));
        // Steps 11 and 12.
        if !was_already_erroring {
            self.start_erroring(realm, reason)?;
        }
        Ok(promise)
    }

    fn has_ended(&self) -> bool {
        matches!(self.state.get(), State::Closed | State::Errored)
    }

    /// [WritableStreamClose](https://streams.spec.whatwg.org/#writable-stream-close).
    pub(super) fn close_steps(&self, realm: &Realm) -> Fallible<Promise<()>> {
        // Step 2.
        if self.has_ended() {
            return Promise::rejected(realm, Exception::type_error("the stream is closed or errored"));
        }
        // Steps 5 and 6.
        let promise = Promise::new(realm)?;
        self.close_request.replace(Some(promise.clone().into()));
        // Steps 7 and 8.
        if let Some(writer) = self.current_writer()
            && self.backpressure.get()
            && self.state.get() == State::Writable
        {
            writer.ready_promise().resolve(realm, ());
        }
        // Steps 9 and 10.
        self.controller()?.close_steps(realm)?;
        Ok(promise)
    }

    /// [WritableStreamAddWriteRequest](https://streams.spec.whatwg.org/#writable-stream-add-write-request).
    pub(super) fn add_write_request(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let promise = Promise::new(realm)?;
        self.write_requests.borrow_mut().push_back(promise.clone().into());
        Ok(promise)
    }

    /// [WritableStreamCloseQueuedOrInFlight](https://streams.spec.whatwg.org/#writable-stream-close-queued-or-in-flight).
    pub(super) fn close_queued_or_in_flight(&self) -> bool {
        self.close_request.borrow().is_some() || self.in_flight_close_request.borrow().is_some()
    }

    /// [WritableStreamDealWithRejection](https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection).
    pub(super) fn deal_with_rejection(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if self.state.get() == State::Writable {
            self.start_erroring(realm, error)
        } else {
            self.finish_erroring(realm)
        }
    }

    /// [WritableStreamStartErroring](https://streams.spec.whatwg.org/#writable-stream-start-erroring).
    pub(super) fn start_erroring(&self, realm: &Realm, reason: &Value) -> Fallible<()> {
        // Steps 5 and 6.
        self.state.set(State::Erroring);
        self.stored_error.replace(reason.clone().into());
        // Steps 7 and 8.
        if let Some(writer) = self.current_writer() {
            writer.ensure_ready_promise_rejected(realm, reason)?;
        }
        // Step 9.
        if !self.has_operation_marked_in_flight() && self.controller()?.is_started() {
            self.finish_erroring(realm)?;
        }
        Ok(())
    }

    /// [WritableStreamFinishErroring](https://streams.spec.whatwg.org/#writable-stream-finish-erroring).
    pub(super) fn finish_erroring(&self, realm: &Realm) -> Fallible<()> {
        // Steps 3 and 4.
        self.state.set(State::Errored);
        self.controller()?.error_steps();
        // Steps 5 to 7.
        let error = self.stored_error();
        for request in self.write_requests.take() {
            request.reject(realm, Exception::js(error.clone()));
        }
        // Steps 8 to 10.
        let Some(request) = self.pending_abort_request.take() else {
            self.reject_close_and_closed_promise_if_needed(realm);
            return Ok(());
        };
        // Step 11.
        if request.was_already_erroring {
            request.promise.reject(realm, Exception::js(error));
            self.reject_close_and_closed_promise_if_needed(realm);
            return Ok(());
        }
        // Steps 12 to 14.
        let aborted = self.controller()?.abort_steps(realm, &request.reason)?;
        aborted.react_with(
            realm,
            (Member::from(self.root()), request.promise),
            |realm, (stream, promise), _| {
                promise.resolve(realm, ());
                stream.reject_close_and_closed_promise_if_needed(realm);
                Ok(())
            },
            |realm, (stream, promise), reason| {
                promise.reject(realm, Exception::js(reason.clone()));
                stream.reject_close_and_closed_promise_if_needed(realm);
                Ok(())
            },
        )
    }

    /// [WritableStreamRejectCloseAndClosedPromiseIfNeeded](https://streams.spec.whatwg.org/#writable-stream-reject-close-and-closed-promise-if-needed).
    fn reject_close_and_closed_promise_if_needed(&self, realm: &Realm) {
        let error = self.stored_error();
        if let Some(request) = self.close_request.take() {
            request.reject(realm, Exception::js(error.clone()));
        }
        if let Some(writer) = self.current_writer() {
            let closed = writer.closed_promise();
            closed.reject(realm, Exception::js(error));
            closed.mark_as_handled();
        }
    }

    /// [WritableStreamFinishInFlightClose](https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close).
    pub(super) fn finish_in_flight_close(&self, realm: &Realm) {
        // Steps 2 and 3.
        if let Some(request) = self.in_flight_close_request.take() {
            request.resolve(realm, ());
        }
        // Step 6.
        if self.state.get() == State::Erroring {
            self.stored_error.replace(Value::UNDEFINED.into());
            if let Some(request) = self.pending_abort_request.take() {
                request.promise.resolve(realm, ());
            }
        }
        // Steps 7 to 9.
        self.state.set(State::Closed);
        if let Some(writer) = self.current_writer() {
            writer.closed_promise().resolve(realm, ());
        }
    }

    /// [WritableStreamFinishInFlightCloseWithError](https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close-with-error).
    pub(super) fn finish_in_flight_close_with_error(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if let Some(request) = self.in_flight_close_request.take() {
            request.reject(realm, Exception::js(error.clone()));
        }
        if let Some(request) = self.pending_abort_request.take() {
            request.promise.reject(realm, Exception::js(error.clone()));
        }
        self.deal_with_rejection(realm, error)
    }

    /// [WritableStreamFinishInFlightWrite](https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write).
    pub(super) fn finish_in_flight_write(&self, realm: &Realm) {
        if let Some(request) = self.in_flight_write_request.take() {
            request.resolve(realm, ());
        }
    }

    /// [WritableStreamFinishInFlightWriteWithError](https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-write-with-error).
    pub(super) fn finish_in_flight_write_with_error(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        if let Some(request) = self.in_flight_write_request.take() {
            request.reject(realm, Exception::js(error.clone()));
        }
        self.deal_with_rejection(realm, error)
    }

    /// [WritableStreamHasOperationMarkedInFlight](https://streams.spec.whatwg.org/#writable-stream-has-operation-marked-in-flight).
    fn has_operation_marked_in_flight(&self) -> bool {
        self.has_write_in_flight() || self.in_flight_close_request.borrow().is_some()
    }

    pub(super) fn has_write_in_flight(&self) -> bool {
        self.in_flight_write_request.borrow().is_some()
    }

    /// [WritableStreamMarkCloseRequestInFlight](https://streams.spec.whatwg.org/#writable-stream-mark-close-request-in-flight).
    pub(super) fn mark_close_request_in_flight(&self) {
        self.in_flight_close_request.replace(self.close_request.take());
    }

    /// [WritableStreamMarkFirstWriteRequestInFlight](https://streams.spec.whatwg.org/#writable-stream-mark-first-write-request-in-flight).
    pub(super) fn mark_first_write_request_in_flight(&self) {
        let first = self.write_requests.borrow_mut().pop_front();
        self.in_flight_write_request.replace(first);
    }

    /// [WritableStreamUpdateBackpressure](https://streams.spec.whatwg.org/#writable-stream-update-backpressure).
    pub(super) fn update_backpressure(&self, realm: &Realm, backpressure: bool) -> Fallible<()> {
        if let Some(writer) = self.current_writer()
            && backpressure != self.backpressure.get()
        {
            if backpressure {
                writer.renew_ready_promise(realm)?;
            } else {
                writer.ready_promise().resolve(realm, ());
            }
        }
        self.backpressure.set(backpressure);
        Ok(())
    }
}

impl WritableStreamMethods for WritableStream {
    /// [`new WritableStream()`](https://streams.spec.whatwg.org/#ws-constructor)
    fn constructor(
        realm: &Realm,
        underlying_sink: Option<Object>,
        strategy: QueuingStrategy,
    ) -> Fallible<Self> {
        // Steps 1 and 2.
        let sink = match &underlying_sink {
            Some(object) => UnderlyingSink::from_js(realm, object.as_value())?,
            None => UnderlyingSink::default(),
        };
        // Step 3.
        if sink.type_.is_some() {
            return Err(Exception::range_error("the underlying sink has a type, but there are no types"));
        }
        // Steps 4 to 6.
        let stream = Self::initial();
        let strategy = Strategy::extract(strategy, 1.0)?;
        let object = underlying_sink.map(Into::into);
        stream.construction.replace(Some(Construction { object, sink, strategy }));
        Ok(stream)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        // Step 7.
        let Some(Construction { object, sink, strategy }) = this.construction.take() else { return Ok(()) };
        let steps: Box<dyn UnderlyingSinkSteps> = match object {
            Some(object) => Box::new(ScriptSink::new(object, sink)),
            None => Box::new(NoSink),
        };
        set_up(realm, this, steps, strategy)
    }

    fn locked(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_locked())
    }

    /// [`abort()`](https://streams.spec.whatwg.org/#ws-abort)
    fn abort(&self, realm: &Realm, reason: Option<Value>) -> Fallible<Promise<()>> {
        if self.is_locked() {
            return Err(Exception::type_error("the stream is locked: abort it through its writer"));
        }
        self.abort_with(realm, &reason.unwrap_or_default())
    }

    /// [`close()`](https://streams.spec.whatwg.org/#ws-close)
    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        if self.is_locked() {
            return Err(Exception::type_error("the stream is locked: close it through its writer"));
        }
        if self.close_queued_or_in_flight() {
            return Err(Exception::type_error("the stream was asked to close before"));
        }
        self.close_steps(realm)
    }

    /// [`getWriter()`](https://streams.spec.whatwg.org/#ws-get-writer)
    fn get_writer(&self, realm: &Realm) -> Fallible<Root<WritableStreamDefaultWriter>> {
        WritableStreamDefaultWriter::acquire(realm, &self.root())
    }
}
