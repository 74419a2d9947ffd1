//! Windows: each on a thread of its own, a new one for each document.

use std::sync::Arc;

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::{EmbedderRequest, ScriptMsg};
use bgfetch_traits::service_worker::{ClientInfo, FrameType, JobError};
use parking_lot::Mutex;
use url::Url;

use super::Coordinator;
use super::inbox::{Event, NavigatedClient, OpenedWindow, Outcome, ThreadEvent, WindowCommand};
use super::threads::{Role, ThreadId};
use crate::answers::reply_or;
use crate::delegate::{EngineEvent, WindowId};
use crate::error::EngineError;
use crate::host::{PageLoad, WindowStart};
use crate::window::Window;

type ClientReply = Reply<Result<Option<ClientInfo>, JobError>>;

/// A window.
pub(crate) struct WindowEntry {
    /// Of the document that it shows, or of the one that it is to show first.
    url: Arc<Mutex<Url>>,
    pub(crate) thread: ThreadId,
    /// Who waits for its first document.
    opening: Option<Outcome<Window>>,
    /// Workers whose `openWindow()` this is, until it has loaded.
    opened_by: Vec<(StorageKey, ClientReply)>,
    loaded: bool,
    closing: Vec<Outcome<()>>,
}

impl Coordinator {
    pub(super) fn open_window(&mut self, window: WindowId, url: Url, reply: Outcome<Window>) {
        match self.start_window_thread(window, url.clone()) {
            Ok(thread) => {
                let entry = WindowEntry {
                    url: Arc::new(Mutex::new(url)),
                    thread,
                    opening: Some(reply),
                    opened_by: Vec::new(),
                    loaded: false,
                    closing: Vec::new(),
                };
                self.scripts.windows.insert(window, entry);
            }
            Err(error) => {
                let reason = error.to_string();
                reply.send(Err(EngineError::Start { what: "window's thread", reason }));
            }
        }
    }

    fn start_window_thread(&mut self, window: WindowId, url: Url) -> std::io::Result<ThreadId> {
        let thread = self.scripts.next_thread();
        let inbox = self.links.inbox.clone();
        let error = format!("the window's thread ended before {url} had loaded");
        let error = NetworkError::new(NetworkErrorKind::Internal, error);
        let loaded = reply_or(Err(error), move |result: Result<PageLoad, NetworkError>| {
            inbox.post(Event::Thread(thread, ThreadEvent::Loaded(result)));
        });
        let hosts = self.hosts(thread);
        let start = WindowStart { url, hosts, limits: self.links.script.limits.clone(), loaded };
        let started = self.links.script.host.start_window(start)?;
        self.adopt(thread, Role::Window(window), started)?;
        Ok(thread)
    }

    /// A document has loaded, or there is none.
    pub(super) fn window_loaded(&mut self, thread: ThreadId, result: Result<PageLoad, NetworkError>) {
        let role = self.scripts.threads.get(&thread).map(|thread| thread.role);
        let Some(Role::Window(window)) = role else { return };
        let info = self.client_of_window(thread);
        let Some(entry) = self.scripts.windows.get_mut(&window).filter(|entry| entry.thread == thread) else {
            return;
        };
        match result {
            Ok(PageLoad { url, status }) => {
                *entry.url.lock() = url.clone();
                entry.loaded = true;
                let opening = entry.opening.take();
                let shown = Arc::clone(&entry.url);
                for (key, reply) in std::mem::take(&mut entry.opened_by) {
                    reply.send(Ok(info.clone().filter(|info| StorageKey::of_url(&info.url) == Some(key))));
                }
                self.links.teller.event(EngineEvent::PageLoaded { window, url, status });
                if let Some(reply) = opening {
                    reply.send(Ok(Window::new(window, shown, self.links.inbox.clone())));
                }
            }
            Err(error) => {
                let url = entry.url.lock().clone();
                let opening = entry.opening.take();
                self.links.teller.event(EngineEvent::PageFailed {
                    window,
                    url: url.clone(),
                    error: error.clone(),
                });
                if let Some(reply) = opening {
                    // Nobody has this window, so nobody could close it.
                    self.end_thread(thread, false);
                    reply.send(Err(EngineError::Load { url, error }));
                }
            }
        }
    }

    /// The client of a window's top-level document.
    fn client_of_window(&self, thread: ThreadId) -> Option<ClientInfo> {
        let mut clients = self.scripts.clients.iter();
        let (id, _) = clients.find(|(_, c)| c.thread == thread && c.frame_type == FrameType::TopLevel)?;
        self.core.registry.client(*id)
    }

    /// A window's thread is gone.
    pub(super) fn window_ended(&mut self, window: WindowId, thread: ThreadId) {
        if self.scripts.windows.get(&window).is_none_or(|entry| entry.thread != thread) {
            return;
        }
        let Some(entry) = self.scripts.windows.remove(&window) else { return };
        let url = entry.url.lock().clone();
        if let Some(reply) = entry.opening {
            reply.send(Err(EngineError::WindowClosed { url }));
        }
        for (_, reply) in entry.opened_by {
            reply.send(Ok(None));
        }
        self.links.teller.event(EngineEvent::WindowClosed { window });
        for reply in entry.closing {
            reply.send(Ok(()));
        }
    }

