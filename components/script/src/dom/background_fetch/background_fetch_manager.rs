//! [`BackgroundFetchManager`](https://wicg.github.io/background-fetch/#background-fetch-manager).

use bgfetch_js::{
    DomString, Exception, Fallible, Promise, Realm, Reflector, Root, Value, platform_object, trace_fields,
};
use bgfetch_traits::background_fetch::{self as traits, BackgroundFetchError, BackgroundFetchMsg, NewRecord};
use bgfetch_traits::fetch::RequestMode;
use bgfetch_traits::ids::RegistrationId;

use super::{ask, icons};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    BackgroundFetchManagerMethods, BackgroundFetchOptions, RequestInfo, RequestInit,
    RequestOrUsvStringOrRequestInfoSequence as Requests,
};
use crate::dom::cache::names;
use crate::dom::service_worker::objects;
use crate::dom::{BackgroundFetchRegistration, Request};
use crate::environment::Environment;

/// `BackgroundFetchManager`.
pub(crate) struct BackgroundFetchManager {
    reflector: Reflector,
    /// [Service worker registration](https://wicg.github.io/background-fetch/#backgroundfetchmanager-service-worker-registration).
    registration: RegistrationId,
}

trace_fields!(BackgroundFetchManager {});
platform_object!(BackgroundFetchManager);

impl BackgroundFetchManager {
    pub(crate) const fn new(registration: RegistrationId) -> Self {
        Self { reflector: Reflector::new(), registration }
    }
}

/// Step 6 of `fetch()`, for one request.
fn new_record(realm: &Realm, request: RequestInfo) -> Fallible<NewRecord> {
    // Step 6.1.
    let request = Request::from_info(realm, request, RequestInit::default())?;
    let head = request.head();
    // Step 6.2.
    if head.mode == RequestMode::NoCors {
        let message = format!(
            "the request for {} has the mode \"no-cors\", whose response nobody could read",
            head.url
        );
        return Err(Exception::type_error(message));
    }
    // Steps 6.3 to 6.5. The client is no part of what is stored.
    let body = request.take_body(realm)?;
    Ok(NewRecord { request: head, body })
}

/// What a page gets for a refusal.
fn exception(error: &BackgroundFetchError) -> Exception {
    let message = error.to_string();
    match error {
        BackgroundFetchError::NotAllowed => Exception::dom("NotAllowedError", message),
        BackgroundFetchError::QuotaExceeded { quota, requested } => {
            #[expect(clippy::cast_precision_loss, reason = "a page gets doubles")]
            let (quota, requested) = (*quota as f64, *requested as f64);
            Exception::quota_exceeded(message, Some(quota), Some(requested))
        }
        BackgroundFetchError::NoActiveWorker
        | BackgroundFetchError::DuplicateId(_)
        | BackgroundFetchError::RequestBody { .. }
        | BackgroundFetchError::Storage(_) => Exception::type_error(message),
    }
}

impl BackgroundFetchManagerMethods for BackgroundFetchManager {
    /// [`fetch()`](https://wicg.github.io/background-fetch/#background-fetch-manager-fetch)
    fn fetch(
        &self,
        realm: &Realm,
        id: DomString,
        requests: Requests,
        options: BackgroundFetchOptions,
    ) -> Fallible<Promise<Root<BackgroundFetchRegistration>>> {
        // Step 4.
        let requests = match requests {
            Requests::Request(request) => vec![RequestInfo::Request(request)],
            Requests::UsvString(url) => vec![RequestInfo::UsvString(url)],
            Requests::RequestInfoSequence(requests) => requests,
        };
        // Step 5.
        if requests.is_empty() {
            return Err(Exception::type_error("a background fetch needs at least one request"));
        }
        // Step 6.
        let records: Fallible<Vec<_>> =
            requests.into_iter().map(|request| new_record(realm, request)).collect();
        let records = records?;
        // Step 8.1, as the page sees it now; the coordinator looks again when it gets the call.
        let known = objects::known_registration(realm, self.registration)?;
        if known.is_some_and(|known| !known.has_active_worker()) {
            return Err(Exception::type_error("the service worker registration has no active worker"));
        }
        let environment = Environment::of(realm);
        let ui = options.parent;
        let options = traits::BackgroundFetchOptions {
            title: ui.title.map(DomString::into_string).unwrap_or_default(),
            icons: icons::resolve(&environment, ui.icons.unwrap_or_default()),
            download_total: options.download_total,
        };
        // Steps 7 to 9: what needs the permission, the active worker, the map of background fetches and storage is the
        // coordinator's.
        let (registration, client, owner) = (self.registration, environment.id, realm.clone());
        let id = names::to_text(&id);
        let policy = environment.policy.borrow().clone();
        Agent::current().promise(TaskSource::BackgroundFetch, realm, async move {
            let answer = ask(&owner, |reply| BackgroundFetchMsg::Fetch {
                registration,
                client,
                policy,
                id,
                records,
                options,
                reply,
            });
            let info = answer.await?.map_err(|error| exception(&error))?;
            // Step 8.16.1.
            objects::background_fetch(&owner, &info)
        })
    }

    /// [`get()`](https://wicg.github.io/background-fetch/#background-fetch-manager-get)
    fn get(
        &self,
        realm: &Realm,
        id: DomString,
    ) -> Fallible<Promise<Option<Root<BackgroundFetchRegistration>>>> {
        // Not in the text: the official tests want it.
        if id.is_empty() {
            return Err(Exception::type_error("the id of a background fetch is not empty"));
        }
        let (registration, owner) = (self.registration, realm.clone());
        let id = names::to_text(&id);
        let promise = Promise::new(realm)?;
        let resolved = promise.clone();
        Agent::current().spawn(TaskSource::BackgroundFetch, realm, async move {
            match ask(&owner, |reply| BackgroundFetchMsg::Get { registration, id, reply }).await {
                // Step 3. (The IDL says null, the text and every implementation undefined.)
                Ok(None) => resolved.resolve_with(&owner, &Value::UNDEFINED),
                // Step 4. The messages of the coordinator come in order: no progress is missed.
                Ok(Some(info)) => resolved.resolve(&owner, Some(objects::background_fetch(&owner, &info)?)),
                Err(exception) => resolved.reject(&owner, exception),
            }
            Ok(())
        });
        Ok(promise)
    }

    /// [`getIds()`](https://wicg.github.io/background-fetch/#background-fetch-manager-get-ids)
    fn get_ids(&self, realm: &Realm) -> Fallible<Promise<Vec<DomString>>> {
        let (registration, owner) = (self.registration, realm.clone());
        Agent::current().promise(TaskSource::BackgroundFetch, realm, async move {
            let ids = ask(&owner, |reply| BackgroundFetchMsg::GetIds { registration, reply }).await?;
            Ok(ids.iter().map(|id| names::from_text(id)).collect())
        })
    }
}
