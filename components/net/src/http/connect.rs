//! TCP connections, by [Happy Eyeballs](https://www.rfc-editor.org/rfc/rfc8305.html).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long an attempt has to itself before the next address is tried as well.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first of `addresses` that answers. Dropping the future drops all attempts.
///
/// # Errors
/// That of the first attempt, if all failed.
pub(crate) async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts: JoinSet<io::Result<TcpStream>> = JoinSet::new();
    let mut first_error = None;
    let mut remaining = addresses.iter().copied();
    let mut next = remaining.next();
    loop {
        if let Some(address) = next.take() {
            attempts.spawn_local(TcpStream::connect(address));
        }
        let wait_for_delay = remaining.len() > 0;
        tokio::select! {
            finished = attempts.join_next() => match finished {
                Some(Ok(Ok(stream))) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Some(Ok(Err(error))) => {
                    first_error.get_or_insert(error);
                    next = remaining.next();
                }
                Some(Err(join)) => {
                    first_error.get_or_insert(io::Error::other(join));
                    next = remaining.next();
                }
                None => {
                    let none = || io::Error::new(io::ErrorKind::AddrNotAvailable, "there is no address");
                    return Err(first_error.unwrap_or_else(none));
                }
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if wait_for_delay => next = remaining.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio::task::LocalSet;

    use super::*;

    #[tokio::test]
    async fn an_address_that_refuses_is_passed_over() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let local = LocalSet::new();
        let stream = local.run_until(connect(&[refusing, good])).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let error = local.run_until(connect(&[refusing])).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
