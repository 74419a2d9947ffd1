//! The area of the [local storage](https://html.spec.whatwg.org/multipage/webstorage.html#the-localstorage-attribute): read once for
//! all who use it, and written after they changed it.

use std::sync::Arc;

use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::StorageError;
use bgfetch_traits::web_storage::{StorageArea, StoredItem};

use super::{Database, Partition};
use crate::event::{Event, Note};
use crate::meta::{Op, Store};

/// Where the area is.
#[derive(Default)]
pub(super) enum LocalStorage {
    /// Nobody uses it.
    #[default]
    Stored,
    /// It is being read, for these.
    Reading(Vec<AreaReply>),
    /// In memory.
    Here {
        area: Arc<StorageArea>,
        /// There is something to write.
        changed: bool,
    },
}

type AreaReply = Reply<Result<Arc<StorageArea>, StorageError>>;

impl LocalStorage {
    /// What was stored is gone, and with it what those who use it have.
    pub(super) fn lose(&mut self, error: &StorageError) {
        match self {
            Self::Stored => {}
            Self::Reading(replies) => {
                replies.drain(..).for_each(|reply| reply.send(Err(error.clone())));
                *self = Self::Stored;
            }
            Self::Here { area, changed } => {
                area.lose();
                *changed = false;
            }
        }
    }

    /// Whether all that changed is written, or on its way.
    pub(super) const fn is_quiet(&self) -> bool {
        matches!(self, Self::Stored | Self::Here { changed: false, .. })
    }

    /// The database is closed: an area that nobody uses is not kept in memory.
    pub(super) fn let_go(&mut self) {
        if matches!(self, Self::Here { area, changed: false } if Arc::strong_count(area) == 1) {
            *self = Self::Stored;
        }
    }
}

impl Partition {
    /// The area, if it is in memory: then the database need not be there.
    pub(super) fn known_local_storage(&self) -> Option<Arc<StorageArea>> {
        match &self.local_storage {
            LocalStorage::Here { area, .. } => Some(Arc::clone(area)),
            LocalStorage::Stored | LocalStorage::Reading(_) => None,
        }
    }

    /// The area of a partition that has nothing on the disk.
    pub(super) fn new_local_storage(&mut self) -> Arc<StorageArea> {
        self.local_storage_read(Ok(Vec::new()));
        self.known_local_storage().unwrap_or_default()
    }

    /// Somebody wants to use the area.
    pub(super) fn open_local_storage(&mut self, reply: AreaReply) {
        match &mut self.local_storage {
            LocalStorage::Here { area, .. } => reply.send(Ok(Arc::clone(area))),
            LocalStorage::Reading(replies) => replies.push(reply),
            LocalStorage::Stored => {
                self.local_storage = LocalStorage::Reading(vec![reply]);
                let note = self.notify();
                self.ops
                    .push(Op::read(Store::local_storage, move |items| note(Note::LocalStorageRead(items))));
            }
        }
    }

    pub(super) fn local_storage_read(&mut self, items: Result<Vec<StoredItem>, StorageError>) {
        let replies = match std::mem::take(&mut self.local_storage) {
            LocalStorage::Reading(replies) => replies,
            LocalStorage::Stored => Vec::new(),
            here @ LocalStorage::Here { .. } => return self.local_storage = here,
        };
        match items {
            Ok(items) => {
                let (inbox, index) = (self.env.inbox.clone(), self.index);
                // A thread that has ended writes nothing more.
                let tell = move || drop(inbox.send(Event::LocalStorageChanged(index)));
                let area = Arc::new(StorageArea::stored(items, tell));
                replies.into_iter().for_each(|reply| reply.send(Ok(Arc::clone(&area))));
                self.local_storage = LocalStorage::Here { area, changed: false };
            }
            Err(error) => replies.into_iter().for_each(|reply| reply.send(Err(error.clone()))),
        }
    }

    /// Somebody has changed the area.
    pub(crate) fn local_storage_changed(&mut self) {
        if let LocalStorage::Here { area, changed } = &mut self.local_storage {
            // What was stored may have been lost meanwhile.
            *changed |= area.has_changes();
        }
    }

    /// Writes what changed, as soon as there is a database that will stay.
    pub(super) fn write_local_storage(&mut self) {
        let LocalStorage::Here { area, changed: changed @ true } = &mut self.local_storage else { return };
        if self.ending.is_some() {
            return;
        }
        if !matches!(self.database, Database::Idle(_) | Database::Busy) {
            return self.open();
        }
        *changed = false;
        let changes = area.take_changes();
        let key = self.shared.key.clone();
        self.ops.push(Op::write(
            move |store| store.change_local_storage(&changes),
            move |result| {
                if let Err(error) = result {
                    tracing::warn!(partition = %key, %error, "what a page stored will be lost with the session");
                }
            },
        ));
    }
}
