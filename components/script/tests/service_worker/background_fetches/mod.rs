//! Background fetches as a page sees them.

mod calls;
mod events;
mod records;

use std::time::Duration;

use bgfetch_traits::background_fetch::{
    BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchMsg, BackgroundFetchProgress,
    BackgroundFetchResult,
};
use bgfetch_traits::ids::{BackgroundFetchId, RegistrationId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, FunctionalEvent};

use crate::support::World;

pub(super) const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn info() -> BackgroundFetchInfo {
    BackgroundFetchInfo {
        fetch: BackgroundFetchId(5),
        registration: RegistrationId(3),
        id: "ep-5".into(),
        upload_total: 2,
        download_total: 100,
        progress: progress(0),
    }
}

pub(super) fn progress(downloaded: u64) -> BackgroundFetchProgress {
    BackgroundFetchProgress {
        downloaded,
        uploaded: 0,
        result: BackgroundFetchResult::Empty,
        failure_reason: BackgroundFetchFailureReason::Empty,
        records_available: true,
    }
}

/// A worker whose first step is `body`, with `manager` and `name(promise)` for what it rejects with.
pub(super) fn step(body: &str) -> World {
    let world = World::active(&format!(
        "const manager = registration.backgroundFetch;
         const name = promise => promise.then(() => 'nothing', error => `${{error.constructor.name}} ${{error.name}}`);
         onactivate = event => event.waitUntil((async () => {{ {body} }})())"
    ));
    world.step();
    world
}

pub(super) fn event(kind: BackgroundFetchEventKind, info: &BackgroundFetchInfo) -> FunctionalEvent {
    FunctionalEvent::BackgroundFetch { kind, info: info.clone() }
}

/// A worker that has the background fetch `fetched`; then `body` runs.
pub(super) fn with_fetch(body: &str) -> World {
    let mut world = step(&format!("const fetched = await manager.get('ep-5'); {body}"));
    let BackgroundFetchMsg::Get { reply, .. } = world.background_fetch_asked() else { panic!("not get") };
    reply.send(Some(info()));
    world
}

pub(super) fn changed(world: &World, progress: BackgroundFetchProgress) {
    let to = world.environment.id;
    world.send(ScriptMsg::BackgroundFetchChanged { to, fetch: BackgroundFetchId(5), progress });
}
