//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bgfetch::ResolveOverride;
use bgfetch::traits::coordinator::PermissionState;
use clap::{Args, Parser, Subcommand};
use url::Url;

const EXIT_CODES: &str = "\
Exit status:
    0  all went well
    1  a background fetch failed or was aborted, or what was stored is not what was served
    2  the command line is wrong
    3  the page or its server cannot be reached: unknown host, refused connection, untrusted certificate
    4  the profile cannot be used, or its disk is full
    5  --timeout passed
    6  the page has no service worker, so it cannot fetch in the background
    7  a script failed: an error or rejection that nothing caught, a worker that does not parse, a failing
       --eval, a --click that matches nothing
  130  ended by the user (q, Ctrl-C, SIGTERM) before it was done

Keys, in a terminal:
    p pause    r resume    a abort    Enter click on it    d dismiss it once it is over    q quit";

/// A minimal browser that runs pages, service workers and background fetches in a terminal.
#[derive(Debug, Parser)]
#[command(name = "bgfetch-shell", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Fetch an episode of a podcast in the background, from a server on this machine, and check it
    #[command(after_help = EXIT_CODES)]
    Demo(DemoArgs),
    /// Open a page: run its scripts, its service worker and its background fetches
    #[command(after_help = EXIT_CODES)]
    Run(RunArgs),
}

/// What every command that opens a page can be told.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// Folder that holds what outlives the process; made if it is not there [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Write one JSON object a line for each event, and nothing else
    #[arg(long)]
    pub json: bool,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
}

/// `demo`.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// What every command can be told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Kill the process hard when so much has arrived, such as 40%; run again with the same --profile to resume
    #[arg(long, value_name = "PERCENT", requires = "profile")]
    pub kill_at: Option<Percent>,
    /// Rate at which the server sends the episode, in bytes a second, such as 8MiB; 0 is as fast as it can
    #[arg(long, value_name = "BYTES", default_value = "8MiB", value_parser = size)]
    pub rate: u64,
    /// Length of the episode, such as 64MiB; a profile keeps that of its first run
    #[arg(long, value_name = "BYTES", value_parser = size)]
    pub episode_bytes: Option<u64>,
    /// Only start the server, for another browser or curl, and keep it until Ctrl-C
    #[arg(long, conflicts_with_all = ["profile", "kill_at", "timeout"])]
    pub serve_only: bool,
}

/// `run`.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The page
    #[arg(value_parser = page_url)]
    pub url: Url,
    /// What every command can be told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Click the first element that matches, once the page has settled; can be repeated
    #[arg(long, value_name = "CSS")]
    pub click: Vec<String>,
    /// Run a script in the page, after the clicks, and print its value (a promise is waited for); can be repeated
    #[arg(long, value_name = "JS")]
    pub eval: Vec<String>,
    /// End when nothing is left to do: no script, no event, no background fetch
    #[arg(long)]
    pub exit_when_idle: bool,
    /// Trust the certificates in this PEM file too; can be repeated
    #[arg(long, value_name = "PEM")]
    pub ca_cert: Vec<PathBuf>,
    /// Connect to ADDR for HOST:PORT, as curl does; * is any host or any port; can be repeated
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<ResolveOverride>,
    /// State of a permission, such as background-fetch=denied [default: background-fetch=granted]
    #[arg(long, value_name = "NAME=STATE")]
    pub permission: Vec<Permission>,
    /// Reach nothing but loopback addresses and the hosts of --resolve
    #[arg(long)]
    pub closed_network: bool,
}

/// A percentage above 0 and below 100: `40%`, or `40`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(f64);

impl Percent {
    /// Between 0 and 1.
    #[must_use]
    pub const fn fraction(self) -> f64 {
        self.0 / 100.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>().ok();
        number.filter(|number| *number > 0.0 && *number < 100.0).map(Self).ok_or_else(|| {
            format!("{text:?} is not a percentage above 0 and below 100: write, for example, 40%")
        })
    }
}

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// The state of a permission: `NAME=STATE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Such as `background-fetch`.
    pub name: String,
    /// Its state.
    pub state: PermissionState,
}

impl FromStr for Permission {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is not NAME=STATE with a state of granted, denied or prompt: write, for example, background-fetch=denied"
            )
        };
        let (name, state) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        let state = PermissionState::parse(state).ok_or_else(wrong)?;
        Ok(Self { name: name.to_owned(), state })
    }
}

