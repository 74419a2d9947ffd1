//! How fast something arrives.

use std::collections::VecDeque;
use std::time::Duration;

/// Over how long the rate is taken.
const WINDOW: Duration = Duration::from_secs(3);
/// Less than this says nothing yet.
const SHORTEST: Duration = Duration::from_millis(200);

/// Bytes a second over the last three seconds. Time comes in, so that it can be told in tests.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    samples: VecDeque<(Duration, u64)>,
}

impl RateMeter {
    /// Takes note that `bytes` in all were there at `now`, a time since any fixed moment. Bytes that became
    /// fewer start it anew.
    pub fn update(&mut self, now: Duration, bytes: u64) {
        if self.samples.back().is_some_and(|(_, before)| bytes < *before) {
            self.samples.clear();
        }
        self.samples.push_back((now, bytes));
        // The newest sample that is older than the window stays: the rate is taken from there.
        while self.samples.get(1).is_some_and(|(then, _)| now.saturating_sub(*then) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Forgets everything, as after a pause.
    pub fn reset(&mut self) {
        self.samples.clear();
    }

    /// Bytes a second, once there is enough to tell.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let ((first, before), (last, now)) = (self.samples.front()?, self.samples.back()?);
        let elapsed = last.saturating_sub(*first);
        (elapsed >= SHORTEST).then(|| (now - before) as f64 / elapsed.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(samples: &[(u64, u64)]) -> Option<f64> {
        let mut meter = RateMeter::default();
        for (ms, bytes) in samples {
            meter.update(Duration::from_millis(*ms), *bytes);
        }
        meter.rate()
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        assert_eq!(at(&[(0, 0), (1000, 500)]), Some(500.0));
        assert_eq!(at(&[(0, 0), (1000, 9000), (4000, 9000), (7000, 9300)]), Some(100.0));
    }

    #[test]
    fn what_is_too_short_or_went_back_says_nothing() {
        assert_eq!(at(&[]), None);
        assert_eq!(at(&[(0, 0), (100, 500)]), None);
        assert_eq!(at(&[(0, 900), (1000, 100)]), None);
    }
}
