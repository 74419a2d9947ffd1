//! [Document load timing info](https://html.spec.whatwg.org/multipage/dom.html#document-load-timing-info), [document unload
//! timing info](https://html.spec.whatwg.org/multipage/dom.html#document-unload-timing-info), and how long the navigation's
//! fetch took.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use bgfetch_traits::reply::Reply;
use bgfetch_traits::timing::FetchTiming;
use parking_lot::Mutex;
use url::Url;

use super::relative;
use crate::bindings::NavigationTimingType;

/// The timing of a document, from the navigation on that led to it.
#[derive(Debug)]
pub(crate) struct DocumentTiming {
    /// Navigation start time: the document's time origin.
    pub(crate) start: Instant,
    pub(crate) navigation_type: NavigationTimingType,
    /// Of the previous document, if that is of the same origin: unload event start and end time.
    pub(crate) unload_event: Cell<Option<(Instant, Instant)>>,
    /// When the document was made, and its parser with it.
    pub(crate) dom_loading: Cell<Option<Instant>>,
    pub(crate) dom_interactive: Cell<Option<Instant>>,
    pub(crate) dom_content_loaded_event_start: Cell<Option<Instant>>,
    pub(crate) dom_content_loaded_event_end: Cell<Option<Instant>>,
    pub(crate) dom_complete: Cell<Option<Instant>>,
    pub(crate) load_event_start: Cell<Option<Instant>>,
    pub(crate) load_event_end: Cell<Option<Instant>>,
    /// The URL that was asked for, and the fetch of the document that was found, as soon as its body has ended.
    requested: RefCell<Option<Url>>,
    fetch: RefCell<Option<FetchTiming>>,
    /// What whoever fetches has told of it.
    told: Arc<Mutex<Option<FetchTiming>>>,
    redirects: RefCell<Redirects>,
}

/// Redirects that a navigation has followed.
#[derive(Debug, Default)]
struct Redirects {
    count: u16,
    /// When the last was followed.
    end: Option<Instant>,
    /// Whether one led to another origin: then nothing is told of them.
    cross_origin: bool,
}

impl DocumentTiming {
    /// Of a navigation that starts.
    pub(crate) fn begin(navigation_type: NavigationTimingType) -> Self {
        Self {
            start: Instant::now(),
            navigation_type,
            unload_event: Cell::new(None),
            dom_loading: Cell::new(None),
            dom_interactive: Cell::new(None),
            dom_content_loaded_event_start: Cell::new(None),
            dom_content_loaded_event_end: Cell::new(None),
            dom_complete: Cell::new(None),
            load_event_start: Cell::new(None),
            load_event_end: Cell::new(None),
            requested: RefCell::default(),
            fetch: RefCell::default(),
            told: Arc::default(),
            redirects: RefCell::default(),
        }
    }

    /// A hop of the navigation goes to `url`; redirects lead from one to the next.
    pub(crate) fn hop(&self, from: Option<&Url>, url: &Url) {
        let Some(from) = from else {
            self.requested.replace(Some(url.clone()));
            return;
        };
        let mut redirects = self.redirects.borrow_mut();
        redirects.count = redirects.count.saturating_add(1);
        redirects.end = Some(Instant::now());
        redirects.cross_origin |= from.origin() != url.origin();
    }

    /// For whoever fetches a hop.
    pub(crate) fn reply(&self) -> Reply<FetchTiming> {
        let told = Arc::clone(&self.told);
        Reply::new(move |timing| *told.lock() = Some(timing))
    }

    /// The document's body is there: what was told of its fetch counts. Gives what the document's container may report
    /// of it, and under which URL. `is_controlled` says that a service worker was asked.
    pub(crate) fn body_ended(&self, is_controlled: bool) -> Option<(Url, FetchTiming)> {
        let mut timing = self.told.lock().take()?;
        timing.start = self.start;
        let redirects = self.redirects.borrow();
        if let Some(end) = redirects.end {
            timing.redirect_start = Some(self.start);
            timing.redirect_end = Some(end);
            timing.post_redirect_start = end;
            timing.redirect_count = redirects.count;
            timing.allow_passed &= !redirects.cross_origin;
        } else {
            timing.post_redirect_start = self.start;
        }
        if is_controlled {
            timing.final_service_worker_start = Some(timing.post_redirect_start);
        }
        let of_container = self.requested.borrow().clone().map(|url| (url, timing.clone()));
        if redirects.cross_origin {
            timing.redirect_start = None;
            timing.redirect_end = None;
            timing.redirect_count = 0;
        }
        self.fetch.replace(Some(timing));
        of_container
    }

    /// What is known of the fetch.
    pub(super) fn with_fetch<R>(&self, with: impl FnOnce(&FetchTiming) -> R) -> Option<R> {
        self.fetch.borrow().as_ref().map(with)
    }

    /// Milliseconds since the navigation started; 0 for what has not happened.
    pub(super) fn relative(&self, time: Option<Instant>) -> f64 {
        time.map_or(0.0, |time| relative(time, self.start))
    }
}

/// Notes that something happens now.
pub(crate) fn note(time: &Cell<Option<Instant>>) {
    time.set(Some(Instant::now()));
}
