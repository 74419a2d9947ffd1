//! Response bodies as they come from a connection.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bgfetch_traits::fetch::NetworkError;
use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::connection::{Lease, Sender};
use super::error::{exchange_error, timed_out};
use crate::scheduler::Flow;

/// How much of a body that nobody wants is read, so that its connection can be used again.
const MOST_DISCARDED: usize = 64 * 1024;
/// How long that may take.
const DISCARD_TIMEOUT: Duration = Duration::from_millis(500);

/// A response's message body, with the connection it comes from.
pub(crate) struct NetworkBody {
    incoming: Incoming,
    lease: Option<Lease>,
    host: String,
    flow: Flow,
    /// Counts the bytes that arrive.
    counter: Rc<Cell<u64>>,
    /// Bytes that arrived and may not all have passed the scheduler.
    arrived: Bytes,
    /// How many of them have passed it.
    passed: usize,
    idle_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl NetworkBody {
    pub(crate) fn new(
        incoming: Incoming,
        lease: Lease,
        (flow, counter): (Flow, Rc<Cell<u64>>),
        idle_timeout: Duration,
    ) -> Self {
        let host = lease.key.host.to_string();
        let mut body = Self {
            incoming,
            lease: Some(lease),
            host,
            flow,
            counter,
            arrived: Bytes::new(),
            passed: 0,
            idle_timeout,
            timer: None,
            waiting: false,
        };
        if body.incoming.is_end_stream() {
            body.end();
        }
        body
    }

    fn end(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.recycle();
        }
    }

    /// The next bytes (never none) that the scheduler lets pass, or the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, NetworkError>>> {
        Poll::Ready(match ready!(self.poll_passed(cx)) {
            Ok(0) => None,
            Ok(passed) => {
                self.passed = 0;
                Some(Ok(self.arrived.split_to(passed)))
            }
            Err(error) => Some(Err(error)),
        })
    }

    /// How many of the bytes that are there may be used; 0 at the end.
    fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, NetworkError>> {
        if self.passed == 0 {
            match ready!(self.poll_arrived(cx)) {
                Ok(0) => return Poll::Ready(Ok(0)),
                Ok(arrived) => self.passed = ready!(self.flow.poll_acquire(cx, arrived)).min(arrived),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(self.passed))
    }

    /// How many bytes are there; 0 at the end.
    fn poll_arrived(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, NetworkError>> {
        while self.arrived.is_empty() {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.waiting = false;
                    // Trailers are not part of what Fetch exposes.
                    if let Ok(data) = frame.into_data() {
                        self.counter.set(self.counter.get() + data.len() as u64);
                        self.arrived = data;
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    self.lease = None;
                    return Poll::Ready(Err(exchange_error(&self.host, &error)));
                }
                Poll::Ready(None) => {
                    self.end();
                    return Poll::Ready(Ok(0));
                }
                Poll::Pending => return self.poll_idle(cx).map(Err),
            }
        }
        Poll::Ready(Ok(self.arrived.len()))
    }

    /// Ready when nothing came for too long.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<NetworkError> {
        let deadline = || Instant::now() + self.idle_timeout;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline())));
        if !self.waiting {
            self.waiting = true;
            timer.as_mut().reset(deadline());
        }
        ready!(timer.as_mut().poll(cx));
        self.lease = None;
        let allowed = self.idle_timeout.as_secs_f32();
        Poll::Ready(timed_out(&self.host, &format!("nothing of the body came for {allowed} seconds")))
    }

    /// Nobody wants the body. A short one is read, so that its connection can be used again at once.
    pub(crate) async fn drain(mut self) {
        let Some(Sender::Http1(_)) = self.lease.as_ref().map(|lease| &lease.sender) else { return };
        let most = MOST_DISCARDED as u64;
        if self.incoming.size_hint().upper().is_none_or(|length| length > most) {
            return;
        }
        let read = async {
            while let Ok(length @ 1..) = std::future::poll_fn(|cx| self.poll_arrived(cx)).await {
                let _unwanted = self.arrived.split_to(length);
            }
        };
        // Too slow: the connection is closed.
        let _late = tokio::time::timeout(DISCARD_TIMEOUT, read).await;
    }
}

/// For decoders. Errors are [`NetworkError`]s inside [`io::Error`]s.
impl AsyncBufRead for NetworkBody {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let body = self.get_mut();
        let passed = ready!(body.poll_passed(cx)).map_err(io::Error::other)?;
        Poll::Ready(Ok(body.arrived.get(..passed).unwrap_or_default()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let body = self.get_mut();
        let amount = amount.min(body.passed);
        body.passed -= amount;
        let _consumed = body.arrived.split_to(amount);
    }
}

impl AsyncRead for NetworkBody {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = {
            let available = ready!(self.as_mut().poll_fill_buf(cx))?;
            let read = available.len().min(buf.remaining());
            buf.put_slice(available.get(..read).unwrap_or_default());
            read
        };
        self.consume(read);
        Poll::Ready(Ok(()))
    }
}
