//! One history: the machine, everything around it, and time.

use std::collections::{BTreeMap, BTreeSet};

use bgfetch_core::{Config, Connectivity, Input, Machine, RecordEvent, StartFetch};
use bgfetch_traits::background_fetch::{BackgroundFetchResult, StoredBackgroundFetch, StoredRecord};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestBody};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId};
use bgfetch_traits::service_worker::{BackgroundFetchEventKind as Kind, EventOutcome};
use bgfetch_traits::storage::{BodyOwner, StorageError, StoreOutcome};

use crossbeam_channel::{Receiver, Sender};

use crate::ledger::Ledger;
use crate::random::Random;
use crate::servers::{Reply, Resource};
use crate::store::Store;

/// What may go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) connection: bool,
    pub(crate) lies: bool,
    pub(crate) crashes: bool,
    pub(crate) users: bool,
}

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Event {
    Act,
    Flush,
    Crash,
    Head(RecordId, u32),
    Upload(RecordId, u32),
    BodyCreated(RecordId, u32, BodyId),
    Chunk(RecordId, u32),
    RequestBody(RecordId),
    Dispatched(BackgroundFetchId, Kind, bool),
    Synced(BackgroundFetchId),
}

/// A request on its way.
pub(crate) struct Transfer {
    pub(crate) start: Box<StartFetch>,
    pub(crate) reply: Option<Reply>,
    /// Where it goes.
    pub(crate) body: Option<BodyId>,
    pub(crate) passed: usize,
    pub(crate) cancelled: bool,
}

pub(crate) struct World {
    pub(crate) random: Random,
    pub(crate) troubles: Troubles,
    pub(crate) now: u64,
    pub(crate) steps: u64,
    pub(crate) machine: Machine,
    pub(crate) store: Store,
    pub(crate) quota: u64,
    pub(crate) resources: Vec<Resource>,
    pub(crate) connectivity: Connectivity,
    pub(crate) ledger: Ledger,
    pub(crate) next_fetch: u64,
    pub(crate) owners: BTreeMap<BackgroundFetchId, RegistrationId>,
    pub(crate) config: Config,
    pub(crate) events: BTreeMap<(u64, u64), Event>,
    pub(crate) transfers: BTreeMap<(RecordId, u32), Transfer>,
    pub(crate) request_bodies: BTreeMap<RecordId, RequestBody>,
    /// Bodies that record streams follow.
    pub(crate) followed: BTreeMap<BodyId, u32>,
    pub(crate) shown: BTreeMap<BackgroundFetchId, BackgroundFetchResult>,
    /// Background fetches whose abort() resolved with true.
    pub(crate) aborted: (Sender<BackgroundFetchId>, Receiver<BackgroundFetchId>),
    /// Workers that failed the last time.
    pub(crate) failed_workers: BTreeSet<BackgroundFetchId>,
}

impl World {
    pub(crate) fn new(seed: u64, troubles: Troubles) -> Self {
        let mut random = Random::new(seed);
        let config = Config {
            jitter_seed: seed,
            records_in_flight: random.between(1, 4) as usize,
            finished_limit: random.below(3) as usize,
            pause_on_metered: random.percent(50),
            ..Config::default()
        };
        let resources =
            (0..5).map(|_| Resource::new(&mut random, troubles.lies, troubles.connection)).collect();
        Self {
            troubles,
            now: 0,
            steps: 0,
            machine: Machine::new(config.clone()),
            store: Store::default(),
            quota: if random.percent(30) { 4_000 } else { 1_000_000 },
            random,
            resources,
            connectivity: Connectivity::default(),
            ledger: Ledger::default(),
            next_fetch: 1,
            owners: BTreeMap::new(),
            config,
            events: BTreeMap::new(),
            transfers: BTreeMap::new(),
            request_bodies: BTreeMap::new(),
            followed: BTreeMap::new(),
            shown: BTreeMap::new(),
            aborted: crossbeam_channel::unbounded(),
            failed_workers: BTreeSet::new(),
        }
    }

    pub(crate) fn run(&mut self) {
        let actions = self.random.between(5, 60);
        let mut at = 0;
        for _ in 0..actions {
            let most = if self.random.percent(80) { 200 } else { 20_000 };
            at += self.random.below(most);
            self.schedule_at(at, Event::Act);
            if self.troubles.crashes && self.random.percent(10) {
                let crash = at + self.random.below(500);
                self.schedule_at(crash, Event::Crash);
            }
        }
        self.run_until_quiet();
        self.everybody_helps();
        self.run_until_quiet();
        self.check_the_end();
    }

