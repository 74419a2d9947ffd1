//! [ReadableByteStreamTee](https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    ArrayBufferView, Exception, Fallible, Member, Promise, Realm, Root, Shared, Trace, Traced, Value,
    trace_fields,
};

use super::pull_into::clone_as_uint8_array;
use super::pulling::PullingController;
use super::read_request::{ReadIntoRequest, ReadRequest};
use super::readable_stream::{Controller, Reader};
use super::source::UnderlyingSourceSteps;
use super::tee::Cancellation;
use crate::bindings::ReadableStreamController;
use crate::dom::{
    ReadableByteStreamController, ReadableStream, ReadableStreamBYOBReader, ReadableStreamDefaultReader,
};

/// What two branches share.
struct Tee {
    stream: Member<ReadableStream>,
    /// The reader that is there just now: which kind depends on how the branches are read.
    reader: RefCell<Reader>,
    reading: Cell<bool>,
    /// `readAgainForBranch1` and `readAgainForBranch2`.
    read_again: [Cell<bool>; 2],
    cancellation: Cancellation,
    branches: RefCell<Vec<Member<ReadableStream>>>,
}

trace_fields!(Tee { stream, reader, cancellation, branches });

type SharedTee = Traced<Shared<Tee>>;

/// The underlying source of one branch.
struct Branch {
    tee: SharedTee,
    index: usize,
}

trace_fields!(Branch { tee });

/// The read request of `pullWithDefaultReader`.
struct DefaultRequest {
    tee: SharedTee,
}

trace_fields!(DefaultRequest { tee });

/// The read-into request of `pullWithBYOBReader`, for the memory of one branch.
struct ByobRequest {
    tee: SharedTee,
    branch: usize,
}

trace_fields!(ByobRequest { tee });

impl Tee {
    fn controller(&self, branch: usize) -> Fallible<Root<ReadableByteStreamController>> {
        let stream = self.branches.borrow().get(branch).map(|stream| (**stream).clone());
        match stream.map(|stream| stream.controller()).transpose()? {
            Some(Controller::Byte(controller)) => Ok(controller.into_inner()),
            _ => Err(Exception::type_error("the branch is not set up yet")),
        }
    }

    fn controllers(&self) -> Fallible<[Root<ReadableByteStreamController>; 2]> {
        Ok([self.controller(0)?, self.controller(1)?])
    }

    fn error_branches(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.controllers()?.iter().try_for_each(|controller| controller.error_steps(realm, error))
    }

    /// A chunk could not be cloned.
    fn fail(&self, realm: &Realm, exception: &Exception) -> Fallible<()> {
        let error = exception.to_value(realm);
        self.error_branches(realm, &error)?;
        self.cancellation.cancel_stream(realm, &error)
    }

    fn is_current(&self, reader: &Value) -> bool {
        match &*self.reader.borrow() {
            Reader::Default(current) => current.as_value().same_value(reader),
            Reader::Byob(current) => current.as_value().same_value(reader),
        }
    }

    fn is_canceled(&self, branch: usize) -> bool {
        self.cancellation.is_canceled(branch)
    }

    fn not_again(&self) {
        self.read_again.iter().for_each(|again| again.set(false));
    }
}

/// The last steps of the chunk steps of both kinds of request.
fn read_on(realm: &Realm, tee: &SharedTee) -> Fallible<()> {
    tee.reading.set(false);
    let again = tee.read_again.iter().position(Cell::get);
    again.map_or(Ok(()), |branch| pull(realm, tee, branch))
}

/// `forwardReaderError`.
fn forward_reader_error(realm: &Realm, tee: &SharedTee, reader: Value, closed: &Promise<()>) -> Fallible<()> {
    closed.react_with(
        realm,
        (tee.clone(), Traced::new(reader)),
        |_, _, _| Ok(()),
        |realm, (tee, reader), reason| {
            if tee.is_current(reader) {
                tee.error_branches(realm, reason)?;
                tee.cancellation.ended(realm);
            }
            Ok(())
        },
    )
}

