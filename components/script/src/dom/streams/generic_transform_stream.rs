//! [`GenericTransformStream`](https://streams.spec.whatwg.org/#generictransformstream): transform streams of other
//! specifications.

use bgfetch_js::{BufferSource, Exception, Fallible, FromJs, Realm, Value};

/// Implements the mixin for an object with a field `transform: Member<TransformStream>`.
macro_rules! generic_transform_stream {
    ($name:ident) => {
        impl $crate::bindings::GenericTransformStreamMethods for $name {
            fn readable(&self, _: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::ReadableStream>> {
                self.transform.readable_side()
            }

            fn writable(&self, _: &Realm) -> Fallible<bgfetch_js::Root<$crate::dom::WritableStream>> {
                self.transform.writable_side()
            }
        }
    };
}
pub(crate) use generic_transform_stream;

/// The bytes of a chunk, which has to be a [`BufferSource`](https://webidl.spec.whatwg.org/#BufferSource) that is not
/// shared.
///
/// # Errors
/// A `TypeError` if it is not.
pub(crate) fn chunk_bytes(realm: &Realm, chunk: &Value) -> Fallible<Vec<u8>> {
    let source = BufferSource::from_js(realm, chunk)?;
    let shared = match &source {
        BufferSource::Buffer(buffer) => buffer.is_shared(),
        // One whose buffer is detached has no bytes, and is not shared.
        BufferSource::View(view) => view.parts(realm).is_ok_and(|(buffer, ..)| buffer.is_shared()),
    };
    if shared {
        return Err(Exception::type_error("the chunk is on shared memory"));
    }
    Ok(source.to_vec(realm))
}

/// The bytes of a chunk, which has to be an [`AllowSharedBufferSource`](https://webidl.spec.whatwg.org/#AllowSharedBufferSource).
///
/// # Errors
/// A `TypeError` if it is not.
pub(crate) fn shared_chunk_bytes(realm: &Realm, chunk: &Value) -> Fallible<Vec<u8>> {
    BufferSource::from_js(realm, chunk).map(|source| source.to_vec(realm))
}
