//! Futures that run on the coordinator's thread: what takes several questions to other threads.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::inbox::{Event, Inbox};

/// Names a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TaskId(u64);

type Work = Pin<Box<dyn Future<Output = Option<Event>>>>;

/// The tasks that wait for something. What one ends with is the coordinator's next event.
pub(crate) struct Tasks {
    inbox: Inbox,
    last: u64,
    waiting: HashMap<TaskId, (Work, Arc<TaskWaker>)>,
}

impl Tasks {
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self { inbox, last: 0, waiting: HashMap::new() }
    }

    /// Starts `work` with the inbox's next turn.
    pub(crate) fn start(&mut self, work: impl Future<Output = Option<Event>> + 'static) -> TaskId {
        self.last += 1;
        let id = TaskId(self.last);
        let waker = Arc::new(TaskWaker { id, inbox: self.inbox.clone(), woken: AtomicBool::new(false) });
        self.waiting.insert(id, (Box::pin(work), Arc::clone(&waker)));
        waker.wake();
        id
    }

    /// Goes on with a task that was woken.
    pub(crate) fn woken(&mut self, id: TaskId) -> Option<Event> {
        let (work, waker) = self.waiting.get_mut(&id)?;
        waker.woken.store(false, Ordering::Release);
        let std_waker = Waker::from(Arc::clone(waker));
        match work.as_mut().poll(&mut Context::from_waker(&std_waker)) {
            Poll::Pending => None,
            Poll::Ready(event) => {
                self.waiting.remove(&id);
                event
            }
        }
    }

    /// Gives a task up.
    pub(crate) fn cancel(&mut self, id: TaskId) {
        self.waiting.remove(&id);
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Gives all up.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}

struct TaskWaker {
    id: TaskId,
    inbox: Inbox,
    woken: AtomicBool,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.inbox.post(Event::Task(self.id));
        }
    }
}
