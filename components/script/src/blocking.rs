//! What a script waits for: fetching by `importScripts()`, of modules that only `eval()` names, by synchronous
//! `XMLHttpRequest`s; and `localStorage`, the first time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, Request, Response, ResponseHead};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg};
use bgfetch_traits::timing::FetchTiming;
use bytes::Bytes;
use crossbeam_channel::{Receiver, TryRecvError};

use crate::agent::Agent;
use crate::environment::Environment;
use crate::fetching;
use crate::redirecting::Asked;
use crate::reporting_timing::{TimingReport, tell_of_workers_response};

/// Bytes that a body may have for which a script waits.
const MAX_BODY: usize = 256 << 20;

/// How often a thread that waits looks whether it is told to stop.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// A response that is there as a whole.
#[derive(Debug)]
pub(crate) struct Whole {
    /// Its head, unfiltered.
    pub(crate) head: ResponseHead,
    /// Its policies.
    pub(crate) policy: PolicyContainer,
    /// All of its body; `None` is a null body.
    pub(crate) body: Option<Bytes>,
}

/// Fetches while this thread waits, until `deadline` at most: from the service worker that controls the environment, or
/// else from the network.
///
/// # Errors
/// The network error: of kind [`NetworkErrorKind::TimedOut`] if the deadline passed, [`NetworkErrorKind::Aborted`] if
/// this thread's scripts were stopped.
pub(crate) fn fetch(
    environment: &Environment,
    request: Request,
    deadline: Option<Instant>,
    initiator_type: &'static str,
) -> Result<Whole, NetworkError> {
    let report = TimingReport::begin(environment, &request, Some(initiator_type));
    let fetched = handled_first(environment, request, deadline, report.as_ref());
    if let Some(report) = report {
        report.deliver();
    }
    fetched
}

fn handled_first(
    environment: &Environment,
    mut request: Request,
    deadline: Option<Instant>,
    report: Option<&TimingReport>,
) -> Result<Whole, NetworkError> {
    let started = Instant::now();
    let telling = |by_worker| report.map(|report| report.telling(by_worker));
    let mut by_worker = false;
    while fetching::may_be_handled(environment, &request) {
        by_worker = true;
        fetching::settle(&mut request.head, &request.client);
        let asked = Asked::about(&mut request)?;
        let (cancel, (reply, answer)) = (CancelHandle::new(), question());
        let message = ServiceWorkerMsg::HandleFetch(Box::new(request), cancel.clone(), reply);
        environment.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(environment.id, message));
        match wait(&answer, deadline).inspect_err(|_| cancel.cancel())? {
            FetchOutcome::Network(request) => {
                return from_network(environment, *request, deadline, telling(true));
            }
            FetchOutcome::Response(mut response) => match asked.answered(&mut response)? {
                Some(redirected) => request = redirected,
                None => {
                    if let Some(reply) = telling(true) {
                        tell_of_workers_response(&response, started, reply);
                    }
                    return read(response, deadline).inspect_err(|_| cancel.cancel());
                }
            },
            FetchOutcome::Error(why) => {
                let message = format!("the service worker answered with an error: {why}");
                return Err(NetworkError::new(NetworkErrorKind::Internal, message));
            }
        }
    }
    from_network(environment, request, deadline, telling(by_worker))
}

/// Fetches from the network, past any service worker.
///
/// # Errors
/// As [`fetch`].
pub(crate) fn from_network(
    environment: &Environment,
    request: Request,
    deadline: Option<Instant>,
    timing: Option<Reply<FetchTiming>>,
) -> Result<Whole, NetworkError> {
    let cancel = CancelHandle::new();
    let (reply, answer) = question();
    let message = NetMsg::Fetch { request, cancel: cancel.clone(), upload_progress: None, timing, reply };
    environment.hosts.net.send(message);
    let response = wait(&answer, deadline).and_then(|response| response);
    response.and_then(|response| read(response, deadline)).inspect_err(|_| cancel.cancel())
}

/// Asks another thread something, and waits for the answer.
///
/// # Errors
/// [`NetworkErrorKind::Aborted`] if this thread's scripts were stopped, or nobody answers.
pub(crate) fn ask<T: Send + 'static>(ask: impl FnOnce(Reply<T>)) -> Result<T, NetworkError> {
    let (reply, answer) = question();
    ask(reply);
    wait(&answer, None)
}

/// Reads all of a response.
///
/// # Errors
/// As [`fetch`], and if the body ended early or is too long to be waited for.
pub(crate) fn read(response: Response, deadline: Option<Instant>) -> Result<Whole, NetworkError> {
    let Response { head, body, policy } = response;
    let body = match body {
        None => None,
        Some(body) => {
            let read = block_on(body.read_all(MAX_BODY), deadline)?;
            let failed = |error: bgfetch_traits::body::BodyError| {
                NetworkError::new(NetworkErrorKind::Internal, error.to_string())
            };
            Some(read.map_err(failed)?)
        }
    };
    Ok(Whole { head, policy, body })
}

/// A reply that wakes this thread.
fn question<T: Send + 'static>() -> (Reply<T>, Receiver<T>) {
    let (answer, answered) = crossbeam_channel::bounded(1);
    let waiting = thread::current();
    let reply = Reply::new(move |result| {
        // Who waits for it may have been stopped.
        drop(answer.send(result));
        waiting.unpark();
    });
    (reply, answered)
}

fn wait<T>(answer: &Receiver<T>, deadline: Option<Instant>) -> Result<T, NetworkError> {
    let answered = std::future::poll_fn(|_| match answer.try_recv() {
        Ok(result) => Poll::Ready(Ok(result)),
        Err(TryRecvError::Empty) => Poll::Pending,
        Err(TryRecvError::Disconnected) => Poll::Ready(Err(stopped())),
    });
    block_on(answered, deadline).and_then(|answered| answered)
}

fn stopped() -> NetworkError {
    NetworkError::new(NetworkErrorKind::Aborted, "the script that waits was stopped")
}

/// Waits for a future of another thread's work, on an agent that does nothing else meanwhile.
fn block_on<T>(future: impl Future<Output = T>, deadline: Option<Instant>) -> Result<T, NetworkError> {
    let interrupter = Agent::current().interrupter();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Ok(value);
        }
        if interrupter.is_stopped() {
            return Err(stopped());
        }
        let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if remaining.is_some_and(|remaining| remaining.is_zero()) {
            return Err(NetworkError::new(NetworkErrorKind::TimedOut, "the time that was given has passed"));
        }
        thread::park_timeout(remaining.map_or(STOP_INTERVAL, |remaining| remaining.min(STOP_INTERVAL)));
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
