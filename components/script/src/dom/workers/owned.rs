//! Objects of this thread that stand for workers, and what happens to those.

use std::cell::RefCell;
use std::collections::HashMap;

use bgfetch_js::{DomString, ErrorLocation, Exception, Fallible, Realm, Root, Value};
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, NetworkError, Priority, Request, RequestHead, Response,
};
use bgfetch_traits::worker::{PortOnItsWay, WorkerError, WorkerEvent, WorkerObjectId, WorkerRequest};
use url::Url;

use crate::bindings::{WorkerOptions, WorkerType};
use crate::dom::events::{error_event, event};
use crate::dom::file::blob_url;
use crate::dom::messaging::channel::PortHandle;
use crate::dom::{EventTarget, Worker};
use crate::environment::Environment;
use crate::report;

thread_local! {
    /// They live as long as their workers do: events may come.
    static OBJECTS: RefCell<HashMap<WorkerObjectId, (Realm, Root<EventTarget>)>> = RefCell::default();
}

/// Keeps an object until its worker has ended.
pub(super) fn add(realm: &Realm, id: WorkerObjectId, object: Root<EventTarget>) {
    OBJECTS.with_borrow_mut(|objects| objects.insert(id, (realm.clone(), object)));
}

/// Forgets an object: its worker has ended.
pub(super) fn remove(id: WorkerObjectId) {
    let removed = OBJECTS.with_borrow_mut(|objects| objects.remove(&id));
    drop(removed);
}

/// Lets go of the objects of a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let gone: Vec<_> =
        OBJECTS.with_borrow_mut(|objects| objects.extract_if(|_, (owner, _)| owner.is_same(realm)).collect());
    drop(gone);
}

/// Something happened to a worker of this realm.
pub(crate) fn happened(realm: &Realm, id: WorkerObjectId, event: WorkerEvent) -> Fallible<()> {
    let found = OBJECTS.with_borrow(|objects| objects.get(&id).map(|(_, object)| object.clone()));
    // It was terminated.
    let Some(object) = found else { return Ok(()) };
    match event {
        // [Run a worker](https://html.spec.whatwg.org/multipage/workers.html#run-a-worker), on the failure of its script.
        WorkerEvent::Failed(why) => {
            let environment = Environment::of(realm);
            report::to_console(&environment, ConsoleLevel::Error, why, &ErrorLocation::default());
            event::fire(realm, &*object, "error").map(drop)
        }
        // [Report an exception](https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception), for dedicated
        // workers.
        WorkerEvent::Error(error) => {
            let WorkerError { message, file, line, column } = error.clone();
            let location = ErrorLocation { file, line, column, ..ErrorLocation::default() };
            if !error_event::fire(realm, &object, &message, &location, &Value::NULL) {
                report::report_of_worker(realm, error);
            }
            Ok(())
        }
        WorkerEvent::Ended => {
            if let Some(worker) = object.downcast::<Worker>() {
                worker.ended();
            }
            remove(id);
            Ok(())
        }
    }
}

/// What the constructors of workers have in common.
///
/// # Errors
/// A `SyntaxError` for what is not a URL.
pub(super) fn request(
    realm: &Realm,
    script_url: &str,
    options: WorkerOptions,
    destination: Destination,
    (object, port): (WorkerObjectId, PortHandle),
) -> Fallible<Box<WorkerRequest>> {
    let environment = Environment::of(realm);
    let url = environment.parse_url(script_url).map_err(|error| {
        Exception::dom("SyntaxError", format!("the script URL {script_url:?} is not a URL: {error}"))
    })?;
    Ok(Box::new(WorkerRequest {
        response: blob_response(&environment, &url, destination),
        url,
        name: DomString::into_string(options.name),
        worker_type: match options.type_ {
            WorkerType::Classic => bgfetch_traits::service_worker::WorkerType::Classic,
            WorkerType::Module => bgfetch_traits::service_worker::WorkerType::Module,
        },
        credentials: CredentialsMode::parse(options.credentials.as_str()).unwrap_or_default(),
        outside: Box::new(environment.client()),
        agent_cluster: Some(environment.agent_cluster.clone()),
        object,
        port: PortOnItsWay(Box::new(port)),
    }))
}

/// What a [blob URL](https://w3c.github.io/FileAPI/#blob-url-resolve) stands for now.
fn blob_response(
    environment: &Environment,
    url: &Url,
    destination: Destination,
) -> Option<Result<Response, NetworkError>> {
    if url.scheme() != "blob" {
        return None;
    }
    let request = Request {
        head: RequestHead { destination, ..RequestHead::get(url.clone()) },
        client: environment.client(),
        body: None,
        priority: Priority::Foreground,
    };
    Some(blob_url::fetch(&request, None))
}
