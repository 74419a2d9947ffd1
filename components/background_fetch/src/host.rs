//! What an algorithm has beside the background fetch it works on.

use std::collections::BTreeMap;

use bgfetch_traits::ids::{BackgroundFetchId, RecordId, StorageKey};

use crate::config::{Config, Connectivity, Millis};
use crate::effect::{Effect, Write};
use crate::input::PersistTicket;
use crate::jitter::Jitter;
use crate::timers::Timers;

/// Numbers, time, and the way out for effects.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) config: Config,
    pub(crate) connectivity: Connectivity,
    pub(crate) now: Millis,
    pub(crate) timers: Timers,
    pub(crate) jitter: Jitter,
    pub(crate) tickets: Tickets,
    pub(crate) effects: Vec<Effect>,
}

impl Host {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            jitter: Jitter::seeded(config.jitter_seed),
            config,
            connectivity: Connectivity::default(),
            now: 0,
            timers: Timers::default(),
            tickets: Tickets::default(),
            effects: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Writes; nobody waits for it.
    pub(crate) fn persist(&mut self, partition: &StorageKey, write: Write) {
        self.push(Effect::Persist { partition: partition.clone(), write, ticket: None });
    }

    /// Writes; `awaited` goes on when it is durable.
    pub(crate) fn persist_then(&mut self, partition: &StorageKey, write: Write, awaited: Awaited) {
        let ticket = self.tickets.issue(awaited);
        self.push(Effect::Persist { partition: partition.clone(), write, ticket: Some(ticket) });
    }
}

/// What goes on when a write is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A new background fetch becomes active.
    Created(BackgroundFetchId),
    /// A request that must not be sent twice is sent, in this attempt.
    Journaled(RecordId, u32),
    /// A background fetch's end is made known.
    Settled(BackgroundFetchId),
}

#[derive(Debug, Default)]
pub(crate) struct Tickets {
    next: u64,
    open: BTreeMap<PersistTicket, Awaited>,
}

impl Tickets {
    fn issue(&mut self, awaited: Awaited) -> PersistTicket {
        let ticket = PersistTicket(self.next);
        self.next += 1;
        self.open.insert(ticket, awaited);
        ticket
    }

    /// Each ticket is good once.
    pub(crate) fn redeem(&mut self, ticket: PersistTicket) -> Option<Awaited> {
        self.open.remove(&ticket)
    }
}
