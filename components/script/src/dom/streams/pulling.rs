//! How the controllers of readable streams ask their underlying source for more: the same for chunks and for bytes.

use std::cell::{Cell, RefCell};

use bgfetch_js::{Fallible, Member, PlatformObject, Promise, Realm, Traced, Value, trace_fields};

use super::readable_stream::State;
use super::source::{SharedSource, UnderlyingSourceSteps};
use crate::bindings::ReadableStreamController;
use crate::dom::ReadableStream;

/// The underlying source, and what was asked of it.
pub(super) struct Pulling {
    /// `None` once its algorithms were cleared.
    source: RefCell<Option<Traced<SharedSource>>>,
    started: Cell<bool>,
    pub(super) close_requested: Cell<bool>,
    pull_again: Cell<bool>,
    pulling: Cell<bool>,
}

trace_fields!(Pulling { source });

impl Pulling {
    /// Of a source that was not started.
    pub(super) fn new(realm: &Realm, source: Box<dyn UnderlyingSourceSteps>) -> Fallible<Self> {
        Ok(Self {
            source: RefCell::new(Some(realm.share(source)?.into())),
            started: Cell::new(false),
            close_requested: Cell::new(false),
            pull_again: Cell::new(false),
            pulling: Cell::new(false),
        })
    }

    /// The source, if the stream has not ended.
    pub(super) fn source(&self) -> Option<SharedSource> {
        self.source.borrow().as_deref().cloned()
    }

    /// Whether the start algorithm has ended.
    pub(super) fn is_started(&self) -> bool {
        self.started.get()
    }

    /// Whether the source is being asked for more.
    pub(super) fn is_under_way(&self) -> bool {
        self.pulling.get()
    }

    /// Nothing will be asked of the source any more: its algorithms are cleared.
    pub(super) fn clear(&self) {
        if let Some(source) = self.source.take() {
            source.cleared();
        }
    }
}

/// A controller of readable streams.
pub(super) trait PullingController: PlatformObject {
    /// Its stream.
    fn stream(&self) -> &ReadableStream;

    /// Its source.
    fn pulling(&self) -> &Pulling;

    /// Itself, as sources get it.
    fn as_union(&self) -> ReadableStreamController;

    /// ShouldCallPull.
    fn should_call_pull(&self) -> bool;

    /// Error.
    fn error_steps(&self, realm: &Realm, error: &Value) -> Fallible<()>;

    /// Starts the source: the last steps of setting up a controller.
    ///
    /// # Errors
    /// What the start algorithm throws.
    fn start(&self, realm: &Realm) -> Fallible<()> {
        let Some(source) = self.pulling().source() else { return Ok(()) };
        let started = source.start(realm, &self.as_union())?;
        Promise::<Value>::resolve_value(realm, &started)?.react_with(
            realm,
            Member::from(self.root()),
            |realm, controller, _| {
                controller.pulling().started.set(true);
                controller.call_pull_if_needed(realm)
            },
            |realm, controller, reason| controller.error_steps(realm, reason),
        )
    }

    /// Whether chunks can be given, and the end be told:
    /// [CanCloseOrEnqueue](https://streams.spec.whatwg.org/#readable-stream-default-controller-can-close-or-enqueue).
    fn can_close_or_enqueue(&self) -> bool {
        !self.pulling().close_requested.get() && self.stream().state.get() == State::Readable
    }

    /// [CallPullIfNeeded](https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed),
    /// [for bytes](https://streams.spec.whatwg.org/#readable-byte-stream-controller-call-pull-if-needed).
    fn call_pull_if_needed(&self, realm: &Realm) -> Fallible<()> {
        // Steps 1 to 3.
        if !self.should_call_pull() {
            return Ok(());
        }
        let state = self.pulling();
        if state.pulling.get() {
            state.pull_again.set(true);
            return Ok(());
        }
        // Steps 5 to 8.
        state.pulling.set(true);
        let Some(source) = state.source() else { return Ok(()) };
        source.pull(realm, &self.as_union())?.react_with(
            realm,
            Member::from(self.root()),
            |realm, this, _| {
                this.pulling().pulling.set(false);
                if this.pulling().pull_again.replace(false) {
                    this.call_pull_if_needed(realm)
                } else {
                    Ok(())
                }
            },
            |realm, this, reason| this.error_steps(realm, reason),
        )
    }

    /// GetDesiredSize, with the high water mark and the total size of what is queued.
    fn desired(&self, high_water_mark: f64, queued: f64) -> Option<f64> {
        match self.stream().state.get() {
            State::Errored => None,
            State::Closed => Some(0.0),
            State::Readable => Some(high_water_mark - queued),
        }
    }
}
