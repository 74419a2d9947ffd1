//! One engine, its windows and what is shown of it: the main thread's loop.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bgfetch::traits::background_fetch::{BackgroundFetchDisplay, BackgroundFetchResult, UiAction};
use bgfetch::traits::coordinator::{ConsoleLevel, PermissionState};
use bgfetch::traits::ids::BackgroundFetchId;
use bgfetch::traits::reply::Reply;
use bgfetch::{EngineError, EngineEvent, Pending, RestoredRecord, WindowId};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use url::Url;

use crate::browser::{Browser, Page};
use crate::failure::Failure;
use crate::message::{Key, Message, ShellDelegate, waker};
use crate::ui::lines::place;
use crate::ui::output::{Output, ShellEvent, Shown};
use crate::ui::view::reason;

/// How long the engine may take to make everything durable and end.
const SHUTDOWN_TIME: Duration = Duration::from_secs(10);

/// The main thread's inbox and the place for what it shows.
pub struct Console<'a> {
    /// Where messages to the main thread are sent.
    pub sender: Sender<Message>,
    inbox: Receiver<Message>,
    output: &'a mut dyn Output,
    deadline: Option<(Instant, Duration)>,
}

impl<'a> Console<'a> {
    /// An inbox, with the way into it.
    #[must_use]
    pub fn channel() -> (Sender<Message>, Receiver<Message>) {
        unbounded()
    }

    /// Reads `inbox`, shows on `output`, and gives up after `timeout`, counted from now.
    pub fn new(
        (sender, inbox): (Sender<Message>, Receiver<Message>),
        output: &'a mut dyn Output,
        timeout: Option<Duration>,
    ) -> Self {
        let deadline = timeout.map(|timeout| (Instant::now() + timeout, timeout));
        Self { sender, inbox, output, deadline }
    }

    /// The delegate that posts here, and answers questions for permission with `permission`.
    #[must_use]
    pub fn delegate(&self, permission: PermissionState) -> ShellDelegate {
        ShellDelegate::new(self.sender.clone(), permission)
    }

    /// Shows something that happened in the shell.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn show(&mut self, event: ShellEvent<'_>) -> Result<(), Failure> {
        self.output.show(&Shown::Shell(event)).map_err(Failure::Output)
    }

    /// Shows the requests to the demo's server until the user ends it.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn show_requests(&mut self) -> Result<(), Failure> {
        loop {
            match self.next(None)? {
                Some(Message::Request(entry)) => self.show(ShellEvent::Served(&entry))?,
                Some(Message::Key(Key::Quit)) => return Ok(()),
                _ => {}
            }
        }
    }

    /// The next message, or the end of the time.
    fn next(&self, until: Option<Instant>) -> Result<Option<Message>, Failure> {
        let limit = [until, self.deadline.map(|(at, _)| at)].into_iter().flatten().min();
        let received = match limit {
            Some(limit) => self.inbox.recv_deadline(limit),
            None => self.inbox.recv().map_err(RecvTimeoutError::from),
        };
        match (received, self.deadline) {
            (Ok(message), _) => Ok(Some(message)),
            (Err(_), Some((at, timeout))) if Instant::now() >= at => Err(Failure::TimedOut(timeout)),
            (Err(_), _) => Ok(None),
        }
    }
}

/// Ends the process when a background fetch is so far.
pub struct KillAt {
    /// Between 0 and 1, of its download total.
    pub fraction: f64,
    /// Ends the process.
    pub kill: Box<dyn FnMut()>,
}

/// An engine that runs, and everything that the shell knows of it.
pub struct Session<'a, B: Browser> {
    browser: B,
    console: Console<'a>,
    windows: Vec<B::Window>,
    opening: Vec<Opening<B::Window>>,
    actions: Vec<Pending<()>>,
    seen: Seen,
    kill_at: Option<KillAt>,
}

/// A window that a worker asked for.
type Opening<W> = (Pending<W>, Reply<Option<WindowId>>);

/// What happened so far.
#[derive(Debug, Default)]
pub struct Seen {
    /// Every background fetch that was shown, as it was last.
    pub fetches: BTreeMap<BackgroundFetchId, BackgroundFetchDisplay>,
    shown: BTreeSet<BackgroundFetchId>,
    /// Records of background fetches of an earlier run.
    pub restored: Vec<RestoredRecord>,
    script_errors: usize,
    first_script_error: Option<String>,
    storage_trouble: Option<String>,
}

impl Seen {
    fn script_error(&mut self, text: impl FnOnce() -> String) {
        self.script_errors += 1;
        self.first_script_error.get_or_insert_with(text);
    }

