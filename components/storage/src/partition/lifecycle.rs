//! Opening, closing, clearing a partition, and putting a damaged one aside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{BodyMsg, CacheMsg, DamagedStorage, PartitionMsg, StorageError, StoreOutcome};

use super::{Database, Partition};
use crate::event::Report;
use crate::meta::{OpenFailure, Opened, Store};
use crate::vfs::sync_dir;

/// Why all that goes on is brought to an end.
pub(super) enum Ending {
    /// The partition is deleted.
    Clear(Vec<Reply<Result<(), StorageError>>>),
    /// The database is damaged, as said.
    PutAside(String),
    /// The job that ends it is under way.
    UnderWay(Vec<Reply<Result<(), StorageError>>>),
}

impl Partition {
    /// Opens the database, unless that is done or under way.
    pub(super) fn open(&mut self) {
        if !matches!(self.database, Database::Closed) || self.ending.is_some() {
            return;
        }
        self.database = Database::Opening;
        let (env, shared, first) = (Arc::clone(&self.env), Arc::clone(&self.shared), !self.cleaned);
        self.job(move || match Store::open(&env, &shared, first) {
            Err(failure) if failure.error.is_damage() => {
                let reason = failure.error.to_string();
                match env.put_aside(&shared.paths.dir) {
                    Ok(kept_at) => {
                        let (partition, what) = (Some(shared.key.clone()), "the whole partition".to_owned());
                        let damage = DamagedStorage { partition, what, reason, kept_at };
                        Report::Opened(Store::open(&env, &shared, true), Some(damage))
                    }
                    Err(error) => {
                        tracing::error!(partition = %shared.key, %error, "a damaged partition cannot be put aside");
                        Report::Opened(Err(failure), None)
                    }
                }
            }
            opened => Report::Opened(opened, None),
        });
    }

    pub(super) fn opened(&mut self, opened: Result<Opened, OpenFailure>, damage: Option<DamagedStorage>) {
        if let Some(damage) = damage {
            self.report_damage(damage);
        }
        match opened {
            Ok(opened) => {
                self.database = Database::Idle(opened.store);
                self.next_body = self.next_body.max(opened.next_body);
                self.cleaned = true;
                if self.ending.is_none() {
                    for request in std::mem::take(&mut self.waiting) {
                        self.handle(request);
                    }
                }
            }
            Err(failure) => {
                tracing::error!(partition = %self.shared.key, error = %failure.error, "the database cannot be opened");
                self.database = Database::Closed;
                let error = failure.error.into_storage(&self.shared.paths.database);
                for op in std::mem::take(&mut self.ops) {
                    op.fail(error.clone());
                }
                if self.ending.is_none() {
                    for request in std::mem::take(&mut self.waiting) {
                        refuse(request, &error);
                    }
                }
            }
        }
    }

    fn report_damage(&mut self, damage: DamagedStorage) {
        tracing::error!(partition = %self.shared.key, reason = damage.reason, kept_at = %damage.kept_at.display(),
            "a partition is damaged and was put aside");
        self.damaged.push(damage);
    }

    /// Closes the database of an idle partition; it is opened again when it is needed.
    pub(crate) fn close(&mut self) {
        self.local_storage.let_go();
        match std::mem::replace(&mut self.database, Database::Busy) {
            Database::Idle(store) => self.job(move || {
                drop(store);
                Report::Closed
            }),
            other => self.database = other,
        }
    }

    /// Deletes the partition, once what was asked before is done.
    pub(crate) fn clear(&mut self, reply: Reply<Result<(), StorageError>>) {
        match &mut self.ending {
            Some(Ending::Clear(replies)) => replies.push(reply),
            // What is being put aside or deleted leaves nothing more to delete, but for what was asked since.
            Some(Ending::UnderWay(replies)) => {
                replies.push(reply);
                let error = StorageError::NotFound("the partition was cleared".into());
                self.local_storage.lose(&error);
                self.waiting.drain(..).for_each(|request| refuse(request, &error));
            }
            _ => self.end(Ending::Clear(vec![reply])),
        }
    }

