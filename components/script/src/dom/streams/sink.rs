//! [Underlying sinks](https://streams.spec.whatwg.org/#underlying-sink-api): of script, and of the platform's own.

use bgfetch_js::{
    Fallible, Object, Promise, Realm, Root, Shared, Trace, Traced, Tracer, Value, trace_fields,
};

use crate::bindings::{
    UnderlyingSink, UnderlyingSinkAbortCallback, UnderlyingSinkCloseCallback, UnderlyingSinkStartCallback,
    UnderlyingSinkWriteCallback,
};
use crate::dom::WritableStreamDefaultController;

/// The algorithms of an underlying sink.
pub(super) trait UnderlyingSinkSteps: Trace {
    /// The start algorithm: its value is waited for.
    fn start(&self, _: &Realm, _: &Root<WritableStreamDefaultController>) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }

    /// The write algorithm.
    fn write(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<WritableStreamDefaultController>,
    ) -> Fallible<Promise<()>>;

    /// The close algorithm.
    fn close(&self, realm: &Realm) -> Fallible<Promise<()>>;

    /// The abort algorithm.
    fn abort(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>>;
}

/// A sink that stays alive while it is called, even if its stream lets go of it meanwhile.
pub(super) type SharedSink = Shared<Box<dyn UnderlyingSinkSteps>>;

/// No underlying sink: what is written disappears.
pub(super) struct NoSink;

impl Trace for NoSink {
    fn trace(&self, _: &mut Tracer) {}
}

impl UnderlyingSinkSteps for NoSink {
    fn write(
        &self,
        realm: &Realm,
        _: &Value,
        _: &Root<WritableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }

    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }

    fn abort(&self, realm: &Realm, _: &Value) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }
}

/// An underlying sink that a page gave.
pub(super) struct ScriptSink {
    object: Traced<Object>,
    start: Option<Traced<UnderlyingSinkStartCallback>>,
    write: Option<Traced<UnderlyingSinkWriteCallback>>,
    close: Option<Traced<UnderlyingSinkCloseCallback>>,
    abort: Option<Traced<UnderlyingSinkAbortCallback>>,
}

trace_fields!(ScriptSink { object, start, write, close, abort });

impl ScriptSink {
    pub(super) fn new(object: Traced<Object>, sink: UnderlyingSink) -> Self {
        Self {
            object,
            start: sink.start.map(Into::into),
            write: sink.write.map(Into::into),
            close: sink.close.map(Into::into),
            abort: sink.abort.map(Into::into),
        }
    }
}

impl UnderlyingSinkSteps for ScriptSink {
    fn start(&self, realm: &Realm, controller: &Root<WritableStreamDefaultController>) -> Fallible<Value> {
        let Some(start) = &self.start else { return Ok(Value::UNDEFINED) };
        start.call(realm, self.object.as_value(), controller.clone())
    }

    fn write(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<WritableStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let Some(write) = &self.write else { return Promise::resolved(realm, ()) };
        write.call(realm, self.object.as_value(), chunk.clone(), controller.clone())
    }

    fn close(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let Some(close) = &self.close else { return Promise::resolved(realm, ()) };
        close.call(realm, self.object.as_value())
    }

    fn abort(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let Some(abort) = &self.abort else { return Promise::resolved(realm, ()) };
        abort.call(realm, self.object.as_value(), Some(reason.clone()))
    }
}
