//! When nothing is left to do.

use bgfetch_traits::script::{EmbedderRequest, ScriptMsg};

use super::Coordinator;
use super::inbox::{Event, Outcome};
use crate::answers::reply_or;

/// Who waits for idleness, and how far looking for it has come.
///
/// The coordinator knows whether it has work itself. Whether a window has, only the window knows, and by the time
/// it says so another may have got something to do. So all are asked; if nothing at all has happened between the
/// question and the last answer, all were idle at the same moment.
#[derive(Default)]
pub(crate) struct Idle {
    waiting: Vec<Outcome<()>>,
    /// Rises with everything that happens.
    happened: u64,
    round: Option<Round>,
    last_round: u64,
}

struct Round {
    number: u64,
    happened: u64,
    unanswered: usize,
}

impl Idle {
    /// Answers of windows are what is waited for, not something new.
    pub(crate) fn something_happened(&mut self, event: &Event) {
        if !matches!(event, Event::WindowIdle(_)) {
            self.happened += 1;
        }
    }

    pub(crate) fn wait(&mut self, reply: Outcome<()>) {
        self.waiting.push(reply);
    }
}

impl Coordinator {
    /// Called when the inbox is empty.
    pub(super) fn look_for_idleness(&mut self) {
        if self.turn.idle.waiting.is_empty() || self.turn.idle.round.is_some() || !self.is_idle_itself() {
            return;
        }
        self.turn.idle.last_round += 1;
        let number = self.turn.idle.last_round;
        let windows: Vec<_> = self.scripts.windows.values().map(|entry| entry.thread).collect();
        self.turn.idle.round =
            Some(Round { number, happened: self.turn.idle.happened, unanswered: windows.len() });
        for thread in &windows {
            let inbox = self.links.inbox.clone();
            // A window that ends has nothing left to do either.
            let reply = reply_or((), move |()| inbox.post(Event::WindowIdle(number)));
            if let Some(sender) = self.scripts.sender(*thread) {
                sender.send(ScriptMsg::Embedder(EmbedderRequest::WhenIdle(reply)));
            }
        }
        self.round_answered();
    }

    pub(super) fn window_idle(&mut self, number: u64) {
        if let Some(round) = self.turn.idle.round.as_mut().filter(|round| round.number == number) {
            round.unanswered = round.unanswered.saturating_sub(1);
            self.round_answered();
        }
    }

    fn round_answered(&mut self) {
        let Some(round) = self.turn.idle.round.take_if(|round| round.unanswered == 0) else { return };
        if round.happened == self.turn.idle.happened && self.is_idle_itself() {
            for reply in std::mem::take(&mut self.turn.idle.waiting) {
                reply.send(Ok(()));
            }
        }
        // Otherwise there is another round once the inbox is empty.
    }

    fn is_idle_itself(&self) -> bool {
        self.turn.next.is_empty()
            && self.turn.tasks.is_empty()
            && self.core.machine.is_idle()
            && self.core.registry.is_idle()
    }
}
