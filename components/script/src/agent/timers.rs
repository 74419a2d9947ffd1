//! [Timers](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers), ordered by when they are due.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use bgfetch_traits::ids::ClientId;

use super::Agent;

/// Identifies a timer of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TimerKey(u64);

struct Timer {
    due: Instant,
    owner: ClientId,
    /// Whether a page that waits for this timer counts as busy.
    keeps_busy: bool,
    run: Box<dyn FnOnce()>,
}

#[derive(Default)]
pub(super) struct Timers {
    next: Cell<u64>,
    order: RefCell<BTreeSet<(Instant, TimerKey)>>,
    timers: RefCell<HashMap<TimerKey, Timer>>,
}

impl Timers {
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.order.borrow().first().map(|(due, _)| *due)
    }

    /// Takes the first timer that is due, and whether a page that waits for it counts as busy.
    pub(super) fn take_due(&self, now: Instant) -> Option<(Box<dyn FnOnce()>, bool)> {
        let key = {
            let order = self.order.borrow();
            order.first().filter(|(due, _)| *due <= now).copied()?
        };
        self.order.borrow_mut().remove(&key);
        self.timers.borrow_mut().remove(&key.1).map(|timer| (timer.run, timer.keeps_busy))
    }

    pub(super) fn clear_realm(&self, owner: ClientId) {
        let gone: Vec<_> = {
            let mut timers = self.timers.borrow_mut();
            let keys: Vec<_> =
                timers.iter().filter(|(_, t)| t.owner == owner).map(|(key, t)| (*key, t.due)).collect();
            keys.into_iter()
                .filter_map(|(key, due)| {
                    self.order.borrow_mut().remove(&(due, key));
                    timers.remove(&key)
                })
                .collect()
        };
        drop(gone);
    }

    pub(super) fn clear(&self) {
        self.order.borrow_mut().clear();
        let timers = std::mem::take(&mut *self.timers.borrow_mut());
        drop(timers);
    }

    pub(super) fn keep_busy(&self) -> bool {
        self.timers.borrow().values().any(|timer| timer.keeps_busy)
    }
}

impl Agent {
    /// [Runs steps after a timeout](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#run-steps-after-a-timeout),
    /// as a task of their own. `keeps_busy` says whether the page counts as having something left to do meanwhile.
    pub(crate) fn after(
        &self,
        owner: ClientId,
        delay: Duration,
        keeps_busy: bool,
        run: impl FnOnce() + 'static,
    ) -> TimerKey {
        let key = TimerKey(self.timers.next.replace(self.timers.next.get() + 1));
        let due = Instant::now() + delay;
        self.timers.order.borrow_mut().insert((due, key));
        self.timers.timers.borrow_mut().insert(key, Timer { due, owner, keeps_busy, run: Box::new(run) });
        key
    }

    /// Forgets a timer that has not run.
    pub(crate) fn cancel_timer(&self, key: TimerKey) {
        let removed = self.timers.timers.borrow_mut().remove(&key);
        if let Some(timer) = &removed {
            self.timers.order.borrow_mut().remove(&(timer.due, key));
        }
    }
}
