//! How fast bodies are stored: one of 1 GiB, 100 of 1 MiB, and 1,000 of 10 KiB, each durable when answered.
//!
//! `cargo run --release -p bgfetch-storage --example throughput [FOLDER]`; beside it, what plain writes to files in
//! the same folder take.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use bgfetch_storage::{StorageConfig, StorageThread};
use bgfetch_traits::background_fetch::{StoredBackgroundFetch, StoredRecord};
use bgfetch_traits::body::{DEFAULT_CAPACITY, pipe};
use bgfetch_traits::fetch::{RequestHead, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{BodyMsg, BodyOwner, PartitionMsg, StorageMsg, StorageSender};
use bytes::Bytes;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let folder = Path::new(&folder).join(format!("throughput-{}", std::process::id()));
    let (storage, thread) = StorageThread::spawn(StorageConfig::new(&folder))?;
    let key = StorageKey::of_url(&"https://example.com/".parse()?).ok_or("no key")?;
    for (count, size) in [(1, 1 << 30), (100, 1 << 20), (1000, 10 * 1024)] {
        // Not what is measured: the first use makes the partition.
        let (reply, answer) = Reply::channel();
        storage.partition(&key, PartitionMsg::Estimate(reply));
        answer.recv()??;
        let (cpu, begin) = (cpu_time(), Instant::now());
        store(&storage, &key, count, size)?;
        let (stored, cpu_after) = (begin.elapsed(), cpu_time());
        let begin = Instant::now();
        read_back(&storage, &key, count, size)?;
        let read = begin.elapsed();
        println!(
            "{count:5} x {size:10} bytes: {:7.3} s, {:8.1} MiB/s, {:.2} s CPU; read back {:.3} s; plain files, no sync: {:.3} s",
            stored.as_secs_f64(),
            (count * size) as f64 / f64::from(1 << 20) / stored.as_secs_f64(),
            (cpu_after - cpu).as_secs_f64(),
            read.as_secs_f64(),
            plain(&folder, count, size)?.as_secs_f64(),
        );
        let (reply, answer) = Reply::channel();
        storage.send(StorageMsg::Clear(key.clone(), reply));
        answer.recv()??;
    }
    let (reply, answer) = Reply::channel();
    storage.send(StorageMsg::Shutdown(reply));
    answer.recv()?;
    thread.join().map_err(|_| "the storage thread panicked")?;
    println!("{}", peak_memory());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// What a background fetch of `count` responses asks of storage: all at once, up to 64 at a time, as a scheduler
/// does.
fn store(storage: &StorageSender, key: &StorageKey, count: usize, size: usize) -> Result<()> {
    let fetch = BackgroundFetchId(1);
    let (reply, answer) = Reply::channel();
    storage.partition(key, PartitionMsg::SaveBackgroundFetch(Box::new(new_fetch(key, count)?), reply));
    answer.recv()??;
    let chunk = Bytes::from(vec![b'x'; 16 * 1024]);
    let mut saved = Vec::new();
    for start in (0..count).step_by(64) {
        let mut running = Vec::new();
        for index in start..count.min(start + 64) {
            let owner = BodyOwner::RecordResponse(RecordId { fetch, index: u32::try_from(index)? });
            let (reply, answer) = Reply::channel();
            storage.partition(key, PartitionMsg::Body(BodyMsg::Create { owner, reply }));
            running.push((index, answer));
        }
        let mut appends = Vec::new();
        for (index, answer) in running {
            let body = answer.recv()??;
            let (mut writer, source) = pipe(DEFAULT_CAPACITY);
            let (done, stored) = Reply::channel();
            let append = BodyMsg::Append { body, offset: 0, source, progress: None, done };
            storage.partition(key, PartitionMsg::Body(append));
            let mut left = size;
            while left > 0 {
                writer.write_blocking(chunk.slice(..left.min(chunk.len())))?;
                left = left.saturating_sub(chunk.len());
            }
            writer.finish(Ok(()));
            appends.push((index, body, stored));
        }
        for (index, body, stored) in appends {
            stored.recv()?.result?;
            let (reply, answer) = Reply::channel();
            storage.partition(key, PartitionMsg::Body(BodyMsg::Seal { body, error: None, reply }));
            let (reply, answer_record) = Reply::channel();
            let record = RecordId { fetch, index: u32::try_from(index)? };
            let save = PartitionMsg::SaveRecord(record, Box::new(new_record(Some(body))?), reply);
            storage.partition(key, save);
            saved.push((answer, answer_record));
        }
    }
    for (sealed, saved) in saved {
        sealed.recv()??;
        saved.recv()??;
    }
    Ok(())
}

/// Reads all of what [`store`] stored, one after the other, as a page does that opens the responses.
fn read_back(storage: &StorageSender, key: &StorageKey, count: usize, size: usize) -> Result<()> {
    let (reply, answer) = Reply::channel();
    storage.send(StorageMsg::Restore(reply));
    let bodies = answer.recv()??.background_fetches.into_iter().flat_map(|fetch| fetch.records);
    let mut total = 0;
    for body in bodies.filter_map(|record| record.response_body) {
        let (reply, answer) = Reply::channel();
        storage.partition(key, PartitionMsg::Body(BodyMsg::Open { body, offset: 0, follow: false, reply }));
        let mut reader = answer.recv()??;
        while let Some(chunk) = reader.read_blocking() {
            total += chunk?.len();
        }
    }
    if total == count * size { Ok(()) } else { Err(format!("{total} bytes came back").into()) }
}

fn plain(folder: &Path, count: usize, size: usize) -> Result<Duration> {
    let begin = Instant::now();
    let chunk = vec![b'x'; size.min(256 * 1024)];
    for index in 0..count {
        let mut file = File::create(folder.join(format!("plain-{index}")))?;
        for _ in 0..size.div_ceil(chunk.len()) {
            file.write_all(&chunk)?;
        }
    }
    let took = begin.elapsed();
    for index in 0..count {
        std::fs::remove_file(folder.join(format!("plain-{index}")))?;
    }
    Ok(took)
}

fn new_fetch(key: &StorageKey, count: usize) -> Result<StoredBackgroundFetch> {
    Ok(StoredBackgroundFetch {
        fetch: BackgroundFetchId(1),
        partition: key.clone(),
        registration: RegistrationId(1),
        id: "throughput".into(),
        options: Default::default(),
        client_url: "https://example.com/".parse()?,
        policy: Default::default(),
        paused: false,
        awaiting_permission: false,
        upload_total: 0,
        uploaded: 0,
        result: Default::default(),
        failure_reason: Default::default(),
        event_owed: false,
        records_available: true,
        records: (0..count).map(|_| new_record(None)).collect::<Result<_>>()?,
    })
}

fn new_record(response_body: Option<BodyId>) -> Result<StoredRecord> {
    Ok(StoredRecord {
        request: RequestHead::get("https://example.com/some/file.bin".parse()?),
        request_body: None,
        request_sent: false,
        response: response_body.map(|_| ResponseHead::default()),
        response_body,
        response_length: 0,
        result: Default::default(),
        restarted_after_416: false,
    })
}

/// User and system time of this process, where the system tells it.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known").to_owned()
}
