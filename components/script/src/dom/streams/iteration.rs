//! [Asynchronous iteration of streams](https://streams.spec.whatwg.org/#rs-asynciterator).

use bgfetch_js::glue::{AsyncIteration, Step};
use bgfetch_js::{Exception, Fallible, Member, Promise, Realm, Root, Traced, Value, trace_fields};

use super::read_request::ReadRequest;
use crate::dom::ReadableStreamDefaultReader;

/// One `for await` over a stream.
pub(super) struct StreamIteration {
    reader: Member<ReadableStreamDefaultReader>,
    prevent_cancel: bool,
}

trace_fields!(StreamIteration { reader });

impl StreamIteration {
    pub(super) fn new(reader: Root<ReadableStreamDefaultReader>, prevent_cancel: bool) -> Self {
        Self { reader: reader.into(), prevent_cancel }
    }
}

impl AsyncIteration for StreamIteration {
    fn next(&self, realm: &Realm) -> Fallible<Promise<Step>> {
        let promise = Promise::new(realm)?;
        let request = NextRequest { reader: self.reader.clone(), promise: promise.clone().into() };
        self.reader.read_with(realm, Box::new(request))?;
        Ok(promise)
    }

    fn finish(&self, realm: &Realm, value: &Value) -> Fallible<Promise<()>> {
        let canceled = match self.reader.generic.stream() {
            Some(stream) if !self.prevent_cancel => Some(stream.cancel_with(realm, value)?),
            _ => None,
        };
        self.reader.release(realm)?;
        canceled.map_or_else(|| Promise::resolved(realm, ()), Ok)
    }
}

struct NextRequest {
    reader: Member<ReadableStreamDefaultReader>,
    promise: Traced<Promise<Step>>,
}

trace_fields!(NextRequest { reader, promise });

impl ReadRequest for NextRequest {
    fn chunk(self: Box<Self>, realm: &Realm, chunk: &Value) -> Fallible<()> {
        self.promise.resolve(realm, Step::Value(chunk.clone()));
        Ok(())
    }

    fn close(self: Box<Self>, realm: &Realm) -> Fallible<()> {
        self.reader.release(realm)?;
        self.promise.resolve(realm, Step::Done);
        Ok(())
    }

    fn error(self: Box<Self>, realm: &Realm, error: &Value) -> Fallible<()> {
        self.reader.release(realm)?;
        self.promise.reject(realm, Exception::js(error.clone()));
        Ok(())
    }
}
