//! Asking the coordinator about service workers, and what its refusals are for a page.

use std::rc::Rc;

use bgfetch_js::{Exception, Fallible, Realm};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{JobError, ServiceWorkerMsg};

use crate::agent::{Agent, ReplyDropped};
use crate::environment::Environment;

/// Tells the coordinator something, as the environment of `realm`.
pub(crate) fn tell(realm: &Realm, message: ServiceWorkerMsg) {
    let environment = Environment::of(realm);
    environment.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(environment.id, message));
}

/// Asks the coordinator something, as the environment of `realm`.
pub(crate) async fn ask<T: Send + 'static>(
    realm: &Realm,
    message: impl FnOnce(Reply<T>) -> ServiceWorkerMsg,
) -> Fallible<T> {
    let environment = environment_of(realm)?;
    let answer = Agent::current().ask(|reply| {
        let message = CoordinatorMsg::ServiceWorker(environment.id, message(reply));
        environment.hosts.coordinator.send(message);
    });
    answer.await.map_err(gone)
}

/// The environment of a realm, for algorithms that go on after others have answered: it may be gone by then.
///
/// # Errors
/// An `AbortError`, which nobody sees any more.
pub(crate) fn environment_of(realm: &Realm) -> Fallible<Rc<Environment>> {
    Environment::try_of(realm).ok_or_else(|| Exception::dom("AbortError", "the document or worker is gone"))
}

/// [`ask`] for what may be refused.
pub(crate) async fn ask_job<T: Send + 'static>(
    realm: &Realm,
    message: impl FnOnce(Reply<Result<T, JobError>>) -> ServiceWorkerMsg,
) -> Fallible<T> {
    ask(realm, message).await?.map_err(job_exception)
}

/// What a page gets when whoever was asked is gone.
pub(crate) fn gone(dropped: ReplyDropped) -> Exception {
    Exception::dom("AbortError", dropped.to_string())
}

/// [Reject Job Promise](https://w3c.github.io/ServiceWorker/#reject-job-promise), and the like.
fn job_exception(error: JobError) -> Exception {
    match error {
        JobError::Security(message) => Exception::dom("SecurityError", message),
        JobError::Type(message) => Exception::type_error(message),
        JobError::Abort(message) => Exception::dom("AbortError", message),
        JobError::InvalidState(message) => Exception::dom("InvalidStateError", message),
    }
}
