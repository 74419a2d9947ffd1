//! The [connection pool](https://fetch.spec.whatwg.org/#concept-connection-pool), keyed by network partition,
//! credentials and origin, so that no site learns from another's connections.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::timing::ConnectionTiming;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Host;

use super::connect::connect;
use super::connection::{Http1, Http2, Lease, Sender, begin_http1, begin_http2};
use super::error::{connect_error, exchange_error, timed_out};
use super::resolve::resolve;
use super::tls::{HTTP, HTTP1_ONLY, Tls};
use crate::config::{Limits, ResolveConfig, Timeouts};
use crate::scheduler::{HostKey, Protocol, Scheduler, Slot};

/// The janitor looks no more often than that.
const JANITOR_PAUSE: Duration = Duration::from_millis(500);
/// How many hosts' protocols are remembered.
const MOST_KNOWN: usize = 1024;

/// Which connections may be shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolKey {
    /// [Network partition key](https://fetch.spec.whatwg.org/#network-partition-key).
    pub(crate) partition: String,
    /// Whether requests on it carry credentials.
    pub(crate) credentials: bool,
    /// TLS or not.
    pub(crate) https: bool,
    /// Where to.
    pub(crate) host: HostKey,
}

impl PoolKey {
    fn tls_partition(&self) -> String {
        format!("{} {}", self.partition, self.credentials)
    }
}

/// The pool; clones are the same one.
#[derive(Clone)]
pub(crate) struct Pool(Rc<Inner>);

struct Inner {
    tls: Tls,
    resolve: ResolveConfig,
    timeouts: Timeouts,
    limits: Limits,
    scheduler: Scheduler,
    /// Connections without a request; the one used last is at the back.
    idle: RefCell<VecDeque<Idle>>,
    http2: RefCell<HashMap<PoolKey, Rc<Http2>>>,
    known: RefCell<HashMap<PoolKey, Protocol>>,
    /// First connections to hosts of unknown protocol that are being made.
    first: RefCell<HashMap<PoolKey, watch::Receiver<FirstOutcome>>>,
    janitor: Cell<bool>,
}

type FirstOutcome = Option<Result<Protocol, NetworkError>>;

/// A stream of bytes in both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

struct Idle {
    key: PoolKey,
    connection: Http1,
    since: Instant,
}

impl Pool {
    pub(crate) fn new(
        tls: Tls,
        resolve: ResolveConfig,
        (limits, timeouts): (Limits, Timeouts),
        scheduler: Scheduler,
    ) -> Self {
        Self(Rc::new(Inner {
            tls,
            resolve,
            timeouts,
            limits,
            scheduler,
            idle: RefCell::default(),
            http2: RefCell::default(),
            known: RefCell::default(),
            first: RefCell::default(),
            janitor: Cell::new(false),
        }))
    }

    /// [Obtain a connection](https://fetch.spec.whatwg.org/#concept-connection-obtain): one that is kept, unless it
    /// has to be `fresh`, or a new one.
    pub(crate) async fn obtain(
        &self,
        key: &PoolKey,
        host: &Host<String>,
        slot: Slot,
        fresh: bool,
    ) -> Result<Lease, NetworkError> {
        let lease =
            |sender, reused, slot| Lease { sender, key: key.clone(), reused, slot, pool: self.clone() };
        loop {
            if !fresh && let Some(sender) = self.take_kept(key) {
                return Ok(lease(sender, true, slot));
            }
            let known = self.0.known.borrow().get(key).copied();
            if fresh || !key.https || known == Some(Protocol::Http1) {
                return Ok(lease(Box::pin(self.open(key, host)).await?, false, slot));
            }
            // If it speaks HTTP/2, one connection serves all who ask now.
            let under_way = self.0.first.borrow().get(key).cloned();
            let Some(mut outcome) = under_way else {
                return Ok(lease(Box::pin(self.open_first(key, host)).await?, false, slot));
            };
            // An error says that whoever was connecting gave up without an outcome: the next one tries.
            if let Ok(outcome) = outcome.wait_for(Option::is_some).await
                && let Some(Err(error)) = &*outcome
            {
                return Err(error.clone());
            }
        }
    }

