//! The engine of the process.

use std::sync::OnceLock;

use wasmtime::{Config, Engine};

use crate::{Exception, Fallible};

/// Bytes of stack that WebAssembly may use below the script that calls it.
const STACK: usize = 1 << 20;
/// Bytes of address space that a memory takes: it never moves, and grows within them.
const RESERVATION: u64 = 4 << 30;

/// The engine, made when it is first asked for.
///
/// # Errors
/// A `TypeError` on a machine that it does not run on.
pub(super) fn engine() -> Fallible<&'static Engine> {
    static ENGINE: OnceLock<Result<Engine, String>> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::new(&config()).map_err(|error| format!("{error:#}")));
    engine.as_ref().map_err(Exception::type_error)
}

fn config() -> Config {
    let mut config = Config::new();
    // A loop is stopped as one of script is: by looking, now and then, whether time is over.
    config.epoch_interruption(true);
    config.max_wasm_stack(STACK);
    config.wasm_backtrace_max_frames(None);
    // A buffer of script is a view of a memory, which therefore stays where it is.
    config.memory_may_move(false);
    config.memory_reservation(RESERVATION);
    config.wasm_threads(true);
    config.shared_memory(true);
    config.wasm_reference_types(true);
    config.wasm_function_references(true);
    config.wasm_gc(true);
    config.wasm_exceptions(true);
    config.wasm_tail_call(true);
    config.wasm_memory64(true);
    config
}
