//! The end: scripts first, then the network, then storage, so that nothing that has arrived is lost.

use std::thread::JoinHandle;
use std::time::Duration;

use bgfetch_service_worker::Input;
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::StorageMsg;
use crossbeam_channel::bounded;

use super::Coordinator;
use super::inbox::{Command, Event, Outcome};
use super::teller::Tell;

/// Script threads have so many milliseconds to end; later they are left behind.
const SCRIPTS_LIMIT: u64 = 5_000;
const NET_LIMIT: Duration = Duration::from_secs(5);
/// Writing what is in memory to a slow disk may take its time.
const STORAGE_LIMIT: Duration = Duration::from_secs(60);
const DELEGATE_LIMIT: Duration = Duration::from_secs(5);

/// The other threads, to wait for at the end.
pub(crate) struct Ends {
    pub(crate) net: JoinHandle<()>,
    pub(crate) storage: JoinHandle<()>,
    pub(crate) delegate: JoinHandle<()>,
}

/// The engine is ending.
pub(crate) struct Ending {
    waiting: Vec<Outcome<()>>,
    deadline: u64,
}

impl Ending {
    pub(crate) const fn next_deadline(&self) -> u64 {
        self.deadline
    }
}

impl Coordinator {
    /// Shutting down is not aborting: from here on the machine gets no inputs, so that what is durable goes on at
    /// the next start.
    pub(super) fn begin_shutdown(&mut self, reply: Outcome<()>) {
        if let Some(ending) = &mut self.turn.ending {
            ending.waiting.push(reply);
            return;
        }
        tracing::debug!("shutting down");
        let deadline = self.core.now().saturating_add(SCRIPTS_LIMIT);
        self.turn.ending = Some(Ending { waiting: vec![reply], deadline });
        self.cancel_all_fetches();
        self.turn.tasks.clear();
        self.registry(Input::Shutdown);
        let threads: Vec<_> = self.scripts.windows.values().map(|entry| entry.thread).collect();
        for thread in threads {
            self.end_thread(thread, false);
        }
        self.end_web_workers();
        self.links.net.send(NetMsg::Shutdown);
    }

    /// Only the ends of threads matter now; what is asked is dropped, and with it the replies.
    pub(super) fn take_while_ending(&mut self, event: Option<Event>) {
        match event {
            Some(Event::Thread(thread, event)) => self.thread(thread, event),
            Some(Event::Command(Command::Shutdown(reply))) => self.begin_shutdown(reply),
            Some(_) | None => {}
        }
        self.threads_due();
    }

    pub(super) fn has_ended(&self) -> bool {
        let Some(ending) = &self.turn.ending else { return false };
        self.scripts.threads.is_empty() || self.core.now() >= ending.deadline
    }

    /// Waits for the other threads, each with a limit.
    pub(super) fn end(mut self, ends: Ends) {
        if !self.scripts.threads.is_empty() {
            let left = self.scripts.threads.len();
            tracing::warn!(left, "script threads did not end in time and are left behind");
        }
        join("network", ends.net, NET_LIMIT);
        let (reply, stopped) = Reply::channel();
        self.links.storage.send(StorageMsg::Shutdown(reply));
        if stopped.recv_timeout(STORAGE_LIMIT).is_err() {
            tracing::error!("storage did not end in time; what was answered as stored is");
        }
        join("storage", ends.storage, DELEGATE_LIMIT);
        self.natives.close();
        self.links.teller.tell(Tell::End);
        join("delegate", ends.delegate, DELEGATE_LIMIT);
        let waiting = self.turn.ending.take().map(|ending| ending.waiting).unwrap_or_default();
        // Whoever waits may start the next engine on this profile at once.
        drop(self);
        for reply in waiting {
            reply.send(Ok(()));
        }
    }
}

/// Waits for a thread, but not for ever.
fn join(name: &'static str, thread: JoinHandle<()>, limit: Duration) {
    let (sender, joined) = bounded(1);
    let waiter = std::thread::Builder::new().name("join".to_owned()).spawn(move || {
        let _nobody_waits = sender.send(thread.join().is_err());
    });
    match waiter.map_err(|_| ()).and_then(|_| joined.recv_timeout(limit).map_err(|_| ())) {
        Ok(false) => {}
        Ok(true) => tracing::error!(name, "the thread panicked"),
        Err(()) => tracing::warn!(name, "the thread did not end in time"),
    }
}
