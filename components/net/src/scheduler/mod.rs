//! What runs, and whose bytes come next.
//!
//! Two decisions, each a plain data structure that is told the time and holds no socket:
//!
//! - [`admission`]: which waiting request may go to the wire. Foreground goes before background; within a
//!   priority the clients' origins take turns; no more than the limits per host and of all hosts together.
//! - [`link`]: whose response bytes are passed on next, by deficit round robin over origins, and over the fetches
//!   of an origin; it also holds the bandwidth limit.
//!
//! [`Scheduler`] joins them with the tasks that wait.

pub(crate) mod admission;
pub(crate) mod link;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bgfetch_traits::fetch::Priority;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::config::Limits;
use admission::Admission;
pub(crate) use admission::{HostKey, Protocol, Ticket};
use link::{FlowId, Link};

/// The scheduler of the network thread; clones are the same one.
#[derive(Clone)]
pub(crate) struct Scheduler(Rc<Inner>);

struct Inner {
    admission: RefCell<Admission>,
    waiting: RefCell<HashMap<u64, oneshot::Sender<()>>>,
    link: RefCell<Link>,
    flows: RefCell<HashMap<FlowId, FlowWait>>,
    start: Instant,
    /// Wakes [`Scheduler::run`].
    work: Notify,
}

/// Where a flow's task and the scheduler meet.
#[derive(Default)]
struct FlowWait {
    granted: Option<usize>,
    waker: Option<Waker>,
}

impl Scheduler {
    pub(crate) fn new(limits: Limits, bandwidth_limit: Option<u64>) -> Self {
        Self(Rc::new(Inner {
            admission: RefCell::new(Admission::new(limits)),
            waiting: RefCell::default(),
            link: RefCell::new(Link::new(bandwidth_limit)),
            flows: RefCell::default(),
            start: Instant::now(),
            work: Notify::new(),
        }))
    }

    fn now(&self) -> Duration {
        self.0.start.elapsed()
    }

    /// Serves flows that wait, for as long as the thread runs.
    pub(crate) async fn run(self) {
        loop {
            // Whoever was served has its turn before the next one begins.
            tokio::task::yield_now().await;
            let next = self.serve();
            match next {
                Some(at) => {
                    let sleep = tokio::time::sleep_until(self.0.start + at);
                    tokio::select! {
                        () = sleep => {}
                        () = self.0.work.notified() => {}
                    }
                }
                None => self.0.work.notified().await,
            }
        }
    }

    /// One turn of the link. When to come back, if flows wait for the time to pass.
    fn serve(&self) -> Option<Duration> {
        let now = self.now();
        let mut woken = Vec::new();
        let next = {
            let mut link = self.0.link.borrow_mut();
            let mut flows = self.0.flows.borrow_mut();
            link.begin_turn();
            while let Some((flow, bytes)) = link.grant_next(now) {
                if let Some(wait) = flows.get_mut(&flow) {
                    wait.granted = Some(bytes);
                    woken.extend(wait.waker.take());
                }
            }
            if link.turn_is_spent() {
                // More is waiting than one turn passes on: let the tasks run, then go on.
                self.0.work.notify_one();
            }
            link.next_time(now)
        };
        woken.into_iter().for_each(Waker::wake);
        next
    }

    /// Waits until a request may go to the wire.
    pub(crate) async fn admit(&self, ticket: Ticket) -> Slot {
        let host = ticket.host.clone();
        let (sender, receiver) = oneshot::channel();
        let id = self.0.admission.borrow_mut().enqueue(ticket);
        self.0.waiting.borrow_mut().insert(id, sender);
        let mut waiting = Waiting { scheduler: self.clone(), id, host: host.clone(), done: false };
        self.start_admitted();
        // The sender is dropped only after it was used: whoever admits sends.
        let _admitted = receiver.await;
        waiting.done = true;
        Slot { scheduler: self.clone(), host }
    }

    fn start_admitted(&self) {
        loop {
            let Some(id) = self.0.admission.borrow_mut().next() else { return };
            let sender = self.0.waiting.borrow_mut().remove(&id);
            if let Some(sender) = sender {
                // A receiver that is gone gives its slot back as it is dropped.
                let _gone = sender.send(());
            }
        }
    }

    /// Tells which protocol a host speaks, and so which limit it has.
    pub(crate) fn set_protocol(&self, host: &HostKey, protocol: Protocol) {
        self.0.admission.borrow_mut().set_protocol(host, protocol);
        self.start_admitted();
    }

    /// How many more connections to `host` may be kept idle next to those in use.
    pub(crate) fn idle_room(&self, host: &HostKey) -> usize {
        self.0.admission.borrow().room(host)
    }

    /// Pauses or continues everything of background priority.
    pub(crate) fn pause_background(&self, paused: bool) {
        self.0.admission.borrow_mut().pause_background(paused);
        self.0.link.borrow_mut().pause_background(paused);
        self.start_admitted();
        self.0.work.notify_one();
    }

    /// Sets the limit of all downloads together, in bytes a second.
    pub(crate) fn set_bandwidth_limit(&self, limit: Option<u64>) {
        let now = self.now();
        self.0.link.borrow_mut().set_limit(limit, now);
        self.0.work.notify_one();
    }

    /// Registers a response body whose bytes will pass.
    pub(crate) fn flow(&self, priority: Priority, origin: &str) -> Flow {
        let id = self.0.link.borrow_mut().open(priority, origin);
        self.0.flows.borrow_mut().insert(id, FlowWait::default());
        Flow { scheduler: self.clone(), id }
    }
}

/// Gives up a place in the queue when the task that waits there is dropped.
struct Waiting {
    scheduler: Scheduler,
    id: u64,
    host: HostKey,
    done: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let inner = &self.scheduler.0;
        let still_queued = inner.waiting.borrow_mut().remove(&self.id).is_some();
        if still_queued {
            inner.admission.borrow_mut().withdraw(self.id);
        } else {
            inner.admission.borrow_mut().finish(&self.host);
            self.scheduler.start_admitted();
        }
    }
}

/// The right to have one request on the wire; given back when dropped.
pub(crate) struct Slot {
    scheduler: Scheduler,
    host: HostKey,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.scheduler.0.admission.borrow_mut().finish(&self.host);
        self.scheduler.start_admitted();
    }
}

/// A response body whose bytes pass through the link.
pub(crate) struct Flow {
    scheduler: Scheduler,
    id: FlowId,
}

impl Flow {
    /// Asks to pass up to `want` bytes (not 0); ready with how many may pass now (at least 1).
    pub(crate) fn poll_acquire(&mut self, cx: &mut Context<'_>, want: usize) -> Poll<usize> {
        let inner = &self.scheduler.0;
        let mut flows = inner.flows.borrow_mut();
        let wait = flows.entry(self.id).or_default();
        if let Some(granted) = wait.granted.take() {
            return Poll::Ready(granted.min(want));
        }
        let mut link = inner.link.borrow_mut();
        if let Some(granted) = link.request(self.id, want, self.scheduler.0.start.elapsed()) {
            if link.turn_has_begun() {
                inner.work.notify_one();
            }
            return Poll::Ready(granted);
        }
        wait.waker = Some(cx.waker().clone());
        inner.work.notify_one();
        Poll::Pending
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.scheduler.0.link.borrow_mut().close(self.id);
        self.scheduler.0.flows.borrow_mut().remove(&self.id);
    }
}
