//! Streams of script as bytes for other threads.

use std::future::Future;
use std::task::Poll;

use bgfetch_js::{ArrayBufferView, Exception, Fallible, PlatformObject, Realm, Root, TypedArrayKind, Value};
use bgfetch_traits::body::{self, BodyError, BodyReader, BodyWriter, Closed};
use bytes::Bytes;

use super::body_source::body_exception;
use super::readable_stream::Controller;
use crate::agent::{Agent, TaskSource};
use crate::dom::{ReadableStream, ReadableStreamDefaultReader};

/// Reads all chunks into a pipe; if the other side goes away, the stream is canceled.
pub(super) fn pump(realm: &Realm, reader: Root<ReadableStreamDefaultReader>) -> Fallible<BodyReader> {
    let (mut writer, bytes) = body::pipe(body::DEFAULT_CAPACITY);
    let owner = realm.clone();
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let end = transfer(&owner, &reader, &mut writer).await;
        match end {
            Ok(end) => writer.finish(end),
            Err(reason) => {
                // Not bytes, or nobody wants them: either way the source is told.
                let error = reason.to_value(&owner);
                writer.finish(Err(BodyError::Source(reason.describe(&owner))));
                if let Some(stream) = reader.generic.stream() {
                    stream.cancel_with(&owner, &error)?.mark_as_handled();
                }
            }
        }
        Ok(())
    });
    Ok(bytes)
}

async fn transfer(
    realm: &Realm,
    reader: &Root<ReadableStreamDefaultReader>,
    writer: &mut BodyWriter,
) -> Fallible<Result<(), BodyError>> {
    loop {
        let gone = |_| Exception::dom("AbortError", "nobody reads this body any more");
        std::future::poll_fn(|cx| writer.poll_ready(cx)).await.map_err(gone)?;
        // Whoever was to read it may go away while there is nothing to give.
        let mut next = std::pin::pin!(reader.next(realm));
        let read = std::future::poll_fn(|cx| match writer.poll_closed(cx) {
            Poll::Ready(()) => Poll::Ready(Err(gone(Closed))),
            Poll::Pending => next.as_mut().poll(cx),
        });
        match read.await? {
            Ok(Some(chunk)) => writer.push(chunk_bytes(realm, &chunk)?).map_err(gone)?,
            Ok(None) => return Ok(Ok(())),
            Err(error) => {
                let text = Exception::js(error).describe(realm);
                return Ok(Err(BodyError::Source(text)));
            }
        }
    }
}

/// The bytes of a chunk, which has to be a `Uint8Array`.
fn chunk_bytes(realm: &Realm, chunk: &Value) -> Fallible<Bytes> {
    let view = chunk.as_object().and_then(|object| ArrayBufferView::of_object(&object));
    match view.filter(|view| view.kind() == Some(TypedArrayKind::Uint8)) {
        Some(view) => Ok(view.to_vec(realm).into()),
        None => Err(Exception::type_error("a chunk of the body is not a Uint8Array")),
    }
}

impl ReadableStream {
    /// [Reads all bytes](https://streams.spec.whatwg.org/#readablestreamdefaultreader-read-all-bytes) of the stream, which
    /// is locked and disturbed from here on.
    ///
    /// # Errors
    /// The stream's error, or a `TypeError` if it is locked, was read before, or gives chunks that are no bytes.
    pub(crate) async fn read_all_bytes(&self, realm: &Realm) -> Fallible<Vec<u8>> {
        self.check_unused()?;
        let direct = self.take_reader()?;
        let reader = ReadableStreamDefaultReader::acquire(realm, &self.root())?;
        let mut whole = Vec::new();
        if let Some(mut bytes) = direct {
            self.disturbed.set(true);
            while let Some(chunk) = std::future::poll_fn(|cx| bytes.poll_read(cx)).await {
                whole.extend_from_slice(&chunk.map_err(|error| body_exception(&error))?);
            }
            return Ok(whole);
        }
        loop {
            match reader.next(realm).await? {
                Ok(Some(chunk)) => whole.extend_from_slice(&chunk_bytes(realm, &chunk)?),
                Ok(None) => return Ok(whole),
                Err(error) => return Err(Exception::js(error)),
            }
        }
    }

    pub(super) fn check_unused(&self) -> Fallible<()> {
        if self.is_locked() || self.is_disturbed() {
            return Err(Exception::type_error("the body is locked or was read before"));
        }
        Ok(())
    }

    /// The bytes of a stream of the platform's own that nobody has asked for any yet.
    pub(super) fn take_reader(&self) -> Fallible<Option<BodyReader>> {
        match self.controller()? {
            Controller::Byte(controller) if self.is_readable() && controller.is_untouched() => {
                Ok(controller.pulling.source().and_then(|source| source.take_reader()))
            }
            _ => Ok(None),
        }
    }
}
