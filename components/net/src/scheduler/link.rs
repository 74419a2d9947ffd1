//! Whose bytes pass next: deficit round robin by bytes, and the bandwidth limit.
//!
//! Every origin has an account, and every flow of it has one. Who has something in the account may pass a piece,
//! which is then taken from both accounts; they may fall below zero by less than a piece, since a piece is not
//! cut to the account. When nobody who waits has anything left, a new round begins: each gets a [`QUANTUM`]. So
//! over a few rounds, origins that always have bytes waiting pass the same number of them, however many flows
//! they have and however large their pieces are; and so do the flows of one origin.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use bgfetch_traits::fetch::Priority;

/// What an account gets in a round, in bytes; also the largest piece.
pub(crate) const QUANTUM: usize = 64 * 1024;
/// Without a bandwidth limit, so many bytes pass before the tasks that wait for them run.
const TURN: usize = 16 * QUANTUM;
/// How many pieces a second a flow is cut into, when there is a bandwidth limit that is small enough to matter.
const PIECES_PER_SECOND: u64 = 50;

/// One response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FlowId(u64);

/// The link.
#[derive(Debug)]
pub(crate) struct Link {
    bucket: Option<Bucket>,
    flows: HashMap<FlowId, FlowState>,
    groups: HashMap<GroupKey, Group>,
    foreground: VecDeque<GroupKey>,
    background: VecDeque<GroupKey>,
    background_paused: bool,
    passed_in_turn: usize,
    next_id: u64,
}

type GroupKey = (Priority, String);

#[derive(Debug)]
struct FlowState {
    group: GroupKey,
    account: i64,
    /// Bytes it waits to pass; 0 if it does not wait.
    want: usize,
}

#[derive(Debug, Default)]
struct Group {
    account: i64,
    members: usize,
    waiting: VecDeque<FlowId>,
}

/// A token bucket that may be overdrawn by one piece.
#[derive(Debug)]
struct Bucket {
    rate: u64,
    tokens: f64,
    filled_at: Duration,
}

impl Bucket {
    const fn new(rate: u64, now: Duration) -> Self {
        Self { rate, tokens: 0.0, filled_at: now }
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate of more than 2^52 bytes a second is no limit")]
    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.filled_at).as_secs_f64();
        self.filled_at = now;
        // What was not used is kept for 10 ms only: a limit is not an average over a pause.
        let most = (self.rate as f64 / 100.0).max(1.0);
        self.tokens = (self.tokens + passed * self.rate as f64).min(most);
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate of more than 2^52 bytes a second is no limit")]
    fn time_until_positive(&self) -> Duration {
        if self.tokens > 0.0 {
            return Duration::ZERO;
        }
        // At least a millisecond, which is what timers can do.
        Duration::from_secs_f64((-self.tokens + 1.0) / self.rate as f64).max(Duration::from_millis(1))
    }

    /// The largest piece, so that a slow link still moves several times a second.
    fn largest_piece(&self) -> usize {
        usize::try_from(self.rate / PIECES_PER_SECOND).unwrap_or(QUANTUM).clamp(512, QUANTUM)
    }
}

impl Link {
    /// A link that passes `limit` bytes a second, or as many as come.
    pub(crate) fn new(limit: Option<u64>) -> Self {
        Self {
            bucket: limit.map(|rate| Bucket::new(rate.max(1), Duration::ZERO)),
            flows: HashMap::new(),
            groups: HashMap::new(),
            foreground: VecDeque::new(),
            background: VecDeque::new(),
            background_paused: false,
            passed_in_turn: 0,
            next_id: 0,
        }
    }

    /// Sets the limit in bytes a second.
    pub(crate) fn set_limit(&mut self, limit: Option<u64>, now: Duration) {
        self.bucket = limit.map(|rate| Bucket::new(rate.max(1), now));
    }

    /// Whether flows of background priority stand still.
    pub(crate) const fn pause_background(&mut self, paused: bool) {
        self.background_paused = paused;
    }

