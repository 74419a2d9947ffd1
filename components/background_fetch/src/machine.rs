//! The machine itself: what it holds, and which algorithm takes which input.

use std::collections::{BTreeMap, VecDeque};

use bgfetch_traits::background_fetch::{BackgroundFetchDisplay, BackgroundFetchInfo, StoredBackgroundFetch};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::storage::StorageError;

use crate::background_fetch::{BackgroundFetch, Phase};
use crate::config::{Config, Connectivity, Millis};
use crate::effect::{Answer, Effect};
use crate::host::{Awaited, Host};
use crate::input::{Call, Input, PersistTicket, RecordEvent};
use crate::manager_fetch::Preparations;
use crate::registrations::Registrations;
use crate::timers::Timer;

/// All background fetches of a profile. See the [crate's documentation](crate) for how to drive it.
#[derive(Debug)]
pub struct Machine {
    pub(crate) host: Host,
    pub(crate) registrations: Registrations,
    pub(crate) preparations: Preparations,
    pub(crate) fetches: BTreeMap<BackgroundFetchId, BackgroundFetch>,
    /// Those of which only the display is left, oldest first.
    pub(crate) finished: VecDeque<BackgroundFetchId>,
}

impl Machine {
    /// A machine that knows of nothing yet, online.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            host: Host::new(config),
            registrations: Registrations::default(),
            preparations: Preparations::default(),
            fetches: BTreeMap::new(),
            finished: VecDeque::new(),
        }
    }

    /// Takes one input at the time `now` and says what is to be done about it, in order.
    ///
    /// `now` should not run backwards; if it does, time stands still for the machine meanwhile.
    #[must_use = "effects are to be performed, all of them"]
    pub fn handle(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        self.host.now = self.host.now.max(now);
        self.input(input);
        // After the input, so that what is due sees what is known: a connection that went, a result that came.
        while let Some(timer) = self.host.timers.take_due(self.host.now) {
            self.timer_due(timer);
        }
        std::mem::take(&mut self.host.effects)
    }

    /// When [`Input::Timer`] is due, if nothing else comes before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        self.host.timers.next_deadline()
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Call(call) => self.call(call),
            Input::Ui { fetch, action, reply } => self.ui(fetch, action, reply),
            Input::Record { record, attempt, event } => self.record_event(record, attempt, event),
            Input::RequestBodyStored { record, result } => self.request_body_stored(record, result),
            Input::Persisted { ticket, result } => self.persisted(ticket, result),
            Input::EventSettled { fetch, kind, outcome } => self.event_settled(fetch, kind, &outcome),
            Input::InstancesSynced(fetch) => self.instances_synced(fetch),
            Input::Restored(fetches) => self.restored(fetches),
            Input::Connectivity(connectivity) => self.connectivity_changed(connectivity),
            Input::RegistrationRemoved(registration) => self.registration_removed(registration),
            Input::PermissionChanged { partition, state } => self.permission_changed(&partition, state),
            Input::Timer => {}
        }
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Fetch(call) => self.fetch(call),
            Call::Get { registration, id, reply } => {
                // Steps 2 to 4 of https://wicg.github.io/background-fetch/#background-fetch-manager-get; effects are
                // performed in order, so that the answer comes before any progress that is newer than it.
                let active = self.registrations.get(registration, &id);
                let fetch = active.and_then(|fetch| self.fetches.get(&fetch));
                let info = fetch.map(|fetch| Box::new(fetch.info()));
                self.host.push(Effect::Answer(Answer::Get(reply, info)));
            }
            Call::GetIds { registration, reply } => {
                // https://wicg.github.io/background-fetch/#background-fetch-manager-get-ids
                let ids = self.registrations.ids(registration);
                self.host.push(Effect::Answer(Answer::GetIds(reply, ids)));
            }
            Call::Abort { fetch, reply } => self.abort(fetch, Some(reply)),
            Call::Match { fetch, query, first_only, reply } => {
                self.match_all(fetch, query.as_deref(), first_only, reply);
            }
            Call::ResponseReady { record, reply } => self.response_ready(record, reply),
            Call::UpdateUi { fetch, title, icons, reply } => self.update_ui(fetch, title, icons, reply),
        }
    }

    fn record_event(&mut self, record: RecordId, attempt: u32, event: RecordEvent) {
        // The bodies of a background fetch that is gone were given up with it.
        let Some(fetch) = self.fetches.get_mut(&record.fetch) else { return };
        fetch.step(record.index, &mut self.host, |state, turn| turn.on_event(state, attempt, event));
        self.advance(record.fetch);
    }

    fn persisted(&mut self, ticket: PersistTicket, result: Result<(), StorageError>) {
        match self.host.tickets.redeem(ticket) {
            Some(Awaited::Created(fetch)) => self.created(fetch, result),
            Some(Awaited::Journaled(record, attempt)) => {
                let Some(fetch) = self.fetches.get_mut(&record.fetch) else { return };
                let held = !fetch.may_run(&self.host);
                fetch.step(record.index, &mut self.host, |state, turn| {
                    turn.journaled(state, attempt, result, held)
                });
                self.advance(record.fetch);
            }
            Some(Awaited::Settled(fetch)) => {
                if let Err(error) = result {
                    tracing::error!(%fetch, %error, "the end of a background fetch could not be stored");
                }
                self.settled(fetch);
            }
            None => tracing::warn!(?ticket, "answered twice, or never issued"),
        }
    }

    fn timer_due(&mut self, timer: Timer) {
        match timer {
            Timer::Instances(fetch) => {
                if let Some(fetch) = self.fetches.get_mut(&fetch) {
                    fetch.update_instances_due(&mut self.host);
                }
            }
            Timer::Display(fetch) => {
                if let Some(fetch) = self.fetches.get_mut(&fetch) {
                    fetch.update_display_due(&mut self.host);
                }
            }
            Timer::Retry(record) => {
                if let Some(fetch) = self.fetches.get_mut(&record.fetch) {
                    fetch.step(record.index, &mut self.host, |state, turn| turn.retry_due(state));
                    self.advance(record.fetch);
                }
            }
            Timer::Event(fetch) => self.event_due(fetch),
        }
    }
}

