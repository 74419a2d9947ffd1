//! [`BackgroundFetchRecord`](https://wicg.github.io/background-fetch/#background-fetch-record-interface).

use std::cell::RefCell;

use bgfetch_js::{
    Exception, Fallible, Member, Promise, Realm, Reflector, Root, Trace, Traced, Tracer, platform_object,
    trace_fields,
};
use bgfetch_traits::background_fetch::{BackgroundFetchMsg, RecordInfo, RecordResult};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{RequestBody, RequestHead, Response as NetResponse, ResponseHead};
use bgfetch_traits::storage::{BodyMsg, PartitionMsg, StoredBody};

use super::{Asked, ask};
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
    /// [Create record objects](https://wicg.github.io/background-fetch/#create-settled-fetches-algorithm).
    ///
    /// They keep what they are of. So all that is stored of it is asked for at once, within the task that has the
    /// answer to `match()`: the coordinator gives the records up when it knows that this task has run.
    pub(super) fn create_all(
        realm: &Realm,
        infos: Vec<RecordInfo>,
    ) -> impl Future<Output = Fallible<Vec<Root<Self>>>> + use<> {
        let owner = realm.clone();
        let begun: Vec<_> = infos.into_iter().map(|info| Begun::new(realm, info)).collect();
        async move {
            let mut records = Vec::with_capacity(begun.len());
            for record in begun {
                records.push(Self::create(&owner, record).await?);
            }
            Ok(records)
        }
    }

    /// Step 2, for one record.
    async fn create(realm: &Realm, begun: Begun) -> Fallible<Root<Self>> {
        // Steps 2.4 and 2.5.
        let body = match begun.request_body {
            None => None,
            Some(body) => Some(Body::of_request_body(realm, body.await?)?),
        };
        let request = Request::create(realm, begun.request, body, Guard::Immutable, None)?;
        // Steps 2.2 and 2.3.
        let record = realm.wrap(Self {
            reflector: Reflector::new(),
            request: request.into(),
            response: RefCell::new(ResponsePromise::Waiting),
        })?;
        // Step 2.9.
        let (this, owner) = (record.clone(), realm.clone());
        Agent::current().spawn(TaskSource::Networking, realm, async move {
            let response = response(&owner, begun.response).await;
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

/// A record object that is being made.
struct Begun {
    request: RequestHead,
    request_body: Option<Asked<RequestBody>>,
    response: Asked<Result<(ResponseHead, BodyReader), RecordResult>>,
}

impl Begun {
    fn new(realm: &Realm, info: RecordInfo) -> Self {
        let record = info.record;
        Self {
            request: info.request,
            request_body: info.request_body.map(|stored| open(realm, stored)),
            response: ask(realm, |reply| BackgroundFetchMsg::ResponseReady { record, reply }),
        }
    }
}

/// The body of a record's request, as it is stored.
fn open(realm: &Realm, stored: StoredBody) -> Asked<RequestBody> {
    let length = Some(stored.length);
    let answer = environment_of(realm).map(|environment| {
        Agent::current().ask(|reply| {
            let open = BodyMsg::Open { body: stored.body, offset: 0, follow: false, reply };
            environment.hosts.storage.partition(&stored.partition, PartitionMsg::Body(open));
        })
    });
    Box::pin(async move {
        let reader = answer?.await.map_err(gone)?.map_err(|error| storage_exception(&error))?;
        Ok(RequestBody::Stream { reader, length })
    })
}

/// Step 2.9: the response, once there is one.
async fn response(
    realm: &Realm,
    asked: Asked<Result<(ResponseHead, BodyReader), RecordResult>>,
) -> Fallible<Root<Response>> {
    // Step 2.9.1.
    match asked.await? {
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
