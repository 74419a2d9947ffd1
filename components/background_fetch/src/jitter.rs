//! Back-off delays.

use crate::config::{Millis, RetryPolicy};

/// A SplitMix64 sequence: the same seed gives the same delays.
#[derive(Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The delay before the try that follows `fruitless` tries in a row that brought nothing: between half and
    /// all of the exponential delay, so that many records do not come back at the same moment.
    pub(crate) fn delay(&mut self, policy: RetryPolicy, fruitless: u32) -> Millis {
        let doubled = policy.base.saturating_mul(1_u64.checked_shl(fruitless).unwrap_or(u64::MAX));
        let whole = doubled.min(policy.cap);
        let half = whole / 2;
        whole - self.next() % (half + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_lose_at_most_half() {
        let policy = RetryPolicy { limit: 5, base: 1_000, cap: 60_000 };
        let mut jitter = Jitter::seeded(7);
        for (fruitless, whole) in
            [(0, 1_000), (1, 2_000), (4, 16_000), (6, 60_000), (63, 60_000), (64, 60_000)]
        {
            for _ in 0..100 {
                let delay = jitter.delay(policy, fruitless);
                assert!((whole / 2..=whole).contains(&delay), "{fruitless}: {delay}");
            }
        }
    }

    #[test]
    fn a_seed_decides_all_delays() {
        let policy = RetryPolicy { limit: 5, base: 1_000, cap: 60_000 };
        let delays = |seed| {
            let mut jitter = Jitter::seeded(seed);
            (0..10).map(|n| jitter.delay(policy, n)).collect::<Vec<_>>()
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
    }
}
