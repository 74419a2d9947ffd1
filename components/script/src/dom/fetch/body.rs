//! [Bodies](https://fetch.spec.whatwg.org/#bodies): extracting, consuming, cloning.

use bgfetch_js::{
    ArrayBuffer, Exception, Fallible, Member, Promise, Realm, Root, ToJs, TypedArray, TypedArrayKind, Value,
    trace_fields,
};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::RequestBody;
use bgfetch_traits::storage::StoredBody;
use bytes::Bytes;

use super::form_data_parser;
use crate::agent::{Agent, TaskSource};
use crate::bindings::BodyInit;
use crate::dom::encoding::text_decoder_stream::decode_utf8_stream;
use crate::dom::file::blob::BlobData;
use crate::dom::{Blob, ReadableStream};
use crate::mime::MimeType;

/// A [body](https://fetch.spec.whatwg.org/#concept-body).
#[derive(Clone)]
pub(crate) struct Body {
    /// Its stream.
    pub(crate) stream: Member<ReadableStream>,
    /// The bytes, if they were all there when it was made: such a body can be sent again.
    pub(crate) source: Option<Bytes>,
    /// Its length in bytes, if known.
    pub(crate) length: Option<u64>,
}

trace_fields!(Body { stream });

impl Body {
    /// Of bytes.
    pub(crate) fn of_bytes(realm: &Realm, bytes: Bytes) -> Fallible<Self> {
        let length = Some(bytes.len() as u64);
        let stream = ReadableStream::from_reader(realm, BodyReader::from_bytes(bytes.clone()))?;
        Ok(Self { stream: stream.into(), source: Some(bytes), length })
    }

    /// Of a body that comes from another thread.
    pub(crate) fn of_reader(realm: &Realm, reader: BodyReader) -> Fallible<Self> {
        let length = reader.stored().map(|stored: &StoredBody| stored.length);
        Ok(Self { stream: ReadableStream::from_reader(realm, reader)?.into(), source: None, length })
    }

    /// [Extracts](https://fetch.spec.whatwg.org/#concept-bodyinit-extract) a body with its type.
    pub(crate) fn extract(
        realm: &Realm,
        init: BodyInit,
        keepalive: bool,
    ) -> Fallible<(Self, Option<String>)> {
        match source_of(realm, init) {
            Ok((bytes, content_type)) => Ok((Self::of_bytes(realm, bytes)?, content_type)),
            Err(stream) => {
                if keepalive {
                    return Err(Exception::type_error(
                        "a request with keepalive cannot have a stream as its body",
                    ));
                }
                if stream.is_disturbed() || stream.is_locked() {
                    return Err(Exception::type_error("the stream is locked or was read before"));
                }
                Ok((Self { stream: stream.into(), source: None, length: None }, None))
            }
        }
    }

    /// [Unusable](https://fetch.spec.whatwg.org/#body-unusable).
    pub(crate) fn is_unusable(&self) -> bool {
        self.stream.is_disturbed() || self.stream.is_locked()
    }

    /// [Clones](https://fetch.spec.whatwg.org/#concept-body-clone) it: this one keeps one branch, the other gets the
    /// second.
    pub(crate) fn tee(&mut self, realm: &Realm) -> Fallible<Self> {
        let (first, second) = self.stream.tee_streams(realm, true)?;
        self.stream = first.into();
        Ok(Self { stream: second.into(), source: self.source.clone(), length: self.length })
    }

    /// The body of a request that came from elsewhere.
    pub(crate) fn of_request_body(realm: &Realm, body: RequestBody) -> Fallible<Self> {
        match body {
            RequestBody::Bytes(bytes) => Self::of_bytes(realm, bytes),
            RequestBody::Stream { reader, length } => Ok(Self { length, ..Self::of_reader(realm, reader)? }),
        }
    }

    /// Takes it for a request; the stream is locked and disturbed from here on.
    pub(crate) fn into_request_body(self, realm: &Realm) -> Fallible<RequestBody> {
        let reader = self.stream.take_bytes(realm)?;
        Ok(match self.source {
            Some(bytes) => RequestBody::Bytes(bytes),
            None => RequestBody::Stream { reader, length: self.length },
        })
    }

    /// A body of the same bytes for another request; this one is locked and disturbed from here on.
    pub(super) fn hand_over(&self, realm: &Realm) -> Fallible<Self> {
        let reader = self.stream.take_bytes(realm)?;
        if let Some(bytes) = &self.source {
            return Self::of_bytes(realm, bytes.clone());
        }
        Ok(Self {
            stream: ReadableStream::from_reader(realm, reader)?.into(),
            source: None,
            length: self.length,
        })
    }
}

/// The bytes of what is no stream, and their type: [extract](https://fetch.spec.whatwg.org/#concept-bodyinit-extract)'s
/// *source* and *type*.
///
/// # Errors
/// The stream, if it is one.
pub(crate) fn source_of(
    realm: &Realm,
    init: BodyInit,
) -> Result<(Bytes, Option<String>), Root<ReadableStream>> {
    Ok(match init {
        BodyInit::ReadableStream(stream) => return Err(stream),
        BodyInit::Blob(blob) => {
            let data = blob.data();
            (data.bytes, Some(data.mime_type).filter(|text| !text.is_empty()))
        }
        BodyInit::BufferSource(source) => (source.to_vec(realm).into(), None),
        BodyInit::FormData(form) => {
            let boundary = format!("----bgfetchFormBoundary{}", uuid::Uuid::new_v4().simple());
            let bytes = form.encode(&boundary, encoding_rs::UTF_8).into();
            (bytes, Some(format!("multipart/form-data; boundary={boundary}")))
        }
        BodyInit::URLSearchParams(params) => {
            let content_type = "application/x-www-form-urlencoded;charset=UTF-8";
            (params.serialized().into_bytes().into(), Some(content_type.into()))
        }
        BodyInit::UsvString(text) => (text.into_bytes().into(), Some("text/plain;charset=UTF-8".into())),
    })
}

