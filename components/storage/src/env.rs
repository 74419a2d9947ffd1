//! What all parts of the thread share.

use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::config::QuotaPolicy;
use crate::config::{Durability, Tuning};
use crate::event::Event;
use crate::ids::NextId;
use crate::profile::Profile;
use crate::vfs::Vfs;

/// Made once; jobs on other threads hold it too.
#[derive(Debug)]
pub(crate) struct Env {
    pub(crate) profile: Profile,
    pub(crate) ids: NextId,
    pub(crate) vfs: Arc<dyn Vfs>,
    pub(crate) quota: QuotaPolicy,
    pub(crate) durability: Durability,
    pub(crate) tuning: Tuning,
    pub(crate) inbox: Sender<Event>,
}

impl Env {
    /// Whether answers wait for the disk.
    pub(crate) fn syncs(&self) -> bool {
        self.durability == Durability::PowerLoss
    }
}
