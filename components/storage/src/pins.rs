//! Bodies that somebody reads or writes just now: they outlive their last owner until that is over.

use std::collections::HashMap;

use bgfetch_traits::ids::BodyId;
use parking_lot::Mutex;

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
