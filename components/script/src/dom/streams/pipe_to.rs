//! [ReadableStreamPipeTo](https://streams.spec.whatwg.org/#readable-stream-pipe-to).
//!
//! The standard says what must hold, not how. Here one read is under way at a time, and only while the destination
//! wants chunks; writes are not waited for, except before a shutdown.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Exception, Fallible, Member, Promise, Realm, Root, Shared, Trace, Traced, Tracer, Value, trace_fields,
};

use super::read_request::ReadRequest;
use super::readable_stream::State as ReadableState;
use super::wait_for_all::wait_for_all;
use super::writable_stream::State as WritableState;
use crate::bindings::StreamPipeOptions;
use crate::dom::events::abort_signal::{AbortAlgorithm, AlgorithmId, report_failure};
use crate::dom::{
    AbortSignal, ReadableStream, ReadableStreamDefaultReader, WritableStream, WritableStreamDefaultWriter,
};

/// The options of [`pipe_to`].
#[derive(Default)]
pub(super) struct PipeOptions {
    prevent_close: bool,
    prevent_abort: bool,
    prevent_cancel: bool,
    signal: Option<Root<AbortSignal>>,
}

impl From<StreamPipeOptions> for PipeOptions {
    fn from(options: StreamPipeOptions) -> Self {
        Self {
            prevent_close: options.prevent_close,
            prevent_abort: options.prevent_abort,
            prevent_cancel: options.prevent_cancel,
            signal: options.signal,
        }
    }
}

/// A pipe at work.
struct Pipe {
    source: Member<ReadableStream>,
    dest: Member<WritableStream>,
    reader: Member<ReadableStreamDefaultReader>,
    writer: Member<WritableStreamDefaultWriter>,
    promise: Traced<Promise<()>>,
    /// The last write.
    current_write: RefCell<Traced<Promise<()>>>,
    /// A chunk was read, and is to be written in a microtask that is queued.
    write_queued: Cell<bool>,
    shutting_down: Cell<bool>,
    prevent_close: bool,
    prevent_abort: bool,
    prevent_cancel: bool,
    signal: RefCell<Option<(Member<AbortSignal>, AlgorithmId)>>,
}

impl Trace for Pipe {
    fn trace(&self, tracer: &mut Tracer) {
        self.source.trace(tracer);
        self.dest.trace(tracer);
        self.reader.trace(tracer);
        self.writer.trace(tracer);
        self.promise.trace(tracer);
        self.current_write.trace(tracer);
        if let Ok(signal) = self.signal.try_borrow()
            && let Some((signal, _)) = &*signal
        {
            signal.trace(tracer);
        }
    }
}

type SharedPipe = Traced<Shared<Pipe>>;

/// What a shutdown does first.
#[derive(Clone, Copy)]
enum Action {
    None,
    AbortDest,
    CancelSource,
    CloseDest,
    /// What the abort algorithm does: with both, as far as that is not prevented.
    Both,
}

/// A shutdown that waits for writes.
struct Shutdown {
    action: Action,
    error: Option<Traced<Value>>,
}

impl Trace for Shutdown {
    fn trace(&self, tracer: &mut Tracer) {
        self.error.trace(tracer);
    }
}

/// Pipes; both streams are locked until the promise settles.
pub(super) fn pipe_to(
    realm: &Realm,
    source: &Root<ReadableStream>,
    dest: &Root<WritableStream>,
    options: PipeOptions,
) -> Fallible<Promise<()>> {
    // Steps 8 to 10: a BYOB reader would gain nothing here.
    let reader = ReadableStreamDefaultReader::acquire(realm, source)?;
    let writer = WritableStreamDefaultWriter::acquire(realm, dest)?;
    source.disturbed.set(true);
    // Steps 11 and 12.
    let promise = Promise::new(realm)?;
    let pipe: SharedPipe = realm
        .share(Pipe {
            source: source.clone().into(),
            dest: dest.clone().into(),
            reader: reader.into(),
            writer: writer.into(),
            promise: promise.clone().into(),
            current_write: RefCell::new(Promise::resolved(realm, ())?.into()),
            write_queued: Cell::new(false),
            shutting_down: Cell::new(false),
            prevent_close: options.prevent_close,
            prevent_abort: options.prevent_abort,
            prevent_cancel: options.prevent_cancel,
            signal: RefCell::default(),
        })?
        .into();
    // Step 13.
    if let Some(signal) = options.signal {
        if let Some(reason) = signal.abort_reason() {
            shutdown(realm, &pipe, Action::Both, Some(reason))?;
            return Ok(promise);
        }
        let algorithm = signal.add_algorithm(Box::new(AbortPipe { pipe: pipe.clone() }));
        pipe.signal.replace(algorithm.map(|id| (signal.into(), id)));
    }
    // Step 14.
    watch(realm, &pipe)?;
    pump(realm, &pipe)?;
    Ok(promise)
}

