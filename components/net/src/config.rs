//! What an embedder decides about the network.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bgfetch_traits::authentication::AuthenticationPrompt;
use bgfetch_traits::site_data::ClearStorage;

use crate::clock::{Clock, SystemClock};

/// Which certificate authorities are trusted besides [`NetConfig::ca_certificates`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrustedRoots {
    /// Mozilla's list, compiled in.
    #[default]
    WebPki,
    /// The operating system's store, read once at start.
    System,
    /// None: only the certificates given.
    None,
}

/// Configuration of the network thread. `NetConfig::default()` is what a browser would do.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Certificate authorities to trust besides `roots`: PEM texts, each with one or more certificates.
    pub ca_certificates: Vec<Vec<u8>>,
    /// Which roots are trusted anyway.
    pub roots: TrustedRoots,
    /// How names resolve.
    pub resolve: ResolveConfig,
    /// Where cookies that outlive the session are kept; `None` keeps all cookies in memory only.
    pub cookie_file: Option<PathBuf>,
    /// How much runs at the same time.
    pub limits: Limits,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// `User-Agent`.
    pub user_agent: String,
    /// `Accept-Language`.
    pub accept_language: String,
    /// Whether the machine is online when the thread starts.
    pub online: bool,
    /// Bytes a second for all downloads together; `None` is no limit.
    pub bandwidth_limit: Option<u64>,
    /// Whom to ask for a user name and a password when a server wants them.
    pub authentication_prompt: AuthenticationPrompt,
    /// Who throws away what an origin has stored, when its server says so.
    pub clear_storage: ClearStorage,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
}

impl Default for NetConfig {
    fn default() -> Self {
        Self {
            ca_certificates: Vec::new(),
            roots: TrustedRoots::default(),
            resolve: ResolveConfig::default(),
            cookie_file: None,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            user_agent: format!("Mozilla/5.0 (compatible) bgfetch/{}", env!("CARGO_PKG_VERSION")),
            accept_language: "en-US,en;q=0.5".to_owned(),
            online: true,
            bandwidth_limit: None,
            authentication_prompt: AuthenticationPrompt::nobody(),
            clear_storage: ClearStorage::nothing(),
            clock: Arc::new(SystemClock::default()),
        }
    }
}

/// How much runs at the same time. A limit of 0 counts as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests on the wire, all hosts together.
    pub global: usize,
    /// Connections to one host and port that speak HTTP/1.1, hence requests on the wire there.
    pub per_host: usize,
    /// Requests on the wire to one host and port that speaks HTTP/2. Each may have 1 MiB of its response in memory
    /// before somebody reads it.
    pub streams_per_host: usize,
    /// Connections kept open without a request, all hosts together.
    pub idle: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { global: 256, per_host: 6, streams_per_host: 64, idle: 64 }
    }
}

/// How long to wait before a fetch fails with [`bgfetch_traits::fetch::NetworkErrorKind::TimedOut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For name, TCP and TLS together.
    pub connect: Duration,
    /// From the last byte of the request that moved to the response's head.
    pub head: Duration,
    /// Between two pieces of a response's body, while somebody wants to read them.
    pub idle: Duration,
    /// How long a connection without a request is kept.
    pub keep_alive: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            head: Duration::from_secs(120),
            idle: Duration::from_secs(120),
            keep_alive: Duration::from_secs(90),
        }
    }
}

impl Timeouts {
    /// The same, none of them so long that it cannot be added to the time, or too short to be waited for.
    pub(crate) fn usable(self) -> Self {
        let usable = |timeout: Duration| {
            timeout.clamp(Duration::from_millis(1), Duration::from_secs(365 * 24 * 60 * 60))
        };
        Self {
            connect: usable(self.connect),
            head: usable(self.head),
            idle: usable(self.idle),
            keep_alive: usable(self.keep_alive),
        }
    }
}

/// How names resolve.
#[derive(Clone, Debug, Default)]
pub struct ResolveConfig {
    overrides: HashMap<(String, Option<u16>), SocketOverride>,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SocketOverride {
    address: IpAddr,
    port: Option<u16>,
}

/// Why a resolve override was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not HOST:PORT:ADDRESS, such as example.com:443:127.0.0.1 or *.example.com:*:127.0.0.1 ({problem})"
)]
pub struct ResolveOverrideError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl ResolveConfig {
    /// Adds an override `HOST:PORT:ADDRESS`, as curl's `--resolve` has it. `HOST` may be `*.suffix` for every
    /// name below a suffix, or `*` for all names; `PORT` may be `*` for every port. `ADDRESS` is an IPv4
    /// address, or an IPv6 address with or without brackets, and may end in `:PORT` when an IPv6 address has
    /// brackets, to connect to another port.
    ///
    /// # Errors
    /// When `text` does not have that form.
    pub fn add(&mut self, text: &str) -> Result<(), ResolveOverrideError> {
        let error = |problem| ResolveOverrideError { text: text.to_owned(), problem };
        let (host, rest) = split_host(text).ok_or_else(|| error("there is no host"))?;
        let (port, address) = rest.split_once(':').ok_or_else(|| error("there is no address"))?;
        let port = match port {
            "*" => None,
            digits => Some(u16::from_str(digits).map_err(|_| error("the port is not a number up to 65535"))?),
        };
        let target = parse_address(address).ok_or_else(|| error("the address is not an IP address"))?;
        self.overrides.insert((host, port), target);
        Ok(())
    }

