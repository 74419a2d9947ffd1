//! Which waiting request goes to the wire next.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use bgfetch_traits::fetch::Priority;

use crate::config::Limits;

/// How many HTTP/2 hosts without a request are remembered.
const MOST_REMEMBERED: usize = 1024;

/// A host and a port: what connections are made to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HostKey {
    /// Host as a URL serializes it.
    pub(crate) host: String,
    /// Port.
    pub(crate) port: u16,
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What a host was found to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1: a connection carries one request at a time.
    Http1,
    /// HTTP/2: a connection carries many.
    Http2,
}

/// What the queue looks at.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    /// Foreground before background.
    pub(crate) priority: Priority,
    /// The client's origin: origins take turns.
    pub(crate) origin: String,
    /// Where to.
    pub(crate) host: HostKey,
}

/// The queue, and what is on the wire.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: Limits,
    next_id: u64,
    foreground: VecDeque<OriginQueue>,
    background: VecDeque<OriginQueue>,
    /// Still in a queue, but not wanted any more.
    withdrawn: HashSet<u64>,
    active: usize,
    hosts: HashMap<HostKey, HostState>,
    background_paused: bool,
}

#[derive(Debug, Default)]
struct HostState {
    active: usize,
    http2: bool,
}

/// What waits of one origin, by host; each host's requests in order.
#[derive(Debug)]
struct OriginQueue {
    origin: String,
    hosts: Vec<(HostKey, VecDeque<u64>)>,
}

impl Admission {
    pub(crate) fn new(limits: Limits) -> Self {
        let at_least_one = Limits {
            global: limits.global.max(1),
            per_host: limits.per_host.max(1),
            streams_per_host: limits.streams_per_host.max(1),
            ..limits
        };
        Self {
            limits: at_least_one,
            next_id: 0,
            foreground: VecDeque::new(),
            background: VecDeque::new(),
            withdrawn: HashSet::new(),
            active: 0,
            hosts: HashMap::new(),
            background_paused: false,
        }
    }

    /// Adds a request at the end of its queue.
    pub(crate) fn enqueue(&mut self, ticket: Ticket) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        let queue = match ticket.priority {
            Priority::Foreground => &mut self.foreground,
            Priority::Background => &mut self.background,
        };
        let at = queue.iter().position(|q| q.origin == ticket.origin).unwrap_or_else(|| {
            queue.push_back(OriginQueue { origin: ticket.origin, hosts: Vec::new() });
            queue.len() - 1
        });
        if let Some(origin) = queue.get_mut(at) {
            match origin.hosts.iter_mut().find(|(host, _)| *host == ticket.host) {
                Some((_, waiting)) => waiting.push_back(id),
                None => origin.hosts.push((ticket.host, VecDeque::from([id]))),
            }
        }
        id
    }

    /// Takes a request that was not admitted out of its queue.
    pub(crate) fn withdraw(&mut self, id: u64) {
        // It leaves its queue when its turn comes: cancelling thousands does not search the queues each time.
        self.withdrawn.insert(id);
    }

    /// Admits the next request, if there is one that may go.
    pub(crate) fn next(&mut self) -> Option<u64> {
        if self.active >= self.limits.global {
            return None;
        }
        let (limits, hosts) = (self.limits, &self.hosts);
        let has_room =
            |host: &HostKey| hosts.get(host).is_none_or(|state| state.active < limit_of(&limits, state));
        let withdrawn = &mut self.withdrawn;
        let mut found = take_next(&mut self.foreground, withdrawn, has_room);
        if found.is_none() && !self.background_paused {
            found = take_next(&mut self.background, withdrawn, has_room);
        }
        let (id, host) = found?;
        self.active += 1;
        self.hosts.entry(host).or_default().active += 1;
        Some(id)
    }

    /// An admitted request has left the wire.
    pub(crate) fn finish(&mut self, host: &HostKey) {
        self.active = self.active.saturating_sub(1);
        if let Some(state) = self.hosts.get_mut(host) {
            state.active = state.active.saturating_sub(1);
            // What a host speaks is worth remembering, but not for ever more hosts.
            if state.active == 0 && (!state.http2 || self.hosts.len() > MOST_REMEMBERED) {
                self.hosts.remove(host);
            }
        }
    }

    /// Remembers what a host speaks.
    pub(crate) fn set_protocol(&mut self, host: &HostKey, protocol: Protocol) {
        let http2 = protocol == Protocol::Http2;
        if http2 || self.hosts.contains_key(host) {
            self.hosts.entry(host.clone()).or_default().http2 = http2;
        }
    }

    /// How many connections `host` may have besides those in use.
    pub(crate) fn room(&self, host: &HostKey) -> usize {
        self.limits.per_host.saturating_sub(self.hosts.get(host).map_or(0, |state| state.active))
    }

    /// Whether requests of background priority stay in the queue.
    pub(crate) const fn pause_background(&mut self, paused: bool) {
        self.background_paused = paused;
    }
}

