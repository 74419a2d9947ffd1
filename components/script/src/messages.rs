//! Messages to this thread, as tasks.

use std::rc::Rc;

use bgfetch_traits::ids::ClientId;
use bgfetch_traits::script::{EmbedderRequest, ScriptMsg};

use crate::agent::{Agent, TaskSource};
use crate::dom;
use crate::environment::Environment;

/// Queues what a message asks for.
pub(crate) fn queue(agent: &Rc<Agent>, message: ScriptMsg) {
    let _ = (agent, message);
}
