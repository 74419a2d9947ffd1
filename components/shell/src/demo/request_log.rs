//! What the demo's server was asked and which bytes it sent, kept across runs.
//!
//! The file is JSON, one line a fact, appended before the fact becomes true: bytes are logged before they are
//! handed to the connection, so a process that dies anywhere has never sent a byte that is not in the log.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// Names a request within a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestNumber(u64);

/// A request as it came in, and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestHead {
    /// Which run of the server, from 1.
    pub run: u32,
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// `Range`, as sent.
    pub range: Option<String>,
    /// `If-Range`, as sent.
    pub if_range: Option<String>,
    /// `Sec-Fetch-Dest`, as sent: what it is for. Logs of earlier versions do not have it.
    #[serde(default)]
    pub destination: Option<String>,
    /// Status of the answer.
    pub status: u16,
    /// Which bytes of the resource the answer promises.
    pub promised: Range<u64>,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// It is still being sent; in an earlier run: the process ended first.
    Not,
    /// All that was promised was sent.
    Complete,
    /// The client went away, or the server cut it.
    Cut,
}

/// A request with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// The request.
    #[serde(flatten)]
    pub head: RequestHead,
    /// How many of the promised bytes were handed to the connection; at most that many reached the client.
    pub sent: u64,
    /// How it ended.
    pub ended: Ended,
}

impl LogEntry {
    /// Which bytes of the resource were handed to the connection.
    #[must_use]
    pub fn sent_range(&self) -> Range<u64> {
        self.head.promised.start..self.head.promised.start + self.sent
    }
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Request(RequestNumber, RequestHead),
    Sent(RequestNumber, u64),
    Ended(RequestNumber, Ended),
}

/// Told of each request whose answer ended.
pub type OnEnd = Box<dyn Fn(&LogEntry) + Send>;

/// The log; every clone is the same log.
#[derive(Clone)]
pub struct RequestLog(Arc<Mutex<Inner>>);

struct Inner {
    run: u32,
    next: u64,
    entries: BTreeMap<RequestNumber, LogEntry>,
    file: Option<File>,
    trouble: Option<String>,
    on_end: Option<OnEnd>,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self::continuing(BTreeMap::new())
    }
}

impl RequestLog {
    /// A log of a first run, in memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The log of the run that follows those in the file `path`; a file that is not there is one without runs.
    /// Nothing is written before [`RequestLog::persist_to`].
    ///
    /// # Errors
    /// When the file cannot be read or is not such a log. A last line without its end is passed over: the
    /// machine stopped while it was written.
    pub fn load(path: &Path) -> io::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut entries = BTreeMap::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let Some(line) = line.strip_suffix('\n') else { break };
            let wrong = |reason: String| {
                let message = format!("line {} is not of a request log: {reason}", index + 1);
                io::Error::new(io::ErrorKind::InvalidData, message)
            };
            let line = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
            apply(&mut entries, line).map_err(|reason| wrong(reason.to_owned()))?;
        }
        Ok(Self::continuing(entries))
    }

    fn continuing(entries: BTreeMap<RequestNumber, LogEntry>) -> Self {
        let run = entries.values().map(|entry| entry.head.run).max().unwrap_or(0).saturating_add(1);
        let next = entries.keys().next_back().map_or(0, |last| last.0.saturating_add(1));
        Self(Arc::new(Mutex::new(Inner { run, next, entries, file: None, trouble: None, on_end: None })))
    }

    /// Writes what this run has logged to the file `path`, after what is in it, and from now on each fact.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn persist_to(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.0.lock();
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let whole_lines = length_of_whole_lines(path)?;
        file.set_len(whole_lines)?;
        let run = inner.run;
        for (number, entry) in inner.entries.iter().filter(|(_, entry)| entry.head.run == run) {
            write_line(&mut file, &Line::Request(*number, entry.head.clone()))?;
            write_line(&mut file, &Line::Sent(*number, entry.sent))?;
            if entry.ended != Ended::Not {
                write_line(&mut file, &Line::Ended(*number, entry.ended))?;
            }
        }
        inner.file = Some(file);
        Ok(())
    }

    /// Which run this is, from 1.
    #[must_use]
    pub fn run(&self) -> u32 {
        self.0.lock().run
    }

    /// Calls `listener` with each request whose answer ends from now on. It runs on the server's thread.
    pub fn on_end(&self, listener: OnEnd) {
        self.0.lock().on_end = Some(listener);
    }

    /// Logs a request; its run is filled in.
    pub fn begin(&self, head: RequestHead) -> RequestNumber {
        let mut inner = self.0.lock();
        let number = RequestNumber(inner.next);
        inner.next += 1;
        let run = inner.run;
        inner.record(Line::Request(number, RequestHead { run, ..head }));
        number
    }

    /// Logs that `sent` bytes of the answer, counted from its first, are about to have been sent.
    pub fn sent(&self, number: RequestNumber, sent: u64) {
        self.0.lock().record(Line::Sent(number, sent));
    }

    /// Logs how an answer ended.
    pub fn ended(&self, number: RequestNumber, ended: Ended) {
        let mut inner = self.0.lock();
        inner.record(Line::Ended(number, ended));
        if let (Some(listener), Some(entry)) = (&inner.on_end, inner.entries.get(&number)) {
            listener(entry);
        }
    }

    /// All requests of all runs, in the order in which they came.
    #[must_use]
    pub fn entries(&self) -> Vec<LogEntry> {
        self.0.lock().entries.values().cloned().collect()
    }

    /// Why the file is not complete, if it is not.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0.lock().trouble.clone()
    }
}

