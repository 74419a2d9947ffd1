//! Request bodies, as hyper reads them.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestBody};
use bgfetch_traits::net::UploadProgress;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

/// Bytes handed over at once, so that progress is told while a large body goes out.
const PIECE: usize = 64 * 1024;

/// A request's body on its way to one connection.
pub(crate) struct OutgoingBody {
    source: Source,
    sent: u64,
    length: Option<u64>,
    progress: Option<UploadProgress>,
    watch: Rc<UploadWatch>,
}

enum Source {
    Empty,
    Bytes(Bytes),
    Stream(BodyReader),
}

/// What others learn of a body that is on its way.
#[derive(Debug)]
pub(crate) struct UploadWatch {
    last_activity: Cell<Instant>,
    waits_for_source: Cell<bool>,
    finished: Cell<bool>,
    failure: RefCell<Option<NetworkError>>,
}

impl UploadWatch {
    /// When a piece was handed over last.
    pub(crate) fn last_activity(&self) -> Instant {
        self.last_activity.get()
    }

    /// Whether the connection would take more, and there is none yet.
    pub(crate) fn waits_for_source(&self) -> bool {
        self.waits_for_source.get()
    }

    /// Why the body could not be handed over whole: HTTP/2 does not pass that on.
    pub(crate) fn failure(&self) -> Option<NetworkError> {
        self.failure.borrow().clone()
    }
}

impl OutgoingBody {
    /// A body, and what watches it.
    pub(crate) fn new(
        body: Option<RequestBody>,
        progress: Option<UploadProgress>,
    ) -> (Self, Rc<UploadWatch>) {
        let (source, length) = match body {
            None => (Source::Empty, Some(0)),
            Some(RequestBody::Bytes(bytes)) => {
                let length = bytes.len() as u64;
                (Source::Bytes(bytes), Some(length))
            }
            Some(RequestBody::Stream { reader, length }) => (Source::Stream(reader), length),
        };
        let watch = Rc::new(UploadWatch {
            last_activity: Cell::new(Instant::now()),
            waits_for_source: Cell::new(false),
            finished: Cell::new(length == Some(0)),
            failure: RefCell::default(),
        });
        (Self { source, sent: 0, length, progress, watch: Rc::clone(&watch) }, watch)
    }

    /// The body again, if none of it was handed over.
    pub(crate) fn into_unsent(self) -> Option<RequestBody> {
        match self.source {
            _ if self.sent > 0 => None,
            Source::Empty => None,
            Source::Bytes(bytes) => Some(RequestBody::Bytes(bytes)),
            Source::Stream(reader) => Some(RequestBody::Stream { reader, length: self.length }),
        }
    }

    fn fail(&self, error: NetworkError) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        self.watch.failure.replace(Some(error.clone()));
        Poll::Ready(Some(Err(error)))
    }

    fn hand_over(&mut self, piece: Bytes) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        self.sent += piece.len() as u64;
        if let Some(length) = self.length.filter(|length| self.sent > *length) {
            let message = format!("the request's body is longer than the {length} bytes that were announced");
            return self.fail(NetworkError::new(NetworkErrorKind::Internal, message));
        }
        self.watch.last_activity.set(Instant::now());
        if self.length == Some(self.sent) {
            self.watch.finished.set(true);
        }
        if let Some(progress) = &self.progress {
            progress(self.sent);
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn end(&self) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        if let Some(length) = self.length.filter(|length| self.sent < *length) {
            let message = format!(
                "the request's body ended after {} of the {length} bytes that were announced",
                self.sent
            );
            return self.fail(NetworkError::new(NetworkErrorKind::Internal, message));
        }
        self.watch.last_activity.set(Instant::now());
        self.watch.finished.set(true);
        Poll::Ready(None)
    }
}

impl Body for OutgoingBody {
    type Data = Bytes;
    type Error = NetworkError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NetworkError>>> {
        match &mut self.source {
            Source::Empty => self.end(),
            Source::Bytes(bytes) if bytes.is_empty() => self.end(),
            Source::Bytes(bytes) => {
                let piece = bytes.split_to(bytes.len().min(PIECE));
                self.hand_over(piece)
            }
            Source::Stream(reader) => {
                let read = reader.poll_read(cx);
                self.watch.waits_for_source.set(read.is_pending());
                match std::task::ready!(read) {
                    Some(Ok(piece)) => self.hand_over(piece),
                    Some(Err(error)) => self.fail(source_error(&error)),
                    None => self.end(),
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Empty => true,
            Source::Bytes(_) | Source::Stream(_) => self.watch.finished.get(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, |length| SizeHint::with_exact(length.saturating_sub(self.sent)))
    }
}

/// A request body that its producer ended early.
fn source_error(error: &BodyError) -> NetworkError {
    match error {
        BodyError::Network(error) => error.clone(),
        BodyError::Aborted => NetworkError::new(NetworkErrorKind::Aborted, "the request's body was aborted"),
        BodyError::Source(why) => NetworkError::new(
            NetworkErrorKind::Internal,
            format!("the request's body could not be read: {why}"),
        ),
    }
}
