//! The thread: one loop over its inbox and the clock.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{DamagedStorage, RestoredProfile, StorageError, StorageMsg, StorageSender};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::config::StorageConfig;
use crate::env::Env;
use crate::error::ProfileError;
use crate::event::{Event, Token};
use crate::ids::NextId;
use crate::meta::RestoredPartition;
use crate::partition::{Partition, refuse};
use crate::pool::Pool;
use crate::profile::{PartitionPaths, Profile, partition_name};
use crate::vfs::{RealVfs, Vfs};

/// The storage thread.
pub struct StorageThread {
    env: Arc<Env>,
    pool: Rc<Pool>,
    inbox: Receiver<Event>,
    partitions: Vec<Partition>,
    by_key: HashMap<StorageKey, usize>,
    timers: BTreeSet<(Instant, Token)>,
    /// Partitions that something happened to since the inbox was empty.
    touched: BTreeSet<usize>,
    restores: Vec<Restore>,
    damaged: Vec<DamagedStorage>,
    stopping: Option<Vec<Reply<()>>>,
}

/// A restoring that waits for partitions.
struct Restore {
    reply: Reply<Result<RestoredProfile, StorageError>>,
    missing: usize,
    profile: RestoredProfile,
}

/// Tells the thread when nobody can send to it any more.
struct Senders(Sender<Event>);

impl Drop for Senders {
    fn drop(&mut self) {
        // A thread that has ended already need not know.
        let _sent = self.0.send(Event::SendersGone);
    }
}

impl StorageThread {
    /// Opens the profile and starts the thread. It ends at [`StorageMsg::Shutdown`], or when all senders are gone.
    ///
    /// # Errors
    /// [`ProfileError`]: the profile is in use, is not one, is of a later version, or cannot be read or written.
    pub fn spawn(config: StorageConfig) -> Result<(StorageSender, JoinHandle<()>), ProfileError> {
        Self::spawn_on(config, Arc::new(RealVfs))
    }

    /// [`StorageThread::spawn`] with bodies on `vfs`.
    ///
    /// # Errors
    /// As [`StorageThread::spawn`].
    pub fn spawn_on(
        config: StorageConfig,
        vfs: Arc<dyn Vfs>,
    ) -> Result<(StorageSender, JoinHandle<()>), ProfileError> {
        let profile = Profile::open(&config.profile)?;
        let (sender, inbox) = crossbeam_channel::unbounded();
        let ids = NextId::read(profile.next_id());
        let env = Arc::new(Env {
            profile,
            ids,
            vfs,
            quota: config.quota,
            durability: config.durability,
            tuning: config.tuning,
            inbox: sender.clone(),
        });
        let io = |source| ProfileError::Io { path: config.profile.clone(), source };
        let pool = Pool::new(env.tuning.io_threads).map_err(io)?;
        let thread = std::thread::Builder::new()
            .name("storage".into())
            .spawn(move || Self::new(env, pool, inbox).run())
            .map_err(io)?;
        let senders = Senders(sender);
        // A thread that has ended takes no more messages, as the sender's documentation says.
        let sender = StorageSender::new(move |message| drop(senders.0.send(Event::Message(message))));
        Ok((sender, thread))
    }

    fn new(env: Arc<Env>, pool: Pool, inbox: Receiver<Event>) -> Self {
        Self {
            env,
            pool: Rc::new(pool),
            inbox,
            partitions: Vec::new(),
            by_key: HashMap::new(),
            timers: BTreeSet::new(),
            touched: BTreeSet::new(),
            restores: Vec::new(),
            damaged: Vec::new(),
            stopping: None,
        }
    }