impl std::fmt::Debug for RequestLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLog").field("run", &self.run()).finish_non_exhaustive()
    }
}

impl Inner {
    fn record(&mut self, line: Line) {
        if let Some(file) = &mut self.file
            && let Err(error) = write_line(file, &line)
        {
            tracing::warn!(%error, "the request log could not be written");
            self.trouble.get_or_insert_with(|| error.to_string());
        }
        if let Err(reason) = apply(&mut self.entries, line) {
            tracing::warn!(reason, "a fact about a request that is not in the log");
        }
    }
}

fn apply(entries: &mut BTreeMap<RequestNumber, LogEntry>, line: Line) -> Result<(), &'static str> {
    const UNKNOWN: &str = "it is about a request that was not logged";
    match line {
        Line::Request(number, head) => {
            if head.promised.start > head.promised.end {
                return Err("it promises a range that ends before it starts");
            }
            entries.insert(number, LogEntry { head, sent: 0, ended: Ended::Not });
        }
        Line::Sent(number, sent) => {
            let entry = entries.get_mut(&number).ok_or(UNKNOWN)?;
            if sent > entry.head.promised.end - entry.head.promised.start {
                return Err("it says that more was sent than promised");
            }
            entry.sent = sent;
        }
        Line::Ended(number, ended) => entries.get_mut(&number).ok_or(UNKNOWN)?.ended = ended,
    }
    Ok(())
}

/// One `write` for each line, so that a process that dies leaves whole lines.
fn write_line(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

fn length_of_whole_lines(path: &Path) -> io::Result<u64> {
    let bytes = std::fs::read(path)?;
    Ok(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(path: &str, promised: Range<u64>) -> RequestHead {
        RequestHead {
            run: 0,
            method: "GET".into(),
            path: path.into(),
            range: None,
            if_range: None,
            destination: None,
            status: 200,
            promised,
        }
    }

    #[test]
    fn a_log_goes_on_after_a_process_that_died_in_the_middle_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.jsonl");
        let first = RequestLog::load(&path).unwrap();
        let early = first.begin(head("/before", 0..10));
        first.sent(early, 10);
        first.ended(early, Ended::Complete);
        first.persist_to(&path).unwrap();
        let cut = first.begin(head("/ep", 0..100));
        first.sent(cut, 64);
        drop(first);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"sent\":[1,9").unwrap();

        let second = RequestLog::load(&path).unwrap();
        assert_eq!(second.run(), 2);
        second.persist_to(&path).unwrap();
        let rest = second.begin(head("/ep", 64..100));
        second.sent(rest, 36);
        second.ended(rest, Ended::Complete);

        let entries = RequestLog::load(&path).unwrap().entries();
        let told: Vec<_> =
            entries.iter().map(|e| (e.head.run, e.head.path.as_str(), e.sent_range(), e.ended)).collect();
        assert_eq!(
            told,
            [
                (1, "/before", 0..10, Ended::Complete),
                (1, "/ep", 0..64, Ended::Not),
                (2, "/ep", 64..100, Ended::Complete),
            ]
        );
        assert_eq!(entries, second.entries());
    }

    #[test]
    fn a_file_that_is_no_log_is_refused_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("requests.jsonl");
        for text in ["hello\n", "{\"sent\":[7,1]}\n"] {
            std::fs::write(&path, text).unwrap();
            let error = RequestLog::load(&path).unwrap_err();
            assert!(error.to_string().starts_with("line 1 is not of a request log"), "{error}");
        }
    }

    #[test]
    fn a_listener_hears_of_each_end() {
        let log = RequestLog::new();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        log.on_end(Box::new(move |entry| ears.lock().push((entry.head.path.clone(), entry.sent))));
        let number = log.begin(head("/a", 0..5));
        log.sent(number, 5);
        log.ended(number, Ended::Complete);
        assert_eq!(*heard.lock(), [("/a".to_owned(), 5)]);
    }
}
