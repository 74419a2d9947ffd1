//! An [agent](https://html.spec.whatwg.org/multipage/webappapis.html#integration-with-the-javascript-agent-formalism):
//! a thread with its event loop and everything that runs in it.

mod event_loop;
mod executor;
mod promises;
mod replies;
mod tasks;
mod timers;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use bgfetch_js::{Interrupter, Realm, Runtime, RuntimeOptions};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::dom::messaging::{broadcast_channel, message_port};
use crate::dom::workers::owned;
use crate::environment::Environment;
use executor::Executor;
use replies::Replies;
pub(crate) use replies::ReplyDropped;
use tasks::TaskQueue;
pub(crate) use tasks::TaskSource;
pub(crate) use timers::TimerKey;
use timers::Timers;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Agent>>> = const { RefCell::new(None) };
}

/// How long scripts may run, and how much they may hold.
#[derive(Clone, Copy, Debug)]
pub struct ScriptLimits {
    /// One task or callback may run so long; [`Duration::MAX`] is no limit.
    pub task_time: Duration,
    /// Bytes that JavaScript of one thread may allocate.
    pub memory: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self { task_time: Duration::from_secs(10), memory: 256 << 20 }
    }
}

/// What a thread has of its event loop.
pub(crate) struct Agent {
    sender: Sender<ScriptMsg>,
    inbox: Receiver<ScriptMsg>,
    tasks: TaskQueue,
    timers: Timers,
    executor: Executor,
    replies: Replies,
    environments: RefCell<Vec<(Rc<Environment>, Realm)>>,
    /// Realms whose environments are gone.
    discarded: RefCell<Vec<Realm>>,
    idle_waiters: RefCell<Vec<Reply<u64>>>,
    /// How many tasks have run, but for those of intervals, which a page never ends having.
    performed: Cell<u64>,
    /// Work under way that [`Agent::tasks`] does not show, such as a document that is loading.
    busy: Cell<usize>,
    closing: Cell<bool>,
    limits: ScriptLimits,
    runtime: RefCell<Option<Runtime>>,
    interrupter: Interrupter,
    /// Tells its [agent clusters](crate::agent_clusters) from those of others.
    group: ClientId,
}

/// A thread's inbox, made before the thread so that others can reach it at once.
#[derive(Debug)]
pub(crate) struct Inbox {
    sender: Sender<ScriptMsg>,
    receiver: Receiver<ScriptMsg>,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { sender, receiver }
    }

    /// A way to reach the thread.
    pub(crate) fn sender(&self) -> ScriptSender {
        let sender = self.sender.clone();
        // A thread that has ended drops what it is told, and with it the replies.
        ScriptSender::new(move |message| drop(sender.send(message)))
    }
}

impl Agent {
    /// Makes this thread an agent.
    ///
    /// # Errors
    /// A sentence if the engine could not be started.
    pub(crate) fn start(inbox: Inbox, limits: ScriptLimits) -> Result<Rc<Self>, String> {
        let options = RuntimeOptions { memory_limit: limits.memory, ..RuntimeOptions::default() };
        let runtime = Runtime::new(options, crate::bindings::INTERFACES)?;
        runtime.set_exception_factory(crate::dom::dom_exception::make);
        runtime.set_checkpoint_hook(|| Agent::current().microtask_checkpoint());
        runtime.set_job_error_hook(crate::report::report_exception);
        runtime.set_handled_hook(crate::report::sort_rejections);
        runtime.set_module_loader(crate::scripts::ModuleMap::default());
        runtime.set_window_host(crate::dom::window::access::Windows);
        runtime.set_custom_element_hooks(crate::dom::html::custom_elements::HOOKS);
        runtime.set_wasm_exception_hooks(crate::dom::wasm::exception::HOOKS);
        runtime.set_caller_members(crate::dom::window::access::CALLER_MEMBERS);
        let agent = Rc::new(Self {
            executor: Executor::new(inbox.sender.clone()),
            replies: Replies::default(),
            sender: inbox.sender,
            inbox: inbox.receiver,
            tasks: TaskQueue::default(),
            timers: Timers::default(),
            environments: RefCell::default(),
            discarded: RefCell::default(),
            idle_waiters: RefCell::default(),
            performed: Cell::new(0),
            busy: Cell::new(0),
            closing: Cell::new(false),
            limits,
            interrupter: runtime.interrupter(),
            group: ClientId::new(),
            runtime: RefCell::new(Some(runtime)),
        });
        CURRENT.with_borrow_mut(|current| *current = Some(Rc::clone(&agent)));
        Ok(agent)
    }

