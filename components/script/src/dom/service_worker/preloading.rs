//! [Navigation preload](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm), as the thread of the
//! worker that gets the response does it.

use bgfetch_js::{Exception, Fallible, Promise, Realm, ToJs, Value};
use bgfetch_traits::fetch::{Request as NetRequest, ResponseType};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::redirect::is_redirect_status;

use crate::agent::{Agent, TaskSource};
use crate::dom::Response;
use crate::environment::Environment;
use crate::fetching;
use crate::reporting_timing::TimingReport;

/// [Create Fetch Event and Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm), step 7: gives the
/// promise of the response. Whoever aborts the navigation aborts the preload, too.
pub(super) fn start(
    realm: &Realm,
    request: &NetRequest,
    header: Vec<u8>,
    cancel: CancelHandle,
) -> Fallible<Promise<Value>> {
    // Steps 7.1 to 7.5: only navigations without a body come here.
    let mut head = request.head.clone();
    head.headers.append("Service-Worker-Navigation-Preload", header);
    let preload = NetRequest { head, client: request.client.clone(), body: None, priority: request.priority };
    let promise = Promise::new(realm)?;
    // A page that does not look at it need not handle its rejection.
    promise.mark_as_handled();
    let (settled, owner) = (promise.clone(), realm.clone());
    let environment = Environment::of(realm);
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        let url = preload.head.url.clone();
        let report = TimingReport::begin(&environment, &preload, Some("navigation"));
        let timing = report.as_ref().and_then(|report| report.reply(false));
        match fetching::from_network(&environment, preload, cancel, None, timing).await {
            Ok(mut response) => {
                if let Some(report) = report {
                    report.attach(&mut response);
                }
                // Whoever navigates follows redirects: for a worker, they are opaque.
                if is_redirect_status(response.head.status) {
                    response.head.kind = ResponseType::OpaqueRedirect;
                }
                settled.resolve(&owner, Response::create(&owner, response)?.to_js(&owner)?);
            }
            Err(error) => {
                let message = format!("the preload of {url} failed: {error}");
                settled.reject(&owner, Exception::type_error(message));
            }
        }
        Ok(())
    });
    Ok(promise)
}