    /// Adds a flow of an origin.
    pub(crate) fn open(&mut self, priority: Priority, origin: &str) -> FlowId {
        let id = FlowId(self.next_id);
        self.next_id += 1;
        let group = (priority, origin.to_owned());
        self.groups.entry(group.clone()).or_default().members += 1;
        self.flows.insert(id, FlowState { group, account: 0, want: 0 });
        id
    }

    /// Removes a flow.
    pub(crate) fn close(&mut self, id: FlowId) {
        let Some(flow) = self.flows.remove(&id) else { return };
        let Some(group) = self.groups.get_mut(&flow.group) else { return };
        group.members -= 1;
        group.waiting.retain(|waiting| *waiting != id);
        if group.waiting.is_empty() {
            self.ring(flow.group.0).retain(|key| *key != flow.group);
        }
        if self.groups.get(&flow.group).is_some_and(|group| group.members == 0) {
            self.groups.remove(&flow.group);
        }
    }

    fn ring(&mut self, priority: Priority) -> &mut VecDeque<GroupKey> {
        match priority {
            Priority::Foreground => &mut self.foreground,
            Priority::Background => &mut self.background,
        }
    }

    /// A flow asks to pass up to `want` bytes. How many may pass at once, if nobody waits before it; otherwise
    /// it waits for [`Link::grant_next`].
    pub(crate) fn request(&mut self, id: FlowId, want: usize, now: Duration) -> Option<usize> {
        let nobody_waits = self.foreground.is_empty() && self.background.is_empty();
        let flow = self.flows.get_mut(&id)?;
        if flow.want > 0 {
            flow.want = want;
            return None;
        }
        let priority = flow.group.0;
        let stands_still = priority == Priority::Background && self.background_paused;
        if nobody_waits && !stands_still && self.has_room(now) {
            return Some(self.charge(id, want));
        }
        let flow = self.flows.get_mut(&id)?;
        flow.want = want.max(1);
        let key = flow.group.clone();
        let group = self.groups.entry(key.clone()).or_default();
        group.waiting.push_back(id);
        if group.waiting.len() == 1 {
            self.ring(priority).push_back(key);
        }
        None
    }

    fn has_room(&mut self, now: Duration) -> bool {
        match &mut self.bucket {
            Some(bucket) => {
                bucket.fill(now);
                bucket.tokens > 0.0
            }
            None => self.passed_in_turn < TURN,
        }
    }

    /// Takes a piece of up to `want` bytes from all accounts.
    #[expect(clippy::cast_precision_loss, reason = "a piece is at most QUANTUM bytes")]
    fn charge(&mut self, id: FlowId, want: usize) -> usize {
        let largest = self.bucket.as_ref().map_or(QUANTUM, Bucket::largest_piece);
        let piece = want.min(largest);
        // A piece is at most QUANTUM bytes.
        let amount = i64::try_from(piece).unwrap_or(i64::MAX);
        if let Some(flow) = self.flows.get_mut(&id) {
            flow.want = 0;
            flow.account = flow.account.saturating_sub(amount).max(-quantum());
            if let Some(group) = self.groups.get_mut(&flow.group) {
                group.account = group.account.saturating_sub(amount).max(-quantum());
            }
        }
        self.passed_in_turn = self.passed_in_turn.saturating_add(piece);
        if let Some(bucket) = &mut self.bucket {
            bucket.tokens -= piece as f64;
        }
        piece
    }

    /// The next flow that may pass, and how many bytes.
    pub(crate) fn grant_next(&mut self, now: Duration) -> Option<(FlowId, usize)> {
        if !self.has_room(now) {
            return None;
        }
        let priority = if !self.foreground.is_empty() {
            Priority::Foreground
        } else if !self.background_paused && !self.background.is_empty() {
            Priority::Background
        } else {
            return None;
        };
        let key = self.next_group(priority)?;
        let id = self.next_flow(&key)?;
        let want = self.flows.get(&id)?.want;
        let piece = self.charge(id, want);
        if self.groups.get(&key).is_some_and(|group| group.waiting.is_empty()) {
            self.ring(priority).retain(|waiting| *waiting != key);
        }
        Some((id, piece))
    }

