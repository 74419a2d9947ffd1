//! Message heads as they are on the wire of an HTTP/1.1 connection.
//!
//! The Fetch Standard's header names have a case, and its values are any bytes but NUL, CR and LF; hyper knows neither.
//! This stream stands between hyper and the connection. Hyper writes a head with a stand-in for each value that it does
//! not know; here the names and values that were asked for take their places. Of a response's head, hyper reads a
//! stand-in for each control character, and the exact value is kept for whoever has the response.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A head that is longer is left to hyper, which refuses it.
const LONGEST_HEAD: usize = 512 * 1024;
/// Read at once while a head is expected.
const PIECE: usize = 16 * 1024;

/// Header names, and their values.
pub(crate) type WireHeaders = Vec<(String, Vec<u8>)>;

/// What the stream and who sends on it share.
#[derive(Clone, Debug, Default)]
pub(crate) struct WireHeads(Rc<RefCell<Heads>>);

#[derive(Debug, Default)]
struct Heads {
    /// Of the request whose head hyper writes next.
    outgoing: Option<WireHeaders>,
    /// Whether the head of a response comes next.
    expected: bool,
    /// Headers of the last response whose values hyper has stand-ins for; names in lower case.
    incoming: WireHeaders,
}

impl WireHeads {
    /// A request is sent now: its headers, as they are to be on the wire.
    pub(crate) fn begin(&self, headers: WireHeaders) {
        let mut heads = self.0.borrow_mut();
        *heads = Heads { outgoing: Some(headers), expected: true, incoming: Vec::new() };
    }

    /// The headers of the response for which hyper has stand-ins: all of a name, in order.
    pub(crate) fn take_incoming(&self) -> WireHeaders {
        std::mem::take(&mut self.0.borrow_mut().incoming)
    }
}

/// A value that hyper takes: of the same length, without what it refuses.
pub(crate) fn stand_in(value: &[u8]) -> Vec<u8> {
    value.iter().map(|byte| if is_refused(*byte) { b'?' } else { *byte }).collect()
}

/// Control characters that the Fetch Standard has in values and hyper has not.
const fn is_refused(byte: u8) -> bool {
    matches!(byte, 0x01..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0x7f)
}

/// A connection whose heads are as the [module](self) says.
pub(crate) struct WireStream<S> {
    inner: S,
    heads: WireHeads,
    /// A response may end with its connection after any line of its head, as if that were the last. Attackers could cut
    /// a head short, too: only for connections that have no protection anyway.
    lenient: bool,
    /// Hyper's request head, as far as it is there.
    written: Vec<u8>,
    /// Bytes that are to be written before anything else.
    to_write: Vec<u8>,
    /// A response's head, as far as it is there.
    read: Vec<u8>,
    /// Bytes that hyper is to read before anything else.
    to_read: Vec<u8>,
}

impl<S> WireStream<S> {
    pub(crate) const fn new(inner: S, heads: WireHeads, lenient: bool) -> Self {
        Self {
            inner,
            heads,
            lenient,
            written: Vec::new(),
            to_write: Vec::new(),
            read: Vec::new(),
            to_read: Vec::new(),
        }
    }

    /// Takes what hyper writes of a request's head, and tells how much it took.
    fn take_head(&mut self, bytes: &[u8]) -> usize {
        let before = self.written.len();
        self.written.extend_from_slice(bytes);
        let from = before.saturating_sub(3);
        let end = self.written.get(from..).and_then(|new| new.windows(4).position(|w| w == b"\r\n\r\n"));
        let Some(end) = end else { return bytes.len() };
        let end = from + end + 4;
        let mut head = std::mem::take(&mut self.written);
        head.truncate(end);
        let wanted = self.heads.0.borrow_mut().outgoing.take().unwrap_or_default();
        self.to_write = request_head(&head, wanted);
        end - before
    }

