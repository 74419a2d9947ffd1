//! Why a command ended without success, and with which exit status.

use std::io;
use std::time::Duration;

use bgfetch::EngineError;
use bgfetch::traits::storage::StorageError;
use url::Url;

use crate::demo::server::ServerError;
use crate::demo::state::StateError;

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The engine says why.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Background fetches that did not succeed.
    #[error("{}", .0.join("\n"))]
    Fetches(Vec<String>),
    /// The demo's page did not start a background fetch.
    #[error("{0} started no background fetch and has none of its files in the cache")]
    NothingFetched(Url),
    /// What was stored is not what was served, or is missing.
    #[error("{}", .0.join("\n"))]
    NotAsServed(Vec<String>),
    /// The demo's server.
    #[error("{error}{}", hint(error))]
    Server {
        /// What it says.
        #[from]
        error: ServerError,
    },
    /// What the demo keeps in the profile.
    #[error(transparent)]
    State(#[from] StateError),
    /// A file that was named on the command line.
    #[error("{path} cannot be read: {error}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// There is no terminal for what was asked.
    #[error("the terminal cannot be used: {0}; --json needs none")]
    Terminal(io::Error),
    /// Storage failed where no page could be told.
    #[error("{0}")]
    Storage(String),
    /// Time is up.
    #[error("it was not done after {} seconds (--timeout)", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The page has no service worker.
    #[error("{0} has no service worker, so nothing can be fetched in the background for it")]
    NoWorker(Url),
    /// The page is no secure context.
    #[error(
        "{0} is not a secure context, so it can have no service worker: use https, or http on a loopback address"
    )]
    NotSecure(Url),
    /// Errors of scripts that nothing caught.
    #[error("{count} error{} of scripts, the first: {first}", plural(*count))]
    Scripts {
        /// How many.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// The user ended it.
    #[error("ended before it was done{}", .0.as_deref().unwrap_or_default())]
    Quit(Option<String>),
    /// Standard output is closed.
    #[error("standard output cannot be written: {0}")]
    Output(io::Error),
}

fn hint(error: &ServerError) -> &'static str {
    match error {
        ServerError::PortTaken(_) => {
            "; the site of this profile has that port, so end that program or use another --profile"
        }
        _ => "",
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl Failure {
    /// The exit status, as `--help` lists it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Fetches(_) | Self::NothingFetched(_) | Self::NotAsServed(_) | Self::Output(_) => 1,
            Self::File { .. } | Self::Terminal(_) => 2,
            Self::Server { .. } => 3,
            Self::State(StateError::OtherEpisode { .. }) => 2,
            Self::State(_) | Self::Storage(_) => 4,
            Self::TimedOut(_) => 5,
            Self::NoWorker(_) | Self::NotSecure(_) => 6,
            Self::Scripts { .. } => 7,
            Self::Quit(_) => 130,
            Self::Engine(error) => of_engine(error),
        }
    }

    /// A word for it, for programs that read `--json`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.exit_code() {
            2 => "usage",
            3 => "unreachable",
            4 => "storage",
            5 => "timed-out",
            6 => "no-worker",
            7 => "script",
            130 => "quit",
            _ => "failed",
        }
    }
}

fn of_engine(error: &EngineError) -> u8 {
    match error {
        EngineError::Profile(_) => 4,
        EngineError::Storage(StorageError::NotFound(_)) => 1,
        EngineError::Storage(_) => 4,
        EngineError::Certificates { .. } => 2,
        EngineError::Load { .. } => 3,
        EngineError::TimedOut { .. } => 5,
        EngineError::Script { .. } | EngineError::Selector { .. } | EngineError::NoElement { .. } => 7,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgfetch::ProfileError;
    use bgfetch::traits::fetch::{NetworkError, NetworkErrorKind};

    #[test]
    fn the_exit_status_tells_kinds_of_failure_apart() {
        let url: Url = "https://a.test/".parse().unwrap();
        let error = NetworkError::new(NetworkErrorKind::NameNotResolved, "a.test is not known");
        let load = Failure::from(EngineError::Load { url: url.clone(), error });
        assert_eq!((load.exit_code(), load.kind()), (3, "unreachable"));
        assert!(load.to_string().contains("https://a.test/ could not be loaded: a.test is not known"));
        let profile = Failure::from(EngineError::from(ProfileError::NotAProfile { path: "p".into() }));
        assert_eq!((profile.exit_code(), profile.kind()), (4, "storage"));
        assert_eq!(Failure::NoWorker(url).exit_code(), 6);
        assert_eq!(Failure::Quit(None).exit_code(), 130);
        let one = Failure::Scripts { count: 1, first: "x".into() };
        assert_eq!((one.to_string().as_str(), one.exit_code()), ("1 error of scripts, the first: x", 7));
    }

    #[test]
    fn a_taken_port_says_what_to_do() {
        let message = Failure::from(ServerError::PortTaken(40_123)).to_string();
        assert!(message.contains("40123") && message.contains("another --profile"), "{message}");
    }
}
