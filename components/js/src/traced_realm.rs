//! Realms that an object belongs to.

use std::fmt;
use std::ops::Deref;

use rquickjs_sys as q;

use crate::{Fallible, Object, Realm, Trace, Traced, Tracer};

/// A realm as an edge of the object that holds it: unlike a [`Realm`], it does not keep the realm alive when nothing
/// else does.
pub struct TracedRealm {
    ctx: *mut q::JSContext,
    /// A native function of the realm, whose edge to the context the collector knows.
    anchor: Traced<Object>,
}

impl TracedRealm {
    /// An edge to `realm`.
    pub fn new(realm: &Realm) -> Fallible<Self> {
        let anchor = realm.intrinsics().object("functionPrototype")?;
        Ok(Self { ctx: realm.raw(), anchor: anchor.into() })
    }
}

impl Deref for TracedRealm {
    type Target = Realm;
    fn deref(&self) -> &Realm {
        // SAFETY: `anchor` is a native function of that realm, which keeps its context alive.
        unsafe { Realm::borrow(&self.ctx) }
    }
}

impl Trace for TracedRealm {
    fn trace(&self, tracer: &mut Tracer) {
        self.anchor.trace(tracer);
    }
}

impl fmt::Debug for TracedRealm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedRealm")
    }
}
