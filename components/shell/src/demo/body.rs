//! A response body that is computed, paced and logged as it is sent.

use std::future::Future;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::content::Content;
use super::request_log::{Ended, RequestLog, RequestNumber};

/// At most this many chunks a second when a rate is given: slow answers come in small chunks.
const CHUNKS_PER_SECOND: u64 = 32;
const SMALLEST_CHUNK: u64 = 1024;
/// Before a connection is broken it gets this long to send what it was given, which an error would throw away.
const FLUSH_TIME: Duration = Duration::from_millis(50);

/// What is to be sent, and how.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Of which resource.
    pub(super) content: Content,
    /// Which bytes of it.
    pub(super) range: Range<u64>,
    /// Bytes a second.
    pub(super) rate: Option<u64>,
    /// Break the connection before the byte at this position of the resource.
    pub(super) cut_before: Option<u64>,
}

/// The body that carries out a [`Plan`].
pub(super) struct ServedBody {
    plan: Plan,
    sent: u64,
    started: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
    breaks_at: Option<Instant>,
    log: RequestLog,
    number: RequestNumber,
    ended: bool,
}

impl ServedBody {
    pub(super) fn new(plan: Plan, log: RequestLog, number: RequestNumber) -> Self {
        let mut body =
            Self { plan, sent: 0, started: None, sleep: None, breaks_at: None, log, number, ended: false };
        if body.plan.range.is_empty() {
            body.end(Ended::Complete);
        }
        body
    }

    fn end(&mut self, how: Ended) {
        if !self.ended {
            self.ended = true;
            self.log.ended(self.number, how);
        }
    }

    /// When the next chunk, or the break, is due.
    fn due(&mut self) -> Option<Instant> {
        if self.breaks_at.is_some() {
            return self.breaks_at;
        }
        let rate = self.plan.rate?.max(1);
        let started = *self.started.get_or_insert_with(Instant::now);
        Some(started + Duration::from_secs_f64(self.sent as f64 / rate as f64))
    }

    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.due() else { return Poll::Ready(()) };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if sleep.deadline() != due {
            sleep.as_mut().reset(due);
        }
        sleep.as_mut().poll(cx)
    }

    fn next_chunk(&self) -> Bytes {
        let start = self.plan.range.start + self.sent;
        let mut end = self.plan.range.end;
        if let Some(rate) = self.plan.rate {
            end = end.min(start + (rate / CHUNKS_PER_SECOND).max(SMALLEST_CHUNK));
        }
        if let Some(cut) = self.plan.cut_before {
            end = end.min(cut.max(start));
        }
        self.plan.content.read(start..end)
    }
}

impl Body for ServedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.poll_due(cx).is_pending() {
            return Poll::Pending;
        }
        let chunk = self.next_chunk();
        if chunk.is_empty() {
            if self.breaks_at.is_none() {
                self.breaks_at = Some(Instant::now() + FLUSH_TIME);
                if self.poll_due(cx).is_pending() {
                    return Poll::Pending;
                }
            }
            self.end(Ended::Cut);
            let message = "the server was told to break the connection here";
            return Poll::Ready(Some(Err(io::Error::new(io::ErrorKind::ConnectionAborted, message))));
        }
        self.sent += chunk.len() as u64;
        self.log.sent(self.number, self.sent);
        if self.sent == self.plan.range.end - self.plan.range.start {
            self.end(Ended::Complete);
        }
        Poll::Ready(Some(Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.plan.range.end - self.plan.range.start - self.sent)
    }
}

impl Drop for ServedBody {
    fn drop(&mut self) {
        self.end(Ended::Cut);
    }
}
