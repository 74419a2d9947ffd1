//! [`DecompressionStream`](https://compression.spec.whatwg.org/#decompression-stream).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, Promise, Realm, Reflector, Root, Trace, Tracer, Value, platform_object,
    trace_fields,
};

use super::codec::{Decoded, Decoder};
use super::compression_stream::enqueue;
use crate::bindings::{CompressionFormat, DecompressionStreamMethods};
use crate::dom::streams::generic_transform_stream::{chunk_bytes, generic_transform_stream};
use crate::dom::streams::transformer::{TransformerSteps, settled};
use crate::dom::{TransformStream, TransformStreamDefaultController};

/// `DecompressionStream`.
pub(crate) struct DecompressionStream {
    reflector: Reflector,
    transform: Member<TransformStream>,
}

trace_fields!(DecompressionStream { transform });
platform_object!(DecompressionStream);
generic_transform_stream!(DecompressionStream);

struct Decompressor(RefCell<Decoder>);

impl Trace for Decompressor {
    fn trace(&self, _: &mut Tracer) {}
}

/// What could be decompressed is given before the error is told.
fn give(
    realm: &Realm,
    controller: &Root<TransformStreamDefaultController>,
    decoded: Decoded,
) -> Fallible<()> {
    enqueue(realm, controller, decoded.bytes)?;
    decoded.error.map_or(Ok(()), |error| Err(Exception::type_error(error)))
}

impl TransformerSteps for Decompressor {
    /// [Decompresses and enqueues a chunk](https://compression.spec.whatwg.org/#decompress-and-enqueue-a-chunk).
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let decoded = chunk_bytes(realm, chunk).map(|bytes| self.0.borrow_mut().push(&bytes));
        settled(realm, decoded.and_then(|decoded| give(realm, controller, decoded)))
    }

    /// [Decompresses, flushes and enqueues](https://compression.spec.whatwg.org/#decompress-flush-and-enqueue).
    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let decoded = self.0.borrow_mut().finish();
        settled(realm, give(realm, controller, decoded))
    }
}

impl DecompressionStreamMethods for DecompressionStream {
    /// [`new DecompressionStream()`](https://compression.spec.whatwg.org/#dom-decompressionstream-decompressionstream)
    fn constructor(realm: &Realm, format: CompressionFormat) -> Fallible<Self> {
        let decompressor = Decompressor(RefCell::new(Decoder::new(format)));
        let transform = TransformStream::create(realm, Box::new(decompressor))?;
        Ok(Self { reflector: Reflector::new(), transform: transform.into() })
    }
}
