//! The walk-through's implementation of `BackgroundFetchRegistration`, for no engine in particular.

use crate::bindings::{BackgroundFetchRegistrationMethods, DomString, Engine, Fallible, World};

/// A background fetch, as whoever started it sees it.
#[derive(Debug)]
pub struct Registration<E: World> {
    id: DomString,
    aborted: <E as Engine>::Promise<bool>,
}

impl<E: World> BackgroundFetchRegistrationMethods<E> for Registration<E> {
    fn id(&self, _: &E::Realm) -> Fallible<E, DomString> {
        Ok(self.id.clone())
    }

    fn abort(&self, _: &E::Realm) -> Fallible<E, E::Promise<bool>> {
        Ok(self.aborted.clone())
    }
}