    /// A page wants its window to go elsewhere: the new document gets a thread of its own.
    pub(super) fn navigate(&mut self, thread: ThreadId, client: ClientId, url: Url) {
        let role = self.scripts.threads.get(&thread).map(|thread| thread.role);
        let Some(Role::Window(window)) = role else { return };
        let is_top_level =
            self.scripts.clients.get(&client).is_some_and(|c| c.frame_type == FrameType::TopLevel);
        let shown = self.scripts.windows.get(&window).is_some_and(|entry| entry.thread == thread);
        if !is_top_level || !shown {
            return;
        }
        match self.start_window_thread(window, url.clone()) {
            Ok(new) => {
                if let Some(entry) = self.scripts.windows.get_mut(&window) {
                    entry.thread = new;
                    entry.loaded = false;
                    *entry.url.lock() = url;
                }
                self.end_thread(thread, false);
            }
            Err(error) => {
                let error = NetworkError::new(NetworkErrorKind::Internal, error.to_string());
                self.links.teller.event(EngineEvent::PageFailed { window, url, error });
            }
        }
    }

    /// A service worker's `navigate()`.
    pub(super) fn navigate_client(
        &mut self,
        client: ClientId,
        url: Url,
        storage_key: StorageKey,
        reply: ClientReply,
    ) {
        let Some(entry) = self.scripts.clients.get(&client) else {
            return reply.send(Err(JobError::Type("the client is gone".into())));
        };
        if entry.frame_type != FrameType::TopLevel {
            let inbox = self.links.inbox.clone();
            let reply = reply_or(None, move |client| {
                inbox.post(Event::ClientNavigated(NavigatedClient { storage_key, client, reply }));
            });
            return entry.sender.send(ScriptMsg::Navigate { to: client, url, reply });
        }
        let thread = entry.thread;
        let Some(Role::Window(window)) = self.scripts.threads.get(&thread).map(|thread| thread.role) else {
            return reply.send(Err(JobError::Type("the client is no window".into())));
        };
        self.navigate(thread, client, url);
        match self.scripts.windows.get_mut(&window) {
            Some(entry) => entry.opened_by.push((storage_key, reply)),
            None => reply.send(Ok(None)),
        }
    }

    /// A frame, or a window that script opened, has been navigated for a service worker.
    pub(super) fn client_navigated(&self, navigated: NavigatedClient) {
        let NavigatedClient { storage_key, client, reply } = navigated;
        let Some(client) = client else {
            return reply.send(Err(JobError::Type("the navigation failed".into())));
        };
        let info = self.core.registry.client(client);
        let key = self.scripts.clients.get(&client).and_then(|entry| entry.key.clone());
        reply.send(Ok(info.filter(|_| key == Some(storage_key))));
    }

    /// The embedder answered `clients.openWindow()`.
    pub(super) fn window_opened(&mut self, opened: OpenedWindow) {
        let OpenedWindow { storage_key, window, reply } = opened;
        let Some(window) = window else {
            return reply.send(Err(JobError::Type("a window was not allowed here".into())));
        };
        let Some(entry) = self.scripts.windows.get_mut(&window) else { return reply.send(Ok(None)) };
        if !entry.loaded {
            entry.opened_by.push((storage_key, reply));
            return;
        }
        let thread = entry.thread;
        let info = self.client_of_window(thread);
        reply.send(Ok(info.filter(|info| StorageKey::of_url(&info.url) == Some(storage_key))));
    }

    pub(super) fn window_command(&mut self, window: WindowId, url: Url, command: WindowCommand) {
        let Some(entry) = self.scripts.windows.get_mut(&window) else {
            return refuse(url, command);
        };
        let thread = entry.thread;
        let url = entry.url.lock().clone();
        let request = match command {
            WindowCommand::Close(reply) => {
                entry.closing.push(reply);
                return self.end_thread(thread, false);
            }
            WindowCommand::Evaluate { source, reply } => {
                let reply = unless_closed(url, reply);
                let reply =
                    reply.map(|value: Result<_, _>| value.map_err(|message| EngineError::Script { message }));
                EmbedderRequest::Evaluate { source, reply }
            }
            WindowCommand::Click { selector, reply } => EmbedderRequest::Click {
                selector: selector.clone(),
                reply: unless_closed(url.clone(), reply).map(|clicked: Result<bool, String>| match clicked {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(EngineError::NoElement { selector, url }),
                    Err(reason) => Err(EngineError::Selector { selector, reason }),
                }),
            },
            WindowCommand::WhenIdle(reply) => {
                let reply = unless_closed(url, reply);
                return self.when_window_idle(window, reply);
            }
        };
        if let Some(sender) = self.scripts.sender(thread) {
            sender.send(ScriptMsg::Embedder(request));
        }
    }
}

/// Answers what is asked of a window that is closed.
fn refuse(url: Url, command: WindowCommand) {
    let closed = EngineError::WindowClosed { url };
    match command {
        WindowCommand::Close(reply) => reply.send(Ok(())),
        WindowCommand::Evaluate { reply, .. } => reply.send(Err(closed)),
        WindowCommand::Click { reply, .. } | WindowCommand::WhenIdle(reply) => reply.send(Err(closed)),
    }
}

/// A reply that says so if the window is closed before it is used.
fn unless_closed<T: Send + 'static>(url: Url, reply: Outcome<T>) -> Outcome<T> {
    reply_or(Err(EngineError::WindowClosed { url }), |answer| reply.send(answer))
}
