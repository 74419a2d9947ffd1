//! Deadlines, as values: the driver asks for the next one and comes back then.

use std::collections::{BTreeMap, BTreeSet};

use bgfetch_traits::ids::{BackgroundFetchId, RecordId};

use crate::config::Millis;

/// What is due at a deadline. Each has at most one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The trailing progress update of a fetch.
    Instances(BackgroundFetchId),
    /// The trailing change of a fetch's display.
    Display(BackgroundFetchId),
    /// An interrupted record is asked for again.
    Retry(RecordId),
    /// A settle event is dispatched again.
    Event(BackgroundFetchId),
}

#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: BTreeMap<Timer, Millis>,
    queue: BTreeSet<(Millis, Timer)>,
}

impl Timers {
    /// Sets or moves a deadline.
    pub(crate) fn set(&mut self, timer: Timer, at: Millis) {
        self.cancel(timer);
        self.deadlines.insert(timer, at);
        self.queue.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.deadlines.remove(&timer) {
            self.queue.remove(&(at, timer));
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Takes the earliest deadline that is not after `now`.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<Timer> {
        let &(at, timer) = self.queue.first()?;
        (at <= now).then(|| {
            self.cancel(timer);
            timer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_due_in_order_and_can_be_moved_and_cancelled() {
        let [a, b, c] = [1, 2, 3].map(|n| Timer::Instances(BackgroundFetchId(n)));
        let mut timers = Timers::default();
        timers.set(a, 30);
        timers.set(b, 20);
        timers.set(c, 10);
        timers.set(c, 25);
        timers.cancel(a);
        assert_eq!(timers.next_deadline(), Some(20));
        assert_eq!(timers.take_due(19), None);
        assert_eq!(timers.take_due(30), Some(b));
        assert_eq!(timers.take_due(30), Some(c));
        assert_eq!((timers.take_due(30), timers.next_deadline()), (None, None));
    }
}
