//! The network thread: its start, its inbox, its end.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::net::{NetMsg, NetSender};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, LocalSet};
use url::Url;

use crate::config::NetConfig;
use crate::context::{AgentHeaders, Net, ThreadState};
use crate::cookies::{CookieFile, CookieJar, CookiePartition, Setter};
use crate::fetch::preflight_cache::PreflightCache;
use crate::fetch::task::{FetchTask, run};
use crate::http::pool::Pool;
use crate::http::tls::{Tls, TlsSetupError};
use crate::scheduler::{HostKey, Scheduler};
use crate::websocket::{self, MOST_SOCKETS, Turns};

/// Cookies are written so long after they changed, so that a burst of changes is one write.
const COOKIE_DELAY: Duration = Duration::from_millis(500);
/// Fetches have so long to tell that they were aborted when the thread ends.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the network thread did not start.
#[derive(Debug, thiserror::Error)]
pub enum NetStartError {
    /// The trusted certificates are not usable.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// The cookie file cannot be read.
    #[error("the cookie file {path} cannot be read: {source}")]
    Cookies {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The system gave no thread, or nothing to wait for sockets with.
    #[error("the network thread could not be started: {0}")]
    System(#[from] io::Error),
}

/// The network thread.
#[derive(Debug)]
pub struct NetThread;

impl NetThread {
    /// Starts the network thread. It ends after [`NetMsg::Shutdown`], or when all senders are gone.
    ///
    /// # Errors
    /// When a certificate or the cookie file cannot be used, or the system gives no thread.
    pub fn spawn(config: NetConfig) -> Result<(NetSender, JoinHandle<()>), NetStartError> {
        let tls = Tls::new(config.roots, &config.ca_certificates)?;
        let file = config.cookie_file.clone().map(CookieFile::new);
        let cookies = match (&file, &config.cookie_file) {
            (Some(file), Some(path)) => file
                .load()
                .map_err(|source| NetStartError::Cookies { path: path.display().to_string(), source })?,
            _ => CookieJar::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (sender, inbox) = unbounded_channel();
        let thread = std::thread::Builder::new().name("network".to_owned()).spawn(move || {
            serve(&runtime, config, (tls, cookies, file), inbox);
        })?;
        // A message to a thread that has ended is dropped, as the sender's contract says.
        Ok((NetSender::new(move |message| drop(sender.send(message))), thread))
    }
}

/// The thread's whole life.
fn serve(
    runtime: &Runtime,
    config: NetConfig,
    (tls, cookies, file): (Tls, CookieJar, Option<CookieFile>),
    inbox: UnboundedReceiver<NetMsg>,
) {
    let local = LocalSet::new();
    let end = local.block_on(runtime, async move {
        let net = Rc::new(make(config, tls, cookies));
        tokio::task::spawn_local(net.scheduler.clone().run());
        if let Some(file) = file.clone() {
            tokio::task::spawn_local(keep_cookies(Rc::clone(&net), file));
        }
        receive(&net, inbox).await;
        (net, file)
    });
    let (net, Some(file)) = end else { return };
    if net.cookies.borrow_mut().take_changed() {
        let cookies = net.cookies.borrow();
        let written = CookieFile::encode(&cookies).and_then(|content| file.write(&content));
        report_cookies_written(written);
    }
}

fn make(config: NetConfig, tls: Tls, cookies: CookieJar) -> Net {
    let timeouts = config.timeouts.usable();
    let scheduler = Scheduler::new(config.limits, config.bandwidth_limit);
    let pool = Pool::new(tls, config.resolve, (config.limits, timeouts), scheduler.clone());
    let (state, _) = watch::channel(ThreadState { online: config.online, went_offline: 0, ending: false });
    Net {
        agent: AgentHeaders { user_agent: config.user_agent, accept_language: config.accept_language },
        timeouts,
        clock: config.clock,
        cookies: RefCell::new(cookies),
        cookies_changed: Notify::new(),
        authentication: RefCell::default(),
        prompt: config.authentication_prompt,
        clear_storage: config.clear_storage,
        inflight_keepalive: RefCell::default(),
        preflights: RefCell::new(PreflightCache::default()),
        cache: RefCell::default(),
        websocket_turns: Turns::default(),
        pool,
        scheduler,
        state,
    }
}

/// Takes messages until told to end; then ends what runs.
async fn receive(net: &Rc<Net>, mut inbox: UnboundedReceiver<NetMsg>) {
    let (mut fetches, mut sockets) = (JoinSet::new(), JoinSet::new());
    loop {
        tokio::select! {
            message = inbox.recv() => match message {
                None | Some(NetMsg::Shutdown) => break,
                Some(NetMsg::Fetch { request, cancel, upload_progress, timing, reply }) => {
                    let task = FetchTask { request, cancel, upload_progress, timing, reply };
                    fetches.spawn_local(run(Rc::clone(net), task));
                }
                Some(NetMsg::WebSocket(connect)) if sockets.len() < MOST_SOCKETS => {
                    sockets.spawn_local(websocket::run(Rc::clone(net), *connect));
                }
                Some(NetMsg::WebSocket(connect)) => websocket::refuse(&connect),
                Some(message) => handle(net, message),
            },
            Some(ended) = fetches.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a fetch ended in a way that it should not");
                }
            }
            Some(ended) = sockets.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a WebSocket ended in a way that it should not");
                }
            }
        }
    }
    net.state.send_modify(|state| state.ending = true);
    let all = async {
        while fetches.join_next().await.is_some() {}
        while sockets.join_next().await.is_some() {}
    };
    if tokio::time::timeout(END_TIMEOUT, all).await.is_err() {
        tracing::warn!("fetches did not end in time");
    }
}

