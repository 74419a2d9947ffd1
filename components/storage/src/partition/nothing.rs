//! A partition that was never written to leaves no trace on the disk: what only looks finds nothing.

use bgfetch_traits::storage::{BodyMsg, CacheMsg, CacheSelector, PartitionMsg};

use super::{Database, Partition};
use crate::meta::not_found;

impl Partition {
    /// Answers a request that needs no folder if there is none; gives back any other.
    pub(super) fn answer_from_nothing(&mut self, request: PartitionMsg) -> Option<PartitionMsg> {
        let untouched = matches!(self.database, Database::Closed)
            && self.ending.is_none()
            && self.waiting.is_empty()
            && self.ops.is_empty()
            && !self.shared.paths.dir.exists();
        if !untouched {
            return Some(request);
        }
        match request {
            PartitionMsg::Estimate(reply) => reply.send(Ok(self.shared.ledger.estimate())),
            PartitionMsg::DeleteBackgroundFetch(_, reply) | PartitionMsg::DeleteRegistration(_, reply) => {
                reply.send(Ok(()));
            }
            PartitionMsg::LocalStorage(reply) => reply.send(Ok(self.new_local_storage())),
            PartitionMsg::Body(request) => return body_from_nothing(request).map(PartitionMsg::Body),
            PartitionMsg::Cache(request) => return cache_from_nothing(request).map(PartitionMsg::Cache),
            other => return Some(other),
        }
        None
    }
}

fn body_from_nothing(request: BodyMsg) -> Option<BodyMsg> {
    match request {
        BodyMsg::Open { body, reply, .. } => reply.send(Err(not_found(body))),
        BodyMsg::Seal { body, reply, .. } => reply.send(Err(not_found(body))),
        BodyMsg::Truncate { body, reply, .. } => reply.send(Err(not_found(body))),
        BodyMsg::Release { .. } => {}
        other => return Some(other),
    }
    None
}

fn cache_from_nothing(request: CacheMsg) -> Option<CacheMsg> {
    match request {
        CacheMsg::Has(_, reply) | CacheMsg::Delete(_, reply) => reply.send(Ok(false)),
        CacheMsg::Keys(reply) => reply.send(Ok(Vec::new())),
        CacheMsg::Match { cache: CacheSelector::Name(_) | CacheSelector::All, reply, .. } => {
            reply.send(Ok(None))
        }
        CacheMsg::Close(_) => {}
        other => return Some(other),
    }
    None
}