    fn engine_event(&mut self, event: &EngineEvent) {
        match event {
            EngineEvent::Console { message, .. }
                if matches!(
                    message.level,
                    ConsoleLevel::UncaughtError | ConsoleLevel::UnhandledRejection
                ) =>
            {
                self.script_error(|| format!("{}{}", message.text, place(message)));
            }
            EngineEvent::WorkerFailed { script_url, message, .. } => {
                self.script_error(|| format!("worker {script_url}: {message}"));
            }
            EngineEvent::BackgroundFetchRestored { records, .. } => self.restored.extend_from_slice(records),
            EngineEvent::StorageTrouble { message, .. } => {
                self.storage_trouble.get_or_insert_with(|| message.clone());
            }
            _ => {}
        }
    }

    /// Whether all that was seen went well.
    ///
    /// # Errors
    /// The gravest of what did not.
    pub fn verdict(&self) -> Result<(), Failure> {
        if let Some(trouble) = &self.storage_trouble {
            return Err(Failure::Storage(trouble.clone()));
        }
        let failed: Vec<_> = self
            .fetches
            .values()
            .filter(|fetch| fetch.result == BackgroundFetchResult::Failure)
            .map(|fetch| {
                let why = reason(fetch.failure_reason);
                format!("background fetch {:?} of {} failed: {why}", fetch.id, fetch.origin)
            })
            .collect();
        if !failed.is_empty() {
            return Err(Failure::Fetches(failed));
        }
        match &self.first_script_error {
            Some(first) => Err(Failure::Scripts { count: self.script_errors, first: first.clone() }),
            None => Ok(()),
        }
    }
}

impl<'a, B: Browser> Session<'a, B> {
    /// Follows `browser`, whose delegate posts to `console`.
    pub fn new(browser: B, console: Console<'a>) -> Self {
        Self {
            browser,
            console,
            windows: Vec::new(),
            opening: Vec::new(),
            actions: Vec::new(),
            seen: Seen::default(),
            kill_at: None,
        }
    }

    /// Ends the process when a background fetch is so far.
    pub fn set_kill_at(&mut self, kill_at: Option<KillAt>) {
        self.kill_at = kill_at;
    }

    /// What happened so far.
    #[must_use]
    pub const fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The engine.
    #[must_use]
    pub const fn browser(&self) -> &B {
        &self.browser
    }

    /// The window that was opened first.
    #[must_use]
    pub fn window(&self) -> Option<&B::Window> {
        self.windows.first()
    }

    /// Opens a window, and waits until its page has loaded.
    ///
    /// # Errors
    /// As [`Session::wait`].
    pub fn open(&mut self, url: &Url) -> Result<(), Failure> {
        let pending = self.browser.open_window(url);
        let window = self.wait(pending)?;
        self.windows.push(window);
        Ok(())
    }

    /// Waits for `pending`, and shows meanwhile what happens.
    ///
    /// # Errors
    /// What `pending` says; that the user quit, the time is up, or the output is closed.
    pub fn wait<T>(&mut self, mut pending: Pending<T>) -> Result<T, Failure> {
        loop {
            if let Some(answer) = self.wait_until(&mut pending, None)? {
                return answer.map_err(Failure::from);
            }
        }
    }

    /// Waits for `pending`, but not longer than `limit`; then the answer is `None`.
    ///
    /// # Errors
    /// As [`Session::wait`].
    pub fn wait_at_most<T>(
        &mut self,
        mut pending: Pending<T>,
        limit: Duration,
    ) -> Result<Option<T>, Failure> {
        self.wait_until(&mut pending, Some(Instant::now() + limit))?.transpose().map_err(Failure::from)
    }

    fn wait_until<T>(
        &mut self,
        pending: &mut Pending<T>,
        until: Option<Instant>,
    ) -> Result<Option<Result<T, EngineError>>, Failure> {
        let waker = waker(&self.console.sender);
        loop {
            let polled = Pin::new(&mut *pending).poll(&mut Context::from_waker(&waker));
            if let Poll::Ready(answer) = polled {
                // What happened before the answer is shown before what follows from it.
                self.handle_what_is_there()?;
                return Ok(Some(answer));
            }
            match self.console.next(until)? {
                Some(message) => self.handle(message)?,
                None => return Ok(None),
            }
            self.poll_open_work()?;
        }
    }

    /// Follows what happens until the user quits or the time is up.
    ///
    /// # Errors
    /// Always one of these, as [`Failure`].
    pub fn follow(&mut self) -> Failure {
        loop {
            let step = self.console.next(None).and_then(|message| match message {
                Some(message) => self.handle(message).and_then(|()| self.poll_open_work()),
                None => Ok(()),
            });
            if let Err(failure) = step {
                return failure;
            }
        }
    }

    /// Shows something that happened in the shell.
    ///
    /// # Errors
    /// [`Failure::Output`].
    pub fn show(&mut self, event: ShellEvent<'_>) -> Result<(), Failure> {
        self.console.show(event)
    }

