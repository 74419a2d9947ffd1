//! Tasks, in the order in which they were queued.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use bgfetch_js::Realm;

use super::Agent;

/// [Task sources](https://html.spec.whatwg.org/multipage/webappapis.html#generic-task-sources). All share one queue:
/// order holds across sources too, which the standard allows and pages find easiest to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskSource {
    DomManipulation,
    UserInteraction,
    Networking,
    Timer,
    PostedMessage,
    FileReading,
    /// [The bgfetch task source](https://wicg.github.io/background-fetch/#bgfetch-task-source).
    BackgroundFetch,
    /// Service worker clients, registrations and functional events.
    ServiceWorker,
    Permission,
    PerformanceTimeline,
    /// Modules that have been compiled.
    WebAssembly,
    /// Asked by the embedder.
    Embedder,
}

pub(super) struct Task {
    pub(super) source: TaskSource,
    /// Whether it is work that a page which waits for it is busy with.
    pub(super) counts: bool,
    pub(super) run: Box<dyn FnOnce()>,
}

#[derive(Default)]
pub(super) struct TaskQueue(RefCell<VecDeque<Task>>);

impl TaskQueue {
    pub(super) fn push(&self, task: Task) {
        self.0.borrow_mut().push_back(task);
    }

    /// Puts a task behind those of its source, and all of these before those of the others.
    fn push_before_others(&self, task: Task) {
        let mut tasks = self.0.borrow_mut();
        let (mut own, others): (VecDeque<_>, VecDeque<_>) =
            tasks.drain(..).partition(|other| other.source == task.source);
        own.push_back(task);
        own.extend(others);
        *tasks = own;
    }

    fn has(&self, source: TaskSource) -> bool {
        self.0.borrow().iter().any(|task| task.source == source)
    }

    pub(super) fn pop(&self) -> Option<Task> {
        self.0.borrow_mut().pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub(super) fn clear(&self) {
        let tasks = std::mem::take(&mut *self.0.borrow_mut());
        drop(tasks);
    }
}

impl Agent {
    /// [Queues a task](https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-task).
    pub(crate) fn queue(&self, source: TaskSource, run: impl FnOnce() + 'static) {
        self.tasks.push(Task { source, counts: true, run: Box::new(run) });
    }

    /// Waits for the tasks of a source that are queued, and lets them run before those of other sources. Goes on at
    /// once, within this task, if there are none.
    pub(crate) async fn after_tasks_of(&self, source: TaskSource) {
        if !self.tasks.has(source) {
            return;
        }
        let turn = Rc::new(RefCell::new((false, None::<Waker>)));
        let come = Rc::clone(&turn);
        let run = Box::new(move || {
            Agent::current().executor.directly(|| {
                let waker = {
                    let mut turn = come.borrow_mut();
                    turn.0 = true;
                    turn.1.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            });
        });
        self.tasks.push_before_others(Task { source, counts: true, run });
        poll_fn(|cx| {
            let mut turn = turn.borrow_mut();
            if turn.0 {
                return Poll::Ready(());
            }
            turn.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// [Queues a global task](https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-global-task): one that does
    /// nothing if the realm's environment is gone by then. What it throws is reported.
    pub(crate) fn queue_global(
        &self,
        source: TaskSource,
        realm: &Realm,
        run: impl FnOnce(&Realm) -> bgfetch_js::Fallible<()> + 'static,
    ) {
        let realm = realm.clone();
        self.queue(source, move || {
            if crate::environment::Environment::try_of(&realm).is_none() {
                return;
            }
            if let Err(exception) = run(&realm) {
                crate::report::report_exception(&realm, exception);
            }
        });
    }
}
