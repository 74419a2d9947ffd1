//! What two [entangled](https://html.spec.whatwg.org/multipage/web-messaging.html#entangle) ports share.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use bgfetch_traits::service_worker::MessageData;
use parking_lot::Mutex;

/// One end of a channel: of a port of some thread, or on its way to one. Dropped, it is closed, and the other end told.
pub(crate) struct PortHandle {
    channel: Arc<Channel>,
    /// 0 or 1.
    side: usize,
}

#[derive(Default)]
struct Channel {
    ends: [Mutex<End>; 2],
}

/// Messages for one side, and who to tell of them.
#[derive(Default)]
struct End {
    /// The [port message queue](https://html.spec.whatwg.org/multipage/web-messaging.html#port-message-queue).
    messages: VecDeque<MessageData>,
    listener: Option<(ListenerId, ScriptSender)>,
    closed: bool,
}

/// Names a port that wants to be told of messages, within this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListenerId(pub(crate) u64);

impl PortHandle {
    /// Both ends of a new channel.
    pub(crate) fn pair() -> (Self, Self) {
        let channel = Arc::<Channel>::default();
        (Self { channel: Arc::clone(&channel), side: 0 }, Self { channel, side: 1 })
    }

    fn own(&self) -> &Mutex<End> {
        &self.channel.ends[self.side & 1]
    }

    fn other(&self) -> &Mutex<End> {
        &self.channel.ends[(self.side ^ 1) & 1]
    }

    /// Whether these are the ends of one channel.
    pub(super) fn is_entangled_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }

    /// From now on each message to this end, and the close of the other, is told to a thread by
    /// [`ScriptMsg::PortReady`]. For those that are there already, it is told now.
    pub(super) fn listen(&self, sender: ScriptSender) -> ListenerId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = ListenerId(NEXT.fetch_add(1, Ordering::Relaxed));
        let waiting = {
            let mut own = self.own().lock();
            own.listener = Some((id, sender.clone()));
            own.messages.len()
        };
        for _ in 0..waiting + usize::from(self.is_other_closed()) {
            sender.send(ScriptMsg::PortReady(id.0));
        }
        id
    }

    /// Nobody is told any more.
    pub(super) fn stop_listening(&self) {
        self.own().lock().listener = None;
    }

    /// The next message to this end.
    pub(super) fn next_message(&self) -> Option<MessageData> {
        self.own().lock().messages.pop_front()
    }

    /// How many messages wait.
    pub(super) fn waiting(&self) -> usize {
        self.own().lock().messages.len()
    }

    /// Whether no message comes any more.
    pub(super) fn is_other_closed(&self) -> bool {
        self.other().lock().closed
    }

    /// Sends to the other end; nothing if that is closed.
    pub(super) fn send(&self, message: MessageData) {
        let mut other = self.other().lock();
        if other.closed {
            drop(other);
            // It may hold ports in its turn.
            drop(message);
            return;
        }
        other.messages.push_back(message);
        if let Some((id, sender)) = &other.listener {
            sender.send(ScriptMsg::PortReady(id.0));
        }
    }
}

impl Drop for PortHandle {
    /// [Disentangle](https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle)
    fn drop(&mut self) {
        let gone = {
            let mut own = self.own().lock();
            own.closed = true;
            own.listener = None;
            std::mem::take(&mut own.messages)
        };
        // Messages may hold ports in their turn.
        drop(gone);
        if let Some((id, sender)) = &self.other().lock().listener {
            sender.send(ScriptMsg::PortReady(id.0));
        }
    }
}