/// `pullWithDefaultReader`.
fn pull_with_default_reader(realm: &Realm, tee: &SharedTee) -> Fallible<()> {
    // Step 1.
    let current = tee.reader.borrow().clone();
    let reader = match current {
        Reader::Default(reader) => reader.into_inner(),
        Reader::Byob(reader) => {
            reader.release(realm)?;
            let reader = ReadableStreamDefaultReader::acquire(realm, &tee.stream)?;
            tee.reader.replace(Reader::Default(reader.clone().into()));
            let closed = reader.generic.closed_promise();
            forward_reader_error(realm, tee, reader.as_value().clone(), &closed)?;
            reader
        }
    };
    // Steps 2 and 3.
    reader.read_with(realm, Box::new(DefaultRequest { tee: tee.clone() }))
}

/// `pullWithBYOBReader`.
fn pull_with_byob_reader(
    realm: &Realm,
    tee: &SharedTee,
    view: &ArrayBufferView,
    branch: usize,
) -> Fallible<()> {
    // Step 1.
    let current = tee.reader.borrow().clone();
    let reader = match current {
        Reader::Byob(reader) => reader.into_inner(),
        Reader::Default(reader) => {
            reader.release(realm)?;
            let reader = ReadableStreamBYOBReader::acquire(realm, &tee.stream)?;
            tee.reader.replace(Reader::Byob(reader.clone().into()));
            let closed = reader.generic.closed_promise();
            forward_reader_error(realm, tee, reader.as_value().clone(), &closed)?;
            reader
        }
    };
    // Steps 2 to 5.
    reader.read_with(realm, view, 1, Box::new(ByobRequest { tee: tee.clone(), branch }))
}

/// `pull1Algorithm` and `pull2Algorithm`, but for their result.
fn pull(realm: &Realm, tee: &SharedTee, branch: usize) -> Fallible<()> {
    // Steps 1 and 2.
    if tee.reading.replace(true) {
        if let Some(again) = tee.read_again.get(branch) {
            again.set(true);
        }
        return Ok(());
    }
    // Steps 3 to 5.
    match tee.controller(branch)?.byob_view(realm)? {
        None => pull_with_default_reader(realm, tee),
        Some(view) => pull_with_byob_reader(realm, tee, &view, branch),
    }
}

fn view_of(chunk: &Value) -> Fallible<ArrayBufferView> {
    let view = chunk.as_object().and_then(|object| ArrayBufferView::of_object(&object));
    view.ok_or_else(|| Exception::type_error("a chunk of a byte stream is no view"))
}

/// The chunk steps of `pullWithDefaultReader`, in their microtask.
fn give(realm: &Realm, tee: &SharedTee, chunk: &Value) -> Fallible<()> {
    // Steps 1 to 3.
    tee.not_again();
    let first = view_of(chunk)?;
    let mut second = first.clone();
    // Step 4.
    if !tee.is_canceled(0) && !tee.is_canceled(1) {
        match clone_as_uint8_array(realm, &first) {
            Ok(clone) => second = clone,
            Err(exception) => return tee.fail(realm, &exception),
        }
    }
    // Steps 5 and 6.
    for (branch, view) in [first, second].iter().enumerate() {
        if !tee.is_canceled(branch) {
            tee.controller(branch)?.enqueue_view(realm, view)?;
        }
    }
    // Steps 7 to 9.
    read_on(realm, tee)
}

/// The chunk steps of `pullWithBYOBReader`, in their microtask.
fn give_byob(realm: &Realm, tee: &SharedTee, branch: usize, chunk: &Value) -> Fallible<()> {
    // Steps 1 to 4.
    tee.not_again();
    let view = view_of(chunk)?;
    let other = branch ^ 1;
    let clone = if tee.is_canceled(other) {
        None
    } else {
        match clone_as_uint8_array(realm, &view) {
            Ok(clone) => Some(clone),
            Err(exception) => return tee.fail(realm, &exception),
        }
    };
    // Steps 5 and 6.
    if !tee.is_canceled(branch) {
        tee.controller(branch)?.respond_with_new_view(realm, &view)?;
    }
    if let Some(clone) = clone {
        tee.controller(other)?.enqueue_view(realm, &clone)?;
    }
    // Steps 7 to 9.
    read_on(realm, tee)
}