    /// Makes the network closed: names outside the overrides and `localhost` do not resolve, and addresses
    /// outside the overrides and the loopback network cannot be reached.
    pub const fn close(&mut self) {
        self.closed = true;
    }

    /// Whether the network is closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The address that an override gives for `host` (lower case) and `port`: the most specific one.
    #[must_use]
    pub fn overridden(&self, host: &str, port: u16) -> Option<SocketAddr> {
        if self.overrides.is_empty() {
            return None;
        }
        let host = host.trim_end_matches('.');
        let mut pattern = Some(host.to_owned());
        let mut rest = host;
        while let Some(name) = pattern {
            for wanted in [Some(port), None] {
                if let Some(found) = self.overrides.get(&(name.clone(), wanted)) {
                    return Some(SocketAddr::new(found.address, found.port.unwrap_or(port)));
                }
            }
            pattern = match rest.split_once('.') {
                Some((_, parent)) => {
                    rest = parent;
                    Some(format!("*.{parent}"))
                }
                None if name != "*" => Some("*".to_owned()),
                None => None,
            };
        }
        None
    }
}

/// Splits `HOST:REST`, where HOST may be an IPv6 address in brackets.
fn split_host(text: &str) -> Option<(String, &str)> {
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => {
            let (address, rest) = inner.split_once(']')?;
            (format!("[{address}]"), rest.strip_prefix(':')?)
        }
        None => {
            let (host, rest) = text.split_once(':')?;
            (host.to_owned(), rest)
        }
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some((host, rest))
}

fn parse_address(text: &str) -> Option<SocketOverride> {
    if let Ok(socket) = SocketAddr::from_str(text) {
        return Some(SocketOverride { address: socket.ip(), port: Some(socket.port()) });
    }
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    IpAddr::from_str(bare).ok().map(|address| SocketOverride { address, port: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(overrides: &[&str]) -> ResolveConfig {
        let mut config = ResolveConfig::default();
        for text in overrides {
            config.add(text).unwrap();
        }
        config
    }

    #[test]
    fn the_most_specific_override_wins() {
        let config = config(&[
            "*:*:10.0.0.9",
            "*.test:*:10.0.0.1",
            "*.web-platform.test:*:10.0.0.2",
            "www.web-platform.test:443:10.0.0.3",
            "web-platform.test:*:10.0.0.4:8443",
        ]);
        let cases = [
            ("www.web-platform.test", 443, "10.0.0.3:443"),
            ("www.web-platform.test", 80, "10.0.0.2:80"),
            ("a.b.web-platform.test", 80, "10.0.0.2:80"),
            ("web-platform.test", 1, "10.0.0.4:8443"),
            ("web-platform.test.", 1, "10.0.0.4:8443"),
            ("other.test", 5, "10.0.0.1:5"),
            ("example.com", 5, "10.0.0.9:5"),
        ];
        for (host, port, expected) in cases {
            assert_eq!(
                config.overridden(host, port).map(|a| a.to_string()).as_deref(),
                Some(expected),
                "{host}:{port}"
            );
        }
    }

    #[test]
    fn a_wildcard_does_not_match_the_suffix_itself() {
        assert_eq!(config(&["*.web-platform.test:*:127.0.0.1"]).overridden("web-platform.test", 80), None);
    }

    #[test]
    fn addresses_may_be_ipv6_with_or_without_brackets() {
        let config = config(&["a:1:::1", "b:1:[::1]", "c:1:[::1]:99"]);
        assert_eq!(config.overridden("a", 1), Some("[::1]:1".parse().unwrap()));
        assert_eq!(config.overridden("b", 1), Some("[::1]:1".parse().unwrap()));
        assert_eq!(config.overridden("c", 1), Some("[::1]:99".parse().unwrap()));
    }

    #[test]
    fn what_is_not_an_override_is_refused_with_a_reason() {
        for text in ["", "host", "host:80", "host:x:127.0.0.1", "host:80:name", ":80:127.0.0.1"] {
            let error = ResolveConfig::default().add(text).unwrap_err();
            assert!(error.to_string().contains("HOST:PORT:ADDRESS"), "{error}");
        }
    }
}