/// What there is.
impl Machine {
    /// A background fetch as a page sees it.
    #[must_use]
    pub fn info(&self, fetch: BackgroundFetchId) -> Option<BackgroundFetchInfo> {
        self.fetches.get(&fetch).map(BackgroundFetch::info)
    }

    /// Whose a background fetch is: to refuse what another site's script says about it.
    #[must_use]
    pub fn partition(&self, fetch: BackgroundFetchId) -> Option<&StorageKey> {
        self.fetches.get(&fetch).map(|fetch| &fetch.fixed.partition)
    }

    /// The newest background fetch with that id on that registration, active or not, as the
    /// [WebDriver command](https://wicg.github.io/background-fetch/#automation-click) looks for it.
    #[must_use]
    pub fn newest(&self, registration: RegistrationId, id: &str) -> Option<BackgroundFetchId> {
        let is_it =
            |fetch: &&BackgroundFetch| fetch.fixed.registration == registration && fetch.fixed.id == id;
        self.fetches.values().rev().find(is_it).map(|fetch| fetch.fixed.fetch)
    }

    /// What the user sees, oldest first.
    pub fn displays(&self) -> impl Iterator<Item = BackgroundFetchDisplay> {
        self.fetches.values().filter(|fetch| fetch.throttles.shown).map(|fetch| fetch.display(&self.host))
    }

    /// A background fetch with its records as they are now, as it would be stored. After its event is over it
    /// has none.
    #[must_use]
    pub fn snapshot(&self, fetch: BackgroundFetchId) -> Option<StoredBackgroundFetch> {
        self.fetches.get(&fetch).map(BackgroundFetch::to_stored)
    }

    /// Whether nothing is left to do: no call of `fetch()` is under way, no background fetch is active (a paused
    /// one is), and no settle event runs or is owed. Displays of finished ones may still be there.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.preparations.is_empty()
            && self.fetches.values().all(|fetch| matches!(fetch.phase, Phase::Finished))
    }

    /// What is known of the connection.
    #[must_use]
    pub const fn connectivity(&self) -> Connectivity {
        self.host.connectivity
    }
}