    /// Ends all that goes on; then [`Partition::proceed_with_ending`] does the rest.
    pub(super) fn end(&mut self, ending: Ending) {
        if matches!(self.ending, Some(Ending::Clear(_) | Ending::UnderWay(_))) {
            return;
        }
        let message = match &ending {
            Ending::PutAside(_) => "the partition is damaged",
            _ => "the partition was cleared",
        };
        self.ending = Some(ending);
        self.local_storage.lose(&StorageError::NotFound(message.to_owned()));
        self.stop_everything(message);
        self.proceed_with_ending();
    }

    /// Ends appends, readers and puts.
    pub(crate) fn stop_everything(&mut self, message: &str) {
        for (_, put) in std::mem::take(&mut self.puts) {
            put.abandon(StorageError::NotFound(message.to_owned()));
        }
        self.turns.abandon(&StorageError::NotFound(message.to_owned()));
        let path = self.shared.paths.dir.display().to_string();
        for (_, body) in self.bodies.drain() {
            body.abandon(&StorageError::Io { path: path.clone(), message: message.to_owned() });
        }
        self.stop_readers(message);
        self.open_files = 0;
    }

    pub(super) fn stop_readers(&mut self, message: &str) {
        for reader in self.readers.drain() {
            reader.abandon(message);
        }
    }

    /// Goes on with a clearing or putting aside when the last job has ended.
    pub(super) fn proceed_with_ending(&mut self) {
        let Some(ending) = &mut self.ending else { return };
        if self.jobs > 0 || matches!(ending, Ending::UnderWay(_)) {
            return;
        }
        if !self.ops.is_empty() && matches!(ending, Ending::Clear(_)) {
            // They were asked for before. When they have run, this is called again.
            if matches!(self.database, Database::Idle(_)) {
                return self.flush();
            }
            let error = StorageError::NotFound("the partition was cleared".into());
            self.ops.drain(..).for_each(|op| op.fail(error.clone()));
        }
        let store = std::mem::replace(&mut self.database, Database::Busy);
        let (env, shared) = (Arc::clone(&self.env), Arc::clone(&self.shared));
        match std::mem::replace(ending, Ending::UnderWay(Vec::new())) {
            Ending::Clear(replies) => {
                *ending = Ending::UnderWay(replies);
                self.job(move || {
                    drop(store);
                    Report::Cleared(env.move_to_trash(&shared.paths.dir))
                });
            }
            Ending::PutAside(reason) => {
                tracing::error!(partition = %shared.key, reason, "the database is damaged and is put aside");
                let error =
                    StorageError::Io { path: shared.paths.database.display().to_string(), message: reason };
                self.ops.drain(..).for_each(|op| op.fail(error.clone()));
                self.job(move || {
                    drop(store);
                    Report::PutAside(env.put_aside(&shared.paths.dir))
                });
            }
            under_way @ Ending::UnderWay(_) => *ending = under_way,
        }
    }

    pub(super) fn cleared(&mut self, result: Result<Option<PathBuf>, StorageError>) {
        if let Ok(Some(trash)) = &result {
            // That may take long, and nobody has to wait for it.
            let (vfs, trash) = (Arc::clone(&self.env.vfs), trash.clone());
            self.job(move || {
                if let Err(error) = vfs.remove_dir_all(&trash) {
                    tracing::warn!(path = %trash.display(), %error, "left for the next start to delete");
                }
                Report::Done
            });
        }
        self.start_afresh(&result.map(drop));
    }

    pub(super) fn was_put_aside(&mut self, result: std::io::Result<PathBuf>) {
        match result {
            Ok(kept_at) => self.report_damage(DamagedStorage {
                partition: Some(self.shared.key.clone()),
                what: "the whole partition".into(),
                reason: "its database could not be read any more".into(),
                kept_at,
            }),
            Err(error) => tracing::error!(partition = %self.shared.key, %error, "could not be put aside"),
        }
        self.start_afresh(&Ok(()));
    }

