//! Interfaces: background_fetch. They follow the specification at revision `a1f0bc2` of its source.

pub(crate) mod background_fetch_event;
pub(crate) mod background_fetch_manager;
pub(crate) mod background_fetch_record;
pub(crate) mod background_fetch_registration;
pub(crate) mod background_fetch_update_ui_event;
mod icons;

use std::pin::Pin;

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::background_fetch::BackgroundFetchMsg;
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::reply::Reply;

use crate::agent::Agent;
use crate::dom::service_worker::asking::{environment_of, gone};

pub(crate) use background_fetch_event::BackgroundFetchEvent;
pub(crate) use background_fetch_manager::BackgroundFetchManager;
pub(crate) use background_fetch_record::BackgroundFetchRecord;
pub(crate) use background_fetch_registration::BackgroundFetchRegistration;
pub(crate) use background_fetch_update_ui_event::BackgroundFetchUpdateUIEvent;

/// An answer that is on its way.
type Asked<T> = Pin<Box<dyn Future<Output = Fallible<T>>>>;

/// Asks the coordinator something, as the environment of `realm`. It is asked at once, the answer awaited.
fn ask<T: Send + 'static>(realm: &Realm, message: impl FnOnce(Reply<T>) -> BackgroundFetchMsg) -> Asked<T> {
    let answer = environment_of(realm).map(|environment| {
        Agent::current().ask(|reply| {
            let message = CoordinatorMsg::BackgroundFetch(environment.id, message(reply));
            environment.hosts.coordinator.send(message);
        })
    });
    Box::pin(async move { answer?.await.map_err(gone) })
}
