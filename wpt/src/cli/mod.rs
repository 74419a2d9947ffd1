//! The command line.

mod console;
mod other;
mod run;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::environment::{RunError, Selector, folder};
use crate::product::{Bgfetch, Chromium, Product, ProductError};
use console::Console;
pub(crate) use summary::suite;

/// Results were not as expected.
const UNEXPECTED: u8 = 1;
/// The run could not be done.
const FAILED: u8 = 2;

/// Runs the official web-platform-tests, unchanged.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch the tests if they are not here yet, and say where they are.
    Setup,
    /// Run tests.
    Run(RunArguments),
    /// List what would be run.
    List(SelectArguments),
    /// Serve the tests until interrupted, and say how to open one by hand.
    Serve,
    /// Set two reports side by side, subtest by subtest.
    Compare(CompareArguments),
    /// Put a report of some tests into one of more: what was run again replaces what stood there.
    Merge(MergeArguments),
    /// List expectations that give no reason.
    Lint {
        /// The folder of expectations.
        #[arg(long, default_value_os_t = crate::environment::metadata())]
        metadata: PathBuf,
    },
}

#[derive(Debug, Args)]
struct SelectArguments {
    /// Folders, files or URLs of tests, from the root of the tests; all that the list takes in if none are given.
    paths: Vec<String>,
    /// Only what every run in CI takes.
    #[arg(long)]
    ci: bool,
    /// The list of what is run.
    #[arg(long, default_value_os_t = folder().join("include.ini"))]
    include: PathBuf,
}

impl SelectArguments {
    fn selector(&self) -> Selector {
        Selector { include: self.include.clone(), paths: self.paths.clone(), ci: self.ci }
    }
}

/// A browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProductName {
    /// bgfetch's own shell.
    Bgfetch,
    /// Chromium, by chromedriver.
    Chromium,
}

#[derive(Debug, Args)]
struct RunArguments {
    #[command(flatten)]
    select: SelectArguments,
    /// The browser.
    #[arg(long, value_enum, default_value = "bgfetch")]
    product: ProductName,
    /// The browser's program, instead of the one that is built or installed.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// How many windows at a time; as many as there are cores if not given.
    #[arg(long, short)]
    jobs: Option<usize>,
    /// Multiplies all time limits, those of the tests' own harness too.
    #[arg(long, default_value_t = 1.0, value_parser = multiplier)]
    timeout_multiplier: f64,
    /// The folder of expectations; without it, bgfetch's own are taken for bgfetch, and none for another browser.
    #[arg(long)]
    metadata: Option<PathBuf>,
    /// Write what came of the run into the expectations; reasons are kept.
    #[arg(long)]
    update_expectations: bool,
    /// The reason of expectations that are new.
    #[arg(long, requires = "update_expectations")]
    reason: Option<String>,
    /// Where the report goes, in the format of upstream's wptreport.json.
    #[arg(long, default_value = "wptreport.json")]
    wptreport: PathBuf,
    /// Show the browser's log, the shell's with this filter; one window at a time if no number is given.
    #[arg(long, value_name = "FILTER", num_args = 0..=1, default_missing_value = "info", require_equals = true)]
    log: Option<String>,
    /// Print a line a test and what is unexpected, not every subtest.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct CompareArguments {
    /// A wptreport.json.
    first: PathBuf,
    /// Another one.
    second: PathBuf,
    /// Where the page goes.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Print a table of Markdown, a line for each top folder.
    #[arg(long)]
    markdown: bool,
}

#[derive(Debug, Args)]
struct MergeArguments {
    /// A wptreport.json.
    first: PathBuf,
    /// Later ones, of the same browser and the same tests.
    #[arg(required = true)]
    later: Vec<PathBuf>,
    /// Where the result goes.
    #[arg(long, short, default_value = "wptreport.json")]
    output: PathBuf,
}

fn multiplier(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.01..=1000.0).contains(&number) => Ok(number),
        _ => Err("a number from 0.01 to 1000".to_owned()),
    }
}

/// Does what the arguments of this process ask for. The exit status is 0 if all is as expected, 1 if results are
/// not, 2 if the run could not be done.
#[must_use]
pub fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("WPT_RUNNER_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let console = Arc::new(Console::new());
    let done = match Arguments::parse().command {
        Command::Setup => other::setup(&console),
        Command::Run(arguments) => run::run(&console, &arguments),
        Command::List(arguments) => other::list(&console, &arguments),
        Command::Serve => other::serve(&console),
        Command::Compare(arguments) => other::compare(&console, &arguments),
        Command::Merge(arguments) => other::merge(&console, &arguments),
        Command::Lint { metadata } => other::lint(&console, &metadata),
    };
    done.unwrap_or_else(|error| {
        console.say(&format!("error: {error}"));
        ExitCode::from(FAILED)
    })
}

impl ProductName {
    fn open(
        self,
        binary: Option<PathBuf>,
        filter: Option<String>,
        say: &dyn Fn(&str),
    ) -> Result<Arc<dyn Product>, ProductError> {
        Ok(match self {
            Self::Bgfetch => Arc::new(Bgfetch::new(binary, filter, say)?),
            Self::Chromium => Arc::new(Chromium::new(binary)?),
        })
    }
}

type Done = Result<ExitCode, RunError>;
