//! [`TextEncoderStream`](https://encoding.spec.whatwg.org/#interface-textencoderstream).

use std::cell::Cell;

use bgfetch_js::{
    DomString, Fallible, Member, Promise, Realm, Reflector, Root, Trace, Tracer, TypedArray, TypedArrayKind,
    Value, platform_object, trace_fields,
};

use crate::bindings::{TextEncoderCommonMethods, TextEncoderStreamMethods};
use crate::dom::streams::generic_transform_stream::generic_transform_stream;
use crate::dom::streams::transformer::{TransformerSteps, settled};
use crate::dom::{TransformStream, TransformStreamDefaultController};

/// `TextEncoderStream`.
pub(crate) struct TextEncoderStream {
    reflector: Reflector,
    transform: Member<TransformStream>,
}

trace_fields!(TextEncoderStream { transform });
platform_object!(TextEncoderStream);
generic_transform_stream!(TextEncoderStream);

/// Strings to bytes; a surrogate pair may be split between two of them.
#[derive(Default)]
struct Encoder {
    /// [Leading surrogate](https://encoding.spec.whatwg.org/#textencoderstream-leading-surrogate) of the chunk before.
    leading_surrogate: Cell<Option<u16>>,
}

impl Trace for Encoder {
    fn trace(&self, _: &mut Tracer) {}
}

impl Encoder {
    /// [Encodes a chunk](https://encoding.spec.whatwg.org/#encode-and-enqueue-a-chunk), keeping a leading surrogate at its end.
    fn encode(&self, chunk: &DomString) -> Vec<u8> {
        let pending = self.leading_surrogate.take();
        if pending.is_none() && !chunk.has_lone_surrogate() {
            return chunk.as_str().as_bytes().to_vec();
        }
        let mut units: Vec<u16> = pending.into_iter().chain(chunk.to_utf16()).collect();
        if let Some(last) = units.pop_if(|last| (0xD800..0xDC00).contains(last)) {
            self.leading_surrogate.set(Some(last));
        }
        String::from_utf16_lossy(&units).into_bytes()
    }
}

fn enqueue(
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

impl TransformerSteps for Encoder {
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let encoded = DomString::of(realm, chunk).map(|chunk| self.encode(&chunk));
        settled(realm, encoded.and_then(|bytes| enqueue(realm, controller, bytes)))
    }

    /// [Encodes and flushes](https://encoding.spec.whatwg.org/#encode-and-flush).
    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let replacement = self.leading_surrogate.take().map_or("", |_| "\u{FFFD}");
        settled(realm, enqueue(realm, controller, replacement.as_bytes().to_vec()))
    }
}

impl TextEncoderStreamMethods for TextEncoderStream {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let transform = TransformStream::create(realm, Box::<Encoder>::default())?;
        Ok(Self { reflector: Reflector::new(), transform: transform.into() })
    }
}

impl TextEncoderCommonMethods for TextEncoderStream {
    fn encoding(&self, _: &Realm) -> Fallible<DomString> {
        Ok("utf-8".into())
    }
}
