//! The [performance timeline](https://w3c.github.io/performance-timeline/#performance-timeline) of a global object: its
//! [performance entry buffer map](https://w3c.github.io/performance-timeline/#dfn-performance-entry-buffer-map).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, Trace, Tracer};
use bgfetch_traits::ids::ClientId;

use super::observing::Observers;
use super::{PerformanceEntry, PerformanceNavigationTiming, PerformanceResourceTiming};
use crate::agent::{Agent, TaskSource};
use crate::dom::events::event;
use crate::dom::globals::window_or_worker::SharedObjects;
use crate::environment::{Environment, GlobalKind};

/// The [entry types](https://w3c.github.io/timing-entrytypes-registry/) that are supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryType {
    Mark,
    Measure,
    Navigation,
    Resource,
}

impl EntryType {
    /// All, in alphabetical order.
    const ALL: [Self; 4] = [Self::Mark, Self::Measure, Self::Navigation, Self::Resource];

    /// Those that a global object of that kind has, in alphabetical order.
    pub(super) fn supported(kind: GlobalKind) -> impl Iterator<Item = Self> {
        let all = Self::ALL.into_iter();
        all.filter(move |entry_type| kind == GlobalKind::Window || *entry_type != Self::Navigation)
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Mark => "mark",
            Self::Measure => "measure",
            Self::Navigation => "navigation",
            Self::Resource => "resource",
        }
    }
}

/// [Resource timing buffer size limit](https://w3c.github.io/resource-timing/#dfn-resource-timing-buffer-size-limit), at first.
const RESOURCE_LIMIT: usize = 250;

type Buffer = RefCell<Vec<Member<PerformanceEntry>>>;

/// The timeline.
pub(super) struct Timeline {
    /// Whose entries these are: none before it is first used.
    owner: Cell<Option<ClientId>>,
    marks: Buffer,
    measures: Buffer,
    navigations: Buffer,
    resources: Buffer,
    /// [Resource timing secondary buffer](https://w3c.github.io/resource-timing/#dfn-resource-timing-secondary-buffer).
    secondary: Buffer,
    resource_limit: Cell<usize>,
    /// [Resource timing buffer full event pending flag](https://w3c.github.io/resource-timing/#dfn-resource-timing-buffer-full-event-pending-flag).
    full_event_pending: Cell<bool>,
    /// [Dropped entries count](https://w3c.github.io/performance-timeline/#dfn-dropped-entries-count) of resources; nothing else
    /// is dropped.
    dropped_resources: Cell<u64>,
    /// [Last performance entry id](https://w3c.github.io/performance-timeline/#dfn-last-performance-entry-id).
    last_id: Cell<u64>,
    pub(super) observers: Observers,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            owner: Cell::new(None),
            marks: RefCell::default(),
            measures: RefCell::default(),
            navigations: RefCell::default(),
            resources: RefCell::default(),
            secondary: RefCell::default(),
            resource_limit: Cell::new(RESOURCE_LIMIT),
            full_event_pending: Cell::new(false),
            dropped_resources: Cell::new(0),
            last_id: Cell::new(0),
            observers: Observers::default(),
        }
    }
}

impl Trace for Timeline {
    fn trace(&self, tracer: &mut Tracer) {
        for buffer in [&self.marks, &self.measures, &self.navigations, &self.resources, &self.secondary] {
            buffer.trace(tracer);
        }
        self.observers.trace(tracer);
    }
}

