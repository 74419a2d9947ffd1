//! A pipe for body bytes between any two threads, with back-pressure counted in bytes.
//!
//! Neither end knows what runs the other: both are polled with a [`std::task::Waker`], so a tokio task, a
//! script event loop and a plain thread can each be either end. Bytes are moved ([`bytes::Bytes`]), not copied.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use parking_lot::Mutex;

use crate::fetch::NetworkError;
use crate::storage::StoredBody;

/// How many bytes a pipe holds before its writer has to wait.
pub const DEFAULT_CAPACITY: usize = 256 * 1024;

/// Why a body ended early, seen by its reader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The network ended it; for a page this is a `TypeError`.
    #[error("{0}")]
    Network(NetworkError),
    /// Whoever produced the body aborted it; for a page this is an `AbortError`.
    #[error("the body was aborted")]
    Aborted,
    /// The producer went away without ending the body, or failed in its own way, as told.
    #[error("the body's source failed: {0}")]
    Source(String),
}

#[derive(Debug, Default)]
struct Pipe {
    chunks: VecDeque<Bytes>,
    buffered: usize,
    capacity: usize,
    end: Option<Result<(), BodyError>>,
    reader_gone: bool,
    /// The reader has asked for bytes at least once.
    wanted: bool,
    /// How many bytes the waiting reader wants to be woken for; never more than `capacity`.
    wake_at: usize,
    reader_waker: Option<Waker>,
    writer_waker: Option<Waker>,
    /// How many bytes were put in.
    written: u64,
    when_written: Option<WhenWritten>,
}

/// Told of all bytes that were put in, before the reader can see the end.
struct WhenWritten(Box<dyn FnOnce(u64) + Send>);

impl fmt::Debug for WhenWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WhenWritten")
    }
}

impl Pipe {
    /// The reader waits for `at_least` bytes; the first time, the writer is woken to learn of it.
    fn wait(&mut self, cx: &Context<'_>, at_least: usize) -> Option<Waker> {
        self.reader_waker = Some(cx.waker().clone());
        self.wake_at = at_least.min(self.capacity);
        if std::mem::replace(&mut self.wanted, true) { None } else { self.writer_waker.take() }
    }
}

/// The reading end. Dropping it cancels the body: the writer's next call says [`Closed`].
pub struct BodyReader {
    pipe: Arc<Mutex<Pipe>>,
    stored: Option<StoredBody>,
    before_end: Option<Box<dyn FnOnce() + Send>>,
}

/// The writing end. Dropping it without [`BodyWriter::finish`] ends the body with [`BodyError::Source`].
pub struct BodyWriter {
    pipe: Arc<Mutex<Pipe>>,
}

/// Looks at a body from outside, or ends it, whoever reads it by then.
#[derive(Clone)]
pub struct BodyBreaker {
    pipe: Arc<Mutex<Pipe>>,
}

/// The reader is gone; nothing more of this body is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads this body any more")]
pub struct Closed;

/// A pipe that holds up to `capacity` bytes (a single larger chunk passes alone).
#[must_use]
pub fn pipe(capacity: usize) -> (BodyWriter, BodyReader) {
    let pipe = Arc::new(Mutex::new(Pipe { capacity: capacity.max(1), ..Pipe::default() }));
    (BodyWriter { pipe: Arc::clone(&pipe) }, BodyReader { pipe, stored: None, before_end: None })
}