    /// Ends the engine; everything that it had to say is shown.
    ///
    /// # Errors
    /// When it could not end in order, or the output is closed.
    pub fn end(mut self) -> Result<(), Failure> {
        self.windows.clear();
        let ended = self.browser.shutdown().wait_timeout(SHUTDOWN_TIME);
        // Keys and signals no longer matter.
        while let Ok(message) = self.console.inbox.try_recv() {
            if !matches!(message, Message::Key(_)) {
                self.handle(message)?;
            }
        }
        ended.map_err(Failure::from)
    }

    fn handle_what_is_there(&mut self) -> Result<(), Failure> {
        while let Ok(message) = self.console.inbox.try_recv() {
            self.handle(message)?;
        }
        Ok(())
    }

    fn handle(&mut self, message: Message) -> Result<(), Failure> {
        match message {
            Message::Permission(request, state) => {
                self.console.show(ShellEvent::Permission { request: &request, state })
            }
            Message::Show(display) => {
                self.console.show(ShellEvent::BackgroundFetchShown(&display))?;
                self.disarm_if_past(&display);
                self.seen.shown.insert(display.fetch);
                self.seen.fetches.insert(display.fetch, *display);
                Ok(())
            }
            Message::Update(display) => {
                self.console.show(ShellEvent::BackgroundFetchUpdated(&display))?;
                self.kill_if_due(&display)?;
                self.seen.fetches.insert(display.fetch, *display);
                Ok(())
            }
            Message::Hide(fetch) => {
                self.seen.shown.remove(&fetch);
                self.console.show(ShellEvent::BackgroundFetchHidden { fetch })
            }
            Message::OpenWindow(request, reply) => {
                self.opening.push((self.browser.open_window(&request.url), reply));
                Ok(())
            }
            Message::Engine(event) => {
                self.seen.engine_event(&event);
                self.console.output.show(&Shown::Engine(&event)).map_err(Failure::Output)
            }
            Message::Request(entry) => self.console.show(ShellEvent::Request(&entry)),
            Message::Key(key) => self.key(key),
            Message::Wake => Ok(()),
        }
    }

    fn key(&mut self, key: Key) -> Result<(), Failure> {
        let is_active = |fetch: &BackgroundFetchDisplay| fetch.result == BackgroundFetchResult::Empty;
        let (action, wanted): (_, fn(bool, bool) -> bool) = match key {
            Key::Pause => (UiAction::Pause, |active, paused| active && !paused),
            Key::Resume => (UiAction::Resume, |active, paused| active && paused),
            Key::Abort => (UiAction::Abort, |active, _| active),
            Key::Click => (UiAction::Click, |_, _| true),
            Key::Dismiss => (UiAction::Dismiss, |active, _| !active),
            Key::Quit => return Err(Failure::Quit(None)),
        };
        let wanted = |fetch: &&BackgroundFetchDisplay| wanted(is_active(fetch), fetch.paused);
        let shown = self.seen.fetches.values().filter(|fetch| self.seen.shown.contains(&fetch.fetch));
        for fetch in shown.filter(wanted) {
            self.actions.push(self.browser.background_fetch_action(fetch.fetch, action));
        }
        self.poll_open_work()
    }

    /// Looks after what nobody waits for: actions of the user, windows that workers asked for.
    fn poll_open_work(&mut self) -> Result<(), Failure> {
        let waker = waker(&self.console.sender);
        let mut cx = Context::from_waker(&waker);
        for mut action in std::mem::take(&mut self.actions) {
            match Pin::new(&mut action).poll(&mut cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    self.console.show(ShellEvent::ActionRefused { message: &error.to_string() })?;
                }
                Poll::Pending => self.actions.push(action),
            }
        }
        for (mut window, reply) in std::mem::take(&mut self.opening) {
            match Pin::new(&mut window).poll(&mut cx) {
                Poll::Ready(Ok(window)) => {
                    reply.send(Some(window.id()));
                    self.windows.push(window);
                }
                Poll::Ready(Err(error)) => {
                    reply.send(None);
                    self.console.show(ShellEvent::ActionRefused { message: &error.to_string() })?;
                }
                Poll::Pending => self.opening.push((window, reply)),
            }
        }
        Ok(())
    }

    fn is_past(&self, display: &BackgroundFetchDisplay) -> bool {
        let threshold = self.kill_at.as_ref().map(|kill_at| kill_at.fraction * display.download_total as f64);
        threshold
            .is_some_and(|threshold| display.download_total > 0 && display.downloaded as f64 >= threshold)
    }

    /// A run that starts beyond the point has nothing to wait for.
    fn disarm_if_past(&mut self, display: &BackgroundFetchDisplay) {
        if self.is_past(display) {
            self.kill_at = None;
        }
    }

    fn kill_if_due(&mut self, display: &BackgroundFetchDisplay) -> Result<(), Failure> {
        if !self.is_past(display) {
            return Ok(());
        }
        self.console.show(ShellEvent::Killing { downloaded: display.downloaded })?;
        self.console.output.close();
        if let Some(mut kill_at) = self.kill_at.take() {
            (kill_at.kill)();
        }
        Ok(())
    }
}
