//! [`BackgroundFetchRegistration`](https://wicg.github.io/background-fetch/#background-fetch-registration).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Promise, Realm, Root, Value, platform_object, trace_fields,
};
use bgfetch_traits::background_fetch::{
    self as traits, BackgroundFetchInfo, BackgroundFetchMsg, BackgroundFetchProgress,
};
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::storage::CacheQuery;

use super::ask;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    BackgroundFetchFailureReason, BackgroundFetchRegistrationMethods, BackgroundFetchResult,
    CacheQueryOptions, RequestInfo, RequestInit,
};
use crate::dom::cache::names;
use crate::dom::events::event;
use crate::dom::service_worker::objects;
use crate::dom::{BackgroundFetchRecord, EventTarget, Request};

/// `BackgroundFetchRegistration`.
pub(crate) struct BackgroundFetchRegistration {
    event_target: EventTarget,
    /// [Background fetch](https://wicg.github.io/background-fetch/#backgroundfetchregistration-background-fetch).
    fetch: BackgroundFetchId,
    id: DomString,
    upload_total: u64,
    download_total: u64,
    progress: RefCell<BackgroundFetchProgress>,
}

trace_fields!(BackgroundFetchRegistration { event_target });
platform_object!(BackgroundFetchRegistration: EventTarget via event_target);

/// What is told of a background fetch: [update background fetch
/// instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm), step 6.
pub(crate) fn background_fetch_changed(
    realm: &Realm,
    fetch: BackgroundFetchId,
    progress: BackgroundFetchProgress,
) -> Fallible<()> {
    // Steps 6.1 and 6.2.
    match objects::known_background_fetch(realm, fetch)? {
        Some(registration) => registration.update(realm, progress),
        None => Ok(()),
    }
}

impl BackgroundFetchRegistration {
    pub(crate) fn new(info: &BackgroundFetchInfo) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            fetch: info.fetch,
            id: names::from_text(&info.id),
            upload_total: info.upload_total,
            download_total: info.download_total,
            progress: RefCell::new(info.progress.clone()),
        }
    }

    /// The background fetch that it is of.
    pub(super) const fn background_fetch(&self) -> BackgroundFetchId {
        self.fetch
    }

    /// [Update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm),
    /// from step 6.3 on.
    fn update(&self, realm: &Realm, new: BackgroundFetchProgress) -> Fallible<()> {
        {
            let mut progress = self.progress.borrow_mut();
            // Step 6.3.
            progress.records_available &= new.records_available;
            // Step 6.4.
            if progress.result != traits::BackgroundFetchResult::Empty {
                return Ok(());
            }
            // Steps 6.5 to 6.9.
            let new = BackgroundFetchProgress { records_available: progress.records_available, ..new };
            if *progress == new {
                return Ok(());
            }
            *progress = new;
        }
        // Step 6.10.
        event::fire(realm, self, "progress")?;
        Ok(())
    }

    /// [`matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all), steps 1 and 3.
    fn matching(
        &self,
        realm: &Realm,
        request: Option<RequestInfo>,
        options: &CacheQueryOptions,
        match_all: bool,
    ) -> Fallible<impl Future<Output = Fallible<Vec<Root<BackgroundFetchRecord>>>> + 'static + use<>> {
        let unavailable =
            || Exception::dom("InvalidStateError", "the records of the background fetch are gone");
        // Step 1.
        if !self.progress.borrow().records_available {
            return Err(unavailable());
        }
        let query = match request {
            None => None,
            Some(request) => Some(CacheQuery {
                request: Request::from_info(realm, request, RequestInit::default())?.head(),
                ignore_search: options.ignore_search,
                ignore_method: options.ignore_method,
                ignore_vary: options.ignore_vary,
            }),
        };
        let (fetch, owner) = (self.fetch, realm.clone());
        Ok(async move {
            // Step 3.2.
            let infos =
                ask(&owner, |reply| BackgroundFetchMsg::Match { fetch, query, match_all, reply }).await?;
            let infos = infos.ok_or_else(unavailable)?;
            // Step 3.3.
            BackgroundFetchRecord::create_all(&owner, infos).await
        })
    }
}

impl BackgroundFetchRegistrationMethods for BackgroundFetchRegistration {
    fn id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.id.clone())
    }

    fn upload_total(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.upload_total)
    }

    fn uploaded(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.progress.borrow().uploaded)
    }

    fn download_total(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.download_total)
    }

    fn downloaded(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.progress.borrow().downloaded)
    }

    fn result(&self, _: &Realm) -> Fallible<BackgroundFetchResult> {
        Ok(match self.progress.borrow().result {
            traits::BackgroundFetchResult::Empty => BackgroundFetchResult::Empty,
            traits::BackgroundFetchResult::Success => BackgroundFetchResult::Success,
            traits::BackgroundFetchResult::Failure => BackgroundFetchResult::Failure,
        })
    }

    fn failure_reason(&self, _: &Realm) -> Fallible<BackgroundFetchFailureReason> {
        use traits::BackgroundFetchFailureReason as Reason;
        Ok(match self.progress.borrow().failure_reason {
            Reason::Empty => BackgroundFetchFailureReason::Empty,
            Reason::Aborted => BackgroundFetchFailureReason::Aborted,
            Reason::BadStatus => BackgroundFetchFailureReason::BadStatus,
            Reason::FetchError => BackgroundFetchFailureReason::FetchError,
            Reason::QuotaExceeded => BackgroundFetchFailureReason::QuotaExceeded,
            Reason::DownloadTotalExceeded => BackgroundFetchFailureReason::DownloadTotalExceeded,
        })
    }

    fn records_available(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.progress.borrow().records_available)
    }

    /// [`abort()`](https://wicg.github.io/background-fetch/#background-fetch-registration-abort)
    fn abort(&self, realm: &Realm) -> Fallible<Promise<bool>> {
        let (fetch, owner) = (self.fetch, realm.clone());
        Agent::current().promise(TaskSource::BackgroundFetch, realm, async move {
            ask(&owner, |reply| BackgroundFetchMsg::Abort { fetch, reply }).await
        })
    }

    /// [`match()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match)
    fn match_(
        &self,
        realm: &Realm,
        request: RequestInfo,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<Root<BackgroundFetchRecord>>> {
        let matching = self.matching(realm, Some(request), &options, false)?;
        let promise = Promise::new(realm)?;
        let (resolved, owner) = (promise.clone(), realm.clone());
        Agent::current().spawn(TaskSource::BackgroundFetch, realm, async move {
            match matching.await.map(|records| records.into_iter().next()) {
                Ok(Some(record)) => resolved.resolve(&owner, record),
                // The first of no matches.
                Ok(None) => resolved.resolve_with(&owner, &Value::UNDEFINED),
                Err(exception) => resolved.reject(&owner, exception),
            }
            Ok(())
        });
        Ok(promise)
    }

    /// [`matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all)
    fn match_all(
        &self,
        realm: &Realm,
        request: Option<RequestInfo>,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<Vec<Root<BackgroundFetchRecord>>>> {
        let matching = self.matching(realm, request, &options, true)?;
        Agent::current().promise(TaskSource::BackgroundFetch, realm, matching)
    }
}
