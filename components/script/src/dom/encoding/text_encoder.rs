//! [`TextEncoder`](https://encoding.spec.whatwg.org/#interface-textencoder).

use bgfetch_js::{
    DomString, Fallible, Realm, Reflector, TypedArray, TypedArrayKind, platform_object, trace_fields,
};

use crate::bindings::{TextEncoderCommonMethods, TextEncoderEncodeIntoResult, TextEncoderMethods};

/// `TextEncoder`.
pub(crate) struct TextEncoder {
    reflector: Reflector,
}

trace_fields!(TextEncoder {});
platform_object!(TextEncoder);

impl TextEncoderMethods for TextEncoder {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self { reflector: Reflector::new() })
    }

    fn encode(&self, realm: &Realm, input: String) -> Fallible<TypedArray> {
        TypedArray::from_vec(realm, TypedArrayKind::Uint8, input.into_bytes())
    }

    /// [`encodeInto()`](https://encoding.spec.whatwg.org/#dom-textencoder-encodeinto)
    fn encode_into(
        &self,
        realm: &Realm,
        source: String,
        destination: TypedArray,
    ) -> Fallible<TextEncoderEncodeIntoResult> {
        // One whose buffer is detached has no room.
        let Ok((buffer, offset, length)) = destination.to_view().parts(realm) else {
            return Ok(TextEncoderEncodeIntoResult { read: Some(0), written: Some(0) });
        };
        let mut end = source.len().min(length);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let fits = source.get(..end).unwrap_or("");
        let written = buffer.write(offset, fits.as_bytes());
        Ok(TextEncoderEncodeIntoResult {
            read: Some(fits.encode_utf16().count() as u64),
            written: Some(written as u64),
        })
    }
}

impl TextEncoderCommonMethods for TextEncoder {
    fn encoding(&self, _: &Realm) -> Fallible<DomString> {
        Ok("utf-8".into())
    }
}
