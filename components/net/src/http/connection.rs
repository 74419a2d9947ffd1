//! One connection, and the right to use it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bgfetch_traits::timing::ConnectionTiming;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::outgoing::OutgoingBody;
use super::pool::{Pool, PoolKey};
use super::wire_head::{WireHeaders, WireHeads, WireStream};
use crate::scheduler::{Protocol, Slot};

/// The largest read, and so the largest piece of a body that HTTP/1.1 hands over at once.
const READ_BUFFER: usize = 256 * 1024;
/// How much of one HTTP/2 response may be under way before somebody reads it.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// The largest window that HTTP/2 knows.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;
/// While requests run on an HTTP/2 connection, it is asked so often whether it is still alive: a network that
/// changed leaves connections that never say another word.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// So long it may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const MOST_HEADERS: usize = 512;
const LONGEST_HEAD: u32 = 256 * 1024;
/// How long a connection may take to become ready for the next request after a response has ended.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// The sending half of a connection.
pub(crate) enum Sender {
    /// For one request at a time.
    Http1(Http1),
    /// Shared by many.
    Http2(Rc<Http2>),
}

/// An HTTP/1.1 connection; it is closed when this is dropped.
pub(crate) struct Http1 {
    sender: http1::SendRequest<OutgoingBody>,
    heads: WireHeads,
    timing: ConnectionTiming,
    /// hyper's task. By itself it would not end before the server takes what was being written.
    task: AbortHandle,
}

impl Http1 {
    /// Whether it takes no more requests.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Whether it takes a request now.
    pub(crate) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }
}

impl Drop for Http1 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An HTTP/2 connection.
pub(crate) struct Http2 {
    sender: RefCell<http2::SendRequest<OutgoingBody>>,
    timing: ConnectionTiming,
    /// When a request on it ended last.
    pub(crate) used_at: Cell<Instant>,
    /// Whether its server has said that it takes [extended `CONNECT`
    /// requests](https://www.rfc-editor.org/rfc/rfc8441.html#section-3).
    pub(crate) takes_extended_connect: Rc<Cell<bool>>,
}

impl Http2 {
    /// Whether it takes no more requests.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.borrow().is_closed()
    }

    /// Sends a request, and waits for the head of its response.
    pub(crate) fn send(&self, request: Request<OutgoingBody>) -> impl Future<Output = Sent> + use<> {
        self.sender.borrow_mut().try_send_request(request)
    }
}

/// Begins HTTP/1.1 on a stream.
///
/// `lenient` says that a response may end in the middle of its head: see [`WireStream`].
pub(crate) async fn begin_http1<S>(
    stream: S,
    lenient: bool,
    timing: ConnectionTiming,
) -> hyper::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(READ_BUFFER)
        .max_headers(MOST_HEADERS)
        .allow_obsolete_multiline_headers_in_responses(true)
        .title_case_headers(true);
    let heads = WireHeads::default();
    let stream = WireStream::new(LenientEnd(stream), heads.clone(), lenient);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let task = tokio::task::spawn_local(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an HTTP/1.1 connection ended");
        }
    });
    Ok(Sender::Http1(Http1 { sender, heads, timing, task: task.abort_handle() }))
}

/// Begins HTTP/2 on a stream, for up to `streams` requests at the same time.
///
/// All of them together may have as much under way as each for itself: else responses that nobody reads would
/// stop those that somebody does.
pub(crate) async fn begin_http2<S>(
    stream: S,
    streams: usize,
    timing: ConnectionTiming,
) -> hyper::Result<Sender>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let window = u32::try_from(streams).unwrap_or(u32::MAX).saturating_mul(STREAM_WINDOW);
    let mut builder = http2::Builder::new(LocalExecutor);
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(window.min(LARGEST_WINDOW))
        .max_header_list_size(LONGEST_HEAD)
        .max_frame_size(64 * 1024)
        .max_send_buf_size(256 * 1024);
    let (sender, connection) = builder.handshake(TokioIo::new(LenientEnd(stream))).await?;
    let takes_extended_connect = Rc::new(Cell::new(false));
    let takes = Rc::clone(&takes_extended_connect);
    tokio::task::spawn_local(async move {
        let mut connection = pin!(connection);
        let ended = poll_fn(|cx| {
            let polled = connection.as_mut().poll(cx);
            takes.set(connection.is_extended_connect_protocol_enabled());
            polled
        });
        if let Err(error) = ended.await {
            tracing::debug!(%error, "an HTTP/2 connection ended");
        }
    });
    let (sender, used_at) = (RefCell::new(sender), Cell::new(Instant::now()));
    Ok(Sender::Http2(Rc::new(Http2 { sender, timing, used_at, takes_extended_connect })))
}

