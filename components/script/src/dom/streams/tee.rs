//! [Teeing](https://streams.spec.whatwg.org/#readable-stream-tee).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Fallible, Member, Object, PlatformObject, Promise, Realm, Root, Shared, Trace, Traced, Tracer, Value,
    trace_fields,
};
use bgfetch_traits::body;

use super::pulling::PullingController;
use super::queue::Strategy;
use super::read_request::ReadRequest;
use super::readable_stream::Controller;
use super::source::UnderlyingSourceSteps;
use crate::bindings::ReadableStreamController;
use crate::clone;
use crate::dom::{ReadableStream, ReadableStreamDefaultController, ReadableStreamDefaultReader};

/// What happens when branches are canceled, for both kinds of stream.
pub(super) struct Cancellation {
    stream: Member<ReadableStream>,
    canceled: [Cell<bool>; 2],
    reasons: RefCell<[Traced<Value>; 2]>,
    promise: Traced<Promise<()>>,
}

impl Trace for Cancellation {
    fn trace(&self, tracer: &mut Tracer) {
        self.stream.trace(tracer);
        if let Ok(reasons) = self.reasons.try_borrow() {
            reasons.iter().for_each(|reason| reason.trace(tracer));
        }
        self.promise.trace(tracer);
    }
}

impl Cancellation {
    pub(super) fn new(realm: &Realm, stream: &Root<ReadableStream>) -> Fallible<Self> {
        Ok(Self {
            stream: stream.clone().into(),
            canceled: [Cell::new(false), Cell::new(false)],
            reasons: RefCell::new([Value::UNDEFINED.into(), Value::UNDEFINED.into()]),
            promise: Promise::new(realm)?.into(),
        })
    }

    /// Whether the branch, 0 or 1, was canceled.
    pub(super) fn is_canceled(&self, branch: usize) -> bool {
        self.canceled.get(branch).is_some_and(Cell::get)
    }

    /// `cancel1Algorithm` and `cancel2Algorithm`.
    pub(super) fn cancel(&self, realm: &Realm, branch: usize, reason: &Value) -> Fallible<Promise<()>> {
        if let Some(canceled) = self.canceled.get(branch) {
            canceled.set(true);
        }
        if let Some(place) = self.reasons.borrow_mut().get_mut(branch) {
            *place = reason.clone().into();
        }
        if self.canceled.iter().all(Cell::get) {
            let reasons: Vec<Value> = self.reasons.borrow().iter().map(|reason| (**reason).clone()).collect();
            let composite = Object::array(realm, reasons)?;
            self.cancel_stream(realm, composite.as_value())?;
        }
        Ok((*self.promise).clone())
    }

    /// Cancels the stream that is teed.
    pub(super) fn cancel_stream(&self, realm: &Realm, reason: &Value) -> Fallible<()> {
        let canceled = self.stream.cancel_with(realm, reason)?;
        self.promise.resolve_with(realm, canceled.as_object().as_value());
        Ok(())
    }

    /// The stream has ended: a branch that is canceled from now on has nothing to wait for.
    pub(super) fn ended(&self, realm: &Realm) {
        if !self.canceled.iter().all(Cell::get) {
            self.promise.resolve(realm, ());
        }
    }
}

/// What two branches share.
struct Tee {
    reader: Member<ReadableStreamDefaultReader>,
    reading: Cell<bool>,
    read_again: Cell<bool>,
    cancellation: Cancellation,
    branches: RefCell<Vec<Member<ReadableStream>>>,
    clone_for_second: bool,
}

trace_fields!(Tee { reader, cancellation, branches });

/// The underlying source of one branch.
struct Branch {
    tee: Traced<Shared<Tee>>,
    index: usize,
}

trace_fields!(Branch { tee });

/// The read request that feeds both branches.
struct TeeRequest {
    tee: Traced<Shared<Tee>>,
}

trace_fields!(TeeRequest { tee });

impl Tee {
    /// The controllers of both branches, with their numbers.
    fn controllers(&self) -> Vec<(usize, Root<ReadableStreamDefaultController>)> {
        let branches = self.branches.borrow();
        let controllers =
            branches.iter().enumerate().filter_map(|(index, branch)| match branch.controller().ok()? {
                Controller::Default(controller) => Some((index, controller.into_inner())),
                Controller::Byte(_) => None,
            });
        controllers.collect()
    }

    fn error_branches(&self, realm: &Realm, error: &Value) -> Fallible<()> {
        self.controllers().into_iter().try_for_each(|(_, controller)| controller.error_steps(realm, error))
    }
}

