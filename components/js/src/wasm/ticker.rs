//! The clock by which WebAssembly looks whether it is to end: a thread that counts epochs while there is any at work.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::engine::engine;

/// How often code that runs looks.
const EPOCH: Duration = Duration::from_millis(10);
/// So many epochs without any code at work, and the thread waits until there is some.
const IDLE_EPOCHS: u32 = 100;

static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static SEEN: AtomicBool = AtomicBool::new(false);
static WAITING: AtomicBool = AtomicBool::new(false);

/// Code is at work while this is there.
pub(super) struct AtWork(());

impl AtWork {
    pub(super) fn new() -> Self {
        static TICKER: OnceLock<Option<Thread>> = OnceLock::new();
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        SEEN.store(true, Ordering::SeqCst);
        let ticker = TICKER.get_or_init(|| {
            let ticker = thread::Builder::new().name("wasm epochs".into()).spawn(tick);
            ticker.ok().map(|ticker| ticker.thread().clone())
        });
        if WAITING.load(Ordering::SeqCst)
            && let Some(ticker) = ticker
        {
            ticker.unpark();
        }
        Self(())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick() {
    let Ok(engine) = engine() else { return };
    let mut idle = 0;
    loop {
        // Unparked too early, it counts too early: no harm.
        thread::park_timeout(EPOCH);
        if AT_WORK.load(Ordering::SeqCst) > 0 || SEEN.swap(false, Ordering::SeqCst) {
            idle = 0;
            engine.increment_epoch();
            continue;
        }
        idle += 1;
        if idle >= IDLE_EPOCHS {
            WAITING.store(true, Ordering::SeqCst);
            // Nothing may have begun between the look above and the flag.
            while AT_WORK.load(Ordering::SeqCst) == 0 && !SEEN.load(Ordering::SeqCst) {
                thread::park();
            }
            WAITING.store(false, Ordering::SeqCst);
            idle = 0;
        }
    }
}