/// The algorithm that is added to a signal.
struct AbortPipe {
    pipe: SharedPipe,
}

trace_fields!(AbortPipe { pipe });

impl AbortAlgorithm for AbortPipe {
    fn run(self: Box<Self>, realm: &Realm, reason: &Value) {
        report_failure(realm, shutdown(realm, &self.pipe, Action::Both, Some(reason.clone())));
    }
}

/// Error and close states must be propagated, in this order.
fn watch(realm: &Realm, pipe: &SharedPipe) -> Fallible<()> {
    // Errors forward.
    if pipe.source.is_errored() {
        return source_errored(realm, pipe, &pipe.source.stored_error());
    }
    let source_closed = pipe.reader.generic.closed_promise();
    // Errors backward.
    if pipe.dest.is_errored() {
        return dest_errored(realm, pipe, &pipe.dest.stored_error());
    }
    // Closing forward.
    if pipe.source.state.get() == ReadableState::Closed {
        return source_closed_steps(realm, pipe);
    }
    // Closing backward.
    if pipe.dest.close_queued_or_in_flight() || pipe.dest.state.get() == WritableState::Closed {
        let error =
            Exception::type_error("the destination was closed before everything could be piped to it");
        let action = if pipe.prevent_cancel { Action::None } else { Action::CancelSource };
        return shutdown(realm, pipe, action, Some(error.to_value(realm)));
    }
    // Or becomes so later.
    source_closed.react_with(
        realm,
        pipe.clone(),
        |realm, pipe, _| source_closed_steps(realm, pipe),
        source_errored,
    )?;
    pipe.writer.closed_promise().react_with(realm, pipe.clone(), |_, _, _| Ok(()), dest_errored)
}

fn source_errored(realm: &Realm, pipe: &SharedPipe, error: &Value) -> Fallible<()> {
    let action = if pipe.prevent_abort { Action::None } else { Action::AbortDest };
    shutdown(realm, pipe, action, Some(error.clone()))
}

fn dest_errored(realm: &Realm, pipe: &SharedPipe, error: &Value) -> Fallible<()> {
    let action = if pipe.prevent_cancel { Action::None } else { Action::CancelSource };
    shutdown(realm, pipe, action, Some(error.clone()))
}

fn source_closed_steps(realm: &Realm, pipe: &SharedPipe) -> Fallible<()> {
    let action = if pipe.prevent_close { Action::None } else { Action::CloseDest };
    shutdown(realm, pipe, action, None)
}

/// Reads the next chunk: at once if the destination wants one, or as soon as it does.
fn pump(realm: &Realm, pipe: &SharedPipe) -> Fallible<()> {
    if pipe.shutting_down.get() {
        return Ok(());
    }
    match pipe.writer.current_desired_size() {
        Some(size) if size > 0.0 => {
            pipe.reader.read_with(realm, Box::new(PipeRequest { pipe: pipe.clone() }))
        }
        Some(_) => pipe.writer.ready_promise().react_with(
            realm,
            pipe.clone(),
            |realm, pipe, _| pump(realm, pipe),
            // The destination is errored, or the pipe has ended.
            |_, _, _| Ok(()),
        ),
        // The destination is errored, which is watched.
        None => Ok(()),
    }
}

struct PipeRequest {
    pipe: SharedPipe,
}

trace_fields!(PipeRequest { pipe });

impl ReadRequest for PipeRequest {
    /// A chunk is written in a microtask of its own: `controller.enqueue()` of the source must not call the write
    /// algorithm of the destination.
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        self.pipe.write_queued.set(true);
        realm.queue_microtask_with((self.pipe, Traced::new(chunk.clone())), |realm, (pipe, chunk), _| {
            pipe.write_queued.set(false);
            // An errored destination gets nothing any more, and one that is released is somebody else's.
            if pipe.writer.current_desired_size().is_none() {
                return Ok(());
            }
            write(realm, pipe, chunk)?;
            pump(realm, pipe)
        })
    }

    fn close(self: Box<Self>, _: &Realm) -> Fallible<()> {
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, _: &Value) -> Fallible<()> {
        Ok(())
    }
}

