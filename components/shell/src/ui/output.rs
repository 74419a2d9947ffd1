//! Where the shell's events go.

use std::io;
use std::path::PathBuf;

use bgfetch::traits::background_fetch::BackgroundFetchDisplay;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::ids::BackgroundFetchId;
use bgfetch::{EngineEvent, PermissionRequest};
use serde::Serialize;
use url::Url;

use crate::demo::content::Sha256Sum;
use crate::demo::request_log::LogEntry;
use crate::demo::resume::Resumed;
use crate::failure::Failure;

/// Something to show.
#[derive(Debug)]
pub enum Shown<'a> {
    /// Something that happened in the engine.
    Engine(&'a EngineEvent),
    /// Something that happened in the shell.
    Shell(ShellEvent<'a>),
}

/// Something that happened in the shell. Serialized, `event` names it in kebab-case.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ShellEvent<'a> {
    /// The demo's server runs.
    ServerStarted {
        /// Its origin.
        origin: &'a str,
        /// The certificate to trust.
        ca_certificate: PathBuf,
        /// Which run of this profile's server it is, from 1.
        run: u32,
        /// Whether it is all that runs, for another client.
        alone: bool,
    },
    /// A site asked for permission to fetch in the background.
    Permission {
        /// Who and what.
        #[serde(flatten)]
        request: &'a PermissionRequest,
        /// What was answered.
        state: PermissionState,
    },
    /// A background fetch is shown.
    BackgroundFetchShown(&'a BackgroundFetchDisplay),
    /// What is shown of it changed.
    BackgroundFetchUpdated(&'a BackgroundFetchDisplay),
    /// It is shown no more.
    BackgroundFetchHidden {
        /// Which.
        fetch: BackgroundFetchId,
    },
    /// The demo's server ended an answer.
    Request(&'a LogEntry),
    /// The same, where the server is all that runs.
    Served(&'a LogEntry),
    /// A click of `--click` was done.
    Clicked {
        /// The selector.
        selector: &'a str,
    },
    /// The value of a script of `--eval`.
    Evaluated {
        /// The script.
        script: &'a str,
        /// Its value, as JSON text where it has one.
        value: &'a str,
    },
    /// A user's action was refused.
    ActionRefused {
        /// Why.
        message: &'a str,
    },
    /// The demo is about to kill its process.
    Killing {
        /// Bytes that had arrived.
        downloaded: u64,
    },
    /// A stored file was compared with what was served.
    Verified(&'a Verified),
    /// What the server's log says about a file that was resumed.
    Resumed(&'a Resumed),
    /// The server's log, of all runs of the profile.
    ServerLog {
        /// The requests for the files of the episode, in order.
        requests: &'a [LogEntry],
    },
    /// How the command ended: always the last event.
    Outcome {
        /// Exit status.
        exit_code: u8,
        /// `success`, or which kind of failure.
        outcome: &'a str,
        /// Why it failed.
        reason: Option<String>,
    },
}

impl ShellEvent<'_> {
    /// The last event of a command that ended with `result`.
    #[must_use]
    pub fn outcome(result: &Result<(), Failure>) -> Self {
        match result {
            Ok(()) => Self::Outcome { exit_code: 0, outcome: "success", reason: None },
            Err(failure) => Self::Outcome {
                exit_code: failure.exit_code(),
                outcome: failure.kind(),
                reason: Some(failure.to_string()),
            },
        }
    }
}

/// A stored file, compared with what was served.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The file.
    pub url: Url,
    /// Bytes stored.
    pub bytes: u64,
    /// Sum of what is stored.
    pub stored_sha256: Sha256Sum,
    /// Sum of what was served.
    pub served_sha256: Sha256Sum,
}

impl Verified {
    /// Whether it is the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.stored_sha256 == self.served_sha256
    }
}

/// Where the shell's events go.
pub trait Output {
    /// Shows something.
    ///
    /// # Errors
    /// When standard output cannot be written.
    fn show(&mut self, shown: &Shown<'_>) -> io::Result<()>;

    /// Gives the terminal back as it was; nothing is drawn after it.
    fn close(&mut self);
}