/// What has a body: requests and responses.
pub(crate) trait BodyOwner {
    /// The body, if it is not null.
    fn current_body(&self) -> Option<Body>;
    /// The MIME type of the headers.
    fn mime_type(&self) -> Option<MimeType>;
}

/// [Consumes](https://fetch.spec.whatwg.org/#concept-body-consume-body) a body.
pub(crate) fn consume<T: 'static>(
    realm: &Realm,
    owner: &impl BodyOwner,
    convert: impl FnOnce(&Realm, Vec<u8>) -> Fallible<Value> + 'static,
) -> Fallible<Promise<T>> {
    let body = owner.current_body();
    if body.as_ref().is_some_and(Body::is_unusable) {
        return Err(Exception::type_error("the body is locked or was read before"));
    }
    let promise = Promise::new(realm)?;
    let Some(body) = body else {
        settle(realm, &promise, convert(realm, Vec::new()));
        return Ok(promise);
    };
    let (owner, waiting) = (realm.clone(), promise.clone());
    let stream = (*body.stream).clone();
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let read = stream.read_all_bytes(&owner).await;
        settle(&owner, &waiting, read.and_then(|bytes| convert(&owner, bytes)));
        Ok(())
    });
    Ok(promise)
}

fn settle<T>(realm: &Realm, promise: &Promise<T>, result: Fallible<Value>) {
    match result {
        Ok(value) => promise.resolve_with(realm, &value),
        Err(exception) => promise.reject(realm, exception),
    }
}

pub(super) fn array_buffer(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<ArrayBuffer>> {
    consume(realm, owner, |realm, bytes| ArrayBuffer::from_vec(realm, bytes)?.to_js(realm))
}

pub(super) fn bytes(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<TypedArray>> {
    consume(realm, owner, |realm, bytes| {
        TypedArray::from_vec(realm, TypedArrayKind::Uint8, bytes)?.to_js(realm)
    })
}

pub(super) fn blob(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<Root<Blob>>> {
    let mime_type = owner.mime_type().map_or_else(String::new, |mime_type| mime_type.serialize());
    consume(realm, owner, move |realm, bytes| {
        realm.wrap(Blob::of(BlobData { bytes: bytes.into(), mime_type }))?.to_js(realm)
    })
}

pub(super) fn text(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<String>> {
    consume(realm, owner, |realm, bytes| decode(&bytes).to_js(realm))
}

/// [`textStream()`](https://fetch.spec.whatwg.org/#dom-body-textstream)
pub(super) fn text_stream(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Root<ReadableStream>> {
    let Some(body) = owner.current_body() else { return ReadableStream::closed(realm) };
    if body.is_unusable() {
        return Err(Exception::type_error("the body is locked or was read before"));
    }
    decode_utf8_stream(realm, &body.stream)
}

pub(super) fn json(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<Value>> {
    consume(realm, owner, |realm, bytes| realm.parse_json(&decode(&bytes)))
}

pub(super) fn form_data<T: 'static>(realm: &Realm, owner: &impl BodyOwner) -> Fallible<Promise<T>> {
    let mime_type = owner.mime_type();
    consume(realm, owner, move |realm, bytes| {
        form_data_parser::parse(realm, mime_type.as_ref(), &bytes)?.to_js(realm)
    })
}

/// [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode).
fn decode(bytes: &[u8]) -> String {
    encoding_rs::UTF_8.decode_with_bom_removal(bytes).0.into_owned()
}

/// Implements the [`Body`](https://fetch.spec.whatwg.org/#body-mixin) mixin for what has a body.
macro_rules! body_mixin {
    ($name:ident) => {
        impl $crate::bindings::BodyMethods for $name {
            fn body(&self, _: &Realm) -> Fallible<Option<Root<$crate::dom::ReadableStream>>> {
                Ok($crate::dom::fetch::body::BodyOwner::current_body(self).map(|body| (*body.stream).clone()))
            }

            fn body_used(&self, _: &Realm) -> Fallible<bool> {
                let body = $crate::dom::fetch::body::BodyOwner::current_body(self);
                Ok(body.is_some_and(|body| body.stream.is_disturbed()))
            }

            fn array_buffer(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<bgfetch_js::ArrayBuffer>> {
                $crate::dom::fetch::body::array_buffer(realm, self)
            }

            fn blob(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<Root<$crate::dom::Blob>>> {
                $crate::dom::fetch::body::blob(realm, self)
            }

            fn bytes(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<bgfetch_js::TypedArray>> {
                $crate::dom::fetch::body::bytes(realm, self)
            }

            fn form_data(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<Root<$crate::dom::FormData>>> {
                $crate::dom::fetch::body::form_data(realm, self)
            }

            fn json(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<bgfetch_js::Value>> {
                $crate::dom::fetch::body::json(realm, self)
            }

            fn text(&self, realm: &Realm) -> Fallible<bgfetch_js::Promise<String>> {
                $crate::dom::fetch::body::text(realm, self)
            }

            fn text_stream(&self, realm: &Realm) -> Fallible<Root<$crate::dom::ReadableStream>> {
                $crate::dom::fetch::body::text_stream(realm, self)
            }
        }
    };
}
pub(super) use body_mixin;