/// Everything but fetches and the end.
fn handle(net: &Net, message: NetMsg) {
    match message {
        NetMsg::PauseBackground(paused) => net.scheduler.pause_background(paused),
        NetMsg::SetOnline(online) => {
            net.state.send_if_modified(|state| {
                let changed = std::mem::replace(&mut state.online, online) != online;
                state.went_offline += u64::from(changed && !online);
                changed
            });
            if !online {
                // What was connected is not any more, and would only be found to be dead later.
                net.pool.clear(None);
            }
        }
        NetMsg::SetBandwidthLimit(limit) => net.scheduler.set_bandwidth_limit(limit),
        NetMsg::GetCookies { client, url, reply } => {
            let partition = CookiePartition::of(&client, &url);
            reply.send(net.cookies.borrow().for_script(&url, &partition));
        }
        NetMsg::SetCookie { client, url, cookie } => {
            let partition = &CookiePartition::of(&client, &url);
            let from = Setter { from_http: false, same_site_allowed: !partition.cross_site, partition };
            let stored = net.cookies.borrow_mut().set(&cookie, &url, from);
            match stored {
                Ok(()) => net.cookies_changed.notify_one(),
                Err(why) => tracing::debug!(%url, %why, "a script's cookie was refused"),
            }
        }
        NetMsg::Clear(key) => clear(net, key.as_ref()),
        NetMsg::Fetch { .. } | NetMsg::WebSocket(_) | NetMsg::Shutdown => {}
    }
}

fn clear(net: &Net, key: Option<&StorageKey>) {
    let url = key.and_then(|key| Url::parse(key.as_str()).ok());
    if key.is_some() && url.is_none() {
        return;
    }
    net.cookies.borrow_mut().clear(url.as_ref());
    net.cookies_changed.notify_one();
    let origin = url.as_ref().map(Url::origin);
    net.preflights.borrow_mut().clear(origin.as_ref());
    net.authentication.borrow_mut().clear(origin.as_ref());
    net.cache.borrow_mut().clear(origin.as_ref());
    let host = url.as_ref().and_then(|url| {
        Some(HostKey { host: url.host_str()?.to_owned(), port: url.port_or_known_default()? })
    });
    net.pool.clear(host.as_ref());
}

/// Writes cookies some time after they changed.
async fn keep_cookies(net: Rc<Net>, file: CookieFile) {
    let file = Arc::new(file);
    loop {
        net.cookies_changed.notified().await;
        tokio::time::sleep(COOKIE_DELAY).await;
        let content = {
            let mut cookies = net.cookies.borrow_mut();
            if !cookies.take_changed() {
                continue;
            }
            CookieFile::encode(&cookies)
        };
        let file = Arc::clone(&file);
        let written = tokio::task::spawn_blocking(move || file.write(&content?)).await;
        report_cookies_written(written.unwrap_or_else(|e| Err(io::Error::other(e))));
    }
}

fn report_cookies_written(written: io::Result<()>) {
    if let Err(error) = written {
        tracing::error!(%error, "cookies could not be written to the profile");
    }
}
