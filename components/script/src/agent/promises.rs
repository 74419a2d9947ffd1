//! Promises that a local future settles.

use std::future::Future;

use bgfetch_js::{Fallible, Promise, Realm, ToJs};

use super::{Agent, TaskSource};

impl Agent {
    /// [A new promise](https://webidl.spec.whatwg.org/#a-new-promise) that `future`, run as by [`Agent::spawn`],
    /// resolves with its value or rejects with its exception.
    ///
    /// # Errors
    /// Only without memory.
    pub(crate) fn promise<T: ToJs + 'static>(
        &self,
        source: TaskSource,
        realm: &Realm,
        future: impl Future<Output = Fallible<T>> + 'static,
    ) -> Fallible<Promise<T>> {
        let promise = Promise::new(realm)?;
        let (settled, owner) = (promise.clone(), realm.clone());
        self.spawn(source, realm, async move {
            match future.await {
                Ok(value) => settled.resolve(&owner, value),
                Err(exception) => settled.reject(&owner, exception),
            }
            Ok(())
        });
        Ok(promise)
    }
}
