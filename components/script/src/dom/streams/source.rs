//! [Underlying sources](https://streams.spec.whatwg.org/#underlying-source-api): of script, and of the platform's own.

use bgfetch_js::{Fallible, Object, Promise, Realm, Shared, Trace, Traced, Tracer, Value};
use bgfetch_traits::body::BodyReader;

use crate::bindings::{
    ReadableStreamController, UnderlyingSource, UnderlyingSourceCancelCallback, UnderlyingSourcePullCallback,
    UnderlyingSourceStartCallback,
};

/// The algorithms of an underlying source.
pub(super) trait UnderlyingSourceSteps: Trace {
    /// The start algorithm: its value is waited for.
    fn start(&self, _: &Realm, _: &ReadableStreamController) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }

    /// The pull algorithm.
    fn pull(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Promise<()>>;

    /// The cancel algorithm.
    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>>;

    /// Nothing will be asked of it any more: its stream has ended.
    fn cleared(&self) {}

    /// Gives up the bytes that it has not given yet, if it is a source of bytes that nobody has asked yet.
    fn take_reader(&self) -> Option<BodyReader> {
        None
    }
}

/// A source that stays alive while it is called, even if its stream lets go of it meanwhile.
pub(super) type SharedSource = Shared<Box<dyn UnderlyingSourceSteps>>;

/// No underlying source: only the controller could have given chunks.
pub(super) struct NoSource;

impl Trace for NoSource {
    fn trace(&self, _: &mut Tracer) {}
}

impl UnderlyingSourceSteps for NoSource {
    fn pull(&self, realm: &Realm, _: &ReadableStreamController) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }

    fn cancel(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }
}

/// An underlying source that a page gave.
pub(super) struct ScriptSource {
    object: Traced<Object>,
    start: Option<Traced<UnderlyingSourceStartCallback>>,
    pull: Option<Traced<UnderlyingSourcePullCallback>>,
    cancel: Option<Traced<UnderlyingSourceCancelCallback>>,
}

bgfetch_js::trace_fields!(ScriptSource { object, start, pull, cancel });

impl ScriptSource {
    pub(super) fn new(object: Traced<Object>, source: UnderlyingSource) -> Self {
        Self {
            object,
            start: source.start.map(Into::into),
            pull: source.pull.map(Into::into),
            cancel: source.cancel.map(Into::into),
        }
    }
}

impl UnderlyingSourceSteps for ScriptSource {
    fn start(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Value> {
        let Some(start) = &self.start else { return Ok(Value::UNDEFINED) };
        start.call(realm, self.object.as_value(), controller.clone())
    }

    fn pull(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Promise<()>> {
        let Some(pull) = &self.pull else { return Promise::resolved(realm, ()) };
        pull.call(realm, self.object.as_value(), controller.clone())
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let Some(cancel) = &self.cancel else { return Promise::resolved(realm, ()) };
        cancel.call(realm, self.object.as_value(), Some(reason.clone()))
    }
}