fn page_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|error| format!("{error}: write it with its scheme, for example https://{text}"))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(format!("pages are loaded by http: and https:, not by {}:", url.scheme()))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero() && duration.as_secs() < 1 << 32)
        .ok_or_else(|| format!("{text:?} is not a number of seconds: write, for example, 30"))
}

fn size(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "B" => Some(1),
        "KiB" | "K" => Some(1 << 10),
        "MiB" | "M" => Some(1 << 20),
        "GiB" | "G" => Some(1 << 30),
        _ => None,
    };
    let bytes = digits.parse::<u64>().ok().zip(factor).and_then(|(n, factor)| n.checked_mul(factor));
    // Beyond this the demo's totals would not fit the numbers of JavaScript.
    bytes
        .filter(|bytes| *bytes < 1 << 50)
        .ok_or_else(|| format!("{text:?} is not a number of bytes: write, for example, 65536, 64KiB or 8MiB"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(arguments: &[&str]) -> Result<Cli, String> {
        let all = std::iter::once(&"bgfetch-shell").chain(arguments);
        Cli::try_parse_from(all).map_err(|error| error.to_string())
    }

    fn run(arguments: &[&str]) -> RunArgs {
        match parse(arguments).unwrap().command {
            Command::Run(args) => args,
            Command::Demo(_) => unreachable!("not run"),
        }
    }

    fn demo(arguments: &[&str]) -> Result<DemoArgs, String> {
        match parse(arguments)?.command {
            Command::Demo(args) => Ok(args),
            Command::Run(_) => unreachable!("not demo"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_all_that_a_page_needs() {
        let args = run(&[
            "run",
            "https://a.test/x",
            "--profile",
            "p",
            "--click",
            "#go",
            "--eval",
            "1",
            "--eval",
            "2",
            "--exit-when-idle",
            "--json",
            "--ca-cert",
            "ca.pem",
            "--resolve",
            "a.test:443:127.0.0.1",
            "--resolve",
            "*.b.test:*:::1",
            "--timeout",
            "2.5",
            "--permission",
            "background-fetch=denied",
            "--closed-network",
        ]);
        assert_eq!(args.url.as_str(), "https://a.test/x");
        assert_eq!(args.common.profile, Some("p".into()));
        assert_eq!(args.common.timeout, Some(Duration::from_millis(2500)));
        assert_eq!((args.click.len(), args.eval.len(), args.resolve.len()), (1, 2, 2));
        assert!(args.common.json && args.exit_when_idle && args.closed_network);
        let denied = Permission { name: "background-fetch".into(), state: PermissionState::Denied };
        assert_eq!(args.permission, [denied]);
    }

    #[test]
    fn the_demo_has_defaults_and_units() {
        let args = demo(&["demo"]).unwrap();
        assert_eq!((args.rate, args.episode_bytes, args.kill_at), (8 << 20, None, None));
        let args = demo(&["demo", "--profile", "p", "--kill-at", "40%", "--rate", "64KiB"]).unwrap();
        assert_eq!((args.rate, args.kill_at), (64 << 10, Some(Percent(40.0))));
        assert!((args.kill_at.unwrap().fraction() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn killing_without_a_profile_would_leave_nothing_to_resume() {
        assert!(demo(&["demo", "--kill-at", "40%"]).unwrap_err().contains("--profile"));
    }

    #[test]
    fn wrong_arguments_are_answered_with_what_to_write() {
        for (arguments, part) in [
            (vec!["run", "a.test"], "https://a.test"),
            (vec!["run", "ftp://a.test/"], "not by ftp:"),
            (vec!["run", "https://a.test/", "--resolve", "a.test"], "podcast.test:443:127.0.0.1"),
            (vec!["run", "https://a.test/", "--timeout", "soon"], "for example, 30"),
            (vec!["run", "https://a.test/", "--permission", "x=maybe"], "background-fetch=denied"),
            (vec!["demo", "--profile", "p", "--kill-at", "140%"], "for example, 40%"),
            (vec!["demo", "--rate", "fast"], "8MiB"),
            (vec!["demo", "--episode-bytes", "99999999999GiB"], "64KiB"),
        ] {
            let message = parse(&arguments).unwrap_err();
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
    }

    #[test]
    fn help_lists_the_exit_status() {
        for command in ["demo", "run"] {
            let help = parse(&[command, "--help"]).unwrap_err();
            assert!(help.contains("Exit status:") && help.contains("130"), "{help}");
        }
    }
}
