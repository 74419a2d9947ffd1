//! What an engine is told before it starts.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bgfetch_traits::coordinator::PermissionState;

use crate::delegate::{Delegate, SilentDelegate};
use crate::host::ScriptHost;

/// The name under which pages and [`EngineConfig::permissions`] know the permission to fetch in the background.
pub const BACKGROUND_FETCH_PERMISSION: &str = "background-fetch";

/// Everything an engine is told before it starts. [`EngineBuilder`] fills one in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// The folder that holds everything that outlives the process. It is made if it is not there; one that is
    /// not empty and was not made by an engine is refused.
    pub profile: PathBuf,
    /// `navigator.userAgent`, and the `User-Agent` header of every request.
    pub user_agent: String,
    /// How the network is reached.
    pub network: NetworkConfig,
    /// Bytes each storage key may store; `None` is a share of the free space of the profile's disk.
    pub quota: Option<u64>,
    /// State of permissions before anyone was asked, by name. One that is not listed is
    /// [`PermissionState::Prompt`]: the [`Delegate`] decides when it is needed.
    pub permissions: BTreeMap<String, PermissionState>,
    /// How long scripts may run and how much they may hold.
    pub script: ScriptLimits,
}

impl EngineConfig {
    /// The defaults, with the given profile folder.
    #[must_use]
    pub fn new(profile: impl Into<PathBuf>) -> Self {
        Self {
            profile: profile.into(),
            user_agent: concat!("Mozilla/5.0 (compatible; bgfetch/", env!("CARGO_PKG_VERSION"), ")")
                .to_owned(),
            network: NetworkConfig::default(),
            quota: None,
            permissions: BTreeMap::new(),
            script: ScriptLimits::default(),
        }
    }
}

/// How an engine reaches the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Certificate authorities that are trusted beside the built-in ones.
    pub ca_certificates: Vec<CaCertificates>,
    /// Addresses that are used in place of name resolution.
    pub resolve: Vec<ResolveOverride>,
    /// Reach only loopback addresses and the hosts of [`NetworkConfig::resolve`]; every other host fails as one
    /// whose name does not resolve, without asking anyone.
    pub closed_network: bool,
    /// Whether the machine is thought to be online at the start; `Engine::set_online` changes it.
    pub online: bool,
    /// Fetches that transfer at the same time, over all hosts.
    pub max_active_fetches: usize,
    /// Fetches that transfer at the same time with one host.
    pub max_active_fetches_per_host: usize,
    /// Bytes a second for all downloads together; `None` is no limit.
    pub bandwidth_limit: Option<u64>,
    /// Whether the connection costs by the byte at the start; `Engine::set_metered` changes it.
    pub metered: bool,
    /// Whether background fetches pause on a connection that costs by the byte, until the user resumes them.
    pub pause_on_metered: bool,
    /// How long connecting, TLS included, may take.
    pub connect_timeout: Duration,
    /// How long a connection may be silent in the middle of a response.
    pub idle_timeout: Duration,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            ca_certificates: Vec::new(),
            resolve: Vec::new(),
            closed_network: false,
            online: true,
            max_active_fetches: 64,
            max_active_fetches_per_host: 16,
            bandwidth_limit: None,
            metered: false,
            pause_on_metered: false,
            connect_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

/// One or more certificates in PEM, trusted as authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificates {
    /// Where they came from, such as a file name: named in errors.
    pub source: String,
    /// The PEM text.
    pub pem: String,
}

/// An address that is used in place of name resolution: curl's `--resolve`, `HOST:PORT:ADDR`,
/// where `ADDR` may end in a port of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveOverride {
    /// The host, lower case; `*` is every host, and `*.example.com` every host under `example.com`.
    pub host: String,
    /// The port; `None` is every port.
    pub port: Option<u16>,
    /// Where to connect to.
    pub address: IpAddr,
    /// The port to connect to; `None` is that of the URL.
    pub to_port: Option<u16>,
}

/// What is wrong with the text of a [`ResolveOverride`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not HOST:PORT:ADDR ({problem}): write, for example, podcast.test:443:127.0.0.1")]
pub struct ResolveOverrideError {
    /// The text.
    pub text: String,
    /// Which part is wrong.
    pub problem: &'static str,
}

impl FromStr for ResolveOverride {
    type Err = ResolveOverrideError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem| ResolveOverrideError { text: text.to_owned(), problem };
        let (host, rest) = text.split_once(':').ok_or_else(|| wrong("it has no colon"))?;
        let (port, address) = rest.split_once(':').ok_or_else(|| wrong("it has only one colon"))?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/') {
            return Err(wrong("the host is empty or holds a blank or a slash"));
        }
        let port = match port {
            "*" => None,
            port => Some(port.parse().map_err(|_| wrong("the port is neither a number up to 65535 nor *"))?),
        };
        let (address, to_port) = if let Ok(socket) = address.parse::<SocketAddr>() {
            (socket.ip(), Some(socket.port()))
        } else {
            let address = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
            (address.parse().map_err(|_| wrong("the address is not an IP address"))?, None)
        };
        Ok(Self { host: host.to_ascii_lowercase(), port, address, to_port })
    }
}

impl ResolveOverride {
    /// Whether this says where `host` (lower case) at `port` is.
    #[must_use]
    pub fn applies_to(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match self.host.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => self.host == host,
        }
    }
}

