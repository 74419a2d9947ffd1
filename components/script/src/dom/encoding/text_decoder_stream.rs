//! [`TextDecoderStream`](https://encoding.spec.whatwg.org/#interface-textdecoderstream).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Promise, Realm, Reflector, Root, ToJs, Trace, Tracer, Value,
    platform_object, trace_fields,
};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};

use super::text_decoder::new_decoder;
use crate::bindings::{TextDecoderCommonMethods, TextDecoderOptions, TextDecoderStreamMethods};
use crate::dom::streams::generic_transform_stream::{generic_transform_stream, shared_chunk_bytes};
use crate::dom::streams::transformer::{TransformerSteps, settled};
use crate::dom::{ReadableStream, TransformStream, TransformStreamDefaultController};

/// `TextDecoderStream`.
pub(crate) struct TextDecoderStream {
    reflector: Reflector,
    transform: Member<TransformStream>,
    encoding: &'static Encoding,
    fatal: bool,
    ignore_bom: bool,
}

trace_fields!(TextDecoderStream { transform });
platform_object!(TextDecoderStream);
generic_transform_stream!(TextDecoderStream);

/// Bytes to strings; a character may be split between chunks.
struct StreamDecoder {
    decoder: RefCell<Decoder>,
    encoding: &'static Encoding,
    fatal: bool,
}

impl Trace for StreamDecoder {
    fn trace(&self, _: &mut Tracer) {}
}

impl StreamDecoder {
    fn decode(&self, bytes: &[u8], last: bool) -> Fallible<String> {
        let mut decoder = self.decoder.borrow_mut();
        let room = decoder.max_utf8_buffer_length(bytes.len());
        let room = room.ok_or_else(|| Exception::range_error("the chunk is too long to be decoded"))?;
        let mut text = String::with_capacity(room);
        if self.fatal {
            match decoder.decode_to_string_without_replacement(bytes, &mut text, last).0 {
                DecoderResult::InputEmpty => {}
                DecoderResult::Malformed(..) | DecoderResult::OutputFull => {
                    let name = self.encoding.name();
                    return Err(Exception::type_error(format!("the bytes are not valid {name}")));
                }
            }
        } else {
            // There is room for the longest text that these bytes can give.
            let _complete = decoder.decode_to_string(bytes, &mut text, last);
        }
        Ok(text)
    }

    fn enqueue(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
        bytes: &[u8],
        last: bool,
    ) -> Fallible<()> {
        let text = self.decode(bytes, last)?;
        if text.is_empty() { Ok(()) } else { controller.enqueue_chunk(realm, &text.to_js(realm)?) }
    }
}

/// The strings that the bytes of a stream are in UTF-8: the stream piped through a decoder, which is locked from here
/// on.
///
/// # Errors
/// A `TypeError` if it is locked.
pub(crate) fn decode_utf8_stream(
    realm: &Realm,
    stream: &Root<ReadableStream>,
) -> Fallible<Root<ReadableStream>> {
    let decoder = RefCell::new(new_decoder(UTF_8, false));
    let decoder = StreamDecoder { decoder, encoding: UTF_8, fatal: false };
    let transform = TransformStream::create(realm, Box::new(decoder))?;
    stream.pipe_into(realm, &transform.writable_side()?)?.mark_as_handled();
    transform.readable_side()
}

impl TransformerSteps for StreamDecoder {
    /// [Decodes and enqueues a chunk](https://encoding.spec.whatwg.org/#decode-and-enqueue-a-chunk).
    fn transform(
        &self,
        realm: &Realm,
        chunk: &Value,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        let bytes = shared_chunk_bytes(realm, chunk);
        settled(realm, bytes.and_then(|bytes| self.enqueue(realm, controller, &bytes, false)))
    }

    /// [Flushes and enqueues](https://encoding.spec.whatwg.org/#flush-and-enqueue).
    fn flush(
        &self,
        realm: &Realm,
        controller: &Root<TransformStreamDefaultController>,
    ) -> Fallible<Promise<()>> {
        settled(realm, self.enqueue(realm, controller, &[], true))
    }
}

impl TextDecoderStreamMethods for TextDecoderStream {
    /// [`new TextDecoderStream()`](https://encoding.spec.whatwg.org/#dom-textdecoderstream)
    fn constructor(realm: &Realm, label: DomString, options: TextDecoderOptions) -> Fallible<Self> {
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        let encoding =
            encoding.ok_or_else(|| Exception::range_error(format!("{label:?} is no encoding's label")))?;
        let (fatal, ignore_bom) = (options.fatal, options.ignore_bom);
        let decoder = RefCell::new(new_decoder(encoding, ignore_bom));
        let transform = TransformStream::create(realm, Box::new(StreamDecoder { decoder, encoding, fatal }))?;
        Ok(Self { reflector: Reflector::new(), transform: transform.into(), encoding, fatal, ignore_bom })
    }
}

impl TextDecoderCommonMethods for TextDecoderStream {
    fn encoding(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.encoding.name().to_ascii_lowercase().into())
    }

    fn fatal(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.fatal)
    }

    fn ignore_bom(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.ignore_bom)
    }
}
