//! [Teeing](https://streams.spec.whatwg.org/#readable-stream-tee).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    Exception, Fallible, Member, Object, PlatformObject, Promise, Realm, Root, Shared, Trace, Traced, Value,
    trace_fields,
};
use bgfetch_traits::body;

use super::read_request::ReadRequest;
use super::source::UnderlyingSourceSteps;
use crate::clone;
use crate::dom::{ReadableStream, ReadableStreamDefaultController, ReadableStreamDefaultReader};

/// What two branches share.
struct Tee {
    stream: Member<ReadableStream>,
    reader: Member<ReadableStreamDefaultReader>,
    reading: Cell<bool>,
    read_again: Cell<bool>,
    canceled: [Cell<bool>; 2],
    reasons: RefCell<[Traced<Value>; 2]>,
    branches: RefCell<Vec<Member<ReadableStream>>>,
    cancel_promise: Traced<Promise<()>>,
    clone_for_second: bool,
}

impl Trace for Tee {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.stream.trace(tracer);
        self.reader.trace(tracer);
        if let Ok(reasons) = self.reasons.try_borrow() {
            reasons.iter().for_each(|reason| reason.trace(tracer));
        }
        self.branches.trace(tracer);
        self.cancel_promise.trace(tracer);
    }
}

/// The underlying source of one branch.
struct Branch {
    tee: Traced<Shared<Tee>>,
    index: usize,
}

trace_fields!(Branch { tee });

/// The read request that feeds both branches.
struct TeeRequest(Traced<Shared<Tee>>);

impl Trace for TeeRequest {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.trace(tracer);
    }
}

impl Tee {
    fn controllers(&self) -> Fallible<Vec<Root<ReadableStreamDefaultController>>> {
        self.branches.borrow().iter().map(|branch| branch.controller()).collect()
    }

    fn settle_canceled(&self, realm: &Realm) {
        if !self.canceled.iter().all(Cell::get) {
            self.cancel_promise.resolve(realm, ());
        }
    }
}

fn pull(realm: &Realm, tee: &Shared<Tee>) -> Fallible<Promise<()>> {
    if tee.reading.replace(true) {
        tee.read_again.set(true);
    } else {
        tee.reader.read_with(realm, Box::new(TeeRequest(tee.clone().into())))?;
    }
    Promise::resolved(realm, ())
}

/// The chunk steps proper, which the standard puts into a microtask.
fn give(realm: &Realm, tee: &Shared<Tee>, chunk: &Value) -> Fallible<()> {
    tee.read_again.set(false);
    let mut second = chunk.clone();
    let controllers = tee.controllers()?;
    if !tee.canceled[1].get() && tee.clone_for_second {
        match clone::structured_clone(realm, chunk, &[]) {
            Ok(cloned) => second = cloned,
            Err(exception) => {
                let error = exception.to_value(realm);
                for controller in controllers {
                    controller.error_steps(realm, &error)?;
                }
                let canceled = tee.stream.cancel_with(realm, &error)?;
                tee.cancel_promise.resolve_with(realm, canceled.as_object().as_value());
                return Ok(());
            }
        }
    }
    for (index, controller) in controllers.iter().enumerate() {
        if !tee.canceled.get(index).is_some_and(Cell::get) {
            controller.enqueue_chunk(realm, if index == 0 { chunk } else { &second })?;
        }
    }
    tee.reading.set(false);
    if tee.read_again.get() {
        pull(realm, tee)?;
    }
    Ok(())
}

impl ReadRequest for TeeRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        let (tee, chunk) = ((*self.0).clone(), chunk.clone());
        realm.queue_microtask(move |realm| {
            super::readable_stream_default_controller::settle(realm, give(realm, &tee, &chunk));
        })
    }

    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()> {
        self.0.reading.set(false);
        for (index, controller) in self.0.controllers()?.iter().enumerate() {
            if !self.0.canceled.get(index).is_some_and(Cell::get) {
                controller.close_steps(realm)?;
            }
        }
        self.0.settle_canceled(realm);
        Ok(())
    }

    fn error(self: Box<Self>, _: &Realm, _: &Value) -> Fallible<()> {
        self.0.reading.set(false);
        Ok(())
    }
}

impl UnderlyingSourceSteps for Branch {
    fn start(&self, _: &Realm, _: &Root<ReadableStreamDefaultController>) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }

    fn pull(&self, realm: &Realm, _: &Root<ReadableStreamDefaultController>) -> Fallible<Promise<()>> {
        pull(realm, &self.tee)
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        if let Some(canceled) = self.tee.canceled.get(self.index) {
            canceled.set(true);
        }
        if let Some(place) = self.tee.reasons.borrow_mut().get_mut(self.index) {
            *place = reason.clone().into();
        }
        if self.tee.canceled.iter().all(Cell::get) {
            let reasons: Vec<Value> =
                self.tee.reasons.borrow().iter().map(|reason| (**reason).clone()).collect();
            let composite = Object::array(realm, reasons)?;
            let canceled = self.tee.stream.cancel_with(realm, composite.as_value())?;
            self.tee.cancel_promise.resolve_with(realm, canceled.as_object().as_value());
        }
        Ok((*self.tee.cancel_promise).clone())
    }
}

impl ReadableStream {
    /// [ReadableStreamDefaultTee](https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee). A stream of
    /// bytes that nobody has read is copied on its way, without passing through script.
    ///
    /// # Errors
    /// A `TypeError` if it is locked.
    pub(crate) fn tee_streams(
        &self,
        realm: &Realm,
        clone_for_second: bool,
    ) -> Fallible<(Root<Self>, Root<Self>)> {
        let reader = self.acquire_reader(realm)?;
        let tee = realm.share(Tee {
            stream: self.root().into(),
            reader: reader.clone().into(),
            reading: Cell::new(false),
            read_again: Cell::new(false),
            canceled: [Cell::new(false), Cell::new(false)],
            reasons: RefCell::new([Value::UNDEFINED.into(), Value::UNDEFINED.into()]),
            branches: RefCell::default(),
            cancel_promise: Promise::new(realm)?.into(),
            clone_for_second,
        })?;
        let first = Self::create(realm, Box::new(Branch { tee: tee.clone().into(), index: 0 }), 1.0)?;
        let second = Self::create(realm, Box::new(Branch { tee: tee.clone().into(), index: 1 }), 1.0)?;
        tee.branches.borrow_mut().extend([first.clone().into(), second.clone().into()]);
        // Step 18.
        reader.closed_promise().react(
            realm,
            |_, _| {},
            move |realm, reason| {
                for controller in tee.controllers().unwrap_or_default() {
                    super::readable_stream_default_controller::settle(
                        realm,
                        controller.error_steps(realm, reason),
                    );
                }
                tee.settle_canceled(realm);
            },
        )?;
        Ok((first, second))
    }

    /// Takes the bytes of the stream, which is locked and disturbed from here on: directly where they come from
    /// another thread, otherwise chunk by chunk.
    ///
    /// # Errors
    /// A `TypeError` if it is locked or disturbed.
    pub(crate) fn take_bytes(&self, realm: &Realm) -> Fallible<body::BodyReader> {
        if self.is_locked() || self.is_disturbed() {
            return Err(Exception::type_error("the body is locked or was read before"));
        }
        if self.is_readable()
            && let Some(bytes) = self.controller()?.take_reader()
        {
            self.disturbed.set(true);
            self.acquire_reader(realm)?;
            return Ok(bytes);
        }
        let reader = self.acquire_reader(realm)?;
        super::pump::pump(realm, reader)
    }
}
