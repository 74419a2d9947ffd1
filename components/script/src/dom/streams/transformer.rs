//! [Transformers](https://streams.spec.whatwg.org/#transformer-api): of script, and of the platform's own.

use bgfetch_js::{Fallible, Object, Promise, Realm, Root, Shared, Trace, Traced, Value, trace_fields};

use crate::bindings::{
    Transformer, TransformerCancelCallback, TransformerFlushCallback, TransformerTransformCallback,
};
use crate::dom::TransformStreamDefaultController;

/// The algorithms of a transformer.
pub(crate) trait TransformerSteps: Trace {
    /// The transform algorithm.
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>>;

    /// The flush algorithm.
    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>>;

    /// The cancel algorithm.
    fn cancel(&self, realm: &Realm, _reason: &Value) -> Fallible<Promise<()>> {
        Promise::resolved(realm, ())
    }
}

/// A transformer that stays alive while it is called, even if its stream lets go of it meanwhile.
pub(super) type SharedTransformer = Shared<Box<dyn TransformerSteps>>;

/// A promise of what the algorithm of a platform's own transformer did, as the wrappers of [setting
/// up](https://streams.spec.whatwg.org/#transformstream-set-up) make it.
pub(crate) fn settled(realm: &Realm, result: Fallible<()>) -> Fallible<Promise<()>> {
    match result {
        Ok(()) => Promise::resolved(realm, ()),
        Err(exception) => Promise::rejected(realm, exception),
    }
}

/// A transformer that a page gave, or none: chunks pass as they are.
#[derive(Default)]
pub(super) struct ScriptTransformer {
    object: Option<Traced<Object>>,
    transform: Option<Traced<TransformerTransformCallback>>,
    flush: Option<Traced<TransformerFlushCallback>>,
    cancel: Option<Traced<TransformerCancelCallback>>,
}

trace_fields!(ScriptTransformer { object, transform, flush, cancel });

impl ScriptTransformer {
    pub(super) fn new(object: Option<Traced<Object>>, transformer: Transformer) -> Self {
        Self {
            object,
            transform: transformer.transform.map(Into::into),
            flush: transformer.flush.map(Into::into),
            cancel: transformer.cancel.map(Into::into),
        }
    }

    fn this(&self) -> Value {
        self.object.as_ref().map_or(Value::UNDEFINED, |object| object.as_value().clone())
    }
}

impl TransformerSteps for ScriptTransformer {
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        match &self.transform {
            Some(transform) => transform.call(realm, &self.this(), chunk.clone(), controller.clone()),
            None => settled(realm, controller.enqueue_chunk(realm, chunk)),
        }
    }

    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let Some(flush) = &self.flush else { return Promise::resolved(realm, ()) };
        flush.call(realm, &self.this(), controller.clone())
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let Some(cancel) = &self.cancel else { return Promise::resolved(realm, ()) };
        cancel.call(realm, &self.this(), reason.clone())
    }
}
