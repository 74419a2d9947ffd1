//! [`CompressionStream`](https://compression.spec.whatwg.org/#compression-stream).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, Promise, Realm, Reflector, Root, Trace, Tracer, TypedArray, TypedArrayKind,
    Value, platform_object, trace_fields,
};

use super::codec::Encoder;
use crate::bindings::{CompressionFormat, CompressionStreamMethods};
use crate::dom::streams::generic_transform_stream::{chunk_bytes, generic_transform_stream};
use crate::dom::streams::transformer::{TransformerSteps, settled};
use crate::dom::{TransformStream, TransformStreamDefaultController};

/// `CompressionStream`.
pub(crate) struct CompressionStream {
    reflector: Reflector,
    transform: Member<TransformStream>,
}

trace_fields!(CompressionStream { transform });
platform_object!(CompressionStream);
generic_transform_stream!(CompressionStream);

struct Compressor(RefCell<Encoder>);

impl Trace for Compressor {
    fn trace(&self, _: &mut Tracer) {}
}

/// Gives bytes to the readable side, if there are any.
pub(super) fn enqueue(
    realm: &Realm,
    controller: &Root<TransformStreamDefaultController>,
    bytes: Vec<u8>,
) -> Fallible<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let array = TypedArray::from_vec(realm, TypedArrayKind::Uint8, bytes)?;
    controller.enqueue_chunk(realm, array.as_object().as_value())
}

impl Compressor {
    fn compress(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
        bytes: &[u8],
        last: bool,
    ) -> Fallible<()> {
        let compressed = self.0.borrow_mut().push(bytes, last).map_err(Exception::type_error)?;
        enqueue(realm, controller, compressed)
    }
}

impl TransformerSteps for Compressor {
    /// [Compresses and enqueues a chunk](https://compression.spec.whatwg.org/#compress-and-enqueue-a-chunk).
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let bytes = chunk_bytes(realm, chunk);
        settled(realm, bytes.and_then(|bytes| self.compress(realm, controller, &bytes, false)))
    }

    /// [Compresses, flushes and enqueues](https://compression.spec.whatwg.org/#compress-flush-and-enqueue).
    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        settled(realm, self.compress(realm, controller, &[], true))
    }
}

impl CompressionStreamMethods for CompressionStream {
    /// [`new CompressionStream()`](https://compression.spec.whatwg.org/#dom-compressionstream-compressionstream)
    fn constructor(realm: &Realm, format: CompressionFormat) -> Fallible<Self> {
        let compressor = Compressor(RefCell::new(Encoder::new(format)));
        let transform = TransformStream::create(realm, Box::new(compressor))?;
        Ok(Self { reflector: Reflector::new(), transform: transform.into() })
    }
}
