//! Whether a run that went on where an earlier one had stopped asked only for what was not stored.

use bgfetch::RestoredRecord;
use serde::Serialize;

use super::request_log::LogEntry;

/// What the server's log says about one file of a background fetch that was resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resumed {
    /// The file.
    pub path: String,
    /// Bytes that were durable when the earlier run ended.
    pub stored: u64,
    /// First byte that the server was asked for in this run; `None` if it was not asked.
    pub asked_from: Option<u64>,
    /// Bytes before `stored` that were sent again in this run: must be 0.
    pub stored_bytes_sent_again: u64,
    /// Bytes from `stored` on that were sent in both runs: they were under way, and not yet durable, when the
    /// earlier run ended.
    pub lost_under_way: u64,
}

/// Compares what was `restored` with what `entries`, the log of all runs, say of the run `run`.
#[must_use]
pub fn resumed(restored: &[RestoredRecord], entries: &[LogEntry], run: u32) -> Vec<Resumed> {
    restored
        .iter()
        .map(|record| {
            let path = path_and_query(&record.url);
            let of_path = || {
                let sent = entries.iter().filter(|entry| entry.head.path == path && entry.sent > 0);
                sent.filter(|entry| is_of_a_fetch(entry))
            };
            let now = || of_path().filter(|entry| entry.head.run == run);
            let sent_before =
                of_path().filter(|entry| entry.head.run < run).map(|entry| entry.sent_range().end).max();
            let again = now().map(|entry| {
                let sent = entry.sent_range();
                sent.end.min(record.stored).saturating_sub(sent.start)
            });
            let lost = now().map(|entry| {
                let sent = entry.sent_range();
                sent.end.min(sent_before.unwrap_or(0)).saturating_sub(sent.start.max(record.stored))
            });
            Resumed {
                stored: record.stored,
                asked_from: now().map(|entry| entry.head.promised.start).min(),
                stored_bytes_sent_again: again.sum(),
                lost_under_way: lost.sum(),
                path,
            }
        })
        .collect()
}

/// Whether script or a background fetch asked: pages show images that are among the files, too.
fn is_of_a_fetch(entry: &LogEntry) -> bool {
    entry.head.destination.as_deref().is_none_or(|destination| destination == "empty")
}

fn path_and_query(url: &url::Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::request_log::{RequestHead, RequestLog};
    use std::ops::Range;

    /// Logs what was sent in two runs, with the process killed between them.
    fn two_runs(first: Range<u64>, second: Range<u64>) -> (Vec<LogEntry>, u32) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = RequestLog::load(&path).unwrap();
        for (index, run) in [first, second].into_iter().enumerate() {
            if index > 0 {
                log = RequestLog::load(&path).unwrap();
            }
            log.persist_to(&path).unwrap();
            if !run.is_empty() {
                let number = log.begin(RequestHead {
                    run: 0,
                    method: "GET".into(),
                    path: "/ep".into(),
                    range: None,
                    if_range: None,
                    destination: Some("empty".into()),
                    status: 200,
                    promised: run.start..1000,
                });
                log.sent(number, run.end - run.start);
            }
        }
        (log.entries(), log.run())
    }

    fn check(stored: u64, first: Range<u64>, second: Range<u64>) -> Resumed {
        let record = RestoredRecord { url: "https://a.test/ep".parse().unwrap(), stored, complete: false };
        let (entries, run) = two_runs(first, second);
        resumed(&[record], &entries, run).remove(0)
    }

    #[test]
    fn a_resume_after_what_is_stored_sends_no_stored_byte_again() {
        let resumed = check(350, 0..400, 350..1000);
        assert_eq!(resumed.asked_from, Some(350));
        assert_eq!((resumed.stored_bytes_sent_again, resumed.lost_under_way), (0, 50));
    }

    #[test]
    fn what_the_page_shows_is_not_resumed() {
        let (mut entries, run) = two_runs(0..400, 350..1000);
        let mut image = entries[0].clone();
        image.head.run = run;
        image.head.destination = Some("image".into());
        entries.push(image);
        let record =
            RestoredRecord { url: "https://a.test/ep".parse().unwrap(), stored: 350, complete: false };
        let [resumed] = resumed(&[record], &entries, run).try_into().unwrap();
        assert_eq!((resumed.stored_bytes_sent_again, resumed.lost_under_way), (0, 50));
    }

    #[test]
    fn a_resume_that_starts_too_early_is_found() {
        let resumed = check(350, 0..400, 300..1000);
        assert_eq!((resumed.stored_bytes_sent_again, resumed.lost_under_way), (50, 50));
        let from_the_start = check(350, 0..400, 0..1000);
        assert_eq!((from_the_start.stored_bytes_sent_again, from_the_start.lost_under_way), (350, 50));
    }

    #[test]
    fn a_file_that_was_complete_is_not_asked_for() {
        let resumed = check(1000, 0..1000, 0..0);
        assert_eq!((resumed.asked_from, resumed.stored_bytes_sent_again), (None, 0));
    }
}
