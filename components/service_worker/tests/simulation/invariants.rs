//! What is true after every input.

use std::collections::{BTreeMap, BTreeSet};

use bgfetch_service_worker::{Registry, WorkerStart};
use bgfetch_traits::background_fetch::{
    BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchProgress, BackgroundFetchResult,
};
use bgfetch_traits::ids::{BackgroundFetchId, ClientId, RegistrationId, WorkerId};
use bgfetch_traits::service_worker::{
    BackgroundFetchEventKind, FunctionalEvent, ServiceWorkerState, StoredRegistration, WorkerInfo,
};

#[derive(Default)]
pub(crate) struct Invariants {
    /// The last state of each worker that anybody saw.
    states: BTreeMap<WorkerId, ServiceWorkerState>,
    ran: BTreeSet<WorkerId>,
    /// Every registration that ever was in the map.
    known: BTreeSet<RegistrationId>,
}

fn rank(state: ServiceWorkerState) -> usize {
    ServiceWorkerState::ALL.iter().position(|s| *s == state).unwrap()
}

impl Invariants {
    /// A worker's state only goes forward.
    pub(crate) fn saw(&mut self, worker: &WorkerInfo) {
        let before = self.states.insert(worker.worker, worker.state).unwrap_or(ServiceWorkerState::Parsed);
        assert!(rank(before) <= rank(worker.state), "{worker:?} was {before}");
    }

    /// A worker is told of once for each state.
    pub(crate) fn changed(&mut self, worker: &WorkerInfo) {
        assert_ne!(self.states.get(&worker.worker), Some(&worker.state), "{worker:?} changed twice");
        self.saw(worker);
    }

    pub(crate) fn ran(&mut self, worker: WorkerId) {
        self.ran.insert(worker);
    }

    pub(crate) fn has_run(&self, worker: WorkerId) -> bool {
        self.ran.contains(&worker)
    }

    /// Which worker may get which event.
    pub(crate) fn dispatched(&self, registry: &Registry, start: &WorkerStart, event: &FunctionalEvent) {
        let info = registry.registration(start.registration.registration);
        let info = info.expect("an event for a worker without a registration");
        let is = |slot: &Option<WorkerInfo>, state: ServiceWorkerState| {
            slot.as_ref().is_some_and(|w| w.worker == start.worker.worker && w.state == state)
        };
        match event {
            FunctionalEvent::Install => assert!(is(&info.installing, ServiceWorkerState::Installing)),
            FunctionalEvent::Activate => assert!(is(&info.active, ServiceWorkerState::Activating)),
            FunctionalEvent::Fetch { .. } | FunctionalEvent::BackgroundFetch { .. } => {
                assert!(is(&info.active, ServiceWorkerState::Activated), "{event:?}: {info:?}");
            }
            FunctionalEvent::Message { .. } => {}
        }
    }

    pub(crate) fn check(
        &mut self,
        registry: &Registry,
        stored: &BTreeMap<RegistrationId, StoredRegistration>,
        clients: &BTreeSet<ClientId>,
    ) {
        let mut scopes = BTreeSet::new();
        let mut with_workers = BTreeSet::new();
        let registrations = registry.registrations();
        self.known.extend(registrations.iter().map(|(_, info)| info.registration));
        self.known.retain(|id| registry.registration(*id).is_some());
        // Unregistered ones that live on have to keep their slots in order, too.
        let active: BTreeSet<_> =
            self.known.clone().into_iter().filter_map(|id| self.slots(registry, id)).collect();
        for (key, info) in registrations {
            // One registration for a scope.
            assert!(scopes.insert((key.clone(), info.scope.clone())), "two registrations for {}", info.scope);
            // With nobody in its way, a waiting worker does not wait.
            assert!(info.waiting.is_none() || info.active.is_some(), "{info:?}");
            if info.waiting.is_some() || info.active.is_some() {
                with_workers.insert(info.registration);
            }
        }
        // Storage has exactly what a restart should bring back.
        assert_eq!(stored.keys().copied().collect::<BTreeSet<_>>(), with_workers);
        for stored in stored.values() {
            let info = registry.registration(stored.registration).unwrap();
            let ids = |waiting: Option<WorkerId>, active: Option<WorkerId>| waiting.into_iter().chain(active);
            let live = ids(info.waiting.map(|w| w.worker), info.active.map(|w| w.worker));
            let kept =
                ids(stored.waiting.as_ref().map(|w| w.worker), stored.active.as_ref().map(|w| w.worker));
            assert_eq!(live.collect::<Vec<_>>(), kept.collect::<Vec<_>>());
        }
        for client in clients {
            let info = registry.client(*client).expect("a client is lost");
            let Some(controller) = info.controller else { continue };
            // A controller is the active worker of its registration.
            assert!(active.contains(&controller), "{client} is controlled by {controller}");
        }
    }

    /// Slots hold different workers, in the states that belong there; which one is active.
    fn slots(&mut self, registry: &Registry, id: RegistrationId) -> Option<WorkerId> {
        use ServiceWorkerState::{Activated, Activating, Installed, Installing};
        let info = registry.registration(id)?;
        let state = |worker: &Option<WorkerInfo>| worker.as_ref().map(|worker| worker.state);
        assert!(matches!(state(&info.installing), None | Some(Installing)), "{info:?}");
        assert!(matches!(state(&info.waiting), None | Some(Installed)), "{info:?}");
        assert!(matches!(state(&info.active), None | Some(Activating | Activated)), "{info:?}");
        let workers: Vec<_> = [&info.installing, &info.waiting, &info.active].into_iter().flatten().collect();
        let different: BTreeSet<_> = workers.iter().map(|worker| worker.worker).collect();
        assert_eq!(different.len(), workers.len());
        workers.into_iter().for_each(|worker| self.saw(worker));
        info.active.map(|active| active.worker)
    }

    /// Nothing lives on that nobody can find.
    pub(crate) fn only_registered_ones_are_left(&self, registry: &Registry) {
        let registered: BTreeSet<_> =
            registry.registrations().into_iter().map(|(_, info)| info.registration).collect();
        assert_eq!(self.known, registered);
    }
}

pub(crate) fn background_fetch_event(registration: RegistrationId) -> FunctionalEvent {
    FunctionalEvent::BackgroundFetch {
        kind: BackgroundFetchEventKind::Success,
        info: BackgroundFetchInfo {
            fetch: BackgroundFetchId(1),
            registration,
            id: "film".into(),
            upload_total: 0,
            download_total: 0,
            progress: BackgroundFetchProgress {
                downloaded: 0,
                uploaded: 0,
                result: BackgroundFetchResult::Success,
                failure_reason: BackgroundFetchFailureReason::Empty,
                records_available: true,
            },
        },
    }
}
