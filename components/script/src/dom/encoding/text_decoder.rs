//! [`TextDecoder`](https://encoding.spec.whatwg.org/#interface-textdecoder), for all encodings of the standard.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    BufferSource, DomString, Exception, Fallible, Realm, Reflector, platform_object, trace_fields,
};
use encoding_rs::{CoderResult, Decoder, DecoderResult, Encoding};

use crate::bindings::{TextDecodeOptions, TextDecoderCommonMethods, TextDecoderMethods, TextDecoderOptions};

/// `TextDecoder`.
pub(crate) struct TextDecoder {
    reflector: Reflector,
    encoding: &'static Encoding,
    fatal: bool,
    ignore_bom: bool,
    decoder: RefCell<Decoder>,
    /// [Do not flush](https://encoding.spec.whatwg.org/#textdecoder-do-not-flush-flag): the last call said that more comes.
    do_not_flush: Cell<bool>,
}

trace_fields!(TextDecoder {});
platform_object!(TextDecoder);

/// A decoder that removes a byte order mark, unless that is to be ignored.
pub(super) fn new_decoder(encoding: &'static Encoding, ignore_bom: bool) -> Decoder {
    if ignore_bom {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    }
}

impl TextDecoderMethods for TextDecoder {
    /// [`new TextDecoder()`](https://encoding.spec.whatwg.org/#dom-textdecoder)
    fn constructor(_: &Realm, label: DomString, options: TextDecoderOptions) -> Fallible<Self> {
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        let encoding =
            encoding.ok_or_else(|| Exception::range_error(format!("{label:?} is no encoding's label")))?;
        Ok(Self {
            reflector: Reflector::new(),
            encoding,
            fatal: options.fatal,
            ignore_bom: options.ignore_bom,
            decoder: RefCell::new(new_decoder(encoding, options.ignore_bom)),
            do_not_flush: Cell::new(false),
        })
    }

    /// [`decode()`](https://encoding.spec.whatwg.org/#dom-textdecoder-decode)
    fn decode(
        &self,
        realm: &Realm,
        input: Option<BufferSource>,
        options: TextDecodeOptions,
    ) -> Fallible<String> {
        let bytes = input.map(|input| input.to_vec(realm)).unwrap_or_default();
        let mut decoder = self.decoder.borrow_mut();
        // Step 1.
        if !self.do_not_flush.get() {
            *decoder = new_decoder(self.encoding, self.ignore_bom);
        }
        // Step 2.
        self.do_not_flush.set(options.stream);
        // Steps 3 to 5.
        let last = !options.stream;
        if self.fatal {
            let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(0);
            let mut text = String::with_capacity(room);
            match decoder.decode_to_string_without_replacement(&bytes, &mut text, last).0 {
                DecoderResult::InputEmpty => Ok(text),
                DecoderResult::Malformed(..) | DecoderResult::OutputFull => {
                    self.do_not_flush.set(false);
                    Err(Exception::type_error(format!("the bytes are not valid {}", self.encoding.name())))
                }
            }
        } else {
            let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
            let mut text = String::with_capacity(room);
            let (result, ..) = decoder.decode_to_string(&bytes, &mut text, last);
            debug_assert_eq!(result, CoderResult::InputEmpty);
            Ok(text)
        }
    }
}

impl TextDecoderCommonMethods for TextDecoder {
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