    fn run_until_quiet(&mut self) {
        loop {
            self.steps += 1;
            assert!(self.steps < 200_000, "it goes on for ever");
            let event = self.events.first_key_value().map(|((at, _), _)| *at);
            let deadline = self.machine.next_deadline();
            match (event, deadline) {
                (None, None) if self.store.is_clean() => return,
                (None, None) => self.flush(true),
                (Some(at), deadline) if deadline.is_none_or(|deadline| at <= deadline) => {
                    self.now = self.now.max(at);
                    let ((_, _), event) = self.events.pop_first().expect("it was looked at");
                    self.happen(event);
                }
                (_, Some(deadline)) => {
                    self.now = self.now.max(deadline);
                    self.input(Input::Timer);
                }
                (Some(_), None) => unreachable!("without a deadline the event comes"),
            }
        }
    }

    fn check_the_end(&mut self) {
        self.ledger.finished(self.config.event_retry.limit);
        assert!(self.transfers.is_empty(), "something is still on its way");
        assert!(self.store.durable.is_empty(), "left in storage: {:?}", self.store.durable.keys());
        assert!(self.store.bodies.is_empty(), "bodies left: {:?}", self.store.bodies);
        assert!(self.followed.is_empty(), "somebody still follows {:?}", self.followed);
        assert!(self.shown.len() <= self.config.finished_limit);
        assert!(self.shown.values().all(|result| *result != BackgroundFetchResult::Empty));
    }

    pub(crate) fn schedule(&mut self, most: u64, event: Event) {
        let at = self.now + self.random.below(most + 1);
        self.schedule_at(at, event);
    }

    fn schedule_at(&mut self, at: u64, event: Event) {
        let order = self.events.len() as u64 + self.steps * 1_000;
        let mut key = (at, order);
        while self.events.contains_key(&key) {
            key.1 += 1;
        }
        self.events.insert(key, event);
    }

    pub(crate) fn input(&mut self, input: Input) {
        for effect in self.machine.handle(self.now, input) {
            self.perform(effect);
        }
    }

    fn record(&mut self, record: RecordId, attempt: u32, event: RecordEvent) {
        self.input(Input::Record { record, attempt, event });
    }
}

/// What happens.
impl World {
    fn happen(&mut self, event: Event) {
        match event {
            Event::Act => self.somebody_acts(),
            Event::Flush => self.flush(false),
            Event::Crash => self.crash(),
            Event::Head(record, attempt) => self.head(record, attempt),
            Event::Upload(record, attempt) => {
                if let Some(transfer) = self.transfers.get(&(record, attempt)).filter(|t| !t.cancelled) {
                    let length = transfer.start.request_body.as_ref().map_or(0, |body| body.length);
                    let sent = self.random.below(length + 1);
                    self.record(record, attempt, RecordEvent::Uploaded(sent));
                }
            }
            Event::BodyCreated(record, attempt, body) => {
                self.record(record, attempt, RecordEvent::BodyCreated(Ok(body)));
            }
            Event::Chunk(record, attempt) => self.chunk(record, attempt),
            Event::RequestBody(record) => self.request_body(record),
            Event::Dispatched(fetch, kind, failed) => self.event_settled(fetch, kind, failed),
            Event::Synced(fetch) => self.input(Input::InstancesSynced(fetch)),
        }
    }

    fn flush(&mut self, all: bool) {
        let random = if all { None } else { Some(&mut self.random) };
        for ticket in self.store.flush(random) {
            self.input(Input::Persisted { ticket, result: Ok(()) });
        }
        if !all && !self.store.is_clean() {
            self.schedule(20, Event::Flush);
        }
    }

    fn crash(&mut self) {
        self.events.retain(|_, event| matches!(event, Event::Act | Event::Crash));
        self.transfers.clear();
        self.request_bodies.clear();
        self.followed.clear();
        self.shown.clear();
        let mut found = self.store.crash();
        self.ledger.crashed(survivors(&found));
        if self.random.percent(50) {
            found.reverse();
        }
        self.machine = Machine::new(self.config.clone());
        self.input(Input::Connectivity(self.connectivity));
        self.input(Input::Restored(found));
    }

