//! The time, as a value that a test may hold.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

/// Where the time comes from that decides how long things are remembered (timeouts are the runtime's).
pub trait Clock: fmt::Debug + Send + Sync {
    /// Time since an arbitrary start; never goes back.
    fn monotonic(&self) -> Duration;

    /// The time of day: HTTP tells by it how old a response is.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock(Instant);

impl Default for SystemClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}