    fn run(mut self) {
        self.empty_trash();
        loop {
            self.settle();
            if self.stopping.is_some() && self.is_quiet() {
                break;
            }
            let next = self.timers.first().map(|(due, _)| *due);
            let event = match next {
                Some(due) => self.inbox.recv_deadline(due),
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match event {
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => self.run_timers(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // What is there already belongs to the same batch.
            while let Ok(event) = self.inbox.try_recv() {
                self.handle(event);
            }
        }
        self.finish();
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Message(message) => self.handle_message(message),
            Event::SendersGone => self.stop(None),
            Event::Wake(token) => {
                if let Some(partition) = self.touch(token.partition) {
                    partition.poll(token.task);
                }
            }
            Event::Job(index, report) => {
                if let Some(partition) = self.touch(index) {
                    partition.job_ended(report);
                }
            }
            Event::Note(index, epoch, note) => {
                if let Some(partition) = self.touch(index) {
                    partition.noted(epoch, note);
                }
            }
            Event::LocalStorageChanged(index) => {
                if let Some(partition) = self.touch(index) {
                    partition.local_storage_changed();
                }
            }
            Event::Restored(key, restored) => self.restored(key, restored),
        }
    }

    fn handle_message(&mut self, message: StorageMsg) {
        match message {
            StorageMsg::Partition { request, .. } if self.stopping.is_some() => {
                let path = self.env.profile.partitions().display().to_string();
                refuse(request, &StorageError::Io { path, message: "storage is shutting down".into() });
            }
            StorageMsg::Partition { key, request } => self.partition(&key).handle(request),
            StorageMsg::Restore(reply) => self.restore(reply),
            StorageMsg::Clear(key, reply) => self.partition(&key).clear(reply),
            StorageMsg::Shutdown(reply) => self.stop(Some(reply)),
        }
    }

    fn touch(&mut self, index: usize) -> Option<&mut Partition> {
        self.touched.insert(index);
        self.partitions.get_mut(index)
    }

    fn partition(&mut self, key: &StorageKey) -> &mut Partition {
        let index = match self.by_key.get(key) {
            Some(index) => *index,
            None => {
                let index = self.partitions.len();
                let (env, pool) = (Arc::clone(&self.env), Rc::clone(&self.pool));
                self.partitions.push(Partition::new(env, pool, index, key.clone()));
                self.by_key.insert(key.clone(), index);
                index
            }
        };
        self.touched.insert(index);
        &mut self.partitions[index]
    }

    fn run_timers(&mut self) {
        let now = Instant::now();
        while let Some((due, token)) = self.timers.first().copied()
            && due <= now
        {
            self.timers.pop_first();
            if let Some(partition) = self.touch(token.partition) {
                partition.poll(token.task);
            }
        }
    }

    /// The inbox is empty: starts batches, and closes databases that nobody uses when there are many.
    fn settle(&mut self) {
        for index in std::mem::take(&mut self.touched) {
            let Some(partition) = self.partitions.get_mut(index) else { continue };
            partition.flush();
            self.timers.extend(partition.timers.drain(..));
            self.damaged.append(&mut partition.damaged);
            if partition.is_open() && partition.is_idle() {
                self.close_idle();
            }
        }
    }

    fn close_idle(&mut self) {
        let open = self.partitions.iter().filter(|partition| partition.is_open()).count();
        let surplus = open.saturating_sub(self.env.tuning.idle_partitions);
        let idle = self.partitions.iter_mut().filter(|partition| partition.is_open() && partition.is_idle());
        idle.take(surplus).for_each(Partition::close);
    }

    fn restore(&mut self, reply: Reply<Result<RestoredProfile, StorageError>>) {
        let folder = self.env.profile.partitions();
        let entries =
            match std::fs::read_dir(&folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()) {
                Ok(entries) => entries,
                Err(error) => return reply.send(Err(crate::error::io_error(&folder, &error))),
            };
        let mut missing = 0;
        for entry in entries {
            let paths = PartitionPaths::new(entry.path());
            match paths.read_origin().filter(|key| entry.file_name() == partition_name(key).as_str()) {
                Some(key) => {
                    missing += 1;
                    self.partition(&key).restore();
                }
                None => self.unknown_partition(&paths),
            }
        }
        self.restores.push(Restore { reply, missing, profile: RestoredProfile::default() });
        self.answer_restores();
    }

    /// A folder that does not say whose it is: the remains of a process that was killed while it made it, or
    /// damaged.
    fn unknown_partition(&mut self, paths: &PartitionPaths) {
        let has_bodies = self.env.vfs.list(&paths.bodies).is_ok_and(|bodies| !bodies.is_empty());
        if !has_bodies && !paths.database.exists() && paths.dir.is_dir() {
            tracing::debug!(path = %paths.dir.display(), "a partition that was never finished");
            return;
        }
        match self.env.put_aside(&paths.dir) {
            Ok(kept_at) => {
                let reason = "it does not say whose it is".to_owned();
                tracing::error!(reason, kept_at = %kept_at.display(), "a partition is damaged and was put aside");
                let what = "a whole partition".to_owned();
                self.damaged.push(DamagedStorage { partition: None, what, reason, kept_at });
            }
            Err(error) => tracing::error!(path = %paths.dir.display(), %error, "a damaged partition stays"),
        }
    }

    fn restored(&mut self, key: StorageKey, restored: Result<RestoredPartition, StorageError>) {
        let Some(restore) = self.restores.iter_mut().find(|restore| restore.missing > 0) else { return };
        restore.missing -= 1;
        match restored {
            Ok(partition) => {
                restore.profile.registrations.extend(partition.registrations);
                restore.profile.background_fetches.extend(partition.background_fetches);
                restore.profile.damaged.extend(partition.damaged);
            }
            Err(error) => {
                tracing::error!(partition = %key, %error, "a partition could not be restored");
                let kept_at = self.env.profile.partition(&key).dir;
                let (what, reason) = ("the whole partition".to_owned(), error.to_string());
                restore.profile.damaged.push(DamagedStorage { partition: Some(key), what, reason, kept_at });
            }
        }
        self.answer_restores();
    }

    fn answer_restores(&mut self) {
        for partition in &mut self.partitions {
            self.damaged.append(&mut partition.damaged);
        }
        while self.restores.first().is_some_and(|restore| restore.missing == 0) {
            let Restore { reply, mut profile, .. } = self.restores.remove(0);
            profile.damaged.extend(self.damaged.iter().cloned());
            profile.registrations.sort_by_key(|registration| registration.registration);
            profile.background_fetches.sort_by_key(|fetch| fetch.fetch);
            profile.next_id = self.env.ids.get();
            reply.send(Ok(profile));
        }
    }

    fn stop(&mut self, reply: Option<Reply<()>>) {
        self.stopping.get_or_insert_default().extend(reply);
        for (index, partition) in self.partitions.iter_mut().enumerate() {
            self.touched.insert(index);
            partition.stop();
        }
    }

    fn is_quiet(&self) -> bool {
        self.partitions.iter().all(Partition::is_quiet)
    }

    /// Closes all databases, which makes them one file each, and gives the profile free.
    fn finish(self) {
        let Self { env, pool, mut partitions, stopping, inbox, .. } = self;
        for partition in &mut partitions {
            partition.stop_everything("storage has shut down");
        }
        drop(partitions);
        drop(pool);
        drop(inbox);
        drop(env);
        for reply in stopping.into_iter().flatten() {
            reply.send(());
        }
    }

    /// Deletes what an earlier process was about to delete.
    fn empty_trash(&self) {
        let trash = self.env.profile.trash();
        let vfs = Arc::clone(&self.env.vfs);
        self.pool.run(move || {
            let Ok(entries) = std::fs::read_dir(&trash) else { return };
            for entry in entries.flatten() {
                if let Err(error) = vfs.remove_dir_all(&entry.path()) {
                    tracing::warn!(path = %entry.path().display(), %error, "cannot be deleted");
                }
            }
        });
    }
}