impl ReadRequest for DefaultRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        let state = (self.tee, Traced::new(chunk.clone()));
        realm.queue_microtask_with(state, |realm, (tee, chunk), _| give(realm, tee, chunk))
    }

    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()> {
        let tee = &self.tee;
        // Steps 1 to 3.
        tee.reading.set(false);
        let controllers = tee.controllers()?;
        for (branch, controller) in controllers.iter().enumerate() {
            if !tee.is_canceled(branch) {
                controller.close_steps(realm)?;
            }
        }
        // Steps 4 and 5.
        for controller in controllers {
            if controller.has_pending_pull_intos() {
                controller.respond(realm, 0)?;
            }
        }
        // Step 6.
        tee.cancellation.ended(realm);
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, _: &Value) -> Fallible<()> {
        self.tee.reading.set(false);
        Ok(())
    }
}

/// Which branch the memory is of: nothing to trace.
struct BranchIndex(usize);

impl Trace for BranchIndex {
    fn trace(&self, _: &mut bgfetch_js::Tracer) {}
}

impl ReadIntoRequest for ByobRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        let state = (self.tee, BranchIndex(self.branch), Traced::new(chunk.clone()));
        realm.queue_microtask_with(state, |realm, (tee, branch, chunk), _| {
            give_byob(realm, tee, branch.0, chunk)
        })
    }

    fn close(self: Box<Self>, realm: &Realm, chunk: Option<&Value>) -> Fallible<()> {
        let (tee, branch, other) = (&self.tee, self.branch, self.branch ^ 1);
        // Steps 1 to 5.
        tee.reading.set(false);
        for branch in [branch, other] {
            if !tee.is_canceled(branch) {
                tee.controller(branch)?.close_steps(realm)?;
            }
        }
        // Step 6.
        if let Some(chunk) = chunk {
            if !tee.is_canceled(branch) {
                tee.controller(branch)?.respond_with_new_view(realm, &view_of(chunk)?)?;
            }
            let controller = tee.controller(other)?;
            if !tee.is_canceled(other) && controller.has_pending_pull_intos() {
                controller.respond(realm, 0)?;
            }
        }
        // Step 7.
        tee.cancellation.ended(realm);
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, _: &Value) -> Fallible<()> {
        self.tee.reading.set(false);
        Ok(())
    }
}

impl UnderlyingSourceSteps for Branch {
    fn pull(&self, realm: &Realm, _: &ReadableStreamController) -> Fallible<Promise<()>> {
        pull(realm, &self.tee, self.index)?;
        Promise::resolved(realm, ())
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.tee.cancellation.cancel(realm, self.index, reason)
    }
}

/// Two byte streams of the bytes of one, which is locked from here on.
///
/// # Errors
/// A `TypeError` if it is locked.
pub(super) fn byte_tee(
    realm: &Realm,
    stream: &Root<ReadableStream>,
) -> Fallible<(Root<ReadableStream>, Root<ReadableStream>)> {
    // Steps 3 to 13.
    let reader = ReadableStreamDefaultReader::acquire(realm, stream)?;
    let tee = realm.share(Tee {
        stream: stream.clone().into(),
        reader: RefCell::new(Reader::Default(reader.clone().into())),
        reading: Cell::new(false),
        read_again: [Cell::new(false), Cell::new(false)],
        cancellation: Cancellation::new(realm, stream)?,
        branches: RefCell::default(),
    })?;
    // Steps 17 to 23.
    let branch = |index| {
        ReadableStream::create_byte_stream(realm, Box::new(Branch { tee: tee.clone().into(), index }))
    };
    let (first, second) = (branch(0)?, branch(1)?);
    tee.branches.borrow_mut().extend([first.clone().into(), second.clone().into()]);
    // Steps 24 and 25.
    let closed = reader.generic.closed_promise();
    forward_reader_error(realm, &tee.into(), reader.as_value().clone(), &closed)?;
    Ok((first, second))
}