    /// Looks at what was read of a response's head; `ended` says that no more comes.
    fn look(&mut self, ended: bool) {
        loop {
            let is_http = self.read.iter().zip(b"HTTP/").all(|(byte, expected)| byte == expected);
            let end = head_end(&self.read);
            let end = match end {
                Some(end) => end,
                None if is_http && !ended && self.read.len() < LONGEST_HEAD => return,
                None => {
                    // Not a head, or not a whole one.
                    if ended && self.lenient && is_http && self.read.ends_with(b"\n") {
                        self.read.extend_from_slice(b"\r\n");
                        continue;
                    }
                    self.heads.0.borrow_mut().expected = false;
                    self.to_read.append(&mut self.read);
                    return;
                }
            };
            let rest = self.read.split_off(end);
            let head = std::mem::replace(&mut self.read, rest);
            let (head, exact) = response_head(head);
            self.to_read.extend_from_slice(&head);
            let mut heads = self.heads.0.borrow_mut();
            if is_informational(&head) {
                continue;
            }
            heads.expected = false;
            heads.incoming = exact;
            drop(heads);
            self.to_read.append(&mut self.read);
            return;
        }
    }
}

/// Whether the head is one before that of the response. ("101" is a last one.)
fn is_informational(head: &[u8]) -> bool {
    let status = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    status.starts_with(b"1") && !status.starts_with(b"101")
}

/// Where a head ends: behind its empty line, whose break may be a bare LF.
fn head_end(bytes: &[u8]) -> Option<usize> {
    let mut line_is_empty = false;
    let mut line_breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let mut start = line_breaks.next()? + 1;
    for end in line_breaks {
        line_is_empty |= matches!(bytes.get(start..end), Some([] | [b'\r']));
        start = end + 1;
        if line_is_empty {
            return Some(start);
        }
    }
    None
}

