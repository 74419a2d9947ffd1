//! What the machine wants, done; and what must hold when it is.

use bgfetch_core::{Answer, DisplayChange, Effect, StartFetch};
use bgfetch_traits::background_fetch::RecordResult;
use bgfetch_traits::body::BodyError;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId};
use bgfetch_traits::service_worker::BackgroundFetchEventKind as Kind;
use bgfetch_traits::storage::BodyOwner;

use crate::world::{Event, Transfer, World};

impl World {
    pub(crate) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::StartFetch(start) => self.start_fetch(start),
            Effect::CancelFetch { record, attempt } => {
                let transfer = self.transfers.get_mut(&(record, attempt));
                match transfer {
                    Some(transfer) if transfer.body.is_some() => transfer.cancelled = true,
                    _ => drop(self.transfers.remove(&(record, attempt))),
                }
            }
            Effect::CreateBody { record, attempt, .. } => {
                let body = self.store.create(BodyOwner::RecordResponse(record));
                self.schedule(10, Event::BodyCreated(record, attempt, body));
            }
            Effect::StoreBody { record, attempt, body, offset, .. } => {
                let stored = self.store.bodies.get_mut(&body).expect("it was made");
                assert_eq!(stored.bytes.len() as u64, offset, "stored bytes of {record} are thrown away");
                assert!(!stored.appending && !stored.sealed, "{body} is appended to");
                stored.appending = true;
                let transfer = self.transfers.get_mut(&(record, attempt)).expect("its head came");
                transfer.body = Some(body);
                self.schedule(100, Event::Chunk(record, attempt));
            }
            Effect::SealBody { body, error, .. } => self.seal(body, error.as_ref()),
            Effect::ReleaseBody { body, owner, .. } => {
                assert!(!self.followed.contains_key(&body), "{body} is released and still followed");
                self.store.release(body, owner);
                self.schedule(20, Event::Flush);
            }
            Effect::StoreRequestBody { record, body, .. } => {
                self.request_bodies.insert(record, body);
                self.schedule(300, Event::RequestBody(record));
            }
            Effect::CancelRequestBody { record, .. } => drop(self.request_bodies.remove(&record)),
            Effect::Persist { write, ticket, .. } => {
                self.store.write(write, ticket);
                self.schedule(20, Event::Flush);
            }
            Effect::Answer(answer) => self.answer(answer),
            Effect::OpenResponse { body, follow, record, .. } => self.open(record, body.body, follow),
            Effect::UpdateInstances { fetch, progress, .. } => {
                self.ledger.progress(self.now, fetch, &progress);
            }
            Effect::SyncInstances { fetch, .. } => self.schedule(500, Event::Synced(fetch)),
            Effect::FireEvent { kind, info } => self.fire(info.fetch, kind),
            Effect::Display(change) => self.display(change),
        }
    }

    fn start_fetch(&mut self, start: Box<StartFetch>) {
        let (record, attempt) = (start.record, start.attempt);
        assert!(self.connectivity.online, "{record} is asked for offline");
        self.ledger.started(record, start.range_start);
        if start.request.method == http::Method::POST && start.range_start == 0 {
            let stored = &self.store.durable[&record.fetch].records[record.index as usize];
            assert!(stored.request_sent, "{record} is sent before that is durable");
            self.ledger.upload_sent(record);
            self.schedule(50, Event::Upload(record, attempt));
            self.schedule(50, Event::Upload(record, attempt));
        }
        let transfer = Transfer { start, reply: None, body: None, passed: 0, cancelled: false };
        let before = self.transfers.insert((record, attempt), transfer);
        assert!(before.is_none(), "{record} has two attempts {attempt}");
        self.schedule(200, Event::Head(record, attempt));
    }

    fn answer(&mut self, answer: Answer) {
        match &answer {
            Answer::Fetch(_, Ok(info)) => {
                assert!(self.store.durable.contains_key(&info.fetch), "{} is not durable yet", info.fetch);
                self.ledger.accepted(info.fetch);
            }
            Answer::NoResponse(_, result) => assert!(!result.is_exposed(), "there is one to show: {result}"),
            _ => {}
        }
        answer.send();
        while let Ok(fetch) = self.aborted.1.try_recv() {
            self.ledger.aborted(fetch);
        }
    }

    fn open(&mut self, record: RecordId, body: BodyId, follow: bool) {
        assert!(self.store.bodies.contains_key(&body), "{body} is opened after it was given up");
        if follow {
            assert!(!self.store.bodies[&body].sealed, "{body} is followed after its end");
            *self.followed.entry(body).or_default() += 1;
        } else {
            self.check_content(record, body);
        }
    }

    fn seal(&mut self, id: BodyId, error: Option<&BodyError>) {
        let body = self.store.seal(id);
        let BodyOwner::RecordResponse(record) = body.owner else { panic!("{id} is a request's") };
        if error.is_none() {
            assert!(!body.appending, "{id} ended while it is appended to");
            self.check_content(record, id);
        }
        self.followed.remove(&id);
        self.schedule(20, Event::Flush);
    }

    /// What a success stored is the resource, byte for byte.
    fn check_content(&self, record: RecordId, body: BodyId) {
        let Some(stored) = self.machine.snapshot(record.fetch) else { return };
        let Some(stored) = stored.records.get(record.index as usize) else { return };
        if stored.result == RecordResult::Success {
            let resource: usize = stored.request.url.path()[1..].parse().expect("a number");
            let bytes = &self.store.bodies[&body].bytes;
            let versions = &self.resources[resource].versions;
            assert!(versions.contains(bytes), "{record}: {} bytes are no version of it", bytes.len());
        }
    }

    fn fire(&mut self, fetch: BackgroundFetchId, kind: Kind) {
        if kind != Kind::Click {
            let durable = &self.store.durable[&fetch];
            assert!(durable.event_owed, "the event of {fetch} is fired before it is durable");
            if kind == Kind::Success {
                let all = durable.records.iter().all(|record| record.result == RecordResult::Success);
                assert!(all, "{fetch} succeeded without all of its records");
            }
            self.ledger.fired(fetch, kind);
        }
        // Not twice in a row: the third time a machine gives up.
        let failed = self.random.percent(10) && self.failed_workers.insert(fetch);
        if !failed {
            self.failed_workers.remove(&fetch);
        }
        self.schedule(2_000, Event::Dispatched(fetch, kind, failed));
    }

    fn display(&mut self, change: DisplayChange) {
        match change {
            DisplayChange::Show(display) => {
                assert!(self.shown.insert(display.fetch, display.result).is_none(), "shown twice");
            }
            DisplayChange::Update(display) => {
                assert!(self.shown.insert(display.fetch, display.result).is_some(), "updated, not shown");
            }
            DisplayChange::Hide(fetch) => assert!(self.shown.remove(&fetch).is_some(), "hidden, not shown"),
        }
    }
}
