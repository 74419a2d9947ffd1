//! One [fetch](https://fetch.spec.whatwg.org/#concept-fetch), from its message to the end of its body.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use bgfetch_traits::body::{BodyError, BodyReader, DEFAULT_CAPACITY, pipe};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, Priority, Request, Response, ResponseHead};
use bgfetch_traits::net::{CancelHandle, UploadProgress};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::timing::FetchTiming;
use tokio::sync::{Notify, watch};

use super::InternalResponse;
use super::body::{DecodedBody, DeliveryError, deliver, integrity_mismatch};
use super::integrity::IntegrityCheck;
use super::main_fetch::main_fetch;
use super::request::{FetchParams, FetchRequest};
use crate::context::{Net, ThreadState};
use crate::http_cache::Recording;

/// A foreground response with integrity metadata is read as a whole before anyone sees it, up to so many bytes.
const LONGEST_CHECKED: usize = 256 * 1024 * 1024;

/// What a [`bgfetch_traits::net::NetMsg::Fetch`] carries.
pub(crate) struct FetchTask {
    pub(crate) request: Request,
    pub(crate) cancel: CancelHandle,
    pub(crate) upload_progress: Option<UploadProgress>,
    pub(crate) timing: Option<Reply<FetchTiming>>,
    pub(crate) reply: Reply<Result<Response, NetworkError>>,
}

/// Runs a fetch: answers with the response's head or a network error, then delivers the body.
#[tracing::instrument(name = "fetch", skip_all, fields(method = %task.request.head.method, url = %task.request.head.url))]
pub(crate) async fn run(net: Rc<Net>, task: FetchTask) {
    let FetchTask { request, cancel, upload_progress, timing, reply } = task;
    let needs_network = matches!(request.head.url.scheme(), "http" | "https");
    let mut interrupts = Interrupts::new(&net, &cancel, needs_network);
    // Boxed: it is as large as all the rest.
    let mut params = Box::new(FetchParams::new(net, request, upload_progress));
    // Boxed, so that the memory for all the algorithms' state is gone while the body is delivered.
    let fetched = interrupts.unless_interrupted(Box::pin(fetch(&mut params))).await;
    let (response, body) = match fetched.and_then(|fetched| fetched) {
        Ok(ready) => ready,
        Err(error) => {
            tracing::debug!(%error, kind = ?error.kind, "failed");
            if let Some(timing) = timing.filter(|_| error.kind != NetworkErrorKind::Aborted) {
                timing.send(params.timer.report(&params.request, None, 0));
            }
            reply.send(Err(error));
            return;
        }
    };
    let (head, report) = (response.head.clone(), |head: &ResponseHead, length| {
        if let Some(timing) = timing {
            timing.send(params.timer.report(&params.request, Some(head), length));
        }
    });
    let Delivery { mut body, check, recording } = match body {
        Rest::Delivery(delivery) => *delivery,
        Rest::Nothing(length) => {
            report(&head, length);
            reply.send(Ok(response));
            return;
        }
    };
    let (mut writer, reader) = pipe(DEFAULT_CAPACITY);
    reply.send(Ok(Response { body: Some(reader), ..response }));
    let delivered = interrupts.unless_interrupted(deliver(&mut body, &mut writer, check, recording)).await;
    let end = match delivered {
        Ok(Ok(length)) => {
            report(&head, length);
            Ok(())
        }
        // Nobody is there to be told.
        Ok(Err(DeliveryError::Closed)) => Err(BodyError::Aborted),
        Err(error) if error.kind == NetworkErrorKind::Aborted => Err(BodyError::Aborted),
        Ok(Err(DeliveryError::Network(error))) | Err(error) => Err(BodyError::Network(error)),
    };
    if let Err(error) = &end {
        tracing::debug!(%error, "the body ended early");
    }
    writer.finish(end);
}

/// What is left to do when the head is there.
enum Rest {
    /// Nothing: a body of so many bytes is there as well.
    Nothing(u64),
    Delivery(Box<Delivery>),
}

/// A body that is to be delivered after the head.
struct Delivery {
    body: DecodedBody,
    check: Option<IntegrityCheck>,
    recording: Option<Box<Recording>>,
}

