//! How an engine starts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use bgfetch_core::Connectivity;
use bgfetch_net::{Limits, NetConfig, NetStartError, NetThread, ResolveConfig, Timeouts, TlsSetupError};
use bgfetch_storage::{QuotaPolicy, StorageConfig, StorageThread};
use bgfetch_traits::authentication::AuthenticationPrompt;
use bgfetch_traits::net::{NetMsg, NetSender};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::site_data::ClearStorage;
use bgfetch_traits::storage::{RestoredProfile, StorageMsg, StorageSender};
use crossbeam_channel::unbounded;

use crate::config::{EngineBuilder, EngineConfig, NetworkConfig};
use crate::coordinator::inbox::{Command, Inbox};
use crate::coordinator::teller::{Tell, Teller};
use crate::coordinator::{Coordinator, Displays, Ends, Links, ScriptSide};
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, ProfileError};

/// Name of the file in the profile that keeps cookies.
const COOKIES: &str = "cookies.json";

impl EngineBuilder {
    /// Takes the profile's lock, starts the threads, and goes on with what an earlier run left. Blocks for the
    /// opening of the profile.
    ///
    /// # Errors
    /// [`EngineError::Profile`], [`EngineError::Certificates`], [`EngineError::Start`], [`EngineError::Storage`].
    pub fn build(self) -> Result<Engine, EngineError> {
        let Self { config, delegate, script } = self;
        let (storage, storage_thread) = Opened::open(&config)?;
        let profile = storage.restore()?;
        let (teller, delegate_thread) =
            Teller::spawn(delegate).map_err(|error| start_error("delegate's thread", &error))?;
        let (sender, events) = unbounded();
        let inbox = Inbox::new(sender);
        let net = start_net(&config, &teller, &inbox).inspect_err(|_| teller.tell(Tell::End))?;
        let displays = Arc::new(Displays::default());
        let links = Links {
            inbox: inbox.clone(),
            net: net.sender.clone(),
            storage: storage.sender.clone(),
            teller: teller.clone(),
            displays: Arc::clone(&displays),
            script: ScriptSide {
                host: script,
                user_agent: config.user_agent.as_str().into(),
                limits: config.script.clone(),
            },
        };
        let network = &config.network;
        let connectivity = Connectivity { online: network.online, metered: network.metered };
        let coordinator = std::thread::Builder::new().name("coordinator".to_owned());
        let (net_thread, net_guard) = net.into_parts();
        let ends = Ends { net: net_thread, storage: storage_thread, delegate: delegate_thread };
        let started = coordinator.spawn(move || {
            let mut coordinator = Coordinator::new(&config, links, profile.next_id);
            coordinator.restore(profile, connectivity);
            coordinator.run(&events, ends);
        });
        if let Err(error) = started {
            teller.tell(Tell::End);
            return Err(start_error("coordinator's thread", &error));
        }
        net_guard.disarm();
        let inner = Inner { inbox, storage: storage.sender.clone(), displays };
        storage.disarm();
        Ok(Engine::new(inner))
    }
}

/// The storage thread, ended again if the engine does not come to be.
struct Opened {
    sender: StorageSender,
    armed: bool,
}

impl Opened {
    fn open(config: &EngineConfig) -> Result<(Self, JoinHandle<()>), EngineError> {
        let mut storage = StorageConfig::new(&config.profile);
        if let Some(bytes) = config.quota {
            storage.quota = QuotaPolicy::Bytes(bytes);
        }
        let (sender, thread) = StorageThread::spawn(storage).map_err(profile_error)?;
        Ok((Self { sender, armed: true }, thread))
    }

