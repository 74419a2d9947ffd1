//! The order in which requests about caches take effect.
//!
//! Each takes effect when it came, but a [put](https://w3c.github.io/ServiceWorker/#cache-put) when all of its bodies
//! have come: until then others do not wait for it, and from then on all that come find it done. Storing what has come
//! takes a while, so those wait in line behind it.

use std::collections::VecDeque;

use bgfetch_traits::storage::{CacheMsg, PartitionMsg, StorageError};

use super::{Partition, refuse};

/// What waits until those before it have taken effect. The first in line is always a put that is being stored.
#[derive(Default)]
pub(super) struct Turns(VecDeque<Turn>);

#[expect(clippy::large_enum_variant, reason = "few of them, for a moment")]
enum Turn {
    Ask(CacheMsg),
    /// A put, all of whose bodies have come.
    Put(usize),
}

impl Turns {
    /// Refuses all that wait.
    pub(super) fn abandon(&mut self, error: &StorageError) {
        for turn in self.0.drain(..) {
            if let Turn::Ask(request) = turn {
                refuse(PartitionMsg::Cache(request), error);
            }
        }
    }
}

impl Partition {
    /// A request about caches.
    pub(super) fn handle_cache(&mut self, request: CacheMsg) {
        self.line_up_puts();
        match request {
            // It is stored from now on; its turn comes with the end of its bodies.
            CacheMsg::Put { cache, entries, reply } => self.put(cache, entries, reply),
            request if self.turns.0.is_empty() => self.ask_cache(request),
            request => self.turns.0.push_back(Turn::Ask(request)),
        }
    }

    /// Puts whose bodies have come by now take effect before whatever comes next.
    fn line_up_puts(&mut self) {
        for (index, put) in &mut self.puts {
            if !put.in_line && put.is_whole() {
                put.in_line = true;
                self.turns.0.push_back(Turn::Put(*index));
            }
        }
    }

    /// A put is stored, or failed: when those before it have taken effect, it does.
    pub(super) fn put_is_ready(&mut self, index: usize) {
        let Some(put) = self.puts.get_mut(&index) else { return };
        if !std::mem::replace(&mut put.in_line, true) {
            self.turns.0.push_back(Turn::Put(index));
        }
        self.take_turns();
    }

    fn take_turns(&mut self) {
        while let Some(turn) = self.turns.0.pop_front() {
            match turn {
                Turn::Ask(request) => self.ask_cache(request),
                Turn::Put(index) if self.puts.get(&index).is_some_and(|put| !put.is_stored()) => {
                    return self.turns.0.push_front(Turn::Put(index));
                }
                Turn::Put(index) => self.commit_put(index),
            }
        }
    }
}