/// How long scripts may run and how much memory they may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLimits {
    /// One task or callback, without returning to its event loop; then it is stopped and reported. Dedicated and shared
    /// workers are made for long work and have no such limit: they end with those who made them.
    pub task_time: Duration,
    /// Memory of one realm, in bytes; an allocation beyond it throws.
    pub memory: usize,
    /// From the dispatch of a functional event to the end of its `waitUntil()`; then the worker is stopped.
    pub functional_event_time: Duration,
    /// How long a service worker without work stays in memory.
    pub worker_idle_time: Duration,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            task_time: Duration::from_secs(10),
            memory: 256 * 1024 * 1024,
            functional_event_time: Duration::from_secs(300),
            worker_idle_time: Duration::from_secs(30),
        }
    }
}

/// Who runs scripts if an embedder does not say.
fn default_script_host() -> Arc<dyn ScriptHost> {
    #[cfg(feature = "script")]
    let host = crate::script_threads::ScriptThreads;
    #[cfg(not(feature = "script"))]
    let host = crate::host::NoScripts;
    Arc::new(host)
}

/// Describes an engine before it starts.
#[must_use = "a builder does nothing until `build` is called"]
pub struct EngineBuilder {
    pub(crate) config: EngineConfig,
    pub(crate) delegate: Arc<dyn Delegate>,
    pub(crate) script: Arc<dyn ScriptHost>,
}

impl EngineBuilder {
    /// An engine whose profile is the folder `profile`, with defaults and a delegate that denies and shows nothing.
    pub fn new(profile: impl Into<PathBuf>) -> Self {
        Self::from_config(EngineConfig::new(profile))
    }

    /// An engine that is described by `config`.
    pub fn from_config(config: EngineConfig) -> Self {
        Self { config, delegate: Arc::new(SilentDelegate), script: default_script_host() }
    }

    /// Who decides and is told.
    pub fn delegate(mut self, delegate: Arc<dyn Delegate>) -> Self {
        self.delegate = delegate;
        self
    }

    /// Who runs scripts, in place of the built-in script threads.
    pub fn script_host(mut self, script: Arc<dyn ScriptHost>) -> Self {
        self.script = script;
        self
    }

    /// `navigator.userAgent`, and the `User-Agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.config.user_agent = user_agent.into();
        self
    }

    /// Trusts the certificates in `pem` as authorities; `source` names them in errors.
    pub fn ca_certificate(mut self, source: impl Into<String>, pem: impl Into<String>) -> Self {
        self.config.network.ca_certificates.push(CaCertificates { source: source.into(), pem: pem.into() });
        self
    }

    /// Uses an address in place of name resolution.
    pub fn resolve(mut self, resolve: ResolveOverride) -> Self {
        self.config.network.resolve.push(resolve);
        self
    }

    /// Whether only loopback addresses and overridden hosts are reached.
    pub fn closed_network(mut self, closed: bool) -> Self {
        self.config.network.closed_network = closed;
        self
    }

    /// How the network is reached, all of it.
    pub fn network(mut self, network: NetworkConfig) -> Self {
        self.config.network = network;
        self
    }

    /// Bytes each storage key may store.
    pub fn quota(mut self, bytes: u64) -> Self {
        self.config.quota = Some(bytes);
        self
    }

    /// State of a permission before anyone was asked.
    pub fn permission(mut self, name: impl Into<String>, state: PermissionState) -> Self {
        self.config.permissions.insert(name.into(), state);
        self
    }

    /// How long scripts may run and how much they may hold.
    pub fn script_limits(mut self, limits: ScriptLimits) -> Self {
        self.config.script = limits;
        self
    }

    /// The configuration and the delegate, for who builds something else of them than an engine, such as a test.
    #[must_use]
    pub fn into_parts(self) -> (EngineConfig, Arc<dyn Delegate>) {
        (self.config, self.delegate)
    }

    /// What has been said so far.
    #[must_use]
    pub const fn config(&self) -> &EngineConfig {
        &self.config
    }
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolve_overrides_are_read_as_curl_writes_them() {
        let one: ResolveOverride = "Podcast.test:8443:127.0.0.1".parse().unwrap();
        assert_eq!(one.host, "podcast.test");
        assert!(one.applies_to("podcast.test", 8443));
        assert!(!one.applies_to("podcast.test", 443));
        assert!(!one.applies_to("www.podcast.test", 8443));
        let six: ResolveOverride = "a.test:*:[::1]".parse().unwrap();
        assert_eq!((six.port, six.address, six.to_port), (None, "::1".parse().unwrap(), None));
        let elsewhere: ResolveOverride = "example.com:443:127.0.0.1:8443".parse().unwrap();
        assert_eq!((elsewhere.address, elsewhere.to_port), ("127.0.0.1".parse().unwrap(), Some(8443)));
        let under: ResolveOverride = "*.test:443:10.0.0.1".parse().unwrap();
        assert!(under.applies_to("a.b.test", 443));
        assert!(!under.applies_to("test", 443));
        assert!("*:*:127.0.0.1".parse::<ResolveOverride>().unwrap().applies_to("anything", 1));
    }

    #[test]
    fn a_wrong_resolve_override_says_which_part_is_wrong() {
        for (text, part) in [
            ("host", "no colon"),
            ("host:443", "only one colon"),
            (":443:127.0.0.1", "host"),
            ("host:99999:127.0.0.1", "port"),
            ("host:443:nowhere", "address"),
        ] {
            let message = text.parse::<ResolveOverride>().unwrap_err().to_string();
            assert!(message.contains(part) && message.contains(text), "{message}");
        }
    }
}
