//! [Timers](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers), ordered by when they are due.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use bgfetch_traits::ids::ClientId;

use super::Agent;

/// Identifies a timer of this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TimerKey(u64);

/// As long as any program runs.
const LONGEST_DELAY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

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
        let now = Instant::now();
        // What is further away than the clock reaches is never due.
        let due = now.checked_add(delay).unwrap_or_else(|| now + LONGEST_DELAY);
        self.timers.order.borrow_mut().insert((due, key));
        self.timers.timers.borrow_mut().insert(key, Timer { due, owner, keeps_busy, run: Box::new(run) });
        key
    }

    /// Waits so long, for what belongs to `owner`: with that, it ends without ever being ready. A page counts as idle
    /// meanwhile.
    pub(crate) fn sleep(&self, owner: ClientId, delay: Duration) -> impl Future<Output = ()> + use<> {
        let sleep = Rc::new(RefCell::new((false, None::<Waker>)));
        let elapsed = Rc::clone(&sleep);
        self.after(owner, delay, false, move || {
            let waker = {
                let mut elapsed = elapsed.borrow_mut();
                elapsed.0 = true;
                elapsed.1.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        poll_fn(move |cx| {
            let mut sleep = sleep.borrow_mut();
            if sleep.0 {
                return Poll::Ready(());
            }
            sleep.1 = Some(cx.waker().clone());
            Poll::Pending
        })
    }

    /// Forgets a timer that has not run.
    pub(crate) fn cancel_timer(&self, key: TimerKey) {
        let removed = self.timers.timers.borrow_mut().remove(&key);
        if let Some(timer) = &removed {
            self.timers.order.borrow_mut().remove(&(timer.due, key));
        }
    }
}
