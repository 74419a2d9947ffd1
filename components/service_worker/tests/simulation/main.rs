//! Thousands of random days in the life of a registry: pages come, go, register, navigate; scripts change and
//! break; threads are slow, crash, do not end; the process is killed. After each input the invariants hold, and in
//! the end every answer has been given, once.
//!
//! `SEED=n cargo test -p bgfetch-service-worker --test simulation` runs one day again, with what happened in it.

mod happenings;
mod invariants;
mod promises;
mod random;
mod world;

use world::World;

/// Days simulated by default, and inputs in each.
const DAYS: u64 = 400;
const INPUTS: u64 = 400;

#[test]
fn every_day_keeps_the_invariants_and_every_promise() {
    let only = std::env::var("SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let days = only.map_or(0..DAYS, |seed| seed..seed + 1);
    let mut seen = world::Seen::default();
    for seed in days {
        let day = std::panic::catch_unwind(|| {
            let mut world = World::new(seed, only.is_some());
            for _ in 0..INPUTS {
                world.something_happens();
            }
            world.end_of_day();
            world.seen
        });
        assert!(day.is_ok(), "see above: SEED={seed} runs that day again");
        day.iter().for_each(|day| seen.add(day));
    }
    if only.is_none() {
        seen.assert_everything_happened();
    }
}

#[test]
fn the_same_day_twice_is_the_same() {
    for seed in 0..20 {
        let day = || {
            let mut world = World::new(seed, false);
            for _ in 0..INPUTS {
                world.something_happens();
            }
            world.trace
        };
        assert_eq!(day(), day(), "seed {seed}");
    }
}
