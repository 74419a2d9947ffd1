//! What pages and users do.

use bgfetch_core::{Call, FetchCall, FetchClient, Input, UiActionError};
use bgfetch_traits::background_fetch::{
    BackgroundFetchInfo, BackgroundFetchOptions, NewRecord, RecordInfo, UiAction,
};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::CacheQuery;

use super::values::{get, page, partition};
use super::{FetchAnswer, HERE, Rig};

impl Rig {
    /// A call of `fetch()` with downloads only, as far as it goes by itself.
    pub(crate) fn fetch(&mut self, id: &str, paths: &[&str]) -> BackgroundFetchId {
        self.fetch_with(id, paths.iter().map(|path| get(path)).collect(), BackgroundFetchOptions::default()).0
    }

    /// One of one download of the page's own origin; its trace so far is forgotten.
    pub(crate) fn film(&mut self) -> RecordId {
        let fetch = self.fetch("film", &["/film"]);
        self.took();
        RecordId { fetch, index: 0 }
    }

    pub(crate) fn fetch_with(
        &mut self,
        id: &str,
        records: Vec<NewRecord>,
        options: BackgroundFetchOptions,
    ) -> (BackgroundFetchId, FetchAnswer) {
        self.call(HERE, id, records, options, true)
    }

    pub(crate) fn call(
        &mut self,
        registration: RegistrationId,
        id: &str,
        records: Vec<NewRecord>,
        options: BackgroundFetchOptions,
        active_worker: bool,
    ) -> (BackgroundFetchId, FetchAnswer) {
        let fetch = BackgroundFetchId(self.next_id);
        self.next_id += 1;
        let (reply, answer) = Reply::channel();
        let client = FetchClient {
            partition: partition(),
            url: page(),
            policy: PolicyContainer::default(),
            permission: self.permission,
            estimate: self.estimate,
        };
        let id = id.to_owned();
        let call = FetchCall { fetch, registration, active_worker, client, id, records, options, reply };
        self.input(Input::Call(Call::Fetch(Box::new(call))));
        (fetch, answer)
    }

    pub(crate) fn get(&mut self, id: &str) -> Option<BackgroundFetchInfo> {
        let (reply, answer) = Reply::channel();
        self.input(Input::Call(Call::Get { registration: HERE, id: id.to_owned(), reply }));
        answer.try_recv().expect("get() is answered at once")
    }

    pub(crate) fn ids(&mut self) -> Vec<String> {
        let (reply, answer) = Reply::channel();
        self.input(Input::Call(Call::GetIds { registration: HERE, reply }));
        answer.try_recv().expect("getIds() is answered at once")
    }

    pub(crate) fn abort(&mut self, fetch: BackgroundFetchId) {
        self.input(Input::Call(Call::Abort { fetch, reply: Reply::ignore() }));
    }

    pub(crate) fn matching(
        &mut self,
        fetch: BackgroundFetchId,
        query: Option<CacheQuery>,
        first_only: bool,
    ) -> Option<Vec<RecordInfo>> {
        let (reply, answer) = Reply::channel();
        self.input(Input::Call(Call::Match { fetch, query: query.map(Box::new), first_only, reply }));
        answer.try_recv().expect("match() is answered at once")
    }

    /// Scripts have taken in what they were told.
    pub(crate) fn sync_instances(&mut self) {
        for fetch in std::mem::take(&mut self.unsynced) {
            self.input(Input::InstancesSynced(fetch));
        }
    }

    pub(crate) fn response_ready(&mut self, record: RecordId) {
        self.input(Input::Call(Call::ResponseReady { record, reply: Reply::ignore() }));
    }

    pub(crate) fn ui(&mut self, fetch: BackgroundFetchId, action: UiAction) -> Result<(), UiActionError> {
        let (reply, answer) = Reply::channel();
        self.input(Input::Ui { fetch, action, reply });
        answer.try_recv().expect("the display is answered at once")
    }

    pub(crate) fn update_ui(&mut self, fetch: BackgroundFetchId, title: &str) {
        let title = Some(title.to_owned());
        self.input(Input::Call(Call::UpdateUi { fetch, title, icons: None, reply: Reply::ignore() }));
    }
}
