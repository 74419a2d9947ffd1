//! Everything that can go wrong between an embedder and its engine.

use std::path::PathBuf;
use std::time::Duration;

use bgfetch_traits::background_fetch::{BackgroundFetchError, RecordResult};
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::{BackgroundFetchId, RecordId};
use bgfetch_traits::storage::StorageError;
use url::Url;

/// Why the engine could not do what its embedder asked. Every message names the thing and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The profile folder cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A certificate authority to trust could not be read.
    #[error("the certificates from {origin} cannot be used: {reason}; give one or more certificates in PEM")]
    Certificates {
        /// Where they came from, such as a file name.
        origin: String,
        /// What is wrong with them.
        reason: String,
    },
    /// A thread, a socket or another thing of the system could not be had.
    #[error("the engine could not start its {what}: {reason}")]
    Start {
        /// Which part.
        what: &'static str,
        /// What the system said.
        reason: String,
    },
    /// A page could not be fetched.
    #[error("{url} could not be loaded: {error}")]
    Load {
        /// Which page.
        url: Url,
        /// Why.
        error: NetworkError,
    },
    /// A script given to a window threw, or its promise rejected.
    #[error("the script threw: {message}")]
    Script {
        /// What was thrown, with file and line.
        message: String,
    },
    /// A selector could not be parsed.
    #[error("{selector:?} is not a CSS selector: {reason}")]
    Selector {
        /// The selector.
        selector: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No element matches.
    #[error("no element of {url} matches the selector {selector:?}")]
    NoElement {
        /// The selector.
        selector: String,
        /// The page.
        url: Url,
    },
    /// The window is closed, or its thread has ended.
    #[error("the window of {url} is closed")]
    WindowClosed {
        /// The page it showed last.
        url: Url,
    },
    /// There is no such background fetch, or it has settled.
    #[error("there is no active background fetch {0}; it may have settled")]
    NoSuchFetch(BackgroundFetchId),
    /// A user may not do that with this background fetch.
    #[error("background fetch {fetch} cannot be {action}d: {reason}")]
    ActionRefused {
        /// Which.
        fetch: BackgroundFetchId,
        /// `pause`, `resume`, and so on.
        action: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A background fetch could not be started.
    #[error("the background fetch {id:?} could not be started: {error}")]
    Fetch {
        /// The id that it was to have.
        id: String,
        /// Why.
        error: BackgroundFetchError,
    },
    /// There is no response to be had of a record.
    #[error("record {record} ended without a response that can be read: {result}")]
    NoResponse {
        /// Which.
        record: RecordId,
        /// How it ended.
        result: RecordResult,
    },
    /// Data cannot be stored for such a URL.
    #[error("{0} has no origin that data could be stored for: use an http or https URL")]
    NotAnOrigin(Url),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// It took longer than the caller wanted to wait; it may still happen.
    #[error("{what} took longer than {} seconds", after.as_secs_f64())]
    TimedOut {
        /// What was waited for.
        what: String,
        /// For how long.
        after: Duration,
    },
    /// The engine was shut down before it could answer.
    #[error("the engine stopped before {what} was done")]
    Stopped {
        /// What was asked.
        what: String,
    },
}

/// Why a profile folder cannot be used. Nothing in it was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// It has content, and none of it says that an engine made it.
    #[error("{} is not a bgfetch profile and is not empty: choose another folder, or an empty one", path.display())]
    NotAProfile {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("the profile {} is in use by another process: end that one, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// Its layout is of another version.
    #[error(
        "the profile {} has the format {found}, and this program reads {supported}: use the program that made it, \
         or choose another folder", path.display()
    )]
    Format {
        /// The folder.
        path: PathBuf,
        /// The version that its format file names.
        found: String,
        /// The version that is understood.
        supported: String,
    },
    /// It could not be read or written.
    #[error("the profile {} cannot be used: {reason}", path.display())]
    Io {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_thing_and_what_to_do() {
        let in_use = EngineError::from(ProfileError::InUse { path: "/tmp/p".into() }).to_string();
        assert!(in_use.contains("/tmp/p") && in_use.contains("choose another folder"), "{in_use}");
        let slow = EngineError::TimedOut { what: "the script".into(), after: Duration::from_millis(1500) };
        assert_eq!(slow.to_string(), "the script took longer than 1.5 seconds");
        let refused = EngineError::ActionRefused {
            fetch: BackgroundFetchId(3),
            action: "pause",
            reason: "not every request of it is a GET",
        };
        assert_eq!(
            refused.to_string(),
            "background fetch 3 cannot be paused: not every request of it is a GET"
        );
    }
}
