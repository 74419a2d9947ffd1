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
    /// Futures that are to go on within the current task, while [`Executor::directly`] collects them.
    direct: RefCell<Option<Vec<(usize, u64)>>>,
}

struct Entry {
    /// Taken out while it is polled.
    future: Option<LocalFuture>,
    waker: Arc<LocalWaker>,
    source: TaskSource,
    /// Whether a page that waits for this future counts as busy.
    keeps_busy: bool,
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
            if let Some(direct) = &mut *agent.executor.direct.borrow_mut() {
                direct.push((self.key, self.generation));
                return;
            }
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
        Self {
            sender,
            futures: RefCell::default(),
            generation: std::cell::Cell::new(0),
            direct: RefCell::default(),
        }
    }

    pub(super) fn keeps_busy(&self) -> bool {
        self.futures.borrow().iter().any(|(_, entry)| entry.keeps_busy)
    }

    /// Runs `wake`, then what it woke, within the current task: an answer from another thread is acted on in the
    /// order in which that thread sent it and its other messages.
    pub(super) fn directly(&self, wake: impl FnOnce()) {
        self.direct.replace(Some(Vec::new()));
        wake();
        for (key, generation) in self.direct.take().unwrap_or_default() {
            self.poll(key, generation);
        }
    }

    pub(super) fn clear(&self) {
        let futures = std::mem::take(&mut *self.futures.borrow_mut());
        drop(futures);
    }

    fn source(&self, key: usize, generation: u64) -> TaskSource {
        let futures = self.futures.borrow();
        futures
            .get(key)
            .filter(|e| e.waker.generation == generation)
            .map_or(TaskSource::Networking, |e| e.source)
    }

    fn insert(&self, source: TaskSource, keeps_busy: bool, future: LocalFuture) -> (usize, u64) {
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
        slot.insert(Entry { future: Some(future), waker, source, keeps_busy });
        (key, generation)
    }

    pub(super) fn woken(&self, packed: u64) {
        self.poll(usize::try_from(packed & u64::from(u32::MAX)).unwrap_or(usize::MAX), packed >> 32);
    }

    fn poll(&self, key: usize, generation: u64) {
        let (mut future, waker) = {
            let mut futures = self.futures.borrow_mut();
            let Some(entry) = futures.get_mut(key).filter(|e| e.waker.generation == generation) else {
                return;
            };
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
        self.spawn_future(source, true, realm, future);
    }

    /// [`Agent::spawn`] for what may wait for ever: a page counts as idle meanwhile.
    pub(crate) fn spawn_in_background(
        &self,
        source: TaskSource,
        realm: &Realm,
        future: impl Future<Output = Fallible<()>> + 'static,
    ) {
        self.spawn_future(source, false, realm, future);
    }

    /// [`Agent::spawn`] for what begins before there is a realm, and tells of its failures itself.
    pub(crate) fn spawn_detached(&self, source: TaskSource, future: impl Future<Output = ()> + 'static) {
        let (key, generation) = self.executor.insert(source, true, Box::pin(future));
        self.executor.poll(key, generation);
    }

    fn spawn_future(
        &self,
        source: TaskSource,
        keeps_busy: bool,
        realm: &Realm,
        future: impl Future<Output = Fallible<()>> + 'static,
    ) {
        let realm = realm.clone();
        let (key, generation) = self.executor.insert(
            source,
            keeps_busy,
            Box::pin(async move {
                if let Err(exception) = future.await {
                    crate::report::report_exception(&realm, exception);
                }
            }),
        );
        self.executor.poll(key, generation);
    }
}
