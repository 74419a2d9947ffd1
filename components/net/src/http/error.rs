//! What hyper and the system say, as network errors.

use std::error::Error as _;
use std::io;

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};

/// A TCP connection that could not be made.
pub(crate) fn connect_error(host: &str, error: &io::Error) -> NetworkError {
    use io::ErrorKind as K;
    let (kind, what) = match error.kind() {
        K::ConnectionRefused => (NetworkErrorKind::ConnectionRefused, "refused the connection"),
        K::TimedOut => (NetworkErrorKind::TimedOut, "did not answer in time"),
        K::ConnectionReset | K::ConnectionAborted => {
            (NetworkErrorKind::ConnectionReset, "broke the connection")
        }
        _ => (NetworkErrorKind::Unreachable, "cannot be reached"),
    };
    NetworkError::new(kind, format!("{host} {what} ({error})"))
}

/// Nothing came for too long.
pub(crate) fn timed_out(host: &str, what: &str) -> NetworkError {
    NetworkError::new(NetworkErrorKind::TimedOut, format!("{host}: {what}"))
}

/// An exchange that failed after the connection was made.
pub(crate) fn exchange_error(host: &str, error: &hyper::Error) -> NetworkError {
    if let Some(found) = find::<NetworkError>(error) {
        return found.clone();
    }
    let detail = describe(error);
    let (kind, message) = if error.is_timeout() {
        (NetworkErrorKind::TimedOut, format!("{host} does not answer any more"))
    } else if error.is_incomplete_message() {
        let message = format!("{host} ended the connection before the response was complete");
        (NetworkErrorKind::ConnectionReset, message)
    } else if find::<h2::Error>(error).is_some_and(|e| e.is_remote() && (e.is_reset() || e.is_go_away())) {
        (NetworkErrorKind::ConnectionReset, format!("{host} ended the response: {detail}"))
    } else if error.is_parse() || error.is_parse_too_large() {
        (NetworkErrorKind::Protocol, format!("{host} did not answer with HTTP: {detail}"))
    } else if let Some(io) = find::<io::Error>(error) {
        io_error(host, io)
    } else if error.is_body_write_aborted() {
        (NetworkErrorKind::Internal, format!("the request to {host} ended early: {detail}"))
    } else if error.is_closed() || error.is_canceled() {
        (NetworkErrorKind::ConnectionReset, format!("{host} closed the connection: {detail}"))
    } else {
        (NetworkErrorKind::Protocol, format!("the exchange with {host} failed: {detail}"))
    };
    NetworkError::new(kind, message)
}

/// Whether a connection ended before it answered, as kept connections do that the server closed meanwhile.
pub(crate) fn is_dead(error: &hyper::Error) -> bool {
    use io::ErrorKind as K;
    let broken = find::<io::Error>(error).is_some_and(|e| {
        matches!(e.kind(), K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted | K::UnexpectedEof)
    });
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || broken
}

/// Whether the server said that it did not look at an HTTP/2 request
/// ([RFC 9113, 8.7](https://www.rfc-editor.org/rfc/rfc9113.html#name-request-reliability)).
pub(crate) fn was_refused(error: &hyper::Error) -> bool {
    find::<h2::Error>(error).is_some_and(|e| {
        e.is_remote()
            && match e.reason() {
                Some(h2::Reason::REFUSED_STREAM) => e.is_reset(),
                Some(h2::Reason::NO_ERROR) => e.is_go_away(),
                _ => false,
            }
    })
}

fn io_error(host: &str, error: &io::Error) -> (NetworkErrorKind, String) {
    use io::ErrorKind as K;
    match error.kind() {
        K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted | K::NotConnected | K::UnexpectedEof => {
            (NetworkErrorKind::ConnectionReset, format!("{host} broke the connection ({error})"))
        }
        K::TimedOut => (NetworkErrorKind::TimedOut, format!("{host} stopped answering ({error})")),
        K::NetworkUnreachable | K::HostUnreachable | K::NetworkDown => {
            (NetworkErrorKind::Unreachable, format!("{host} cannot be reached any more ({error})"))
        }
        K::InvalidData => (NetworkErrorKind::Tls, format!("{host} broke the TLS protocol ({error})")),
        _ => (NetworkErrorKind::ConnectionReset, format!("the connection to {host} broke ({error})")),
    }
}

/// The first error of type `E` among the causes of `error`.
fn find<E: std::error::Error + 'static>(error: &hyper::Error) -> Option<&E> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) =
            error.downcast_ref::<io::Error>().and_then(io::Error::get_ref).and_then(|e| e.downcast_ref::<E>())
        {
            return Some(inner);
        }
        cause = error.source();
    }
    None
}

fn describe(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
