//! Days of lying servers, lost connections, crashes and impatient users, in virtual time, from a seed.
//!
//! Each seed is one history of a profile. What must hold at every step is asserted where it happens (`ledger`
//! says what), and at the end of a history everything has settled and nothing is left in storage.
//!
//! `SIMULATION_SEEDS=100000..200000 cargo test -p bgfetch-core --test simulation` runs others than the usual ones.

mod effects;
mod ledger;
mod pages;
mod random;
mod servers;
mod store;
mod world;

use world::{Troubles, World};

/// Runs many histories, and names the seed of one that fails.
fn histories(troubles: Troubles, seeds: u64) {
    let chosen = std::env::var("SIMULATION_SEEDS").ok().and_then(|range| {
        let (first, end) = range.split_once("..")?;
        Some(first.parse().ok()?..end.parse().ok()?)
    });
    let mut settled = 0;
    for seed in chosen.unwrap_or(0..seeds) {
        let history = std::panic::catch_unwind(|| {
            let mut world = World::new(seed, troubles);
            world.run();
            world.ledger.completed()
        });
        match history {
            Ok(events) => settled += events,
            Err(problem) => {
                let problem = problem
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| problem.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                panic!("seed {seed} of {troubles:?}: {}", problem.unwrap_or_default());
            }
        }
    }
    assert!(settled > 0, "nothing happened in any history");
}

#[test]
fn honest_servers_and_patient_users() {
    histories(Troubles::default(), 1_000);
}

#[test]
fn lost_connections() {
    histories(Troubles { connection: true, ..Troubles::default() }, 1_500);
}

#[test]
fn lying_servers() {
    histories(Troubles { connection: true, lies: true, ..Troubles::default() }, 1_500);
}

#[test]
fn crashes() {
    histories(Troubles { crashes: true, connection: true, ..Troubles::default() }, 1_500);
}

#[test]
fn users_who_click_everywhere() {
    histories(Troubles { users: true, connection: true, ..Troubles::default() }, 1_500);
}

#[test]
fn everything_at_once() {
    let troubles = Troubles { connection: true, lies: true, crashes: true, users: true };
    histories(troubles, 3_000);
}

#[test]
fn the_same_seed_is_the_same_history() {
    let troubles = Troubles { connection: true, lies: true, crashes: true, users: true };
    let history = |seed| {
        let mut world = World::new(seed, troubles);
        world.run();
        (world.steps, world.now, world.ledger.fingerprint())
    };
    for seed in 0..50 {
        assert_eq!(history(seed), history(seed));
    }
}