impl Timeline {
    /// Makes sure that this is the timeline of the environment that a realm has now: that of an initial `about:blank`
    /// ends with it. A document's own entry is there from the beginning.
    pub(super) fn begin(&self, realm: &Realm) -> Fallible<()> {
        let environment = Environment::of(realm);
        if self.owner.replace(Some(environment.id)) == Some(environment.id) {
            return Ok(());
        }
        for entry_type in EntryType::ALL {
            self.clear(entry_type, None);
        }
        self.last_id.set(100 + u64::from(rand_u16()) % 9_900);
        if let Some(timing) = environment.document_timing.get() {
            let name = environment.url.borrow().as_str().into();
            let entry = realm.wrap(PerformanceNavigationTiming::new(name, timing))?;
            // [Queue a navigation PerformanceEntry](https://w3c.github.io/performance-timeline/#dfn-queue-a-navigation-performanceentry)
            let id = self.generate_id();
            let entry = entry.upcast::<PerformanceEntry>();
            entry.set_ids(id, id);
            self.navigations.borrow_mut().push(entry.into());
        }
        Ok(())
    }

    const fn buffer(&self, entry_type: EntryType) -> &Buffer {
        match entry_type {
            EntryType::Mark => &self.marks,
            EntryType::Measure => &self.measures,
            EntryType::Navigation => &self.navigations,
            EntryType::Resource => &self.resources,
        }
    }

    /// [Generates an id](https://w3c.github.io/performance-timeline/#dfn-generate-an-id).
    fn generate_id(&self) -> u64 {
        let id = self.last_id.get() + 7;
        self.last_id.set(id);
        id
    }

    /// The id of the document's [most recent navigation](https://w3c.github.io/performance-timeline/#document-most-recent-navigation);
    /// 0 in workers.
    fn navigation_id(&self) -> u64 {
        self.navigations.borrow().last().map_or(0, |entry| entry.known_id())
    }

    /// [Queues a PerformanceEntry](https://w3c.github.io/performance-timeline/#dfn-queue-a-performanceentry), and keeps it.
    pub(super) fn queue(
        &self,
        realm: &Realm,
        entry_type: EntryType,
        entry: &Root<PerformanceEntry>,
    ) -> Fallible<()> {
        self.announce(realm, entry_type, entry);
        self.buffer(entry_type).borrow_mut().push(entry.clone().into());
        Ok(())
    }

    fn announce(&self, realm: &Realm, entry_type: EntryType, entry: &Root<PerformanceEntry>) {
        entry.set_ids(self.generate_id(), self.navigation_id());
        self.observers.tell(realm, entry_type, entry);
    }

    /// The document's entry is complete.
    pub(super) fn queue_navigation(&self, realm: &Realm) -> Fallible<()> {
        let entry = self.navigations.borrow().last().map(|entry| (**entry).clone());
        if let Some(entry) = entry {
            let environment = Environment::of(realm);
            if let Some(timing) = environment.document_timing.get() {
                entry.set_duration(timing.relative(timing.load_event_end.get()));
            }
            self.observers.tell(realm, EntryType::Navigation, &entry);
        }
        Ok(())
    }

    /// Queues an entry, and [adds](https://w3c.github.io/resource-timing/#dfn-add-a-performanceresourcetiming-entry) it.
    pub(super) fn queue_resource(
        &self,
        realm: &Realm,
        entry: &Root<PerformanceResourceTiming>,
    ) -> Fallible<()> {
        let entry = entry.upcast::<PerformanceEntry>();
        self.announce(realm, EntryType::Resource, &entry);
        // Step 1.
        if self.can_add_resource() && !self.full_event_pending.get() {
            self.resources.borrow_mut().push(entry.into());
            return Ok(());
        }
        // Step 2.
        if !self.full_event_pending.replace(true) {
            Agent::current().queue_global(TaskSource::PerformanceTimeline, realm, |realm| {
                let performance = SharedObjects::with(realm, |shared| shared.performance(realm))?;
                let fire = || event::fire(realm, &*performance, "resourcetimingbufferfull").map(drop);
                performance.timeline(realm)?.fire_buffer_full(fire)
            });
        }
        // Steps 3 and 4. Until that event it is as good as dropped for observers that ask.
        self.secondary.borrow_mut().push(entry.into());
        Ok(())
    }

    /// [Can add resource timing entry](https://w3c.github.io/resource-timing/#dfn-can-add-resource-timing-entry).
    fn can_add_resource(&self) -> bool {
        self.resources.borrow().len() < self.resource_limit.get()
    }