/// `pullAlgorithm`.
fn pull(realm: &Realm, tee: &Traced<Shared<Tee>>) -> Fallible<Promise<()>> {
    if tee.reading.replace(true) {
        tee.read_again.set(true);
    } else {
        tee.reader.read_with(realm, Box::new(TeeRequest { tee: tee.clone() }))?;
    }
    Promise::resolved(realm, ())
}

/// The chunk steps proper, which the standard puts into a microtask.
fn give(realm: &Realm, tee: &Traced<Shared<Tee>>, chunk: &Value) -> Fallible<()> {
    // Steps 1 and 2.
    tee.read_again.set(false);
    let mut second = chunk.clone();
    // Step 3.
    if !tee.cancellation.is_canceled(1) && tee.clone_for_second {
        match clone::structured_clone(realm, chunk, &[]) {
            Ok(cloned) => second = cloned,
            Err(exception) => {
                let error = exception.to_value(realm);
                tee.error_branches(realm, &error)?;
                return tee.cancellation.cancel_stream(realm, &error);
            }
        }
    }
    // Steps 4 and 5.
    for (index, controller) in tee.controllers() {
        if !tee.cancellation.is_canceled(index) {
            controller.enqueue_chunk(realm, if index == 0 { chunk } else { &second })?;
        }
    }
    // Steps 6 and 7.
    tee.reading.set(false);
    if tee.read_again.get() {
        pull(realm, tee)?;
    }
    Ok(())
}

impl ReadRequest for TeeRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        let state = (self.tee, Traced::new(chunk.clone()));
        realm.queue_microtask_with(state, |realm, (tee, chunk), _| give(realm, tee, chunk))
    }

    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()> {
        self.tee.reading.set(false);
        for (index, controller) in self.tee.controllers() {
            if !self.tee.cancellation.is_canceled(index) {
                controller.close_steps(realm)?;
            }
        }
        self.tee.cancellation.ended(realm);
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, _: &Value) -> Fallible<()> {
        self.tee.reading.set(false);
        Ok(())
    }
}

impl UnderlyingSourceSteps for Branch {
    fn pull(&self, realm: &Realm, _: &ReadableStreamController) -> Fallible<Promise<()>> {
        pull(realm, &self.tee)
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.tee.cancellation.cancel(realm, self.index, reason)
    }
}

/// [ReadableStreamDefaultTee](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee).
fn default_tee(
    realm: &Realm,
    stream: &Root<ReadableStream>,
    clone_for_second: bool,
) -> Fallible<(Root<ReadableStream>, Root<ReadableStream>)> {
    // Steps 3 to 12.
    let reader = ReadableStreamDefaultReader::acquire(realm, stream)?;
    let tee = realm.share(Tee {
        reader: reader.clone().into(),
        reading: Cell::new(false),
        read_again: Cell::new(false),
        cancellation: Cancellation::new(realm, stream)?,
        branches: RefCell::default(),
        clone_for_second,
    })?;
    // Steps 13 to 18.
    let branch = |index| {
        let source = Box::new(Branch { tee: tee.clone().into(), index });
        ReadableStream::create(realm, source, Strategy::counting(1.0))
    };
    let (first, second) = (branch(0)?, branch(1)?);
    tee.branches.borrow_mut().extend([first.clone().into(), second.clone().into()]);
    // Step 19.
    reader.generic.closed_promise().react_with(
        realm,
        Traced::new(tee),
        |_, _, _| Ok(()),
        |realm, tee, reason| {
            tee.error_branches(realm, reason)?;
            tee.cancellation.ended(realm);
            Ok(())
        },
    )?;
    // Step 20.
    Ok((first, second))
}

impl ReadableStream {
    /// [ReadableStreamTee](https://streams.spec.whatwg.org/#readable-stream-tee).
    ///
    /// # Errors
    /// A `TypeError` if it is locked.
    pub(crate) fn tee_streams(
        &self,
        realm: &Realm,
        clone_for_second: bool,
    ) -> Fallible<(Root<Self>, Root<Self>)> {
        match self.controller()? {
            Controller::Byte(_) => super::byte_tee::byte_tee(realm, &self.root()),
            Controller::Default(_) => default_tee(realm, &self.root(), clone_for_second),
        }
    }

    /// Takes the bytes of the stream, which is locked and disturbed from here on: directly where they come from
    /// another thread, otherwise chunk by chunk.
    ///
    /// # Errors
    /// A `TypeError` if it is locked or disturbed.
    pub(crate) fn take_bytes(&self, realm: &Realm) -> Fallible<body::BodyReader> {
        self.check_unused()?;
        let direct = self.take_reader()?;
        let reader = ReadableStreamDefaultReader::acquire(realm, &self.root())?;
        match direct {
            Some(bytes) => {
                self.disturbed.set(true);
                Ok(bytes)
            }
            None => super::pump::pump(realm, reader),
        }
    }
}
