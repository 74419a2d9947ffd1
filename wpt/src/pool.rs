//! Runs many tests in parallel windows.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, select_biased, unbounded};
use parking_lot::Mutex;

use crate::manifest::Test;
use crate::outcome::Outcome;
use crate::product::{Job, LogSink, Product, ProductError};
use crate::server::Server;

/// What the runner waits longer than the harness, whose own limit should come first.
const EXTRA: Duration = Duration::from_secs(5);

/// What is run, and how.
#[derive(Clone)]
pub struct Plan {
    /// The browser.
    pub product: Arc<dyn Product>,
    /// What the tests are loaded from.
    pub server: Arc<Server>,
    /// How many windows at a time.
    pub jobs: usize,
    /// What the time limits are multiplied by.
    pub timeout_multiplier: f64,
    /// Where the browser's log goes, if it is wanted.
    pub log: Option<LogSink>,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The browser cannot be used.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// Somebody wants it to end.
    #[error("interrupted")]
    Interrupted,
    /// A thread of the runner itself ended too early.
    #[error("a worker of the runner ended before its tests")]
    Worker,
}

impl Plan {
    /// How long a test may take: the harness's own limit times the multiplier, and some seconds.
    #[must_use]
    pub fn limit(&self, test: &Test) -> Duration {
        test.timeout().mul_f64(self.timeout_multiplier) + EXTRA
    }

    /// The job of a test.
    #[must_use]
    pub fn job(&self, test: &Test) -> Job {
        Job { url: self.server.url(test), limit: self.limit(test) }
    }

    /// Runs all tests; each is given to `done` as soon as it has ended. Ends early when `stop` says something or
    /// closes: then windows may still be open, and end with this process.
    ///
    /// # Errors
    /// If the browser does not start, or if it was stopped.
    pub fn run(
        &self,
        tests: Vec<Test>,
        stop: &Receiver<()>,
        mut done: impl FnMut(Test, Outcome),
    ) -> Result<(), PoolError> {
        let mut left = tests.len();
        let workers = self.jobs.clamp(1, left.max(1));
        let queue = Arc::new(Mutex::new(VecDeque::from(tests)));
        let (sender, results) = unbounded();
        let mut threads = Vec::new();
        for number in 0..workers {
            let (plan, queue, sender) = (self.clone(), Arc::clone(&queue), sender.clone());
            let thread = std::thread::Builder::new().name(format!("window-{number}"));
            match thread.spawn(move || plan.work(&queue, &sender)) {
                Ok(thread) => threads.push(thread),
                // The others do its share.
                Err(_) if number > 0 => break,
                Err(_) => return Err(PoolError::Worker),
            }
        }
        drop(sender);
        while left > 0 {
            select_biased! {
                recv(stop) -> _ => return Err(PoolError::Interrupted),
                recv(results) -> result => match result {
                    Ok(Ok((test, outcome))) => {
                        left -= 1;
                        done(test, outcome);
                    },
                    Ok(Err(error)) => return Err(error.into()),
                    Err(_) => return Err(PoolError::Worker),
                },
            }
        }
        // Each closes its browser.
        for thread in threads {
            thread.join().map_err(|_| PoolError::Worker)?;
        }
        Ok(())
    }

    fn work(
        &self,
        queue: &Mutex<VecDeque<Test>>,
        sender: &crossbeam_channel::Sender<Result<(Test, Outcome), ProductError>>,
    ) {
        let mut session = match self.product.session(Arc::clone(&self.server), self.log.clone()) {
            Ok(session) => session,
            Err(error) => {
                // Nobody listens any more if another worker has failed before.
                let _ = sender.send(Err(error));
                return;
            }
        };
        let replacements = self.server.ports.replacements();
        loop {
            let Some(test) = queue.lock().pop_front() else { return };
            let mut outcome = session.run(&self.job(&test));
            outcome.replace(&replacements);
            if sender.send(Ok((test, outcome))).is_err() {
                return;
            }
        }
    }
}

/// A channel that never says anything, for runs that nobody stops.
#[must_use]
pub fn never() -> Receiver<()> {
    crossbeam_channel::never()
}

/// A channel that says something when the process is interrupted or asked to end; the second time, it ends at once.
///
/// # Errors
/// If the system does not let signals be handled.
pub fn on_signal() -> std::io::Result<Receiver<()>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    const INTERRUPTED: i32 = 130;
    let (sender, receiver) = bounded(1);
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            if sender.try_send(()).is_err() {
                std::process::exit(INTERRUPTED);
            }
        }
    })?;
    Ok(receiver)
}