    /// This thread's agent.
    ///
    /// # Panics
    /// On a thread that is not an agent: script and DOM only ever run on agents.
    pub(crate) fn current() -> Rc<Self> {
        CURRENT.with_borrow(|current| current.clone()).expect("script runs on an agent's thread")
    }

    /// This thread's agent, if it is one.
    pub(crate) fn try_current() -> Option<Rc<Self>> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// A way to reach this thread from others.
    pub(crate) fn script_sender(&self) -> ScriptSender {
        let sender = self.sender.clone();
        ScriptSender::new(move |message| drop(sender.send(message)))
    }

    /// Stops the script that runs on this thread, from any thread.
    pub(crate) fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// What the agent clusters of this thread have in common.
    pub(crate) fn group(&self) -> ClientId {
        self.group
    }

    /// Adds an environment whose global object is set up.
    pub(crate) fn add_environment(&self, environment: Rc<Environment>, realm: Realm) {
        self.environments.borrow_mut().push((environment, realm));
    }

    /// Puts an environment in place of the one that a realm has.
    pub(crate) fn renew_environment(&self, environment: Rc<Environment>, realm: &Realm) {
        let before = {
            let mut environments = self.environments.borrow_mut();
            let entry = environments.iter_mut().find(|(_, known)| known.is_same(realm));
            entry.map(|entry| std::mem::replace(&mut entry.0, environment))
        };
        if let Some(before) = before {
            self.timers.clear_realm(before.id);
            before.discarded.set(true);
            before.tell_gone();
            before.timers.clear();
        }
    }

    /// Removes an environment, and with it every task and timer of its own.
    pub(crate) fn remove_environment(&self, id: ClientId) {
        self.timers.clear_realm(id);
        crate::dom::file::blob_url::forget(id);
        let removed: Vec<_> = {
            let mut environments = self.environments.borrow_mut();
            let (gone, kept) = environments.drain(..).partition(|(environment, _)| environment.id == id);
            *environments = kept;
            gone
        };
        for (environment, realm) in removed {
            environment.discarded.set(true);
            environment.tell_gone();
            environment.timers.clear();
            environment.animation_frames.clear();
            crate::report::forget(&realm);
            crate::dom::nodes::mutation_observer::forget(&realm);
            crate::dom::html::custom_elements::reactions::forget(&realm);
            message_port::forget(&realm);
            broadcast_channel::forget(&realm);
            owned::forget(&realm);
            // Functions of it may still be called by other realms of this thread.
            self.discarded.borrow_mut().push(realm);
        }
    }

    /// The realm of an environment of this thread.
    pub(crate) fn realm_of(&self, id: ClientId) -> Option<Realm> {
        let environments = self.environments.borrow();
        environments.iter().find(|(environment, _)| environment.id == id).map(|(_, realm)| realm.clone())
    }

    /// The realms of all environments of this thread, in order of their making.
    pub(crate) fn realms(&self) -> Vec<Realm> {
        self.environments.borrow().iter().map(|(_, realm)| realm.clone()).collect()
    }

    /// Whether the event loop ends after the current task.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    /// Ends the event loop after the current task.
    pub(crate) fn close(&self) {
        self.closing.set(true);
    }

    /// [Performs a microtask checkpoint](https://html.spec.whatwg.org/multipage/webappapis.html#perform-a-microtask-checkpoint)
    /// and [notifies about rejected promises](https://html.spec.whatwg.org/multipage/webappapis.html#notify-about-rejected-promises).
    pub(crate) fn microtask_checkpoint(&self) {
        Runtime::run_microtasks();
        crate::report::notify_about_rejected_promises();
    }

    /// Whether the script of the current task was stopped for running too long.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.runtime.borrow().as_ref().is_some_and(Runtime::is_out_of_time)
    }

    /// Gives the script that runs now its whole time again: for waiting that is not its own fault.
    pub(crate) fn allow_time(&self) {
        if let Some(runtime) = &*self.runtime.borrow() {
            let limit = self.limits.task_time;
            runtime.set_time_limit((limit < Duration::MAX).then_some(limit));
        }
    }
}
