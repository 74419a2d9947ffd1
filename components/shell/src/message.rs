//! What reaches the shell's main thread: from the engine, the demo's server, the keyboard.

use std::sync::Arc;
use std::task::{Wake, Waker};

use bgfetch::traits::background_fetch::BackgroundFetchDisplay;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::ids::BackgroundFetchId;
use bgfetch::traits::reply::Reply;
use bgfetch::{Delegate, EngineEvent, OpenWindowRequest, PermissionRequest, WindowId};
use crossbeam_channel::Sender;

use crate::demo::request_log::LogEntry;

/// A message to the main thread.
#[derive(Debug)]
pub enum Message {
    /// A site asked for permission and got this answer.
    Permission(PermissionRequest, PermissionState),
    /// A background fetch is to be shown.
    Show(Box<BackgroundFetchDisplay>),
    /// What is shown of it changed.
    Update(Box<BackgroundFetchDisplay>),
    /// It is to be shown no more.
    Hide(BackgroundFetchId),
    /// A worker wants a window.
    OpenWindow(OpenWindowRequest, Reply<Option<WindowId>>),
    /// Something happened in the engine.
    Engine(Box<EngineEvent>),
    /// The demo's server ended an answer.
    Request(Box<LogEntry>),
    /// A key.
    Key(Key),
    /// Something that is waited for may be there.
    Wake,
}

/// A key that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// `p`
    Pause,
    /// `r`
    Resume,
    /// `a`
    Abort,
    /// Enter
    Click,
    /// `d`
    Dismiss,
    /// `q`, Ctrl-C, or a signal that asks to end.
    Quit,
}

/// The engine's delegate: everything is posted to the main thread.
#[derive(Debug)]
pub struct ShellDelegate {
    inbox: Sender<Message>,
    permission: PermissionState,
}

impl ShellDelegate {
    /// Posts to `inbox`, and answers every question for the permission to fetch in the background with
    /// `permission`.
    #[must_use]
    pub const fn new(inbox: Sender<Message>, permission: PermissionState) -> Self {
        Self { inbox, permission }
    }

    fn post(&self, message: Message) {
        // An error says that the main thread has ended: nobody is left to tell.
        let _gone = self.inbox.send(message);
    }
}

impl Delegate for ShellDelegate {
    fn background_fetch_permission(&self, request: PermissionRequest, reply: Reply<PermissionState>) {
        self.post(Message::Permission(request, self.permission));
        reply.send(self.permission);
    }

    fn show_background_fetch(&self, display: &BackgroundFetchDisplay) {
        self.post(Message::Show(Box::new(display.clone())));
    }

    fn update_background_fetch(&self, display: &BackgroundFetchDisplay) {
        self.post(Message::Update(Box::new(display.clone())));
    }

    fn hide_background_fetch(&self, fetch: BackgroundFetchId) {
        self.post(Message::Hide(fetch));
    }

    fn open_window(&self, request: OpenWindowRequest, reply: Reply<Option<WindowId>>) {
        self.post(Message::OpenWindow(request, reply));
    }

    fn event(&self, event: EngineEvent) {
        self.post(Message::Engine(Box::new(event)));
    }
}

/// Wakes the main thread when a pending answer is there.
pub(crate) fn waker(inbox: &Sender<Message>) -> Waker {
    struct InboxWaker(Sender<Message>);

    impl Wake for InboxWaker {
        fn wake(self: Arc<Self>) {
            let _gone = self.0.send(Message::Wake);
        }
    }

    Waker::from(Arc::new(InboxWaker(inbox.clone())))
}
