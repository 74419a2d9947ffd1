//! [`TransformStreamDefaultController`](https://streams.spec.whatwg.org/#ts-default-controller-class).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, PlatformObject, Promise, Realm, Reflector, Root, Traced, Value,
    platform_object, trace_fields,
};

use super::pulling::PullingController;
use super::transformer::{SharedTransformer, TransformerSteps};
use crate::bindings::TransformStreamDefaultControllerMethods;
use crate::dom::TransformStream;

/// `TransformStreamDefaultController`.
pub(crate) struct TransformStreamDefaultController {
    reflector: Reflector,
    stream: Member<TransformStream>,
    /// [Finish promise](https://streams.spec.whatwg.org/#transformstreamdefaultcontroller-finishpromise).
    finish_promise: RefCell<Option<Traced<Promise<()>>>>,
    /// `None` once its algorithms were cleared.
    transformer: RefCell<Option<Traced<SharedTransformer>>>,
}

trace_fields!(TransformStreamDefaultController { stream, finish_promise, transformer });
platform_object!(TransformStreamDefaultController);

impl TransformStreamDefaultController {
    /// [SetUpTransformStreamDefaultController](https://streams.spec.whatwg.org/#set-up-transform-stream-default-controller).
    pub(super) fn set_up(
        realm: &Realm,
        stream: &Root<TransformStream>,
        transformer: Box<dyn TransformerSteps>,
    ) -> Fallible<Root<Self>> {
        let transformer = realm.share(transformer)?;
        let controller = realm.wrap(Self {
            reflector: Reflector::new(),
            stream: stream.clone().into(),
            finish_promise: RefCell::default(),
            transformer: RefCell::new(Some(transformer.into())),
        })?;
        stream.controller.replace(Some(controller.clone().into()));
        Ok(controller)
    }

    fn transformer(&self) -> Option<SharedTransformer> {
        self.transformer.borrow().as_deref().cloned()
    }

    pub(super) fn finish_promise(&self) -> Option<Promise<()>> {
        self.finish_promise.borrow().as_deref().cloned()
    }

    /// Sets the finish promise.
    pub(super) fn start_finishing(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let promise = Promise::new(realm)?;
        self.finish_promise.replace(Some(promise.clone().into()));
        Ok(promise)
    }

    /// Performs the flush algorithm.
    pub(super) fn flush(&self, realm: &Realm) -> Fallible<Promise<()>> {
        match self.transformer() {
            Some(transformer) => transformer.flush(realm, &self.root()),
            None => Promise::resolved(realm, ()),
        }
    }

    /// Performs the cancel algorithm.
    pub(super) fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        match self.transformer() {
            Some(transformer) => transformer.cancel(realm, reason),
            None => Promise::resolved(realm, ()),
        }
    }

    /// [ClearAlgorithms](https://streams.spec.whatwg.org/#transform-stream-default-controller-clear-algorithms).
    pub(super) fn clear_algorithms(&self) {
        let transformer = self.transformer.take();
        drop(transformer);
    }

    /// [Enqueue](https://streams.spec.whatwg.org/#transform-stream-default-controller-enqueue).
    ///
    /// # Errors
    /// A `TypeError` if the readable side takes no more chunks, or its error if it failed because of this one.
    pub(crate) fn enqueue_chunk(&self, realm: &Realm, chunk: &Value) -> Fallible<()> {
        // Steps 1 to 3.
        let controller = self.stream.readable_controller()?;
        if !controller.can_close_or_enqueue() {
            return Err(Exception::type_error("the readable side is closed or errored, or was terminated"));
        }
        // Steps 4 and 5.
        if let Err(exception) = controller.enqueue_chunk(realm, chunk) {
            self.stream.error_writable_and_unblock_write(realm, &exception.to_value(realm))?;
            return Err(Exception::js(self.stream.readable_side()?.stored_error()));
        }
        // Steps 6 and 7.
        if controller.has_backpressure() != self.stream.backpressure.get() {
            self.stream.set_backpressure(realm, true)?;
        }
        Ok(())
    }

    /// [PerformTransform](https://streams.spec.whatwg.org/#transform-stream-default-controller-perform-transform).
    pub(super) fn perform_transform(&self, realm: &Realm, chunk: &Value) -> Fallible<Promise<()>> {
        let transformed = match self.transformer() {
            Some(transformer) => transformer.transform(realm, chunk, &self.root())?,
            None => Promise::resolved(realm, ())?,
        };
        transformed.then_with(
            realm,
            self.stream.clone(),
            None,
            Some(|realm, stream, reason| {
                stream.fail(realm, reason)?;
                Err(Exception::js(reason.clone()))
            }),
        )
    }

    /// [Terminate](https://streams.spec.whatwg.org/#transform-stream-default-controller-terminate).
    fn terminate_steps(&self, realm: &Realm) -> Fallible<()> {
        self.stream.readable_controller()?.close_steps(realm)?;
        let error = Exception::type_error("the stream was terminated").to_value(realm);
        self.stream.error_writable_and_unblock_write(realm, &error)
    }
}

impl TransformStreamDefaultControllerMethods for TransformStreamDefaultController {
    fn desired_size(&self, _: &Realm) -> Fallible<Option<f64>> {
        Ok(self.stream.readable_controller()?.desired())
    }

    fn enqueue(&self, realm: &Realm, chunk: Option<Value>) -> Fallible<()> {
        self.enqueue_chunk(realm, &chunk.unwrap_or_default())
    }

    fn error(&self, realm: &Realm, reason: Option<Value>) -> Fallible<()> {
        self.stream.fail(realm, &reason.unwrap_or_default())
    }

    fn terminate(&self, realm: &Realm) -> Fallible<()> {
        self.terminate_steps(realm)
    }
}
