//! An embedder that notes everything, and an engine for it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bgfetch::traits::background_fetch::BackgroundFetchDisplay;
use bgfetch::traits::body::BodyReader;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::ids::BackgroundFetchId;
use bgfetch::traits::reply::Reply;
use bgfetch::{
    Delegate, Engine, EngineBuilder, EngineEvent, OpenWindowRequest, Pending, PermissionRequest, WindowId,
};
use parking_lot::{Condvar, Mutex};

/// Longer than anything here takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Something that the delegate was told or asked.
#[derive(Clone, Debug)]
pub(crate) enum Note {
    Permission(PermissionRequest),
    Show(BackgroundFetchDisplay),
    Update(BackgroundFetchDisplay),
    Hide(BackgroundFetchId),
    OpenWindow(OpenWindowRequest),
    Event(EngineEvent),
}

type WindowAnswer = Box<dyn Fn(OpenWindowRequest, Reply<Option<WindowId>>) + Send>;

/// A delegate that notes everything.
#[derive(Default)]
pub(crate) struct Embedder {
    notes: Mutex<Vec<Note>>,
    changed: Condvar,
    /// Its answer to questions for permission; `None` drops the reply.
    permission: Mutex<Option<PermissionState>>,
    windows: Mutex<Option<WindowAnswer>>,
}

impl Embedder {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn answer_permission(&self, state: PermissionState) {
        *self.permission.lock() = Some(state);
    }

    pub(crate) fn answer_windows(
        &self,
        answer: impl Fn(OpenWindowRequest, Reply<Option<WindowId>>) + Send + 'static,
    ) {
        *self.windows.lock() = Some(Box::new(answer));
    }

    fn note(&self, note: Note) {
        self.notes.lock().push(note);
        self.changed.notify_all();
    }

    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.lock().clone()
    }

    /// Waits for a note, from the first on.
    pub(crate) fn wait_for<T>(&self, what: &str, find: impl Fn(&Note) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut notes = self.notes.lock();
        loop {
            if let Some(found) = notes.iter().find_map(&find) {
                return found;
            }
            let waited = self.changed.wait_until(&mut notes, deadline);
            assert!(!waited.timed_out(), "{what} did not come: {notes:#?}");
        }
    }

    pub(crate) fn wait_for_event<T>(&self, what: &str, find: impl Fn(&EngineEvent) -> Option<T>) -> T {
        self.wait_for(what, |note| match note {
            Note::Event(event) => find(event),
            _ => None,
        })
    }

    /// Waits for an update of a display.
    pub(crate) fn wait_for_display(&self, what: &str, is: impl Fn(&BackgroundFetchDisplay) -> bool) {
        self.wait_for(what, |note| match note {
            Note::Show(display) | Note::Update(display) if is(display) => Some(()),
            _ => None,
        });
    }
}

impl Delegate for Embedder {
    fn background_fetch_permission(&self, request: PermissionRequest, reply: Reply<PermissionState>) {
        self.note(Note::Permission(request));
        if let Some(state) = *self.permission.lock() {
            reply.send(state);
        }
    }

    fn show_background_fetch(&self, display: &BackgroundFetchDisplay) {
        self.note(Note::Show(display.clone()));
    }

    fn update_background_fetch(&self, display: &BackgroundFetchDisplay) {
        self.note(Note::Update(display.clone()));
    }

    fn hide_background_fetch(&self, fetch: BackgroundFetchId) {
        self.note(Note::Hide(fetch));
    }

    fn open_window(&self, request: OpenWindowRequest, reply: Reply<Option<WindowId>>) {
        self.note(Note::OpenWindow(request.clone()));
        if let Some(answer) = &*self.windows.lock() {
            answer(request, reply);
        }
    }

    fn event(&self, event: EngineEvent) {
        self.note(Note::Event(event));
    }
}

/// An engine that reaches loopback only.
pub(crate) fn builder(profile: &Path, embedder: &Arc<Embedder>) -> EngineBuilder {
    Engine::builder(profile).closed_network(true).delegate(Arc::clone(embedder) as Arc<dyn Delegate>)
}

/// The answer, within the limit.
pub(crate) fn get<T>(pending: Pending<T>) -> T {
    match pending.wait_timeout(LIMIT) {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// All of a body.
pub(crate) fn read(mut body: BodyReader) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(chunk) = body.read_blocking() {
        all.extend_from_slice(&chunk.unwrap());
    }
    all
}

/// Ends an engine in order.
pub(crate) fn stop(engine: Engine) {
    get(engine.shutdown());
}
