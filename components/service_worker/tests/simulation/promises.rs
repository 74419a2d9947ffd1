//! Replies that are watched: each is used exactly once, or dropped where that is allowed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bgfetch_traits::reply::Reply;

#[derive(Default)]
pub(crate) struct Promises {
    made: Cell<u64>,
    used: Arc<AtomicU64>,
    /// What was dropped without an answer.
    dropped: Arc<Mutex<Vec<String>>>,
}

/// Tells when a reply goes away, used or not.
struct Watch {
    what: Option<String>,
    used: Arc<AtomicU64>,
    dropped: Arc<Mutex<Vec<String>>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(what) = self.what.take() {
            self.dropped.lock().unwrap().push(what);
        }
    }
}

impl Promises {
    pub(crate) fn promise<T: 'static>(&self, what: impl Into<String>) -> Reply<T> {
        self.watched(what, |_| ())
    }

    pub(crate) fn watched<T: 'static>(
        &self,
        what: impl Into<String>,
        then: impl FnOnce(T) + Send + 'static,
    ) -> Reply<T> {
        self.made.set(self.made.get() + 1);
        let (used, dropped) = (Arc::clone(&self.used), Arc::clone(&self.dropped));
        let mut watch = Watch { what: Some(what.into()), used, dropped };
        // A reply is an FnOnce: more than once it cannot be used.
        Reply::new(move |value| {
            watch.what = None;
            watch.used.fetch_add(1, Ordering::Relaxed);
            then(value);
        })
    }

    pub(crate) fn open(&self) -> u64 {
        self.made.get() - self.used.load(Ordering::Relaxed) - self.dropped.lock().unwrap().len() as u64
    }

    pub(crate) fn dropped(&self) -> Vec<String> {
        self.dropped.lock().unwrap().clone()
    }
}