    /// [Fires a buffer full event](https://w3c.github.io/resource-timing/#dfn-fire-a-buffer-full-event).
    fn fire_buffer_full(&self, mut fire: impl FnMut() -> Fallible<()>) -> Fallible<()> {
        // Step 1.
        while !self.secondary.borrow().is_empty() {
            let before = self.secondary.borrow().len();
            if !self.can_add_resource() {
                fire()?;
            }
            self.copy_secondary();
            let after = self.secondary.borrow().len();
            if before <= after {
                self.dropped_resources.set(self.dropped_resources.get() + after as u64);
                drop(self.secondary.take());
            }
        }
        // Step 2.
        self.full_event_pending.set(false);
        Ok(())
    }

    /// [Copy secondary buffer](https://w3c.github.io/resource-timing/#dfn-copy-secondary-buffer).
    fn copy_secondary(&self) {
        let mut secondary = self.secondary.borrow_mut();
        while !secondary.is_empty() && self.can_add_resource() {
            self.resources.borrow_mut().push(secondary.remove(0));
        }
    }

    pub(super) fn set_resource_limit(&self, limit: u32) {
        self.resource_limit.set(usize::try_from(limit).unwrap_or(usize::MAX));
    }

    /// How many entries of a type were dropped, or wait for an event that may make room for them.
    pub(super) fn dropped(&self, entry_type: EntryType) -> u64 {
        match entry_type {
            EntryType::Resource => self.dropped_resources.get() + self.secondary.borrow().len() as u64,
            _ => 0,
        }
    }

    /// Removes the entries of a type, or those of that name.
    pub(super) fn clear(&self, entry_type: EntryType, name: Option<&DomString>) {
        let mut entries = self.buffer(entry_type).take();
        entries.retain(|entry| name.is_some() && !entry.matches(name, None));
        let none = self.buffer(entry_type).replace(entries);
        drop(none);
    }

    /// The start of the last [mark](https://w3c.github.io/user-timing/#dfn-convert-a-mark-to-a-timestamp) of that name.
    pub(super) fn latest_mark(&self, name: &DomString) -> Option<f64> {
        let marks = self.marks.borrow();
        marks.iter().rev().find(|mark| mark.matches(Some(name), None)).map(|mark| mark.start())
    }

    pub(super) fn each_of(&self, entry_type: EntryType, mut visit: impl FnMut(Root<PerformanceEntry>)) {
        for entry in self.buffer(entry_type).borrow().iter() {
            visit((**entry).clone());
        }
    }

    /// [Filter buffer map by name and type](https://w3c.github.io/performance-timeline/#dfn-filter-buffer-map-by-name-and-type).
    pub(super) fn entries(
        &self,
        name: Option<&DomString>,
        entry_type: Option<&DomString>,
    ) -> Vec<Root<PerformanceEntry>> {
        let mut found = Vec::new();
        for buffer in [&self.marks, &self.measures, &self.navigations, &self.resources] {
            found.extend(filter(&buffer.borrow(), name, entry_type));
        }
        sort(&mut found);
        found
    }
}

/// [Filter buffer by name and type](https://w3c.github.io/performance-timeline/#dfn-filter-buffer-by-name-and-type).
pub(super) fn filter(
    buffer: &[Member<PerformanceEntry>],
    name: Option<&DomString>,
    entry_type: Option<&DomString>,
) -> Vec<Root<PerformanceEntry>> {
    let matching = buffer.iter().filter(|entry| entry.matches(name, entry_type));
    let mut found: Vec<_> = matching.map(|entry| (**entry).clone()).collect();
    sort(&mut found);
    found
}

/// In chronological order; equal ones stay as they are.
fn sort(entries: &mut [Root<PerformanceEntry>]) {
    entries.sort_by(|a, b| a.start().total_cmp(&b.start()));
}

fn rand_u16() -> u16 {
    let (number, _) = uuid::Uuid::new_v4().as_u64_pair();
    number as u16
}
