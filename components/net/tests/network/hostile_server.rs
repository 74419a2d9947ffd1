//! Whatever a server sends, the network thread answers each fetch and goes on.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};

use url::Url;

use crate::support::{Net, get, raw_server, read, read_head};

/// Answers that are right, to begin with.
const SEEDS: [&[u8]; 6] = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nContent-Type: text/plain\r\nX: y\r\n\r\nhello world",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: a=b; Max-Age=10; Path=/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
    b"HTTP/1.1 200 OK\r\nContent-Security-Policy: default-src 'self'; connect-src *.a:*\r\nReferrer-Policy: origin\r\n\r\n",
];

/// A small generator of the same numbers every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize
    }
}

/// A seed with some of its bytes changed, removed, repeated, and some cut off.
fn mutate(seed: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut bytes = SEEDS[numbers.next() % SEEDS.len()].to_vec();
    for _ in 0..numbers.next() % 6 {
        let at = numbers.next() % bytes.len();
        match numbers.next() % 5 {
            0 => bytes[at] = numbers.next() as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\r\n\0:;, \xff-9"[numbers.next() % 10]),
            3 => bytes.truncate(at.max(1)),
            _ => {
                let piece = bytes[at..].to_vec();
                bytes.extend(piece);
            }
        }
    }
    bytes
}

#[test]
fn mutated_answers() {
    let next = AtomicU64::new(0);
    let address = raw_server(move |mut stream: TcpStream| {
        while read_head(&mut stream).is_some() {
            if stream.write_all(&mutate(next.fetch_add(1, Ordering::SeqCst))).is_err() {
                return;
            }
            // Without a length the connection's end is the body's.
            drop(stream.shutdown(std::net::Shutdown::Write));
        }
    });
    let net = Net::plain();
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    let mut answered = 0;
    for _ in 0..400 {
        if let Ok(response) = net.fetch(get(url.clone())) {
            answered += 1;
            // Its end is good or bad, but comes.
            drop(response.body.map(read));
        }
    }
    assert!(answered > 50, "only {answered} answers were understood at all");
    assert_eq!(net.get("data:,alive".parse().unwrap()).unwrap().1, b"alive");
}