    /// The first group in turn that has something in its account; it stays in front until it has not.
    fn next_group(&mut self, priority: Priority) -> Option<GroupKey> {
        let mut ring = std::mem::take(self.ring(priority));
        let mut found = None;
        // After a new round everybody who waits has something: debts are at most a quantum.
        for round in 0..2 {
            for _ in 0..ring.len() {
                let key = ring.front()?.clone();
                if self.groups.get(&key).is_some_and(|group| group.account > 0) {
                    found = Some(key);
                    break;
                }
                ring.rotate_left(1);
            }
            if found.is_some() || round == 1 {
                break;
            }
            for key in &ring {
                if let Some(group) = self.groups.get_mut(key) {
                    group.account = (group.account + quantum()).max(1);
                }
            }
        }
        *self.ring(priority) = ring;
        found
    }

    /// Takes the first waiting flow in turn that has something in its account.
    fn next_flow(&mut self, key: &GroupKey) -> Option<FlowId> {
        let group = self.groups.get_mut(key)?;
        for _ in 0..2 {
            let ready =
                group.waiting.iter().position(|id| self.flows.get(id).is_some_and(|flow| flow.account > 0));
            if let Some(at) = ready {
                return group.waiting.remove(at);
            }
            for id in &group.waiting {
                if let Some(flow) = self.flows.get_mut(id) {
                    flow.account = (flow.account + quantum()).max(1);
                }
            }
        }
        None
    }

    /// Begins a turn: another [`TURN`] bytes may pass if there is no bandwidth limit.
    pub(crate) const fn begin_turn(&mut self) {
        self.passed_in_turn = 0;
    }

    /// Whether bytes passed since the last turn began.
    pub(crate) const fn turn_has_begun(&self) -> bool {
        self.bucket.is_none() && self.passed_in_turn > 0
    }

    /// Whether flows wait only because the turn's bytes have passed.
    pub(crate) fn turn_is_spent(&self) -> bool {
        let waiting = !self.foreground.is_empty() || (!self.background_paused && !self.background.is_empty());
        self.bucket.is_none() && self.passed_in_turn > 0 && waiting
    }

    /// When the next flow may pass, if flows wait for the bandwidth limit.
    pub(crate) fn next_time(&self, now: Duration) -> Option<Duration> {
        let waiting = !self.foreground.is_empty() || (!self.background_paused && !self.background.is_empty());
        let bucket = self.bucket.as_ref()?;
        waiting.then(|| now + bucket.time_until_positive())
    }
}

