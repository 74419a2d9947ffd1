//! Storage that writes in order and late, and forgets in a crash what was not durable.

use std::collections::{BTreeMap, VecDeque};

use bgfetch_core::{PersistTicket, Write};
use bgfetch_traits::background_fetch::StoredBackgroundFetch;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId};
use bgfetch_traits::storage::BodyOwner;

use crate::random::Random;

#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// How many of them survive a crash.
    pub(crate) durable: usize,
    pub(crate) owner: BodyOwner,
    /// An append is under way.
    pub(crate) appending: bool,
    pub(crate) sealed: bool,
    sealed_durably: bool,
}

#[derive(Debug)]
enum Operation {
    Write(Write, Option<PersistTicket>),
    Release(BodyId),
    Seal(BodyId),
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) durable: BTreeMap<BackgroundFetchId, StoredBackgroundFetch>,
    pub(crate) bodies: BTreeMap<BodyId, Body>,
    log: VecDeque<Operation>,
    next_body: u64,
}

impl Store {
    pub(crate) fn create(&mut self, owner: BodyOwner) -> BodyId {
        self.next_body += 1;
        let body = Body {
            bytes: Vec::new(),
            durable: 0,
            owner,
            appending: false,
            sealed: false,
            sealed_durably: false,
        };
        self.bodies.insert(BodyId(self.next_body), body);
        BodyId(self.next_body)
    }

    pub(crate) fn write(&mut self, write: Write, ticket: Option<PersistTicket>) {
        self.log.push_back(Operation::Write(write, ticket));
    }

    pub(crate) fn release(&mut self, body: BodyId, owner: BodyOwner) {
        let known = self.bodies.get(&body).expect("only what is there is released");
        assert_eq!(known.owner, owner, "{body} is released by another than its owner");
        assert!(!known.appending, "{body} is released while it is appended to");
        self.log.push_back(Operation::Release(body));
    }

    /// Nothing more comes.
    pub(crate) fn seal(&mut self, id: BodyId) -> &Body {
        self.log.push_back(Operation::Seal(id));
        let body = self.bodies.get_mut(&id).expect("only what is there is sealed");
        assert!(!body.sealed, "{id} is sealed twice");
        body.sealed = true;
        body
    }

    pub(crate) fn usage(&self) -> u64 {
        self.bodies.values().map(|body| body.bytes.len() as u64).sum()
    }

    /// Some of what waits becomes durable, or all of it: the tickets of that.
    pub(crate) fn flush(&mut self, random: Option<&mut Random>) -> Vec<PersistTicket> {
        let (count, mut random) = match random {
            Some(random) => (random.below(self.log.len() as u64 + 1) as usize, Some(random)),
            None => (self.log.len(), None),
        };
        for body in self.bodies.values_mut() {
            let more = (body.bytes.len() - body.durable) as u64;
            body.durable += random.as_mut().map_or(more, |random| random.below(more + 1)) as usize;
        }
        let flushed: Vec<_> = self.log.drain(..count).collect();
        flushed.into_iter().filter_map(|operation| self.make_durable(operation)).collect()
    }

    fn make_durable(&mut self, operation: Operation) -> Option<PersistTicket> {
        let (write, ticket) = match operation {
            Operation::Release(body) => {
                self.bodies.remove(&body);
                return None;
            }
            Operation::Seal(body) => {
                if let Some(body) = self.bodies.get_mut(&body) {
                    body.sealed_durably = true;
                }
                return None;
            }
            Operation::Write(write, ticket) => (write, ticket),
        };
        match write {
            Write::BackgroundFetch(fetch) => drop(self.durable.insert(fetch.fetch, *fetch)),
            Write::State(fetch, state) => {
                self.durable.get_mut(&fetch).expect("saved whole before").set_state(*state);
            }
            Write::Record(record, stored) => {
                let fetch = self.durable.get_mut(&record.fetch).expect("saved whole before");
                fetch.records[record.index as usize] = *stored;
            }
            Write::Delete(fetch) => {
                self.durable.remove(&fetch);
                self.bodies.retain(|_, body| fetch_of(body.owner) != Some(fetch));
            }
        }
        ticket
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.log.is_empty()
    }

    /// What another process finds.
    pub(crate) fn crash(&mut self) -> Vec<StoredBackgroundFetch> {
        self.log.clear();
        let mut found: Vec<_> = self.durable.values().cloned().collect();
        let mut named = Vec::new();
        for fetch in &mut found {
            for record in &mut fetch.records {
                record.response_length = 0;
                if let Some(id) = record.response_body {
                    let body = self.bodies.get_mut(&id).expect("a body that a durable record names is there");
                    body.bytes.truncate(body.durable);
                    body.appending = false;
                    body.sealed = body.sealed_durably;
                    record.response_length = body.durable as u64;
                    named.push(id);
                }
                if let Some((id, length)) = record.request_body {
                    let body =
                        self.bodies.get(&id).expect("a request body that a durable record names is there");
                    assert_eq!(body.durable as u64, length, "a request body is durable before its fetch is");
                    named.push(id);
                }
            }
        }
        self.bodies.retain(|id, _| named.contains(id));
        found
    }
}

fn fetch_of(owner: BodyOwner) -> Option<BackgroundFetchId> {
    match owner {
        BodyOwner::RecordRequest(record) | BodyOwner::RecordResponse(record) => Some(record.fetch),
        BodyOwner::Pending => None,
    }
}
