//! Futures of this thread: algorithms that wait for other threads, written straight down.
//!
//! A future is polled in a task of its own whenever something that it waits for has happened, so that a microtask
//! checkpoint follows each step, as after any task.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::script::ScriptMsg;
use crossbeam_channel::Sender;
use slab::Slab;

use super::{Agent, TaskSource};

type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;

pub(super) struct Executor {
    sender: Sender<ScriptMsg>,
    futures: RefCell<Slab<Entry>>,
    generation: std::cell::Cell<u64>,
}

struct Entry {
    /// Taken out while it is polled.
    future: Option<LocalFuture>,
    waker: Arc<LocalWaker>,
    source: TaskSource,
}

struct LocalWaker {
    key: usize,
    generation: u64,
    queued: AtomicBool,
    thread: ThreadId,
    sender: Sender<ScriptMsg>,
}

impl Wake for LocalWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.queued.swap(true, Ordering::AcqRel) {
            return;
        }
        if thread::current().id() == self.thread {
            let waker = Arc::clone(self);
            let agent = Agent::current();
            let source = agent.executor.source(self.key, self.generation);
            agent.queue(source, move || Agent::current().executor.poll(waker.key, waker.generation));
        } else {
            // If the thread has ended, so has the future.
            let _ = self.sender.send(ScriptMsg::Wake(pack(self.key, self.generation)));
        }
    }
}

/// Key and generation in one number: a slot that is used again has another generation.
fn pack(key: usize, generation: u64) -> u64 {
    (generation << 32) | u64::try_from(key).unwrap_or(0)
}

impl Executor {
    pub(super) fn new(sender: Sender<ScriptMsg>) -> Self {
        Self { sender, futures: RefCell::default(), generation: std::cell::Cell::new(0) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.futures.borrow().is_empty()
    }

    pub(super) fn clear(&self) {
        let futures = std::mem::take(&mut *self.futures.borrow_mut());
        drop(futures);
    }

    fn source(&self, key: usize, generation: u64) -> TaskSource {
        let futures = self.futures.borrow();
        futures.get(key).filter(|e| e.waker.generation == generation).map_or(TaskSource::Networking, |e| e.source)
    }

    fn insert(&self, source: TaskSource, future: LocalFuture) -> (usize, u64) {
        let generation = self.generation.get() + 1;
        self.generation.set(generation);
        let mut futures = self.futures.borrow_mut();
        let slot = futures.vacant_entry();
        let key = slot.key();
        let waker = Arc::new(LocalWaker {
            key,
            generation,
            queued: AtomicBool::new(false),
            thread: thread::current().id(),
            sender: self.sender.clone(),
        });
        slot.insert(Entry { future: Some(future), waker, source });
        (key, generation)
    }

    pub(super) fn woken(&self, packed: u64) {
        self.poll(usize::try_from(packed & u64::from(u32::MAX)).unwrap_or(usize::MAX), packed >> 32);
    }

    fn poll(&self, key: usize, generation: u64) {
        let (mut future, waker) = {
            let mut futures = self.futures.borrow_mut();
            let Some(entry) = futures.get_mut(key).filter(|e| e.waker.generation == generation) else { return };
            let Some(future) = entry.future.take() else { return };
            (future, Arc::clone(&entry.waker))
        };
        waker.queued.store(false, Ordering::Release);
        let polled = future.as_mut().poll(&mut Context::from_waker(&Waker::from(waker)));
        match polled {
            Poll::Pending => {
                if let Some(entry) = self.futures.borrow_mut().get_mut(key) {
                    entry.future = Some(future);
                }
            }
            Poll::Ready(()) => {
                let entry = self.futures.borrow_mut().try_remove(key);
                drop((entry, future));
            }
        }
    }
}

impl Agent {
    /// Runs `future` on this thread, each step in a task of `source`. The first step runs at once, within the
    /// current task; what it returns as an error is reported in `realm`.
    pub(crate) fn spawn(
        &self,
        source: TaskSource,
        realm: &Realm,
        future: impl Future<Output = Fallible<()>> + 'static,
    ) {
        let realm = realm.clone();
        let (key, generation) = self.executor.insert(
            source,
            Box::pin(async move {
                if let Err(exception) = future.await {
                    crate::report::report_exception(&realm, exception);
                }
            }),
        );
        self.executor.poll(key, generation);
    }
}