    fn head(&mut self, record: RecordId, attempt: u32) {
        let Some(transfer) = self.transfers.get_mut(&(record, attempt)) else { return };
        let resource: usize = transfer.start.request.url.path()[1..].parse().expect("a number");
        let answer = if self.connectivity.online {
            self.resources[resource].answer(&transfer.start, &mut self.random)
        } else {
            Err(NetworkErrorKind::Unreachable)
        };
        let head = match answer {
            Ok(reply) => {
                if reply.head.status != 206 {
                    // Whatever was stored before counts no more, unless a 416 says that it is all.
                    self.ledger.stored(record, 0);
                }
                let head = reply.head.clone();
                transfer.reply = Some(reply);
                Ok(Box::new(head))
            }
            Err(kind) => {
                self.transfers.remove(&(record, attempt));
                Err(NetworkError::new(kind, "as the seed says"))
            }
        };
        self.record(record, attempt, RecordEvent::Head(head));
    }

    fn chunk(&mut self, record: RecordId, attempt: u32) {
        let Some(transfer) = self.transfers.get_mut(&(record, attempt)) else { return };
        let (Some(reply), Some(id)) = (&transfer.reply, transfer.body) else { return };
        // A background fetch that is gone has taken its bodies with it.
        let Some(body) = self.store.bodies.get_mut(&id) else {
            self.transfers.remove(&(record, attempt));
            return;
        };
        let left = &reply.bytes[transfer.passed..];
        let passed = &left[..self.random.below(left.len() as u64 + 1) as usize];
        let finished = passed.len() == left.len() && self.random.percent(50);
        body.bytes.extend_from_slice(passed);
        transfer.passed += passed.len();
        let length = body.bytes.len() as u64;
        let end = if transfer.cancelled {
            Some(Err(StorageError::Body(BodyError::Aborted)))
        } else if self.store.usage() > self.quota {
            Some(Err(StorageError::QuotaExceeded { quota: self.quota, usage: self.quota, requested: 1 }))
        } else if finished {
            Some(reply.broken.map_or(Ok(()), |kind| {
                let error = NetworkError::new(kind, "as the seed says");
                Err(StorageError::Body(BodyError::Network(error)))
            }))
        } else {
            None
        };
        match end {
            None => {
                if self.random.percent(70) {
                    self.record(record, attempt, RecordEvent::BytesStored(length));
                }
                self.schedule(100, Event::Chunk(record, attempt));
            }
            Some(result) => {
                let body = self.store.bodies.get_mut(&id).expect("it was there above");
                body.durable = body.bytes.len();
                body.appending = false;
                // An error page has no rest.
                let rest = matches!(reply.head.status, 200 | 206);
                self.ledger.stored(record, if rest { length } else { 0 });
                self.transfers.remove(&(record, attempt));
                self.record(record, attempt, RecordEvent::BodyEnded(StoreOutcome { length, result }));
            }
        }
    }

    fn request_body(&mut self, record: RecordId) {
        let Some(RequestBody::Bytes(bytes)) = self.request_bodies.remove(&record) else { return };
        let result = if self.random.percent(5) {
            Err(StorageError::Body(BodyError::Source("the page went away".into())))
        } else {
            let body = self.store.create(BodyOwner::RecordRequest(record));
            let stored = self.store.bodies.get_mut(&body).expect("just made");
            stored.bytes = bytes.to_vec();
            stored.durable = bytes.len();
            Ok((body, bytes.len() as u64))
        };
        self.input(Input::RequestBodyStored { record, result });
    }

    fn event_settled(&mut self, fetch: BackgroundFetchId, kind: Kind, failed: bool) {
        let outcome = if failed {
            if kind != Kind::Click {
                self.ledger.event_failed(fetch);
            }
            EventOutcome::WorkerFailed("as the seed says".into())
        } else {
            if kind != Kind::Click && self.machine.info(fetch).is_some() {
                self.ledger.event_completed(fetch);
            }
            EventOutcome::Completed
        };
        self.input(Input::EventSettled { fetch, kind, outcome });
    }
}

fn survivors(found: &[StoredBackgroundFetch]) -> BTreeMap<RecordId, u64> {
    let records = |fetch: &StoredBackgroundFetch| {
        let id = fetch.fetch;
        let record = move |(index, record): (u32, &StoredRecord)| {
            let rest = record.response.as_ref().is_some_and(|head| matches!(head.status, 200 | 206));
            (RecordId { fetch: id, index }, if rest { record.response_length } else { 0 })
        };
        (0..).zip(&fetch.records).map(record).collect::<Vec<_>>()
    };
    found.iter().flat_map(records).collect()
}