impl BodyReader {
    /// A body that is already all there.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let (mut writer, reader) = pipe(bytes.len());
        if !bytes.is_empty() {
            // The reader is at hand, so the pipe cannot be closed.
            let _open = writer.push(bytes);
        }
        writer.finish(Ok(()));
        reader
    }

    /// Marks this body as the unread content of `stored`, so that a store can take it over without copying.
    #[must_use]
    pub fn backed_by(mut self, stored: StoredBody) -> Self {
        self.stored = Some(stored);
        self
    }

    /// The stored body whose bytes these are, as long as none of them has been read here.
    #[must_use]
    pub const fn stored(&self) -> Option<&StoredBody> {
        self.stored.as_ref()
    }

    /// Runs `tell` on the thread that reads, before the reader learns that the body has ended as it should.
    #[must_use]
    pub fn before_end(mut self, tell: impl FnOnce() + Send + 'static) -> Self {
        self.before_end = Some(Box::new(tell));
        self
    }

    /// Runs `tell` with the number of bytes when the writer has ended the body as it should: on the writer's thread, or
    /// at once if it has. Only the last one that was given counts.
    pub fn when_written(&self, tell: impl FnOnce(u64) + Send + 'static) {
        let mut pipe = self.pipe.lock();
        if pipe.end.is_none() {
            pipe.when_written = Some(WhenWritten(Box::new(tell)));
            return;
        }
        let (ended_well, written) = (pipe.end == Some(Ok(())), pipe.written);
        drop(pipe);
        if ended_well {
            tell(written);
        }
    }

    /// Tells that the end is about to be seen.
    fn tell_end(&mut self) {
        if let Some(tell) = self.before_end.take() {
            tell();
        }
    }

    /// A way to end this body while somebody else reads it.
    #[must_use]
    pub fn breaker(&self) -> BodyBreaker {
        BodyBreaker { pipe: Arc::clone(&self.pipe) }
    }

    /// The next chunk (never empty), `None` at the end, or why the body ended early.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let mut pipe = self.pipe.lock();
        if let Some(chunk) = pipe.chunks.pop_front() {
            pipe.buffered -= chunk.len();
            self.stored = None;
            let waker = pipe.writer_waker.take();
            drop(pipe);
            if let Some(waker) = waker {
                waker.wake();
            }
            return Poll::Ready(Some(Ok(chunk)));
        }
        match &pipe.end {
            Some(Ok(())) => {
                drop(pipe);
                self.tell_end();
                Poll::Ready(None)
            }
            Some(Err(error)) => Poll::Ready(Some(Err(error.clone()))),
            None => {
                let waker = pipe.wait(cx, 1);
                drop(pipe);
                if let Some(waker) = waker {
                    waker.wake();
                }
                Poll::Pending
            }
        }
    }

    /// All chunks that are there, once there are `at_least` bytes, or the pipe is full, or the body has ended:
    /// for readers that write in large pieces, so that they are not woken for each small one. `None` is the end;
    /// an error comes after the bytes before it.
    pub fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        at_least: usize,
    ) -> Poll<Option<Result<VecDeque<Bytes>, BodyError>>> {
        let mut pipe = self.pipe.lock();
        let enough = at_least.min(pipe.capacity).max(1);
        let (ready, waker) = if pipe.buffered >= enough || (pipe.end.is_some() && pipe.buffered > 0) {
            pipe.buffered = 0;
            self.stored = None;
            let chunks = std::mem::take(&mut pipe.chunks);
            (Poll::Ready(Some(Ok(chunks))), pipe.writer_waker.take())
        } else {
            match &pipe.end {
                Some(Ok(())) => (Poll::Ready(None), None),
                Some(Err(error)) => (Poll::Ready(Some(Err(error.clone()))), None),
                None => (Poll::Pending, pipe.wait(cx, enough)),
            }
        };
        drop(pipe);
        if let Some(waker) = waker {
            waker.wake();
        }
        if matches!(ready, Poll::Ready(None)) {
            self.tell_end();
        }
        ready
    }

    /// Waits for the next chunk, as [`BodyReader::poll_read`].
    pub async fn read(&mut self) -> Option<Result<Bytes, BodyError>> {
        std::future::poll_fn(|cx| self.poll_read(cx)).await
    }

    /// Waits for all of the body, up to `limit` bytes.
    ///
    /// # Errors
    /// What ended the body early, or [`BodyError::Source`] when it is longer than `limit`.
    pub async fn read_all(mut self, limit: usize) -> Result<Bytes, BodyError> {
        let mut whole: Vec<u8> = Vec::new();
        let mut first: Option<Bytes> = None;
        while let Some(chunk) = self.read().await {
            let chunk = chunk?;
            if whole.len() + first.as_ref().map_or(0, Bytes::len) + chunk.len() > limit {
                return Err(BodyError::Source(format!("longer than the {limit} bytes allowed here")));
            }
            match first.take() {
                None if whole.is_empty() => first = Some(chunk),
                before => {
                    if let Some(before) = before {
                        whole.extend_from_slice(&before);
                    }
                    whole.extend_from_slice(&chunk);
                }
            }
        }
        Ok(first.unwrap_or_else(|| Bytes::from(whole)))
    }

    /// [`BodyReader::read`] for a plain thread: blocks until there is a chunk or the end.
    pub fn read_blocking(&mut self) -> Option<Result<Bytes, BodyError>> {
        let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(read) = self.poll_read(&mut cx) {
                return read;
            }
            std::thread::park();
        }
    }
}

