//! One connection to a host is established at a time
//! ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455.html#section-4.1), step 2).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::scheduler::HostKey;

/// Who is connecting where.
#[derive(Default)]
pub(crate) struct Turns(RefCell<HashMap<HostKey, Arc<Mutex<()>>>>);

/// The right to establish a connection, until it is dropped.
pub(super) struct Turn(#[expect(dead_code, reason = "held")] OwnedMutexGuard<()>);

impl Turns {
    /// Waits until nobody else connects to `host`.
    pub(super) async fn take(&self, host: &HostKey) -> Turn {
        let turn = {
            let mut turns = self.0.borrow_mut();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(host.clone()).or_default())
        };
        Turn(turn.lock_owned().await)
    }
}