    /// A kept HTTP/2 connection whose server takes [extended `CONNECT`
    /// requests](https://www.rfc-editor.org/rfc/rfc8441.html#section-4).
    pub(crate) fn connection_with_extended_connect(&self, key: &PoolKey) -> Option<Rc<Http2>> {
        let http2 = self.0.http2.borrow();
        http2.get(key).filter(|known| !known.is_closed() && known.takes_extended_connect.get()).map(Rc::clone)
    }

    /// A connection that is not for HTTP requests but one.
    pub(crate) async fn connect_apart(
        &self,
        key: &PoolKey,
        host: &Host<String>,
    ) -> Result<Box<dyn Duplex>, NetworkError> {
        let target = key.host.to_string();
        let addresses = resolve(&self.0.resolve, host, key.host.port).await?;
        let stream = connect(&addresses).await.map_err(|e| connect_error(&target, &e))?;
        if !key.https {
            return Ok(Box::new(stream));
        }
        let tls = &self.0.tls;
        let stream = tls.handshake(&key.tls_partition(), &key.host.host, stream, HTTP1_ONLY).await?;
        Ok(Box::new(stream))
    }

    /// A kept connection that is still good.
    fn take_kept(&self, key: &PoolKey) -> Option<Sender> {
        let mut http2 = self.0.http2.borrow_mut();
        if let Some(connection) = http2.get(key) {
            if !connection.is_closed() {
                return Some(Sender::Http2(Rc::clone(connection)));
            }
            http2.remove(key);
        }
        let mut idle = self.0.idle.borrow_mut();
        idle.retain(|kept| !kept.connection.is_closed());
        let at = idle.iter().rposition(|kept| kept.key == *key && kept.connection.is_ready())?;
        idle.remove(at).map(|kept| Sender::Http1(kept.connection))
    }

    /// Opens a connection while others wait to learn what the host speaks.
    async fn open_first(&self, key: &PoolKey, host: &Host<String>) -> Result<Sender, NetworkError> {
        let (tell, outcome) = watch::channel(None);
        self.0.first.borrow_mut().insert(key.clone(), outcome);
        let _forget = OnDrop(|| {
            self.0.first.borrow_mut().remove(key);
        });
        let opened = self.open(key, host).await;
        tell.send_replace(Some(match &opened {
            Ok(Sender::Http1(_)) => Ok(Protocol::Http1),
            Ok(Sender::Http2(_)) => Ok(Protocol::Http2),
            Err(error) => Err(error.clone()),
        }));
        opened
    }

    /// Opens a connection within the time allowed for it.
    async fn open(&self, key: &PoolKey, host: &Host<String>) -> Result<Sender, NetworkError> {
        self.make_room(&key.host);
        let opening = tokio::time::timeout(self.0.timeouts.connect, self.establish(key, host));
        let opened = opening.await.unwrap_or_else(|_| {
            let allowed = self.0.timeouts.connect.as_secs_f32();
            Err(timed_out(&key.host.to_string(), &format!("no connection within {allowed} seconds")))
        })?;
        let protocol = match &opened {
            Sender::Http1(_) => Protocol::Http1,
            Sender::Http2(connection) => {
                self.0.http2.borrow_mut().insert(key.clone(), Rc::clone(connection));
                self.start_janitor();
                Protocol::Http2
            }
        };
        let mut known = self.0.known.borrow_mut();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(key.clone(), protocol);
        drop(known);
        self.0.scheduler.set_protocol(&key.host, protocol);
        Ok(opened)
    }

