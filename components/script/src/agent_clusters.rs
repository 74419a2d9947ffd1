//! [Agent clusters](https://tc39.es/ecma262/#sec-agent-clusters): who may share memory with whom.

use std::any::Any;

use bgfetch_js::{Exception, Fallible, Realm, SharedBlock, wasm};
use bgfetch_policy::site::Site;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::worker::AgentCluster;
use url::Origin;

use crate::agent::Agent;
use crate::environment::Environment;

/// [Obtains a similar-origin window
/// agent](https://html.spec.whatwg.org/multipage/webappapis.html#obtain-similar-origin-window-agent)'s cluster, or that of a
/// worker that belongs to nobody's: the environment `id` of `origin`, on this thread.
pub(crate) fn obtain(id: ClientId, origin: &Origin, cross_origin_isolated: bool) -> AgentCluster {
    let key = match origin {
        Origin::Opaque(_) => format!("{id:?}"),
        Origin::Tuple(..) if cross_origin_isolated => origin.ascii_serialization(),
        Origin::Tuple(..) => Site::of(origin).to_string(),
    };
    AgentCluster { group: Agent::current().group(), key, cross_origin_isolated }
}

/// What only agents of one cluster may have.
#[derive(Clone)]
pub(crate) struct Shared {
    cluster: AgentCluster,
    what: SharedThing,
}

/// What is shared.
#[derive(Clone)]
pub(crate) enum SharedThing {
    /// Of this length, and growable up to so much.
    Block(SharedBlock, usize, Option<usize>),
    Memory(wasm::SharedMemory),
    Module(wasm::Module),
}

impl Shared {
    /// From a realm of this thread.
    ///
    /// # Errors
    /// A `DataCloneError` if it is memory, and the realm is not
    /// [cross-origin isolated](https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-cross-origin-isolated-capability).
    pub(crate) fn from(realm: &Realm, what: SharedThing) -> Fallible<Self> {
        let environment = Environment::try_of(realm);
        let environment =
            environment.ok_or_else(|| refused("memory cannot be shared by a document that is gone"))?;
        if !matches!(what, SharedThing::Module(_)) && !environment.cross_origin_isolated {
            return Err(refused("memory cannot be shared: this context is not cross-origin isolated"));
        }
        Ok(Self { cluster: environment.agent_cluster.clone(), what })
    }

    /// What it is, for a realm of this thread.
    ///
    /// # Errors
    /// A `DataCloneError` if that is of another cluster.
    pub(crate) fn received(self, realm: &Realm) -> Fallible<SharedThing> {
        let environment = Environment::try_of(realm);
        if environment.is_some_and(|environment| environment.agent_cluster == self.cluster) {
            return Ok(self.what);
        }
        Err(refused("what is shared cannot cross agent clusters"))
    }

    /// A copy of an attachment that is one.
    pub(crate) fn copy(attachment: &(dyn Any + Send + Sync)) -> Option<Box<dyn Any + Send + Sync>> {
        attachment.downcast_ref::<Self>().map(|shared| Box::new(shared.clone()) as Box<_>)
    }
}

fn refused(message: &str) -> Exception {
    Exception::dom("DataCloneError", message)
}