fn write(realm: &Realm, pipe: &SharedPipe, chunk: &Value) -> Fallible<()> {
    let written = pipe.writer.write_chunk(realm, chunk)?;
    // How it ends matters only to whoever waits for it to end.
    let settled = written.then_with(realm, (), None, Some(|_, (), _| Ok(Value::UNDEFINED)))?;
    pipe.current_write.replace(settled.into());
    Ok(())
}

/// [Shutdown](https://streams.spec.whatwg.org/#rs-pipeTo-shutdown), also [with an
/// action](https://streams.spec.whatwg.org/#rs-pipeTo-shutdown-with-action).
fn shutdown(realm: &Realm, pipe: &SharedPipe, action: Action, error: Option<Value>) -> Fallible<()> {
    // Steps 1 and 2.
    if pipe.shutting_down.replace(true) {
        return Ok(());
    }
    // Step 3.
    let shutdown = Shutdown { action, error: error.map(Into::into) };
    if pipe.dest.state.get() == WritableState::Writable && !pipe.dest.close_queued_or_in_flight() {
        let written = (**pipe.current_write.borrow()).clone();
        return wait_for_writes(realm, pipe.clone(), shutdown, &written);
    }
    act(realm, pipe, shutdown)
}

/// Waits until every chunk that was read has been written.
fn wait_for_writes(
    realm: &Realm,
    pipe: SharedPipe,
    shutdown: Shutdown,
    written: &Promise<()>,
) -> Fallible<()> {
    let state = (pipe, RefCell::new(Some(shutdown)), Traced::new(written.clone()));
    written.react_with(
        realm,
        state,
        |realm, (pipe, shutdown, waited_for), _| {
            let Some(shutdown) = shutdown.take() else { return Ok(()) };
            // Another write may have begun meanwhile.
            let current = (**pipe.current_write.borrow()).clone();
            if pipe.write_queued.get() || current.as_object() != waited_for.as_object() {
                return wait_for_writes(realm, pipe.clone(), shutdown, &current);
            }
            act(realm, pipe, shutdown)
        },
        |_, _, _| Ok(()),
    )
}

/// The rest of a shutdown: performs the action, then finalizes.
fn act(realm: &Realm, pipe: &SharedPipe, shutdown: Shutdown) -> Fallible<()> {
    let error = shutdown.error.as_deref().cloned().unwrap_or_default();
    let done = match shutdown.action {
        Action::None => return finalize(realm, pipe, shutdown.error.as_deref()),
        Action::AbortDest => pipe.dest.abort_with(realm, &error)?,
        Action::CancelSource => pipe.source.cancel_with(realm, &error)?,
        Action::CloseDest => pipe.writer.close_with_error_propagation(realm)?,
        Action::Both => abort_both(realm, pipe, &error)?,
    };
    done.react_with(
        realm,
        (pipe.clone(), shutdown),
        |realm, (pipe, shutdown), _| finalize(realm, pipe, shutdown.error.as_deref()),
        |realm, (pipe, _), error| finalize(realm, pipe, Some(error)),
    )
}

/// The actions of the abort algorithm.
fn abort_both(realm: &Realm, pipe: &SharedPipe, error: &Value) -> Fallible<Promise<()>> {
    let mut actions = Vec::new();
    if !pipe.prevent_abort {
        actions.push(if pipe.dest.state.get() == WritableState::Writable {
            pipe.dest.abort_with(realm, error)?
        } else {
            Promise::resolved(realm, ())?
        });
    }
    if !pipe.prevent_cancel {
        actions.push(if pipe.source.is_readable() {
            pipe.source.cancel_with(realm, error)?
        } else {
            Promise::resolved(realm, ())?
        });
    }
    wait_for_all(realm, &actions)
}

/// [Finalize](https://streams.spec.whatwg.org/#rs-pipeTo-finalize).
fn finalize(realm: &Realm, pipe: &SharedPipe, error: Option<&Value>) -> Fallible<()> {
    // Steps 1 to 3.
    pipe.writer.release(realm)?;
    pipe.reader.release(realm)?;
    // Step 4.
    if let Some((signal, algorithm)) = pipe.signal.take() {
        signal.remove_algorithm(algorithm);
    }
    // Steps 5 and 6.
    match error {
        Some(error) => pipe.promise.reject(realm, Exception::js(error.clone())),
        None => pipe.promise.resolve(realm, ()),
    }
    Ok(())
}
