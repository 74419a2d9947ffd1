//! [`async_sequence<T>`](https://webidl.spec.whatwg.org/#idl-async-sequence): what script lets the platform iterate.

use std::marker::PhantomData;

use crate::sequence::{get_method, iterator_method};
use crate::{Callback, Exception, Fallible, FromJs, Handle, Object, Promise, Realm, ToJs, Value};

/// An `async_sequence<T>`, not opened yet.
#[derive(Clone, Debug)]
pub struct AsyncSequence<T> {
    object: Object,
    method: Callback,
    /// It has only `@@iterator`.
    sync: bool,
    value: PhantomData<fn() -> T>,
}

/// An [open](https://webidl.spec.whatwg.org/#async-sequence-open) `async_sequence<T>`.
#[derive(Clone, Debug)]
pub struct AsyncSequenceIterator<T> {
    iterator: Object,
    next: Value,
    sync: bool,
    value: PhantomData<fn() -> T>,
}

/// [Converts](https://webidl.spec.whatwg.org/#js-to-async-iterable) an object with `@@asyncIterator` or `@@iterator`.
impl<T> FromJs for AsyncSequence<T> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        let not_iterable = || Exception::type_error("the value is not iterable");
        let object = value.as_object().ok_or_else(not_iterable)?;
        let (method, sync) = match get_method(realm, &object, "symbolAsyncIterator")? {
            Some(method) => (method, false),
            None => (iterator_method(realm, &object)?.ok_or_else(not_iterable)?, true),
        };
        Ok(Self { object, method, sync, value: PhantomData })
    }
}

impl<T> ToJs for AsyncSequence<T> {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self.object.into_value())
    }
}

impl<T> AsyncSequence<T> {
    /// [Opens](https://webidl.spec.whatwg.org/#async-sequence-open) it: calls its iterator method.
    pub fn open(&self, realm: &Realm) -> Fallible<AsyncSequenceIterator<T>> {
        let iterator = self.method.call(realm, self.object.as_value(), &[])?;
        let iterator =
            iterator.as_object().ok_or_else(|| Exception::type_error("the iterator is not an object"))?;
        let next = iterator.get(realm, "next")?;
        Ok(AsyncSequenceIterator { iterator, next, sync: self.sync, value: PhantomData })
    }
}

impl<T> Handle for AsyncSequenceIterator<T> {
    fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
        visit(self.iterator.as_value());
        visit(&self.next);
    }
}

impl<T: FromJs> AsyncSequenceIterator<T> {
    /// Asks for the [next value](https://webidl.spec.whatwg.org/#async-iterator-get-the-next-value): a promise for an
    /// iterator result, to be read with [`value`](Self::value).
    pub fn next(&self, realm: &Realm) -> Fallible<Promise<Value>> {
        let result = Callback::new(&self.next)
            .and_then(|next| next.call(realm, self.iterator.as_value(), &[]))
            .and_then(|result| self.awaited(realm, &result));
        result.or_else(|exception| Promise::rejected(realm, exception))
    }

    /// A sync iterator's results have values that may be promises: they are awaited, too.
    fn awaited(&self, realm: &Realm, result: &Value) -> Fallible<Promise<Value>> {
        if !self.sync {
            return Promise::resolve_value(realm, result);
        }
        let result = result_object(result)?;
        let done = result.get(realm, "done")?.to_boolean(realm);
        let value = Promise::<Value>::promise_resolve(realm, &result.get(realm, "value")?)?;
        value.then(
            realm,
            move |realm, value| {
                let result = Object::new(realm)?;
                result.create(realm, "value", value)?;
                result.create(realm, "done", &Value::boolean(done))?;
                Ok(result.into_value())
            },
            None,
        )
    }

    /// The value in an iterator result; none at the end.
    ///
    /// # Errors
    /// A `TypeError` if it is not an object, and what the conversion of the value throws.
    pub fn value(&self, realm: &Realm, result: &Value) -> Fallible<Option<T>> {
        let result = result_object(result)?;
        if result.get(realm, "done")?.to_boolean(realm) {
            return Ok(None);
        }
        T::from_js(realm, &result.get(realm, "value")?).map(Some)
    }

    /// [Closes](https://webidl.spec.whatwg.org/#async-iterator-close) it: calls the iterator's `return`, if it has one, and
    /// checks that the result is an object.
    pub fn close(&self, realm: &Realm, reason: &Value) -> Fallible<Promise<()>> {
        let closed = self.call_return(realm, reason).and_then(|promise| match promise {
            None => Promise::resolved(realm, ()),
            Some(promise) => {
                promise.then(realm, |_, result| result_object(result).map(|_| Value::UNDEFINED), None)
            }
        });
        closed.or_else(|exception| Promise::rejected(realm, exception))
    }

    fn call_return(&self, realm: &Realm, reason: &Value) -> Fallible<Option<Promise<Value>>> {
        let method = self.iterator.get(realm, "return")?;
        if method.is_nullish() {
            return Ok(None);
        }
        let result =
            Callback::new(&method)?.call(realm, self.iterator.as_value(), std::slice::from_ref(reason))?;
        self.awaited(realm, &result).map(Some)
    }
}

fn result_object(result: &Value) -> Fallible<Object> {
    result.as_object().ok_or_else(|| Exception::type_error("the iterator's result is not an object"))
}