const fn limit_of(limits: &Limits, state: &HostState) -> usize {
    if state.http2 { limits.streams_per_host } else { limits.per_host }
}

/// Takes the oldest request that has room, of the first origin that has one; that origin then waits for its turn.
fn take_next(
    queue: &mut VecDeque<OriginQueue>,
    withdrawn: &mut HashSet<u64>,
    has_room: impl Fn(&HostKey) -> bool,
) -> Option<(u64, HostKey)> {
    if !withdrawn.is_empty() {
        for origin in queue.iter_mut() {
            for (_, waiting) in &mut origin.hosts {
                while waiting.front().is_some_and(|id| withdrawn.remove(id)) {
                    waiting.pop_front();
                }
            }
            origin.hosts.retain(|(_, waiting)| !waiting.is_empty());
        }
        queue.retain(|origin| !origin.hosts.is_empty());
    }
    for at in 0..queue.len() {
        let origin = queue.get_mut(at)?;
        let oldest = origin
            .hosts
            .iter()
            .enumerate()
            .filter(|(_, (host, _))| has_room(host))
            .filter_map(|(index, (_, waiting))| waiting.front().map(|id| (*id, index)))
            .min();
        let Some((id, index)) = oldest else { continue };
        let (host, waiting) = origin.hosts.get_mut(index)?;
        let host = host.clone();
        waiting.pop_front();
        if waiting.is_empty() {
            origin.hosts.remove(index);
        }
        let served = queue.remove(at)?;
        if !served.hosts.is_empty() {
            queue.push_back(served);
        }
        return Some((id, host));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(global: usize, per_host: usize) -> Limits {
        Limits { global, per_host, streams_per_host: 4, idle: 4 }
    }

    fn host(name: &str) -> HostKey {
        HostKey { host: name.to_owned(), port: 443 }
    }

    fn ticket(priority: Priority, origin: &str, to: &str) -> Ticket {
        Ticket { priority, origin: origin.to_owned(), host: host(to) }
    }

    fn drain(admission: &mut Admission) -> Vec<u64> {
        std::iter::from_fn(|| admission.next()).collect()
    }

    #[test]
    fn no_more_than_the_limits_run() {
        let mut admission = Admission::new(limits(5, 2));
        for n in 0..4 {
            for to in ["a", "b", "c"] {
                admission.enqueue(ticket(Priority::Foreground, &format!("o{n}"), to));
            }
        }
        let first = drain(&mut admission);
        assert_eq!(first.len(), 5);
        admission.finish(&host("a"));
        assert_eq!(drain(&mut admission).len(), 1);
        assert!(admission.hosts.values().all(|state| state.active <= 2));
    }

    #[test]
    fn a_full_host_does_not_hold_up_the_others() {
        let mut admission = Admission::new(limits(10, 1));
        let first = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        let _waits = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        let other = admission.enqueue(ticket(Priority::Foreground, "o", "b"));
        assert_eq!(drain(&mut admission), [first, other]);
    }

    #[test]
    fn foreground_goes_first_and_background_can_be_paused() {
        let mut admission = Admission::new(limits(1, 1));
        let background = admission.enqueue(ticket(Priority::Background, "o", "a"));
        let foreground = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        assert_eq!(admission.next(), Some(foreground));
        admission.finish(&host("a"));
        admission.pause_background(true);
        assert_eq!(admission.next(), None);
        admission.pause_background(false);
        assert_eq!(admission.next(), Some(background));
    }

    #[test]
    fn origins_take_turns() {
        let mut admission = Admission::new(limits(1, 1));
        let many: Vec<u64> =
            (0..3).map(|_| admission.enqueue(ticket(Priority::Background, "many", "a"))).collect();
        let few = admission.enqueue(ticket(Priority::Background, "few", "a"));
        let mut order = Vec::new();
        while let Some(id) = admission.next() {
            order.push(id);
            admission.finish(&host("a"));
        }
        assert_eq!(order, [many[0], few, many[1], many[2]]);
    }

    #[test]
    fn http2_raises_the_limit_of_its_host() {
        let mut admission = Admission::new(limits(10, 1));
        for _ in 0..6 {
            admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        }
        assert_eq!(drain(&mut admission).len(), 1);
        admission.set_protocol(&host("a"), Protocol::Http2);
        assert_eq!(drain(&mut admission).len(), 3);
    }

    #[test]
    fn a_withdrawn_request_is_not_admitted() {
        let mut admission = Admission::new(limits(10, 1));
        let gone = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        let stays = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        admission.withdraw(gone);
        assert_eq!(drain(&mut admission), [stays]);
        let last = admission.enqueue(ticket(Priority::Foreground, "o", "a"));
        admission.withdraw(last);
        admission.finish(&host("a"));
        assert_eq!(admission.next(), None);
        assert!(admission.foreground.is_empty() && admission.withdrawn.is_empty());
    }
}
