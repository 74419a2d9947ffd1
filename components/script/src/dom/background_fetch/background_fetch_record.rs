//! [`BackgroundFetchRecord`](https://wicg.github.io/background-fetch/#background-fetch-record-interface).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, Promise, Realm, Reflector, Root, Trace, Traced, Tracer, platform_object,
    trace_fields,
};
use bgfetch_traits::background_fetch::{BackgroundFetchMsg, RecordInfo, RecordResult};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{RequestBody, Response as NetResponse, ResponseHead};
use bgfetch_traits::ids::RecordId;
use bgfetch_traits::storage::{BodyMsg, PartitionMsg, StoredBody};

use super::ask;
use crate::agent::{Agent, TaskSource};
use crate::bindings::BackgroundFetchRecordMethods;
use crate::dom::cache::storage_exception;
use crate::dom::fetch::body::Body;
use crate::dom::fetch::headers::Guard;
use crate::dom::service_worker::asking::{environment_of, gone};
use crate::dom::{Request, Response};

/// `BackgroundFetchRecord`.
pub(crate) struct BackgroundFetchRecord {
    reflector: Reflector,
    request: Member<Request>,
    response: RefCell<ResponsePromise>,
}

/// The [response promise](https://wicg.github.io/background-fetch/#backgroundfetchrecord-response-promise). It is made when a
/// page asks for it, so that one that nobody looks at is not reported as an unhandled rejection.
enum ResponsePromise {
    /// The response is not there, and nobody asked.
    Waiting,
    /// The response is there, and nobody asked.
    Settled(Result<Member<Response>, Exception>),
    /// Somebody asked.
    Made(Traced<Promise<Root<Response>>>),
}

impl Trace for ResponsePromise {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            // (An exception here is none of script's.)
            Self::Waiting | Self::Settled(Err(_)) => {}
            Self::Settled(Ok(response)) => response.trace(tracer),
            Self::Made(promise) => promise.trace(tracer),
        }
    }
}

trace_fields!(BackgroundFetchRecord { request, response });
platform_object!(BackgroundFetchRecord);

impl BackgroundFetchRecord {
    /// [Create record objects](https://wicg.github.io/background-fetch/#create-record-objects), for one record.
    pub(super) async fn create(realm: &Realm, info: RecordInfo) -> Fallible<Root<Self>> {
        // Steps 2.4 and 2.5.
        let body = match info.request_body {
            None => None,
            Some(stored) => Some(Body::of_request_body(realm, open(realm, stored).await?)?),
        };
        let request = Request::create(realm, info.request, body, Guard::Immutable, None)?;
        // Steps 2.2 and 2.3.
        let record = realm.wrap(Self {
            reflector: Reflector::new(),
            request: request.into(),
            response: RefCell::new(ResponsePromise::Waiting),
        })?;
        // Step 2.9.
        let (this, owner) = (record.clone(), realm.clone());
        Agent::current().spawn(TaskSource::Networking, realm, async move {
            let response = response(&owner, info.record).await;
            this.settle(&owner, response);
            Ok(())
        });
        Ok(record)
    }

    fn settle(&self, realm: &Realm, result: Fallible<Root<Response>>) {
        let promise = match &*self.response.borrow() {
            ResponsePromise::Made(promise) => Some((**promise).clone()),
            _ => None,
        };
        match (promise, result) {
            (Some(promise), Ok(response)) => promise.resolve(realm, response),
            (Some(promise), Err(exception)) => promise.reject(realm, exception),
            (None, result) => {
                self.response.replace(ResponsePromise::Settled(result.map(Into::into)));
            }
        }
    }
}

/// The body of a record's request, as it is stored.
async fn open(realm: &Realm, stored: StoredBody) -> Fallible<RequestBody> {
    let storage = environment_of(realm)?.hosts.storage.clone();
    let length = Some(stored.length);
    let answer = Agent::current().ask(|reply| {
        let open = BodyMsg::Open { body: stored.body, offset: 0, follow: false, reply };
        storage.partition(&stored.partition, PartitionMsg::Body(open));
    });
    let reader = answer.await.map_err(gone)?.map_err(|error| storage_exception(&error))?;
    Ok(RequestBody::Stream { reader, length })
}

/// Step 2.9: the response, once there is one.
async fn response(realm: &Realm, record: RecordId) -> Fallible<Root<Response>> {
    // Step 2.9.1.
    match ask(realm, |reply| BackgroundFetchMsg::ResponseReady { record, reply }).await? {
        Ok((head, body)) => exposed(realm, head, body),
        // Step 2.9.3.
        Err(RecordResult::Aborted) => Err(Exception::dom("AbortError", "the background fetch was aborted")),
        // Step 2.9.4: why is not told, as it may be what CORS hides.
        Err(_) => Err(Exception::type_error("there is no response for this request")),
    }
}

/// Step 2.9.2.
fn exposed(realm: &Realm, mut head: ResponseHead, body: BodyReader) -> Fallible<Root<Response>> {
    // Steps 2.9.2.2 and 2.9.2.3.
    head.headers.delete("Content-Range");
    head.headers.delete("Content-Length");
    // Steps 2.9.2.4 to 2.9.2.6.
    Response::create(realm, NetResponse::new(head, Some(body)))
}

impl BackgroundFetchRecordMethods for BackgroundFetchRecord {
    fn request(&self, _: &Realm) -> Fallible<Root<Request>> {
        Ok((*self.request).clone())
    }

    fn response_ready(&self, realm: &Realm) -> Fallible<Promise<Root<Response>>> {
        if let ResponsePromise::Made(promise) = &*self.response.borrow() {
            return Ok((**promise).clone());
        }
        let promise = Promise::new(realm)?;
        match self.response.replace(ResponsePromise::Made(promise.clone().into())) {
            ResponsePromise::Settled(Ok(response)) => promise.resolve(realm, response.into_inner()),
            ResponsePromise::Settled(Err(exception)) => promise.reject(realm, exception),
            ResponsePromise::Waiting | ResponsePromise::Made(_) => {}
        }
        Ok(promise)
    }
}