    async fn establish(&self, key: &PoolKey, host: &Host<String>) -> Result<Sender, NetworkError> {
        let target = key.host.to_string();
        let now = std::time::Instant::now;
        let domain_lookup_start = now();
        let addresses = resolve(&self.0.resolve, host, key.host.port).await?;
        let domain_lookup_end = now();
        tracing::debug!(host = %target, ?addresses, "connecting");
        let stream = connect(&addresses).await.map_err(|e| connect_error(&target, &e))?;
        let connected = now();
        let timing = ConnectionTiming {
            domain_lookup_start,
            domain_lookup_end,
            connection_start: domain_lookup_end,
            connection_end: connected,
            secure_connection_start: None,
            alpn: "http/1.1",
        };
        let begun = if key.https {
            let stream = self.0.tls.handshake(&key.tls_partition(), &key.host.host, stream, HTTP).await?;
            let secure_connection_start = Some(connected);
            let timing = ConnectionTiming { connection_end: now(), secure_connection_start, ..timing };
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            if http2 {
                let timing = ConnectionTiming { alpn: "h2", ..timing };
                begin_http2(stream, self.0.limits.streams_per_host, timing).await
            } else {
                begin_http1(stream, false, timing).await
            }
        } else {
            begin_http1(stream, true, timing).await
        };
        begun.map_err(|e| exchange_error(&target, &e))
    }

    /// Closes idle connections to `host`, of whatever partition, that with a new one would be too many.
    fn make_room(&self, host: &HostKey) {
        let room = self.0.scheduler.idle_room(host);
        let mut idle = self.0.idle.borrow_mut();
        while idle.iter().filter(|kept| kept.key.host == *host).count() > room {
            let Some(oldest) = idle.iter().position(|kept| kept.key.host == *host) else { return };
            idle.remove(oldest);
        }
    }

    /// Keeps a connection whose response has ended.
    pub(crate) fn keep(&self, key: PoolKey, connection: Http1) {
        if connection.is_closed() {
            return;
        }
        let mut idle = self.0.idle.borrow_mut();
        idle.push_back(Idle { key, connection, since: Instant::now() });
        while idle.len() > self.0.limits.idle {
            idle.pop_front();
        }
        drop(idle);
        self.start_janitor();
    }

    /// Takes an HTTP/2 connection that failed a request out of the pool.
    pub(crate) fn forget(&self, lease: &Lease) {
        if let Sender::Http2(failed) = &lease.sender {
            self.0.http2.borrow_mut().retain(|_, kept| !Rc::ptr_eq(kept, failed));
        }
    }

    /// Closes kept connections, and forgets what is known, of one host or of all.
    pub(crate) fn clear(&self, host: Option<&HostKey>) {
        let keeps = |key: &PoolKey| host.is_some_and(|host| key.host != *host);
        self.0.idle.borrow_mut().retain(|kept| keeps(&kept.key));
        self.0.http2.borrow_mut().retain(|key, _| keeps(key));
        self.0.known.borrow_mut().retain(|key, _| keeps(key));
        self.0.tls.clear();
    }

    /// Closes connections that nobody used for long; runs only while there are some.
    fn start_janitor(&self) {
        if self.0.janitor.replace(true) {
            return;
        }
        let pool = Rc::downgrade(&self.0);
        let keep_alive = self.0.timeouts.keep_alive;
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep((keep_alive / 2).max(JANITOR_PAUSE)).await;
                let Some(inner) = pool.upgrade() else { return };
                inner
                    .idle
                    .borrow_mut()
                    .retain(|kept| !kept.connection.is_closed() && kept.since.elapsed() < keep_alive);
                inner.http2.borrow_mut().retain(|_, kept| {
                    let used = Rc::strong_count(kept) > 1 || kept.used_at.get().elapsed() < keep_alive;
                    used && !kept.is_closed()
                });
                if inner.idle.borrow().is_empty() && inner.http2.borrow().is_empty() {
                    inner.janitor.set(false);
                    return;
                }
            }
        });
    }
}

/// Runs a closure when dropped: also when the future that holds it is.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