    fn restore(&self) -> Result<RestoredProfile, EngineError> {
        let (reply, restored) = Reply::channel();
        self.sender.send(StorageMsg::Restore(reply));
        let ended = || EngineError::Start { what: "storage thread", reason: "it ended at once".into() };
        Ok(restored.recv().map_err(|_| ended())??)
    }

    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        if self.armed {
            // Waited for, so that the profile is free for the next try.
            let (reply, stopped) = Reply::channel();
            self.sender.send(StorageMsg::Shutdown(reply));
            let _ended = stopped.recv();
        }
    }
}

/// The network thread, ended again if the engine does not come to be.
struct StartedNet {
    sender: NetSender,
    thread: JoinHandle<()>,
}

struct NetGuard(Option<NetSender>);

impl StartedNet {
    fn into_parts(self) -> (JoinHandle<()>, NetGuard) {
        (self.thread, NetGuard(Some(self.sender)))
    }
}

impl NetGuard {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for NetGuard {
    fn drop(&mut self) {
        if let Some(net) = self.0.take() {
            net.send(NetMsg::Shutdown);
        }
    }
}

fn start_net(config: &EngineConfig, teller: &Teller, inbox: &Inbox) -> Result<StartedNet, EngineError> {
    let network = &config.network;
    let defaults = NetConfig::default();
    let net = NetConfig {
        ca_certificates: network.ca_certificates.iter().map(|ca| ca.pem.clone().into_bytes()).collect(),
        resolve: resolve_config(network)?,
        cookie_file: Some(config.profile.join(COOKIES)),
        limits: Limits {
            global: network.max_active_fetches,
            per_host: network.max_active_fetches_per_host,
            ..Limits::default()
        },
        timeouts: Timeouts {
            connect: network.connect_timeout,
            idle: network.idle_timeout,
            ..Timeouts::default()
        },
        user_agent: config.user_agent.clone(),
        online: network.online,
        bandwidth_limit: network.bandwidth_limit,
        authentication_prompt: {
            let teller = teller.clone();
            AuthenticationPrompt::new(move |request, reply| teller.tell(Tell::Authentication(request, reply)))
        },
        clear_storage: {
            let inbox = inbox.clone();
            ClearStorage::new(move |key, reply| inbox.command(Command::ClearStorage(key, reply)))
        },
        ..defaults
    };
    let (sender, thread) = NetThread::spawn(net).map_err(|error| match error {
        NetStartError::Tls(TlsSetupError::NotACertificate { index, problem }) => {
            let source = index.checked_sub(1).and_then(|index| network.ca_certificates.get(index));
            let origin = source.map_or_else(|| format!("source {index}"), |source| source.source.clone());
            EngineError::Certificates { origin, reason: problem }
        }
        other => start_error("network thread", &other),
    })?;
    Ok(StartedNet { sender, thread })
}

fn resolve_config(network: &NetworkConfig) -> Result<ResolveConfig, EngineError> {
    let mut resolve = ResolveConfig::default();
    for one in &network.resolve {
        let port = one.port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        let address = match one.to_port {
            Some(to_port) => SocketAddr::new(one.address, to_port).to_string(),
            None => one.address.to_string(),
        };
        let text = format!("{}:{port}:{address}", one.host);
        resolve.add(&text).map_err(|error| start_error("name resolution", &error))?;
    }
    if network.closed_network {
        resolve.close();
    }
    Ok(resolve)
}

fn start_error(what: &'static str, error: &dyn std::fmt::Display) -> EngineError {
    EngineError::Start { what, reason: error.to_string() }
}

fn profile_error(error: bgfetch_storage::ProfileError) -> EngineError {
    use bgfetch_storage::ProfileError as Problem;
    EngineError::Profile(match error {
        Problem::InUse { path, .. } => ProfileError::InUse { path },
        Problem::NotAProfile { path } => ProfileError::NotAProfile { path },
        Problem::NewerFormat { path, found, supported } => {
            ProfileError::Format { path, found: found.to_string(), supported: format!("up to {supported}") }
        }
        Problem::Io { path, source } => ProfileError::Io { path, reason: source.to_string() },
    })
}
