//! The [event loop](https://html.spec.whatwg.org/multipage/webappapis.html#event-loop-processing-model).

use std::rc::Rc;
use std::time::Instant;

use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use crossbeam_channel::RecvTimeoutError;

use super::Agent;
use super::tasks::{Task, TaskSource};

impl Agent {
    /// Runs tasks until the agent is closed or told to shut down, then lets go of everything.
    pub(crate) fn run(self: &Rc<Self>) {
        while !self.closing.get() {
            self.receive_all();
            if let Some((run, counts)) = self.timers.take_due(Instant::now()) {
                self.tasks.push(Task { source: TaskSource::Timer, counts, run });
            }
            match self.tasks.pop() {
                Some(task) => self.perform(task),
                // Told to end just now: nothing more may come.
                None if self.closing.get() => {}
                None => {
                    self.tell_idle();
                    self.wait();
                }
            }
        }
        self.tear_down();
    }

    /// Steps 2 to 8 of the processing model: one task, then a microtask checkpoint.
    fn perform(&self, task: Task) {
        let span = tracing::trace_span!("task", source = ?task.source);
        let _entered = span.enter();
        self.performed.set(self.performed.get() + u64::from(task.counts));
        self.allow_time();
        (task.run)();
        self.microtask_checkpoint();
    }

    fn receive_all(self: &Rc<Self>) {
        while let Ok(message) = self.inbox.try_recv() {
            self.receive(message);
        }
    }

    fn wait(self: &Rc<Self>) {
        let message = match self.timers.next_due() {
            Some(due) => self.inbox.recv_deadline(due),
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match message {
            Ok(message) => self.receive(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.close(),
        }
    }

    fn receive(self: &Rc<Self>, message: ScriptMsg) {
        match message {
            ScriptMsg::Shutdown => self.close(),
            ScriptMsg::Wake(packed) => {
                let agent = Rc::clone(self);
                self.queue(TaskSource::Networking, move || agent.executor.woken(packed));
            }
            ScriptMsg::Reply { id, value } => {
                let agent = Rc::clone(self);
                self.queue(TaskSource::Networking, move || {
                    agent.executor.directly(|| agent.replies.arrived(id, value));
                });
            }
            other => crate::messages::queue(self, other),
        }
    }

    /// Answers `reply` when there is nothing left to do, with how many tasks were performed.
    pub(crate) fn when_idle(&self, reply: Reply<u64>) {
        self.idle_waiters.borrow_mut().push(reply);
    }

    /// Counts work that keeps the thread busy until what is returned is dropped.
    pub(crate) fn busy(self: &Rc<Self>) -> Busy {
        self.busy.set(self.busy.get() + 1);
        Busy(Rc::clone(self))
    }

    fn tell_idle(&self) {
        let busy = self.busy.get() > 0
            || !self.tasks.is_empty()
            || self.timers.keep_busy()
            || self.executor.keeps_busy();
        if !busy && self.inbox.is_empty() {
            let waiters = std::mem::take(&mut *self.idle_waiters.borrow_mut());
            waiters.into_iter().for_each(|reply| reply.send(self.performed.get()));
        }
    }

    fn tear_down(&self) {
        self.executor.clear();
        self.replies.clear();
        self.timers.clear();
        self.tasks.clear();
        let environments: Vec<_> =
            self.environments.borrow().iter().map(|(environment, _)| environment.id).collect();
        for realm in self.realms() {
            crate::dom::window::browsing_context::close_of(&realm);
        }
        environments.into_iter().for_each(|id| self.remove_environment(id));
        for realm in self.discarded.take() {
            realm.forget();
        }
        // Dropping a handle may queue more; nothing of it runs any more.
        self.tasks.clear();
        let runtime = self.runtime.borrow_mut().take();
        drop(runtime);
        super::CURRENT.with_borrow_mut(|current| *current = None);
    }
}

/// Keeps a thread from counting as idle.
pub(crate) struct Busy(Rc<Agent>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}
