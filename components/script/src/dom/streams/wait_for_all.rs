//! [Waiting for all](https://webidl.spec.whatwg.org/#wait-for-all) promises of a list.

use std::cell::Cell;

use bgfetch_js::{Exception, Fallible, Promise, Realm, Shared, Traced, trace_fields};

struct Waiting {
    left: Cell<usize>,
    all: Traced<Promise<()>>,
}

trace_fields!(Waiting { all });

/// [A promise to wait for all](https://webidl.spec.whatwg.org/#waiting-for-all-promise): it is rejected with the reason of
/// the first that is.
pub(super) fn wait_for_all(realm: &Realm, promises: &[Promise<()>]) -> Fallible<Promise<()>> {
    let all = Promise::new(realm)?;
    if promises.is_empty() {
        realm.queue_microtask_with(Traced::new(all.clone()), |realm, all, _| {
            all.resolve(realm, ());
            Ok(())
        })?;
        return Ok(all);
    }
    let waiting = realm.share(Waiting { left: Cell::new(promises.len()), all: all.clone().into() })?;
    for promise in promises {
        promise.react_with(
            realm,
            Traced::new(waiting.clone()),
            |realm, waiting: &Traced<Shared<Waiting>>, _| {
                waiting.left.set(waiting.left.get().saturating_sub(1));
                if waiting.left.get() == 0 {
                    waiting.all.resolve(realm, ());
                }
                Ok(())
            },
            |realm, waiting, reason| {
                waiting.all.reject(realm, Exception::js(reason.clone()));
                Ok(())
            },
        )?;
    }
    Ok(all)
}
