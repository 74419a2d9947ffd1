//! What pages and users do, at random.

use bgfetch_core::{Call, Connectivity, FetchCall, FetchClient, Input};
use bgfetch_traits::background_fetch::{BackgroundFetchOptions, NewRecord, UiAction};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::{RequestBody, RequestHead};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::StorageEstimate;
use url::Url;

use crate::world::World;

pub(crate) fn page() -> Url {
    "https://a.test/".parse().expect("a URL")
}

fn partition() -> StorageKey {
    StorageKey::of_url(&page()).expect("not opaque")
}

impl World {
    /// One thing that somebody does.
    pub(crate) fn somebody_acts(&mut self) {
        match self.random.below(if self.troubles.users { 12 } else { 6 }) {
            0 | 1 => self.page_fetches(),
            2 => self.page_reads(),
            3 => {
                let reply = Reply::ignore();
                let id = self.some_id();
                self.input(Input::Call(Call::Get { registration: RegistrationId(1), id, reply }));
            }
            4 if self.troubles.connection => self.connection_changes(),
            4 | 5 => self.resource_changes(),
            6 => {
                let fetch = self.some_fetch();
                let aborted = self.aborted.0.clone();
                let tell = move |was_active| {
                    if was_active {
                        aborted.send(fetch).expect("the world is there");
                    }
                };
                self.input(Input::Call(Call::Abort { fetch, reply: Reply::new(tell) }));
            }
            7..=9 => self.user_clicks(),
            10 if self.random.percent(10) => self.registration_goes(),
            11 if self.random.percent(10) => {
                let state = *self.random.pick(&PermissionState::ALL[..2]);
                self.input(Input::PermissionChanged { partition: partition(), state });
            }
            _ => {}
        }
    }

    fn some_id(&mut self) -> String {
        self.random.pick(&["a", "b", "c"]).to_string()
    }

    fn some_fetch(&mut self) -> BackgroundFetchId {
        BackgroundFetchId(1 + self.random.below(self.next_fetch))
    }

    fn page_fetches(&mut self) {
        let fetch = BackgroundFetchId(self.next_fetch);
        self.next_fetch += 1;
        let records = (0..self.random.between(1, 4)).map(|_| self.some_record()).collect();
        let exceeded = self.random.percent(10);
        let permission =
            if self.random.percent(90) { PermissionState::Granted } else { PermissionState::Prompt };
        let call = FetchCall {
            fetch,
            registration: RegistrationId(1 + self.random.below(2)),
            active_worker: true,
            client: FetchClient {
                partition: partition(),
                url: page(),
                policy: PolicyContainer::default(),
                permission,
                estimate: StorageEstimate { usage: self.store.usage(), quota: self.quota },
            },
            id: self.some_id(),
            records,
            options: BackgroundFetchOptions {
                download_total: if exceeded { self.random.below(2_000) } else { 0 },
                ..BackgroundFetchOptions::default()
            },
            reply: Reply::ignore(),
        };
        self.owners.insert(fetch, call.registration);
        self.input(Input::Call(Call::Fetch(Box::new(call))));
    }

    fn some_record(&mut self) -> NewRecord {
        let origin = *self.random.pick(&["https://a.test", "https://a.test", "https://b.test"]);
        let resource = self.random.below(self.resources.len() as u64);
        let url = format!("{origin}/{resource}").parse().expect("a URL");
        let upload = self.random.percent(20);
        let method = if upload { http::Method::POST } else { http::Method::GET };
        let body = upload.then(|| RequestBody::Bytes(vec![0; self.random.below(500) as usize].into()));
        NewRecord { request: RequestHead { method, ..RequestHead::get(url) }, body }
    }

    fn page_reads(&mut self) {
        let record = RecordId { fetch: self.some_fetch(), index: self.random.below(4) as u32 };
        let call =
            Call::Match { fetch: record.fetch, query: None, first_only: false, reply: Reply::ignore() };
        self.input(Input::Call(call));
        self.input(Input::Call(Call::ResponseReady { record, reply: Reply::ignore() }));
    }

    fn connection_changes(&mut self) {
        let online = self.random.percent(60);
        let metered = self.random.percent(30);
        self.connectivity = Connectivity { online, metered };
        self.input(Input::Connectivity(self.connectivity));
    }

    fn resource_changes(&mut self) {
        let index = self.random.below(self.resources.len() as u64) as usize;
        if self.random.percent(30) {
            self.resources[index].change(&mut self.random);
        }
    }

    fn user_clicks(&mut self) {
        let actions = [
            UiAction::Pause,
            UiAction::Pause,
            UiAction::Resume,
            UiAction::Resume,
            UiAction::Click,
            UiAction::Dismiss,
            UiAction::Abort,
        ];
        let action = *self.random.pick(&actions);
        let fetch = self.some_fetch();
        self.input(Input::Ui { fetch, action, reply: Reply::ignore() });
    }

    fn registration_goes(&mut self) {
        let registration = RegistrationId(1 + self.random.below(2));
        for (fetch, owner) in &self.owners {
            if *owner == registration {
                self.ledger.removed(*fetch);
            }
        }
        self.input(Input::RegistrationRemoved(registration));
    }

    /// Whatever waits for somebody gets its way.
    pub(crate) fn everybody_helps(&mut self) {
        self.connectivity = Connectivity::default();
        self.input(Input::Connectivity(self.connectivity));
        for fetch in 1..self.next_fetch {
            let reply = Reply::ignore();
            self.input(Input::Ui { fetch: BackgroundFetchId(fetch), action: UiAction::Resume, reply });
        }
    }
}
