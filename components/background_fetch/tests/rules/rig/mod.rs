//! A driver whose storage is quick and whose network and workers do what a test says.

mod calls;
mod reports;
mod values;

use std::collections::BTreeMap;

use bgfetch_core::{
    Answer, Config, DisplayChange, Effect, Input, Machine, PersistTicket, RecordEvent, StartFetch, Write,
};
use bgfetch_traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchError, BackgroundFetchInfo, RecordResult, StoredBackgroundFetch,
};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId};
use bgfetch_traits::storage::{StorageError, StorageEstimate, StoredBody};
use crossbeam_channel::Receiver;

use values::words;
pub(crate) use values::{get, network_error, page, partition, post, quota_exceeded, total};

pub(crate) const HERE: RegistrationId = RegistrationId(1);
pub(crate) type FetchAnswer = Receiver<Result<BackgroundFetchInfo, BackgroundFetchError>>;

/// What a `responseReady` came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Opened { status: u16, headers: HeaderList, body: StoredBody, follow: bool },
    None(RecordResult),
}

pub(crate) struct Rig {
    pub(crate) machine: Machine,
    pub(crate) now: u64,
    /// Effects in words, since they were last taken.
    trace: Vec<String>,
    /// Latest request of each record.
    pub(crate) starts: BTreeMap<RecordId, StartFetch>,
    /// What storage has.
    pub(crate) stored: BTreeMap<BackgroundFetchId, StoredBackgroundFetch>,
    /// Writes that are not durable yet, if the test wants it so.
    pub(crate) hold_writes: bool,
    pub(crate) held: Vec<(PersistTicket, Write)>,
    /// Bodies are not made before the test says so.
    pub(crate) hold_bodies: bool,
    /// Scripts take nothing in before the test says so.
    pub(crate) hold_instances: bool,
    pub(crate) unsynced: Vec<BackgroundFetchId>,
    pub(crate) display: BTreeMap<BackgroundFetchId, BackgroundFetchDisplay>,
    pub(crate) responses: Vec<Response>,
    pub(crate) errors: Vec<Option<BodyError>>,
    pub(crate) permission: PermissionState,
    pub(crate) estimate: StorageEstimate,
    next_id: u64,
    next_body: u64,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            machine: Machine::new(config),
            now: 1_000,
            trace: Vec::new(),
            starts: BTreeMap::new(),
            stored: BTreeMap::new(),
            hold_writes: false,
            held: Vec::new(),
            hold_bodies: false,
            hold_instances: false,
            unsynced: Vec::new(),
            display: BTreeMap::new(),
            responses: Vec::new(),
            errors: Vec::new(),
            permission: PermissionState::Granted,
            estimate: StorageEstimate { usage: 0, quota: 1 << 30 },
            next_id: 1,
            next_body: 1,
        }
    }

    /// The process dies, and another one starts with what is durable.
    pub(crate) fn crash(&mut self, config: Config) {
        self.machine = Machine::new(config);
        self.trace.clear();
        self.held.clear();
        self.starts.clear();
        self.display.clear();
        self.hold_writes = false;
        self.unsynced.clear();
    }

    pub(crate) fn restore(&mut self) {
        self.input(Input::Restored(self.stored.values().cloned().collect()));
    }

    pub(crate) fn input(&mut self, input: Input) {
        let mut inputs = std::collections::VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.machine.handle(self.now, input) {
                self.perform(effect, &mut inputs);
            }
        }
    }

    pub(crate) fn wait(&mut self, milliseconds: u64) {
        let end = self.now + milliseconds;
        while let Some(deadline) = self.machine.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = self.now.max(deadline);
            self.input(Input::Timer);
        }
        self.now = end;
    }

    /// What was done since this was last asked.
    pub(crate) fn took(&mut self) -> Vec<String> {
        std::mem::take(&mut self.trace)
    }

    /// The same without writes and display.
    pub(crate) fn seen(&mut self) -> Vec<String> {
        let quiet = ["save", "forget", "show", "display", "hide"];
        self.took().into_iter().filter(|line| !quiet.iter().any(|word| line.starts_with(word))).collect()
    }

    fn perform(&mut self, effect: Effect, inputs: &mut std::collections::VecDeque<Input>) {
        let line = match effect {
            Effect::StartFetch(start) => {
                let line =
                    format!("start {}#{} from {}", start.record.index, start.attempt, start.range_start);
                self.starts.insert(start.record, *start);
                line
            }
            Effect::CancelFetch { record, attempt } => format!("cancel {}#{attempt}", record.index),
            Effect::CreateBody { record, attempt, .. } => {
                if !self.hold_bodies {
                    let event = RecordEvent::BodyCreated(Ok(self.new_body()));
                    inputs.push_back(Input::Record { record, attempt, event });
                }
                format!("create {}#{attempt}", record.index)
            }
            Effect::StoreBody { record, attempt, body, offset, .. } => {
                format!("store {}#{attempt} in {body} at {offset}", record.index)
            }
            Effect::SealBody { body, error, .. } => {
                let line = format!("seal {body} {}", if error.is_some() { "failed" } else { "whole" });
                self.errors.push(error);
                line
            }
            Effect::ReleaseBody { body, .. } => format!("release {body}"),
            Effect::StoreRequestBody { record, .. } => format!("store request body {}", record.index),
            Effect::CancelRequestBody { record, .. } => format!("cancel request body {}", record.index),
            Effect::Persist { write, ticket, .. } => self.persist(write, ticket, inputs),
            Effect::Answer(answer) => self.answer(answer),
            Effect::OpenResponse { head, body, follow, .. } => {
                let line = format!("open {} ({} bytes)", body.body, body.length);
                self.responses.push(Response::Opened {
                    status: head.status,
                    headers: head.headers,
                    body,
                    follow,
                });
                line
            }
            Effect::UpdateInstances { progress, .. } => format!(
                "progress {} {} {}",
                progress.downloaded,
                words(&[progress.result.as_str(), progress.failure_reason.as_str()]),
                if progress.records_available { "available" } else { "gone" }
            ),
            Effect::SyncInstances { fetch, .. } => {
                if self.hold_instances {
                    self.unsynced.push(fetch);
                } else {
                    inputs.push_back(Input::InstancesSynced(fetch));
                }
                return;
            }
            Effect::FireEvent { kind, .. } => format!("fire {kind}"),
            Effect::Display(change) => self.show(change),
        };
        self.trace.push(line);
    }

    fn persist(
        &mut self,
        write: Write,
        ticket: Option<PersistTicket>,
        inputs: &mut std::collections::VecDeque<Input>,
    ) -> String {
        let line = match &write {
            Write::BackgroundFetch(fetch) => format!("save fetch {}", fetch.fetch),
            Write::State(_, state) => format!(
                "save state {}",
                words(&[
                    if state.paused { "paused" } else { "" },
                    if state.event_owed { "owed" } else { "" },
                    state.failure_reason.as_str()
                ])
            ),
            Write::Record(record, stored) => {
                format!("save record {} {}", record.index, words(&[stored.result.as_str()]))
            }
            Write::Delete(fetch) => format!("forget {fetch}"),
        };
        match ticket {
            Some(ticket) if self.hold_writes => self.held.push((ticket, write)),
            ticket => {
                self.apply(write);
                inputs.extend(ticket.map(|ticket| Input::Persisted { ticket, result: Ok(()) }));
            }
        }
        line
    }

    pub(crate) fn apply(&mut self, write: Write) {
        match write {
            Write::BackgroundFetch(fetch) => drop(self.stored.insert(fetch.fetch, *fetch)),
            Write::State(fetch, state) => {
                self.stored.get_mut(&fetch).expect("it was saved whole first").set_state(*state);
            }
            Write::Record(record, stored) => {
                let fetch = self.stored.get_mut(&record.fetch).expect("it was saved whole first");
                fetch.records[record.index as usize] = *stored;
            }
            Write::Delete(fetch) => drop(self.stored.remove(&fetch)),
        }
    }

    /// What was held becomes durable, or cannot.
    pub(crate) fn release_writes(&mut self, result: &Result<(), StorageError>) {
        self.hold_writes = false;
        for (ticket, write) in std::mem::take(&mut self.held) {
            if result.is_ok() {
                self.apply(write);
            }
            self.input(Input::Persisted { ticket, result: result.clone() });
        }
    }

    fn answer(&mut self, answer: Answer) -> String {
        let line = match &answer {
            Answer::Fetch(_, Ok(info)) => format!("fetch resolves with {}", info.fetch),
            Answer::Fetch(_, Err(error)) => format!("fetch rejects: {error}"),
            Answer::Get(_, info) => format!("get resolves with {:?}", info.as_ref().map(|i| i.fetch.0)),
            Answer::GetIds(_, ids) => format!("ids {}", ids.join(" ")),
            Answer::Abort(_, was_active) => format!("abort resolves with {was_active}"),
            Answer::Match(_, records) => format!(
                "match {:?}",
                records.as_ref().map(|r| r.iter().map(|r| r.record.index).collect::<Vec<_>>())
            ),
            Answer::NoResponse(_, result) => {
                self.responses.push(Response::None(*result));
                format!("no response: {result}")
            }
            Answer::UpdateUi(_) => "updateUI resolves".to_owned(),
            Answer::Ui(_, Ok(())) => "ui done".to_owned(),
            Answer::Ui(_, Err(error)) => format!("ui refused: {error}"),
        };
        answer.send();
        line
    }

    fn show(&mut self, change: DisplayChange) -> String {
        match change {
            DisplayChange::Show(display) => {
                let line = format!("show {}", display.fetch);
                assert!(self.display.insert(display.fetch, *display).is_none(), "shown once");
                line
            }
            DisplayChange::Update(display) => {
                let line = format!(
                    "display {} {}",
                    display.downloaded,
                    words(&[
                        if display.paused { "paused" } else { "" },
                        if display.waiting_for_network { "waiting" } else { "" },
                        display.result.as_str(),
                    ])
                );
                assert!(self.display.insert(display.fetch, *display).is_some(), "shown before it is updated");
                line
            }
            DisplayChange::Hide(fetch) => {
                assert!(self.display.remove(&fetch).is_some(), "shown before it is hidden");
                format!("hide {fetch}")
            }
        }
    }

    pub(crate) fn new_body(&mut self) -> BodyId {
        self.next_body += 1;
        BodyId(self.next_body - 1)
    }
}