const fn quantum() -> i64 {
    QUANTUM as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    /// Flows that always have bytes waiting, asked for in pieces of a size of each flow's own.
    struct Simulation {
        link: Link,
        now: Duration,
        flows: Vec<(FlowId, usize)>,
        passed: HashMap<FlowId, u64>,
    }

    impl Simulation {
        fn new(limit: Option<u64>) -> Self {
            Self { link: Link::new(limit), now: Duration::ZERO, flows: Vec::new(), passed: HashMap::new() }
        }

        fn flow(&mut self, priority: Priority, origin: &str, piece: usize) -> FlowId {
            let id = self.link.open(priority, origin);
            self.flows.push((id, piece));
            id
        }

        fn ask(&mut self, id: FlowId) {
            let piece = self.flows.iter().find(|(flow, _)| *flow == id).unwrap().1;
            if let Some(passed) = self.link.request(id, piece, self.now) {
                *self.passed.entry(id).or_default() += passed as u64;
                self.ask(id);
            }
        }

        /// Runs until `end`, as the scheduler does: serve, let the tasks ask again, wait for the next time.
        fn run_until(&mut self, end: Duration) {
            let all: Vec<FlowId> = self.flows.iter().map(|(id, _)| *id).collect();
            all.into_iter().for_each(|id| self.ask(id));
            while self.now < end {
                let mut served = Vec::new();
                while let Some((id, bytes)) = self.link.grant_next(self.now) {
                    *self.passed.entry(id).or_default() += bytes as u64;
                    served.push(id);
                }
                served.into_iter().for_each(|id| self.ask(id));
                self.now = self.link.next_time(self.now).unwrap_or(end).max(self.now);
            }
        }

        fn passed(&self, id: FlowId) -> u64 {
            self.passed.get(&id).copied().unwrap_or_default()
        }
    }

    fn about(actual: u64, expected: u64) -> bool {
        actual.abs_diff(expected) * 20 <= expected
    }

    #[test]
    fn the_limit_is_kept_and_used() {
        for rate in [20_000, 500_000, 3 * MIB, 200 * MIB] {
            let mut simulation = Simulation::new(Some(rate));
            let flow = simulation.flow(Priority::Foreground, "a", 50_000);
            simulation.run_until(Duration::from_secs(10));
            let passed = simulation.passed(flow);
            assert!(about(passed, 10 * rate), "{passed} bytes at {rate} a second");
        }
    }

    #[test]
    fn origins_share_equally_whatever_their_flows_and_pieces() {
        let mut simulation = Simulation::new(Some(MIB));
        let many: Vec<FlowId> =
            (0..8).map(|_| simulation.flow(Priority::Background, "many", 64 * 1024)).collect();
        let one = simulation.flow(Priority::Background, "one", 3_000);
        simulation.run_until(Duration::from_secs(20));
        let of_many: u64 = many.iter().map(|id| simulation.passed(*id)).sum();
        assert!(about(of_many, 10 * MIB), "{of_many}");
        assert!(about(simulation.passed(one), 10 * MIB), "{}", simulation.passed(one));
        for id in many {
            assert!(about(simulation.passed(id), of_many / 8), "{}", simulation.passed(id));
        }
    }

    #[test]
    fn foreground_passes_before_background() {
        let mut simulation = Simulation::new(Some(MIB));
        let background = simulation.flow(Priority::Background, "a", 64 * 1024);
        let foreground = simulation.flow(Priority::Foreground, "b", 16 * 1024);
        simulation.run_until(Duration::from_secs(10));
        let passed = simulation.passed(foreground);
        assert!(passed >= 9 * MIB, "{passed}");
        simulation.link.close(foreground);
        simulation.flows.retain(|(id, _)| *id != foreground);
        let before = simulation.passed(background);
        simulation.run_until(Duration::from_secs(20));
        assert!(about(simulation.passed(background) - before, 10 * MIB));
    }

    #[test]
    fn what_is_paused_stands_still() {
        for limit in [Some(MIB), None] {
            let mut simulation = Simulation::new(limit);
            let flow = simulation.link.open(Priority::Background, "a");
            simulation.link.pause_background(true);
            assert_eq!(simulation.link.request(flow, 1000, Duration::from_secs(1)), None);
            assert_eq!(simulation.link.grant_next(Duration::from_secs(2)), None);
            assert_eq!(simulation.link.next_time(Duration::from_secs(2)), None);
            simulation.link.pause_background(false);
            assert_eq!(simulation.link.grant_next(Duration::from_secs(2)), Some((flow, 1000)));
        }
    }

    #[test]
    fn without_a_limit_a_turn_is_shared_by_all_who_wait() {
        let mut link = Link::new(None);
        let flows: Vec<FlowId> = (0..40).map(|_| link.open(Priority::Foreground, "a")).collect();
        let at_once = flows.iter().filter(|id| link.request(**id, QUANTUM, Duration::ZERO).is_some()).count();
        assert_eq!(at_once, TURN / QUANTUM);
        assert!(link.turn_is_spent());
        let mut served = 0;
        for _ in 0..2 {
            link.begin_turn();
            served += std::iter::from_fn(|| link.grant_next(Duration::ZERO)).count();
        }
        assert_eq!(served, 40 - at_once);
        assert!(!link.turn_is_spent());
    }

    #[test]
    fn a_closed_flow_waits_no_more() {
        let mut link = Link::new(Some(1000));
        let flow = link.open(Priority::Foreground, "a");
        assert_eq!(link.request(flow, 10, Duration::ZERO), None);
        link.close(flow);
        assert_eq!(link.grant_next(Duration::from_secs(9)), None);
        assert_eq!(link.next_time(Duration::from_secs(9)), None);
        assert!(link.groups.is_empty() && link.flows.is_empty());
    }
}