/// Fetch, up to the [response handover](https://fetch.spec.whatwg.org/#fetch-finale).
async fn fetch(params: &mut FetchParams) -> Result<(Response, Rest), NetworkError> {
    set_default_headers(params);
    let InternalResponse { head, body } = main_fetch(params).await?;
    let policy = PolicyContainer::of_response(&head);
    let body = DecodedBody::of(body, &head.headers);
    let mut recording = params.recording.take();
    if body.is_none()
        && let Some(recording) = recording.take()
    {
        recording.finish();
    }
    let mut response = Response { head, body: None, policy };
    // Main fetch, step 23.
    let request = &params.request;
    let Some(mut check) = IntegrityCheck::of(&request.head.integrity) else {
        let delivery = body.map(|body| Delivery { body, check: None, recording });
        return Ok((
            response,
            delivery.map_or(Rest::Nothing(0), |delivery| Rest::Delivery(Box::new(delivery))),
        ));
    };
    let eligible = !matches!(
        response.head.kind,
        bgfetch_traits::fetch::ResponseType::Opaque | bgfetch_traits::fetch::ResponseType::OpaqueRedirect
    );
    let Some(body) = body.filter(|_| eligible) else { return Err(integrity_mismatch()) };
    if request.priority == Priority::Background {
        // Such bodies go to storage and may be larger than memory: their last piece waits for the verdict.
        return Ok((response, Rest::Delivery(Box::new(Delivery { body, check: Some(check), recording }))));
    }
    let bytes = body.read_all(LONGEST_CHECKED).await?;
    if let Some(mut recording) = recording {
        recording.push(&bytes);
        recording.finish();
    }
    check.update(&bytes);
    if !check.matches() {
        return Err(integrity_mismatch());
    }
    let length = bytes.len() as u64;
    response.body = Some(BodyReader::from_bytes(bytes));
    Ok((response, Rest::Nothing(length)))
}

/// Fetch, steps 12 to 14: `Accept` and `Accept-Language`.
pub(crate) fn set_default_headers(params: &mut FetchParams) {
    let FetchRequest { head, .. } = &mut params.request;
    head.set_default_accept();
    if !head.headers.contains("accept-language") {
        head.headers.append("Accept-Language", params.net.agent.accept_language.as_str());
    }
}

/// What ends a fetch from outside.
pub(crate) struct Interrupts {
    cancel: CancelHandle,
    cancelled: Arc<Notify>,
    state: watch::Receiver<ThreadState>,
    went_offline: u64,
    needs_network: bool,
}

impl Interrupts {
    pub(crate) fn new(net: &Net, cancel: &CancelHandle, needs_network: bool) -> Self {
        let cancelled = Arc::new(Notify::new());
        let wake = Arc::clone(&cancelled);
        // A permit is kept if nobody waits just then.
        cancel.on_cancel(move || wake.notify_one());
        let state = net.state.subscribe();
        let went_offline = state.borrow().went_offline;
        Self { cancel: cancel.clone(), cancelled, state, went_offline, needs_network }
    }

    /// Runs `work` to its end, unless something interrupts it.
    pub(crate) async fn unless_interrupted<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, NetworkError> {
        if self.cancel.is_cancelled() {
            return Err(aborted());
        }
        let (needs_network, went_offline) = (self.needs_network, self.went_offline);
        let stops = |state: &ThreadState| {
            state.ending || (needs_network && (!state.online || state.went_offline != went_offline))
        };
        tokio::select! {
            biased;
            () = self.cancelled.notified() => Err(aborted()),
            state = self.state.wait_for(stops) => Err(match state {
                Ok(state) if !state.ending => {
                    NetworkError::new(NetworkErrorKind::Unreachable, "the machine is offline")
                }
                _ => NetworkError::new(NetworkErrorKind::Aborted, "the network thread ends"),
            }),
            done = work => Ok(done),
        }
    }
}

fn aborted() -> NetworkError {
    NetworkError::new(NetworkErrorKind::Aborted, "the fetch was cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `make` gives would have so many bytes.
    fn size_of_result<A, B, R>(_make: impl Fn(A, B) -> R) -> usize {
        size_of::<R>()
    }

    fn size_of_future<'a, R>(_make: impl Fn(&'a mut FetchParams) -> R) -> usize {
        size_of::<R>()
    }

    #[test]
    fn a_thousand_waiting_fetches_cost_a_few_mebibytes() {
        assert!(size_of_result(run) < 6 * 1024, "{}", size_of_result(run));
        assert!(size_of_future(fetch) < 4 * 1024, "{}", size_of_future(fetch));
    }
}
