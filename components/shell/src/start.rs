//! Where the shell gets its engine from.

use bgfetch::{Engine, EngineBuilder, EngineError};

/// Starts an engine in this process.
pub(crate) fn start(builder: EngineBuilder) -> Result<Engine, EngineError> {
    builder.build()
}
