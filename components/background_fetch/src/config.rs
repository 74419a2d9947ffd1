//! What a [`Machine`](crate::Machine) is told when it is made.

/// A point in time or a span of it, in milliseconds. Only differences count: any clock that never runs
/// backwards will do, and it may start anywhere.
pub type Millis = u64;

/// Numbers that the specification leaves to the user agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Between two progress updates of one background fetch
    /// ([the open issue about debouncing](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm)).
    pub progress_interval: Millis,
    /// Between two changes of the display of one background fetch.
    pub display_interval: Millis,
    /// Records of one background fetch that may be with the network or storage at the same time. The others
    /// wait in the machine: a crash must not find a thousand uploads half begun.
    pub records_in_flight: usize,
    /// When and how often an interrupted record is asked for again.
    pub retry: RetryPolicy,
    /// When and how often a settle event is dispatched again after its worker failed to run it.
    pub event_retry: RetryPolicy,
    /// Settled background fetches whose display may stay to be clicked; beyond it the oldest is put away.
    pub finished_limit: usize,
    /// Whether a metered connection pauses background fetches until the user resumes them one by one.
    pub pause_on_metered: bool,
    /// Seed of the jitter in back-off delays: the machine's only randomness.
    pub jitter_seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            progress_interval: 50,
            display_interval: 50,
            records_in_flight: 32,
            retry: RetryPolicy { limit: 5, base: 1_000, cap: 60_000 },
            event_retry: RetryPolicy { limit: 2, base: 5_000, cap: 60_000 },
            finished_limit: 100,
            pause_on_metered: false,
            jitter_seed: 0,
        }
    }
}

/// Exponential back-off: the delay doubles with each try that brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries in a row that may bring nothing before it counts as failed.
    pub limit: u32,
    /// The first delay, before jitter takes up to half of it away.
    pub base: Millis,
    /// The longest delay.
    pub cap: Millis,
}

/// What is known of the machine's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connectivity {
    /// Whether there is a connection at all.
    pub online: bool,
    /// Whether the connection costs by the byte.
    pub metered: bool,
}

impl Default for Connectivity {
    /// Online, not metered.
    fn default() -> Self {
        Self { online: true, metered: false }
    }
}