    /// The folder is gone: the next request makes a new one.
    fn start_afresh(&mut self, result: &Result<(), StorageError>) {
        self.stop_everything("the partition was cleared");
        self.database = Database::Closed;
        self.epoch += 1;
        self.cleaned = false;
        self.shared.pins.clear();
        self.shared.cache_holders.lock().clear();
        self.shared.ledger.set_usage(0);
        if let Some(Ending::UnderWay(replies)) = self.ending.take() {
            replies.into_iter().for_each(|reply| reply.send(result.clone()));
        }
        for request in std::mem::take(&mut self.waiting) {
            self.handle(request);
        }
    }
}

impl crate::env::Env {
    /// Moves a partition that cannot be read out of the way; answers where it is now.
    pub(crate) fn put_aside(&self, dir: &Path) -> std::io::Result<PathBuf> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let to = self.profile.free_name("damaged", &name);
        self.vfs.rename_dir(dir, &to)?;
        to.parent().map_or(Ok(()), sync_dir)?;
        sync_dir(&self.profile.partitions())?;
        Ok(to)
    }

    /// Deletes a partition's folder by one rename, so that it is there or not; answers what is left to delete.
    fn move_to_trash(&self, dir: &Path) -> Result<Option<PathBuf>, StorageError> {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let trash = self.profile.free_name("trash", &name);
        match self.vfs.rename_dir(dir, &trash) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(crate::error::io_error(dir, &error)),
        }
        sync_dir(&self.profile.partitions()).map_err(|error| crate::error::io_error(dir, &error))?;
        Ok(Some(trash))
    }
}

/// Answers a request that cannot be handled.
pub(crate) fn refuse(request: PartitionMsg, error: &StorageError) {
    let error = error.clone();
    match request {
        PartitionMsg::Body(request) => refuse_body(request, error),
        PartitionMsg::Cache(request) => refuse_cache(request, error),
        PartitionMsg::SaveBackgroundFetch(_, reply)
        | PartitionMsg::SaveBackgroundFetchState(_, _, reply)
        | PartitionMsg::SaveRecord(_, _, reply)
        | PartitionMsg::DeleteBackgroundFetch(_, reply)
        | PartitionMsg::SaveRegistration(_, reply)
        | PartitionMsg::DeleteRegistration(_, reply) => reply.send(Err(error)),
        PartitionMsg::LocalStorage(reply) => reply.send(Err(error)),
        PartitionMsg::Estimate(reply) => reply.send(Err(error)),
    }
}

fn refuse_body(request: BodyMsg, error: StorageError) {
    match request {
        BodyMsg::Create { reply, .. } => reply.send(Err(error)),
        BodyMsg::Append { done, offset, .. } => {
            done.send(StoreOutcome { length: offset, result: Err(error) })
        }
        BodyMsg::Open { reply, .. } => reply.send(Err(error)),
        BodyMsg::Seal { reply, .. } => reply.send(Err(error)),
        BodyMsg::Truncate { reply, .. } => reply.send(Err(error)),
        BodyMsg::Release { .. } => {}
    }
}

fn refuse_cache(request: CacheMsg, error: StorageError) {
    match request {
        CacheMsg::Has(_, reply) | CacheMsg::Delete(_, reply) | CacheMsg::Remove { reply, .. } => {
            reply.send(Err(error));
        }
        CacheMsg::Open(_, reply) => reply.send(Err(error)),
        CacheMsg::Close(_) => {}
        CacheMsg::Keys(reply) => reply.send(Err(error)),
        CacheMsg::Match { reply, .. } => reply.send(Err(error)),
        CacheMsg::MatchAll { reply, .. } => reply.send(Err(error)),
        CacheMsg::Put { reply, .. } => reply.send(Err(error)),
        CacheMsg::Requests { reply, .. } => reply.send(Err(error)),
    }
}
