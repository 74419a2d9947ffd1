//! Telling others at most so often, the last state always (spec-decisions row 13).

use crate::config::Millis;

/// Decides when a value that changes often is told.
#[derive(Debug)]
pub(crate) struct Throttle<T> {
    known: Option<T>,
    told_at: Option<Millis>,
    scheduled: bool,
}

impl<T> Default for Throttle<T> {
    fn default() -> Self {
        Self { known: None, told_at: None, scheduled: false }
    }
}

/// What to do about a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Telling<T> {
    /// Tell this now.
    Now(T),
    /// Ask [`Throttle::due`] at this time.
    At(Millis),
    /// It is told already, or will be.
    Nothing,
}

impl<T: PartialEq + Clone> Throttle<T> {
    /// Everyone knows the value already.
    pub(crate) fn known(value: T) -> Self {
        Self { known: Some(value), ..Self::default() }
    }

    /// The value may be another than before. It is only made if it may be told now.
    pub(crate) fn changed(&mut self, now: Millis, interval: Millis, value: impl FnOnce() -> T) -> Telling<T> {
        if self.scheduled {
            return Telling::Nothing;
        }
        if let Some(at) = self.told_at
            && now < at.saturating_add(interval)
        {
            self.scheduled = true;
            return Telling::At(at.saturating_add(interval));
        }
        self.tell(now, value()).map_or(Telling::Nothing, Telling::Now)
    }

    /// The time given by [`Telling::At`] has come: what to tell, if it is news.
    pub(crate) fn due(&mut self, now: Millis, value: T) -> Option<T> {
        if std::mem::take(&mut self.scheduled) { self.tell(now, value) } else { None }
    }

    /// Tells, if it is news, whatever the interval.
    pub(crate) fn tell(&mut self, now: Millis, value: T) -> Option<T> {
        self.scheduled = false;
        if self.known.as_ref() == Some(&value) {
            return None;
        }
        self.known = Some(value.clone());
        self.told_at = Some(now);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_then_one_an_interval_and_always_the_last() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.changed(100, 50, || 1), Telling::Now(1));
        assert_eq!(throttle.changed(160, 50, || 1), Telling::Nothing);
        assert_eq!(throttle.changed(161, 50, || 2), Telling::Now(2));
        assert_eq!(throttle.changed(170, 50, || 3), Telling::At(211));
        assert_eq!(throttle.changed(180, 50, || 4), Telling::Nothing);
        assert_eq!(throttle.due(211, 5), Some(5));
        assert_eq!(throttle.changed(260, 50, || 6), Telling::At(261));
        assert_eq!(throttle.due(261, 5), None, "it went back to what was told");
        assert_eq!(throttle.changed(262, 50, || 7), Telling::Now(7));
    }

    #[test]
    fn what_everyone_knows_is_not_told_and_news_need_not_wait() {
        let mut throttle = Throttle::known(1);
        assert_eq!(throttle.changed(0, 50, || 1), Telling::Nothing);
        assert_eq!(throttle.changed(0, 50, || 2), Telling::Now(2));
    }

    #[test]
    fn what_is_told_outside_the_interval_is_not_told_again() {
        let mut throttle = Throttle::default();
        assert_eq!(throttle.changed(0, 50, || 1), Telling::Now(1));
        assert_eq!(throttle.changed(1, 50, || 2), Telling::At(50));
        assert_eq!(throttle.tell(2, 2), Some(2));
        assert_eq!(throttle.due(50, 2), None);
        assert_eq!(throttle.tell(60, 2), None);
    }
}
