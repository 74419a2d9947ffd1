//! Opening a partition's database, and making it.

use std::cell::RefCell;
use std::fs;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{PartitionShared, Pending, Store, unsql};
use crate::env::Env;
use crate::error::{MetaError, MetaResult};
use crate::profile::{PartitionPaths, partition_name};
use crate::vfs::sync_dir;

/// The schema's version, in `PRAGMA user_version`.
const VERSION: i64 = 2;
/// `PRAGMA application_id`: "bgft".
const APPLICATION: i64 = 0x6267_6674;

/// What version 1 has.
const SCHEMA: &str = include_str!("schema.sql");
/// What version 2 added.
const SCHEMA_2: &str = include_str!("schema_2.sql");

/// A database that was just opened.
pub(crate) struct Opened {
    pub(crate) store: Box<Store>,
    /// No body has had this id, nor a greater one.
    pub(crate) next_body: u64,
}

/// Why a database could not be opened.
#[derive(Debug)]
pub(crate) struct OpenFailure {
    /// What happened.
    pub(crate) error: MetaError,
}

impl Store {
    /// Opens the database of a partition, and makes both if they are not there. The first time that this process
    /// does so, what an earlier one left behind is cleaned up.
    pub(crate) fn open(
        env: &Arc<Env>,
        shared: &Arc<PartitionShared>,
        first: bool,
    ) -> Result<Opened, OpenFailure> {
        Self::try_open(env, shared, first).map_err(|error| OpenFailure { error })
    }

    fn try_open(env: &Arc<Env>, shared: &Arc<PartitionShared>, first: bool) -> MetaResult<Opened> {
        let paths = &shared.paths;
        prepare_folder(env, shared)?;
        let conn = connect(env, paths)?;
        let mut store = Self {
            conn,
            env: Arc::clone(env),
            shared: Arc::clone(shared),
            pending: Pending::default(),
            bad_rows: RefCell::default(),
            damage: None,
        };
        if first {
            store.clean_up_if_there_is_room()?;
            shared.ledger.set_usage(store.usage()?);
        }
        let last: Option<i64> =
            match store
                .conn
                .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'bodies'", [], |row| row.get(0))
            {
                Ok(last) => Some(last),
                Err(rusqlite::Error::QueryReturnedNoRows) => None,
                Err(error) => return Err(error.into()),
            };
        let next_body = unsql(last.unwrap_or(0))? + 1;
        Ok(Opened { store: Box::new(store), next_body })
    }

    /// On a full disk, what a page stored can still be read, and deleting makes room: cleaning up waits for the next
    /// start then.
    fn clean_up_if_there_is_room(&mut self) -> MetaResult<()> {
        let cleaned: MetaResult<()> = (|| {
            self.conn.execute_batch("BEGIN IMMEDIATE")?;
            self.clean_up()?;
            Ok(self.conn.execute_batch("COMMIT")?)
        })();
        self.pending = Pending::default();
        match cleaned {
            Err(error) if error.is_disk_full() => {
                tracing::warn!(partition = %self.shared.key, %error, "not cleaned up at this start");
                if !self.conn.is_autocommit() {
                    self.conn.execute_batch("ROLLBACK")?;
                }
                Ok(())
            }
            other => other,
        }
    }

    /// Bytes of all bodies and of the metadata.
    fn usage(&self) -> MetaResult<u64> {
        let sum = "SELECT (SELECT coalesce(sum(length), 0) FROM bodies)
                 + (SELECT coalesce(sum(size), 0) FROM fetches)
                 + (SELECT coalesce(sum(size), 0) FROM records)
                 + (SELECT coalesce(sum(size), 0) FROM registrations)
                 + (SELECT coalesce(sum(size), 0) FROM local_storage)
                 + (SELECT coalesce(sum(size), 0) FROM damaged)
                 + (SELECT coalesce(sum(size), 0) FROM entries)";
        unsql(self.conn.query_row(sum, [], |row| row.get(0))?)
    }
}

/// Makes the folder, and checks that it is the partition's.
fn prepare_folder(env: &Env, shared: &PartitionShared) -> MetaResult<()> {
    let paths = &shared.paths;
    if paths.dir.file_name().is_none_or(|name| name != partition_name(&shared.key).as_str()) {
        return Err(MetaError::Damaged(format!("the folder is not named as that of {}", shared.key)));
    }
    fs::create_dir_all(&paths.dir).map_err(MetaError::io(&paths.dir))?;
    env.vfs.create_dir_all(&paths.bodies).map_err(MetaError::io(&paths.bodies))?;
    let has_database = paths.database.try_exists().map_err(MetaError::io(&paths.database))?;
    if paths.read_origin().as_ref() == Some(&shared.key) {
        if !has_database && !env.vfs.list(&paths.bodies).map_err(MetaError::io(&paths.bodies))?.is_empty() {
            return Err(MetaError::Damaged("there are bodies, but no database".into()));
        }
        return Ok(());
    }
    if has_database {
        return Err(MetaError::Damaged(format!("its origin is not {}", shared.key)));
    }
    write_origin(env, shared).map_err(MetaError::io(&paths.origin))
}

fn write_origin(env: &Env, shared: &PartitionShared) -> std::io::Result<()> {
    let mut file = fs::File::create(&shared.paths.origin)?;
    writeln!(file, "{}", shared.key)?;
    if env.syncs() {
        file.sync_all()?;
        sync_dir(&shared.paths.dir)?;
        sync_dir(&env.profile.partitions())?;
    }
    Ok(())
}

fn connect(env: &Env, paths: &PartitionPaths) -> MetaResult<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(&paths.database, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    // The profile's lock keeps others out, so SQLite needs no shared memory for its index of the log.
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // FULL syncs the log at each commit; NORMAL only keeps its order.
    conn.pragma_update(None, "synchronous", if env.syncs() { "FULL" } else { "NORMAL" })?;
    conn.pragma_update(None, "wal_autocheckpoint", 2000)?;
    conn.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024)?;
    conn.pragma_update(None, "cache_size", -1024)?;
    conn.set_prepared_statement_cache_capacity(64);
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => create_schema(env, paths, &conn)?,
        1 => {
            check_application(&conn)?;
            conn.execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA_2} PRAGMA user_version = {VERSION}; COMMIT;"
            ))?;
        }
        VERSION => check_application(&conn)?,
        other => return Err(MetaError::Damaged(format!("the database has the unknown version {other}"))),
    }
    Ok(conn)
}

fn check_application(conn: &Connection) -> MetaResult<()> {
    let application: i64 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == APPLICATION {
        Ok(())
    } else {
        Err(MetaError::Damaged("the database was not made by bgfetch".into()))
    }
}

fn create_schema(env: &Env, paths: &PartitionPaths, conn: &Connection) -> MetaResult<()> {
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables != 0 {
        return Err(MetaError::Damaged("the database was not made by bgfetch".into()));
    }
    conn.execute_batch(&format!(
        "BEGIN IMMEDIATE; {SCHEMA} {SCHEMA_2} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
    ))?;
    if env.syncs() {
        sync_dir(&paths.dir).map_err(MetaError::io(&paths.dir))?;
    }
    Ok(())
}
