//! When nothing is left to do.
//!
//! The coordinator knows whether it has work itself. Whether a script thread has, only that thread knows, and by the
//! time it says so another may have got something to do: a worker's message to its page passes nobody else. So all
//! threads that matter are asked, and say how many tasks they have performed so far once they have nothing left. If all
//! say the same in two rounds, none did anything between its two answers, and so all were idle at the end of the first
//! round. A thread on its own needs one round only.
//!
//! A page's dedicated and shared workers, and theirs, count as the page's.

use std::collections::{BTreeMap, BTreeSet};

use bgfetch_traits::ids::ClientId;
use bgfetch_traits::script::{EmbedderRequest, ScriptMsg};

use super::Coordinator;
use super::inbox::{Event, Outcome};
use super::threads::ThreadId;
use crate::answers::reply_or;
use crate::delegate::WindowId;

/// Who waits for idleness, and how far looking for it has come.
#[derive(Default)]
pub(crate) struct Idle {
    /// For the whole engine.
    waiting: Vec<Outcome<()>>,
    /// Rises with everything that happens.
    happened: u64,
    rounds: BTreeMap<u64, Round>,
    last_round: u64,
}

/// Threads, and how many tasks each had performed when it was idle.
type Counts = BTreeMap<ThreadId, u64>;

struct Round {
    subject: Subject,
    /// When it began.
    happened: u64,
    unanswered: BTreeSet<ThreadId>,
    counts: Counts,
    /// Those of the round before.
    previous: Option<Counts>,
}

/// Whose idleness a round is about.
enum Subject {
    Engine,
    Window(WindowId, Outcome<()>),
}

/// What a thread that has ended is taken to have performed.
const ENDED: u64 = u64::MAX;

impl Idle {
    /// Answers of threads are what is waited for, not something new.
    pub(crate) fn something_happened(&mut self, event: &Event) {
        if !matches!(event, Event::ThreadIdle { .. }) {
            self.happened += 1;
        }
    }

    pub(crate) fn wait(&mut self, reply: Outcome<()>) {
        self.waiting.push(reply);
    }

    fn looks_for_the_engines(&self) -> bool {
        self.rounds.values().any(|round| matches!(round.subject, Subject::Engine))
    }
}

impl Coordinator {
    /// Called when the inbox is empty.
    pub(super) fn look_for_idleness(&mut self) {
        let idle = &self.turn.idle;
        if !idle.waiting.is_empty() && !idle.looks_for_the_engines() && self.is_idle_itself() {
            self.ask_whether_idle(Subject::Engine, None);
        }
    }

    /// Answers when a window, with its workers, has nothing left to do; drops the reply if it is closed before.
    pub(super) fn when_window_idle(&mut self, window: WindowId, reply: Outcome<()>) {
        self.ask_whether_idle(Subject::Window(window, reply), None);
    }

    fn ask_whether_idle(&mut self, subject: Subject, previous: Option<Counts>) {
        self.turn.idle.last_round += 1;
        let number = self.turn.idle.last_round;
        let threads = self.threads_of(&subject);
        for thread in threads.iter().copied() {
            let inbox = self.links.inbox.clone();
            // A thread that ends has nothing left to do either.
            let reply = reply_or(ENDED, move |performed| {
                inbox.post(Event::ThreadIdle { round: number, thread, performed });
            });
            if let Some(sender) = self.scripts.sender(thread) {
                sender.send(ScriptMsg::Embedder(EmbedderRequest::WhenIdle(reply)));
            }
        }
        let happened = self.turn.idle.happened;
        let round = Round { subject, happened, unanswered: threads, counts: Counts::new(), previous };
        self.turn.idle.rounds.insert(number, round);
        self.look_at_round(number);
    }

    /// The threads whose work counts.
    fn threads_of(&self, subject: &Subject) -> BTreeSet<ThreadId> {
        let mut threads: BTreeSet<_> = match subject {
            Subject::Engine => self.scripts.windows.values().map(|entry| entry.thread).collect(),
            Subject::Window(window, _) => {
                self.scripts.windows.get(window).map(|w| w.thread).into_iter().collect()
            }
        };
        loop {
            let is_owner = |client: ClientId| {
                self.scripts.clients.get(&client).is_some_and(|entry| threads.contains(&entry.thread))
            };
            let workers = self.scripts.web_workers.values();
            let found: Vec<_> = workers
                .filter(|worker| !threads.contains(&worker.thread) && worker.is_owned_by(is_owner))
                .map(|worker| worker.thread)
                .collect();
            if found.is_empty() {
                return threads;
            }
            threads.extend(found);
        }
    }

    pub(super) fn thread_idle(&mut self, number: u64, thread: ThreadId, performed: u64) {
        if let Some(round) = self.turn.idle.rounds.get_mut(&number) {
            round.unanswered.remove(&thread);
            round.counts.insert(thread, performed);
            self.look_at_round(number);
        }
    }

    fn look_at_round(&mut self, number: u64) {
        let is_over = |round: &Round| round.unanswered.is_empty();
        if !self.turn.idle.rounds.get(&number).is_some_and(is_over) {
            return;
        }
        let Some(round) = self.turn.idle.rounds.remove(&number) else { return };
        let threads = self.threads_of(&round.subject);
        let same_threads = threads.iter().eq(round.counts.keys());
        let idle = same_threads && (threads.len() < 2 || round.previous.as_ref() == Some(&round.counts));
        match round.subject {
            Subject::Engine => {
                if round.happened != self.turn.idle.happened || !self.is_idle_itself() {
                    // There is another round once the inbox is empty.
                } else if idle {
                    for reply in std::mem::take(&mut self.turn.idle.waiting) {
                        reply.send(Ok(()));
                    }
                } else {
                    self.ask_whether_idle(Subject::Engine, Some(round.counts));
                }
            }
            // Dropping the reply tells that it is closed.
            Subject::Window(_, reply) if threads.is_empty() => drop(reply),
            Subject::Window(_, reply) if idle => reply.send(Ok(())),
            subject @ Subject::Window(..) => self.ask_whether_idle(subject, Some(round.counts)),
        }
    }

    fn is_idle_itself(&self) -> bool {
        self.turn.next.is_empty()
            && self.turn.tasks.is_empty()
            && self.core.machine.is_idle()
            && self.core.registry.is_idle()
    }
}
