//! Tasks, in the order in which they were queued.

use std::cell::RefCell;
use std::collections::VecDeque;

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