/// Hyper's head with the names and values that were asked for.
fn request_head(head: &[u8], wanted: WireHeaders) -> Vec<u8> {
    let mut wanted: Vec<_> = wanted.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(head.len());
    for (index, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let same = |entry: &&mut Option<(String, Vec<u8>)>| {
            entry.as_ref().is_some_and(|(wanted, _)| wanted.as_bytes().eq_ignore_ascii_case(name))
        };
        let exact = if index == 0 { None } else { wanted.iter_mut().find(same).and_then(Option::take) };
        match exact {
            Some((name, value)) => {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b": ");
                out.extend_from_slice(&value);
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// A head that hyper takes, and the headers that have stand-ins in it.
fn response_head(mut head: Vec<u8>) -> (Vec<u8>, WireHeaders) {
    let lengths = hide_lengths(&mut head);
    if !head.iter().any(|byte| is_refused(*byte)) {
        return (head, lengths);
    }
    let mut headers = lengths;
    for line in head.split_mut(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at_mut(colon);
        let value = value.get_mut(1..).unwrap_or_default();
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        let start = value.iter().position(|byte| !space(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !space(byte)).map_or(start, |last| last + 1);
        headers.push((name, value.get(start..end).unwrap_or_default().to_vec()));
        for byte in value.iter_mut().filter(|byte| is_refused(**byte)) {
            *byte = b'?';
        }
    }
    let odd: Vec<String> = headers
        .iter()
        .filter(|(name, value)| name == LENGTH || value.iter().any(|byte| is_refused(*byte)))
        .map(|(name, _)| name.clone())
        .collect();
    headers.retain(|(name, _)| odd.contains(name));
    (head, headers)
}

const LENGTH: &str = "content-length";
/// The name by which hyper sees a `Content-Length` that says nothing.
pub(crate) const LENGTH_STAND_IN: &str = "content_length";

/// [Extracts a length](https://fetch.spec.whatwg.org/#extract-content-length-value)'s answers, as hyper does not know
/// them: values that are not digits are no length, and hyper gets them by another name; two that are not the same are an
/// error, and hyper gets what it refuses. Gives the values that were renamed.
fn hide_lengths(head: &mut [u8]) -> WireHeaders {
    let is_named = |line: &[u8], name: &str| {
        line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
            && line.get(name.len()) == Some(&b':')
    };
    let lines = || head.split(|byte| *byte == b'\n').skip(1);
    let lengths =
        lines().filter(|line| is_named(line, LENGTH)).filter_map(|line| line.get(LENGTH.len() + 1..));
    let values: Vec<Vec<u8>> = lengths.map(|value| value.trim_ascii().to_vec()).collect();
    let mut parts = values.iter().flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let Some(first) = parts.next() else { return Vec::new() };
    let same = parts.all(|part| part == first);
    let is_number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    if (same && is_number) || lines().any(|line| is_named(line, "transfer-encoding")) {
        return Vec::new();
    }
    for line in head.split_mut(|byte| *byte == b'\n').skip(1).filter(|line| is_named(line, LENGTH)) {
        if let (true, Some(name)) = (same, line.get_mut(..LENGTH.len())) {
            name.copy_from_slice(LENGTH_STAND_IN.as_bytes());
        } else if let Some(value) = line.get_mut(LENGTH.len() + 1..) {
            value.iter_mut().filter(|byte| **byte != b'\r').for_each(|byte| *byte = b'?');
        }
    }
    if same { values.into_iter().map(|value| (LENGTH.to_owned(), value)).collect() } else { Vec::new() }
}

impl<S: AsyncRead + Unpin> AsyncRead for WireStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.to_read.is_empty() {
            if !this.heads.0.borrow().expected {
                return Pin::new(&mut this.inner).poll_read(cx, buf);
            }
            let mut piece = [std::mem::MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut piece);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut piece))?;
            let ended = piece.filled().is_empty();
            this.read.extend_from_slice(piece.filled());
            this.look(ended);
            if ended && this.to_read.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        let count = this.to_read.len().min(buf.remaining());
        buf.put_slice(this.to_read.get(..count).unwrap_or_default());
        this.to_read.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> WireStream<S> {
    /// Ready when nothing is left that goes before what hyper writes.
    fn poll_to_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.to_write.is_empty() {
            let count = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.to_write))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.to_write.drain(..count);
        }
        Poll::Ready(Ok(()))
    }

    fn head_is_next(&self) -> bool {
        self.heads.0.borrow().outgoing.is_some()
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WireStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_to_write(cx))?;
        if this.head_is_next() {
            return Poll::Ready(Ok(this.take_head(buf)));
        }
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.poll_to_write(cx))?;
        if this.head_is_next() {
            let first = bufs.iter().find(|buf| !buf.is_empty());
            return Poll::Ready(Ok(first.map_or(0, |buf| this.take_head(buf))));
        }
        Pin::new(&mut this.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_to_write(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_to_write(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn ends_of_heads() {
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"), Some(25));
        assert_eq!(head_end(b"HTTP/1.1 200 OK\nA: b\n\nbody\n\n"), Some(22));
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\n\r\n"), Some(19));
        assert_eq!(head_end(b"HTTP/1.1 200 OK\r\nA: b\r\n"), None);
        assert_eq!(head_end(b""), None);
    }

    #[tokio::test]
    async fn a_request_has_the_case_and_the_bytes_that_were_asked_for() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let heads = WireHeads::default();
        let mut stream = WireStream::new(ours, heads.clone(), false);
        heads.begin(vec![("X-oDD".into(), b"a\x01b".to_vec()), ("accept".into(), b"*/*".to_vec())]);
        // In pieces, with the body behind the head.
        for piece in ["GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-O", "dd: a?b\r", "\n\r\nx-odd: body"] {
            stream.write_all(piece.as_bytes()).await.unwrap();
        }
        stream.flush().await.unwrap();
        drop(stream);
        let mut sent = String::new();
        theirs.read_to_string(&mut sent).await.unwrap();
        assert_eq!(sent, "GET / HTTP/1.1\r\nHost: a\r\naccept: */*\r\nX-oDD: a\u{1}b\r\n\r\nx-odd: body");
    }

    async fn read(received: &[u8], lenient: bool) -> (String, WireHeaders) {
        let (ours, mut theirs) = tokio::io::duplex(4096);
        let heads = WireHeads::default();
        let mut stream = WireStream::new(ours, heads.clone(), lenient);
        heads.begin(Vec::new());
        theirs.write_all(received).await.unwrap();
        drop(theirs);
        let mut seen = Vec::new();
        stream.read_to_end(&mut seen).await.unwrap();
        (String::from_utf8_lossy(&seen).into_owned(), heads.take_incoming())
    }

    #[tokio::test]
    async fn a_response_keeps_its_control_characters_and_hyper_does_not_see_them() {
        let (seen, exact) = read(
            b"HTTP/1.1 103 Early\r\nA: \x02\r\n\r\nHTTP/1.1 200 OK\r\nA: \x0b\r\nB: c\r\na:\x7f \r\n\r\nB: \x01",
            false,
        )
        .await;
        assert_eq!(
            seen,
            "HTTP/1.1 103 Early\r\nA: ?\r\n\r\nHTTP/1.1 200 OK\r\nA: ?\r\nB: c\r\na:? \r\n\r\nB: \u{1}"
        );
        assert_eq!(exact, [("a".to_owned(), vec![0x0b]), ("a".to_owned(), vec![0x7f])]);
    }

    #[tokio::test]
    async fn lengths_are_those_of_the_fetch_standard() {
        let seen = async |lengths: &str| {
            let head = format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n");
            let (seen, exact) = read(head.as_bytes(), false).await;
            let seen = seen.trim_start_matches("HTTP/1.1 200 OK\r\n").trim_end().to_owned();
            (seen, exact.into_iter().map(|(_, value)| String::from_utf8(value).unwrap()).collect::<Vec<_>>())
        };
        let untouched = ["Content-Length: 42", "Content-Length: 42\r\ncontent-length:42, 42", "X: 1"];
        for head in untouched {
            assert_eq!(seen(head).await, (head.to_owned(), vec![]));
        }
        let nothing = [("30s", "30s"), ("-1", "-1"), (" \"30\" ", "\"30\""), ("", ""), ("a, a", "a, a")];
        for (value, exact) in nothing {
            let expected = (format!("content_length:{value}").trim_end().to_owned(), vec![exact.to_owned()]);
            assert_eq!(seen(&format!("Content-Length:{value}")).await, expected);
        }
        for refused in ["Content-Length:030,30", "Content-Length:30,", "Content-Length:1\r\nContent-Length:2"]
        {
            let (head, exact) = seen(refused).await;
            assert!(head.ends_with('?') && exact.is_empty(), "{head}");
        }
        let chunked = "Content-Length: x\r\nTransfer-Encoding: chunked";
        assert_eq!(seen(chunked).await.0, chunked);
    }

    #[tokio::test]
    async fn nul_is_left_for_hyper_to_refuse() {
        let (seen, exact) = read(b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", false).await;
        assert!(seen.contains('\0'));
        assert_eq!(exact, []);
    }

    #[tokio::test]
    async fn a_head_that_is_cut_short_is_whole_only_without_tls() {
        let cut = b"HTTP/1.0 200 OK\nA: b\n";
        assert_eq!(read(cut, true).await.0, "HTTP/1.0 200 OK\nA: b\n\r\n");
        assert_eq!(read(cut, false).await.0, "HTTP/1.0 200 OK\nA: b\n");
        assert_eq!(read(b"HTTP/1.0 200 OK\nA: b", true).await.0, "HTTP/1.0 200 OK\nA: b");
        assert_eq!(read(b"SSH-2.0\r\n", true).await.0, "SSH-2.0\r\n");
        assert_eq!(read(b"", true).await.0, "");
    }
}
