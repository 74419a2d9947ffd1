//! [`AbortController`](https://dom.spec.whatwg.org/#interface-abortcontroller).

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, Value, platform_object, trace_fields};

use crate::bindings::AbortControllerMethods;
use crate::dom::AbortSignal;

/// `AbortController`.
pub(crate) struct AbortController {
    reflector: Reflector,
    signal: Member<AbortSignal>,
}

trace_fields!(AbortController { signal });
platform_object!(AbortController);

impl AbortController {
    /// [Signals abort](https://dom.spec.whatwg.org/#abortcontroller-signal-abort) with a reason, or an `AbortError`.
    pub(crate) fn signal_abort(&self, realm: &Realm, reason: Option<Value>) -> Fallible<()> {
        self.signal.signal_abort(realm, reason)
    }
}

impl AbortControllerMethods for AbortController {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        Ok(Self { reflector: Reflector::new(), signal: realm.wrap(AbortSignal::new())?.into() })
    }

    fn signal(&self, _: &Realm) -> Fallible<Root<AbortSignal>> {
        Ok((*self.signal).clone())
    }

    fn abort(&self, realm: &Realm, reason: Option<Value>) -> Fallible<()> {
        self.signal_abort(realm, reason)
    }
}
