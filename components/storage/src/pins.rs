//! Bodies that somebody reads or writes just now: they outlive their last owner until that is over.

use std::collections::HashMap;
use std::sync::Arc;

use bgfetch_traits::ids::BodyId;
use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::event::{Event, Note};
use crate::meta::PartitionShared;

#[derive(Debug, Default)]
pub(crate) struct Pins(Mutex<HashMap<BodyId, Pin>>);

#[derive(Debug, Default)]
struct Pin {
    holders: usize,
    /// Its last owner is gone.
    doomed: bool,
}

impl Pins {
    /// One more holds `body`.
    pub(crate) fn pin(&self, body: BodyId) {
        self.0.lock().entry(body).or_default().holders += 1;
    }

    /// One less does; answers whether `body` is now to be deleted, if it still has no owner.
    #[must_use]
    pub(crate) fn unpin(&self, body: BodyId) -> bool {
        let mut pins = self.0.lock();
        let Some(pin) = pins.get_mut(&body) else { return false };
        pin.holders = pin.holders.saturating_sub(1);
        if pin.holders > 0 {
            return false;
        }
        pins.remove(&body).is_some_and(|pin| pin.doomed)
    }

    /// The last owner of `body` is gone: answers whether its deletion has to wait.
    #[must_use]
    pub(crate) fn doom(&self, body: BodyId) -> bool {
        match self.0.lock().get_mut(&body) {
            Some(pin) => {
                pin.doomed = true;
                true
            }
            None => false,
        }
    }

    /// Nobody holds anything any more.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}

/// Pins bodies for one partition, from any thread.
#[derive(Clone)]
pub(crate) struct Pinner {
    pub(crate) shared: Arc<PartitionShared>,
    pub(crate) inbox: Sender<Event>,
    pub(crate) partition: usize,
    pub(crate) epoch: u64,
}

impl Pinner {
    pub(crate) fn pin(&self, body: BodyId) -> Pinned {
        self.shared.pins.pin(body);
        Pinned { body, pinner: Some(self.clone()) }
    }
}

/// A body that stays until this is dropped, or [kept](Pinned::keep) and unpinned by hand.
pub(crate) struct Pinned {
    pub(crate) body: BodyId,
    pinner: Option<Pinner>,
}

impl Pinned {
    /// Whoever calls this sees to the unpinning.
    pub(crate) fn keep(mut self) {
        self.pinner = None;
    }
}

impl Drop for Pinned {
    /// The partition unpins it, because it may have to delete it then.
    fn drop(&mut self) {
        if let Some(Pinner { inbox, partition, epoch, .. }) = self.pinner.take() {
            // A thread that has ended deletes nothing any more: the next start does.
            let _sent = inbox.send(Event::Note(partition, epoch, Note::Unpin(self.body)));
        }
    }
}
