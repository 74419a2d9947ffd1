//! [Clear Site Data](https://w3c.github.io/webappsec-clear-site-data/): what a response throws away beyond the network
//! thread.

use std::fmt;
use std::sync::Arc;

use crate::ids::StorageKey;
use crate::reply::Reply;

/// [Clears DOM-accessible storage for an origin](https://w3c.github.io/webappsec-clear-site-data/#clear-dom): called on the
/// network thread, which must not be blocked. Nobody sees the response that asked for it before the reply is used or dropped.
#[derive(Clone)]
pub struct ClearStorage(Arc<Clear>);

type Clear = dyn Fn(StorageKey, Reply<()>) + Send + Sync;

impl ClearStorage {
    /// Calls `clear`.
    pub fn new(clear: impl Fn(StorageKey, Reply<()>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(clear))
    }

    /// There is no storage.
    #[must_use]
    pub fn nothing() -> Self {
        Self::new(|_, reply| reply.send(()))
    }

    /// Clears.
    pub fn clear(&self, key: StorageKey, reply: Reply<()>) {
        (self.0)(key, reply);
    }
}

impl fmt::Debug for ClearStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClearStorage")
    }
}
