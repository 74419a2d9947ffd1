//! The realm that a callback belongs to.

use rquickjs_sys as q;

use crate::{Object, Realm, state};

impl Object {
    /// The [associated realm](https://webidl.spec.whatwg.org/#dfn-associated-realm) of an object that was given as a
    /// callback: of a function, the one that it was made in; of another object, the one whose `Object.prototype` its
    /// prototype chain ends with. Where that cannot be told (a revoked proxy, an object without a prototype), `realm`.
    #[must_use]
    pub fn associated_realm(&self, realm: &Realm) -> Realm {
        if state::shared().realms.borrow().len() < 2 {
            return realm.clone();
        }
        let found = if self.as_value().is_callable() {
            self.function_realm_prototype(realm)
        } else {
            self.last_prototype(realm)
        };
        found.and_then(|prototype| realm_of_object_prototype(&prototype)).unwrap_or_else(|| realm.clone())
    }

    /// `Object.prototype` of a function's realm: what the constructor `Object` gives an instance for a `newTarget`
    /// whose `prototype` is no object ([GetPrototypeFromConstructor](https://tc39.es/ecma262/#sec-getprototypefromconstructor)).
    /// The probe is a proxy without a prototype, so that the page sees nothing of it.
    fn function_realm_prototype(&self, realm: &Realm) -> Option<Self> {
        let intrinsics = realm.intrinsics();
        let probe = intrinsics.call_object(realm, "realmProbe", &[self.as_value().clone()]).ok()?;
        let constructor = intrinsics.object("objectConstructor").ok()?;
        // SAFETY: the context and both objects are alive; there are no arguments, and the built-in constructor reads
        // none when `newTarget` is another function.
        let made = realm.own(unsafe {
            q::JS_CallConstructor2(realm.raw(), constructor.raw(), probe.raw(), 0, std::ptr::null_mut())
        });
        made.ok()?.as_object()?.prototype(realm).ok()?
    }

    /// The end of the prototype chain, which has a limit: proxies can make it endless.
    fn last_prototype(&self, realm: &Realm) -> Option<Self> {
        const LIMIT: usize = 1000;
        let mut last = self.prototype(realm).ok()??;
        for _ in 0..LIMIT {
            match last.prototype(realm).ok()? {
                Some(next) => last = next,
                None => return Some(last),
            }
        }
        None
    }
}

fn realm_of_object_prototype(prototype: &Object) -> Option<Realm> {
    state::contexts().into_iter().find_map(|context| {
        // SAFETY: they are alive, and no script runs meanwhile that could end them.
        let realm = unsafe { Realm::borrow(&context) };
        let known = realm.intrinsics().object("objectPrototype").ok()?;
        (known == *prototype).then(|| realm.clone())
    })
}
