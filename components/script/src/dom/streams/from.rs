//! [ReadableStreamFromIterable](https://streams.spec.whatwg.org/#readable-stream-from-iterable).

use bgfetch_js::{
    AsyncSequence, AsyncSequenceIterator, Fallible, Promise, Realm, Root, Traced, Value, trace_fields,
};

use super::queue::Strategy;
use super::source::UnderlyingSourceSteps;
use crate::bindings::ReadableStreamController;
use crate::dom::ReadableStream;

/// The values of an iterator.
struct IterableSource {
    iterator: Traced<AsyncSequenceIterator<Value>>,
}

trace_fields!(IterableSource { iterator });

pub(super) fn from_iterable(
    realm: &Realm,
    iterable: &AsyncSequence<Value>,
) -> Fallible<Root<ReadableStream>> {
    let iterator = iterable.open(realm)?.into();
    ReadableStream::create(realm, Box::new(IterableSource { iterator }), Strategy::counting(0.0))
}

impl UnderlyingSourceSteps for IterableSource {
    fn pull(&self, realm: &Realm, controller: &ReadableStreamController) -> Fallible<Promise<()>> {
        let ReadableStreamController::ReadableStreamDefaultController(controller) = controller else {
            return Promise::resolved(realm, ());
        };
        let next = self.iterator.next(realm)?;
        let state = (self.iterator.clone(), Traced::new(controller.clone()));
        next.then_with(
            realm,
            state,
            Some(|realm, (iterator, controller), result| {
                match iterator.value(realm, result)? {
                    None => controller.close_steps(realm)?,
                    Some(value) => controller.enqueue_chunk(realm, &value)?,
                }
                Ok(Value::UNDEFINED)
            }),
            None,
        )
    }

    fn cancel(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        self.iterator.close(realm, reason)
    }
}