impl BodyWriter {
    /// Ready when the pipe takes another chunk.
    ///
    /// # Errors
    /// [`Closed`] when the reader is gone.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let mut pipe = self.pipe.lock();
        if pipe.reader_gone {
            return Poll::Ready(Err(Closed));
        }
        // The waker is kept also when there is room, so that a writer with nothing to write learns of `Closed`.
        pipe.writer_waker = Some(cx.waker().clone());
        if pipe.buffered == 0 || pipe.buffered < pipe.capacity { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Ready once the reader has asked for bytes that were not there: a source that costs something to open need
    /// not be opened before.
    ///
    /// # Errors
    /// [`Closed`] when the reader is gone.
    pub fn poll_wanted(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Closed>> {
        let mut pipe = self.pipe.lock();
        if pipe.reader_gone {
            return Poll::Ready(Err(Closed));
        }
        pipe.writer_waker = Some(cx.waker().clone());
        if pipe.wanted { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Ready when the reader is gone.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut pipe = self.pipe.lock();
        if pipe.reader_gone {
            return Poll::Ready(());
        }
        pipe.writer_waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Puts a chunk into the pipe without waiting; empty chunks vanish.
    ///
    /// # Errors
    /// [`Closed`] when the reader is gone.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Closed> {
        let mut pipe = self.pipe.lock();
        if pipe.reader_gone {
            return Err(Closed);
        }
        if chunk.is_empty() {
            return Ok(());
        }
        pipe.buffered += chunk.len();
        pipe.written += chunk.len() as u64;
        pipe.chunks.push_back(chunk);
        let waker = if pipe.buffered >= pipe.wake_at { pipe.reader_waker.take() } else { None };
        drop(pipe);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Waits for room, then puts `chunk` into the pipe.
    ///
    /// # Errors
    /// [`Closed`] when the reader is gone.
    pub async fn write(&mut self, chunk: Bytes) -> Result<(), Closed> {
        std::future::poll_fn(|cx| self.poll_ready(cx)).await?;
        self.push(chunk)
    }

    /// [`BodyWriter::write`] for a plain thread: blocks until there is room.
    ///
    /// # Errors
    /// [`Closed`] when the reader is gone.
    pub fn write_blocking(&mut self, chunk: Bytes) -> Result<(), Closed> {
        let waker = Waker::from(Arc::new(ThreadWaker(std::thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match self.poll_ready(&mut cx) {
                Poll::Ready(ready) => {
                    ready?;
                    return self.push(chunk);
                }
                Poll::Pending => std::thread::park(),
            }
        }
    }

    /// Ends the body: normally with `Ok`, early with an error.
    pub fn finish(self, end: Result<(), BodyError>) {
        self.set_end(end);
    }

    fn set_end(&self, end: Result<(), BodyError>) {
        let mut pipe = self.pipe.lock();
        if let (Some(tell), Ok(())) = (pipe.when_written.take(), &end) {
            let written = pipe.written;
            drop(pipe);
            (tell.0)(written);
            pipe = self.pipe.lock();
        }
        if pipe.end.is_none() {
            pipe.end = Some(end);
        }
        let waker = pipe.reader_waker.take();
        drop(pipe);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl BodyBreaker {
    /// Whether all of the body was written, and its writer ended it as it should.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.pipe.lock().end == Some(Ok(()))
    }

    /// Ends the body early: the reader sees `error` in place of what it has not read yet, unless the body was at
    /// its end, and the writer that the reader is gone.
    pub fn break_off(&self, error: BodyError) {
        let mut pipe = self.pipe.lock();
        if pipe.end.is_none() {
            pipe.end = Some(Err(error));
            pipe.chunks.clear();
            pipe.buffered = 0;
        }
        pipe.reader_gone = true;
        let wakers = [pipe.reader_waker.take(), pipe.writer_waker.take()];
        drop(pipe);
        wakers.into_iter().flatten().for_each(Waker::wake);
    }
}

impl fmt::Debug for BodyBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyBreaker")
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.set_end(Err(BodyError::Source("it ended without saying so".into())));
    }
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        let mut pipe = self.pipe.lock();
        pipe.reader_gone = true;
        pipe.chunks.clear();
        let waker = pipe.writer_waker.take();
        drop(pipe);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyReader").field("stored", &self.stored).finish_non_exhaustive()
    }
}

impl fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyWriter")
    }
}

struct ThreadWaker(std::thread::Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests;