/// The right to send one request on a connection; a lease that is dropped closes an HTTP/1.1 connection.
pub(crate) struct Lease {
    pub(crate) sender: Sender,
    pub(crate) key: PoolKey,
    /// Whether an earlier request used the connection.
    pub(crate) reused: bool,
    pub(crate) slot: Slot,
    pub(crate) pool: Pool,
}

/// What became of a request: the response's head, or why not, with the request itself if none of it was sent.
type Sent = Result<Response<Incoming>, TrySendError<Request<OutgoingBody>>>;

impl Lease {
    /// What the connection speaks.
    pub(crate) const fn protocol(&self) -> Protocol {
        match &self.sender {
            Sender::Http1(_) => Protocol::Http1,
            Sender::Http2(_) => Protocol::Http2,
        }
    }

    /// When the connection was made.
    pub(crate) fn timing(&self) -> ConnectionTiming {
        match &self.sender {
            Sender::Http1(http1) => http1.timing,
            Sender::Http2(http2) => http2.timing,
        }
    }

    /// Sends a request, and waits for the head of its response. Over HTTP/1.1, `headers` are the headers' names and
    /// values as they are to be on the wire.
    pub(crate) async fn send(&mut self, request: Request<OutgoingBody>, headers: WireHeaders) -> Sent {
        let response: Pin<Box<dyn Future<Output = Sent>>> = match &mut self.sender {
            Sender::Http1(http1) => {
                http1.heads.begin(headers);
                Box::pin(http1.sender.try_send_request(request))
            }
            Sender::Http2(http2) => Box::pin(http2.send(request)),
        };
        response.await
    }

    /// Headers of the response whose values hyper does not know: all of a name, in order.
    pub(crate) fn exact_headers(&self) -> WireHeaders {
        match &self.sender {
            Sender::Http1(http1) => http1.heads.take_incoming(),
            Sender::Http2(_) => Vec::new(),
        }
    }

    /// The response has ended: the connection goes back to the pool as soon as it takes another request.
    pub(crate) fn recycle(self) {
        let Self { sender, key, slot, pool, .. } = self;
        match sender {
            Sender::Http2(http2) => http2.used_at.set(Instant::now()),
            Sender::Http1(mut http1) => {
                if http1.is_ready() {
                    pool.keep(key, http1);
                    drop(slot);
                    return;
                }
                tokio::task::spawn_local(async move {
                    let ready = tokio::time::timeout(READY_TIMEOUT, http1.sender.ready());
                    if matches!(ready.await, Ok(Ok(()))) {
                        pool.keep(key, http1);
                    }
                    drop(slot);
                });
            }
        }
    }
}

/// Runs hyper's HTTP/2 tasks beside the others.
#[derive(Clone, Copy, Debug)]
struct LocalExecutor;

impl<F: Future + 'static> Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}

/// A stream whose TLS layer may end without `close_notify`, as many servers do. HTTP knows where a message ends
/// where that matters: a body with a length, or in chunks, is still found to be truncated. Only a body that is
/// delimited by the end of the connection is not, and there browsers are as lenient.
struct LenientEnd<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for LenientEnd<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.0).poll_read(cx, buf) {
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            read => read,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LenientEnd<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
