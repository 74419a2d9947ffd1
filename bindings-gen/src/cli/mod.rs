//! What the command line understands.

mod commands;

use std::path::PathBuf;

use bindings_gen::{BACKENDS, Diagnostics, Generator, backend};
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

/// Compiles WebIDL to Rust.
///
/// For each interface a trait that a person implements, for each dictionary, enumeration, union and callback a type, and
/// the glue that shows them to a page as Web IDL says.
#[derive(Debug, Parser)]
#[command(version, about, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  bindings-gen expand Headers                      the Rust for one interface
  bindings-gen check webidl/*.idl                  everything that is wrong, with file, line and column
  bindings-gen diff webidl new-webidl              what a new version changes, and which methods that touches
  bindings-gen generate --backend rust-only --out src/bindings";

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints the Rust that is generated for an interface, mixin, dictionary, enumeration, callback or union
    Expand {
        /// Its name in the IDL, or the Rust name of a union
        name: String,
        #[command(flatten)]
        backend: BackendName,
        #[command(flatten)]
        folder: Folder,
    },
    /// Parses and resolves IDL files and prints everything that is wrong with them
    Check {
        /// The files, or folders of them
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One line for each problem: file:line:column: message
        #[arg(long)]
        short: bool,
        /// The files are all there is: a name that none of them defines is a problem
        #[arg(long)]
        complete: bool,
        /// Breaking a rule of Web IDL is a problem, as it is for what is implemented; published specifications do
        #[arg(long)]
        strict: bool,
    },
    /// Tells what another version of the IDL changes, and which trait methods that touches
    ///
    /// The exit status is 0 if there is no difference, 1 if there is one, and 2 if a version cannot be read or is wrong.
    Diff {
        /// The version that is implemented: a file, or a folder of them
        old: PathBuf,
        /// The version to compare with it
        new: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Which interfaces are implemented [default: implemented.toml in OLD, if it is there]
        #[arg(long)]
        implemented: Option<PathBuf>,
        /// Leaves out what touches nothing that is implemented
        #[arg(long)]
        relevant: bool,
        #[command(flatten)]
        backend: BackendName,
    },
    /// Prints which interfaces are implemented, and what of them is not, with the reason
    Coverage {
        /// As JSON
        #[arg(long, conflicts_with_all = ["markdown", "update"])]
        json: bool,
        /// How much of each specification, as a table in Markdown
        #[arg(long, conflicts_with = "update")]
        markdown: bool,
        /// Writes that table between the lines `<!-- coverage -->` and `<!-- /coverage -->` of a file
        #[arg(long, value_name = "FILE")]
        update: Option<PathBuf>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Writes all generated files to a folder, as a build script does
    Generate {
        /// The folder; it is made if it is not there
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        backend: BackendName,
        #[command(flatten)]
        folder: Folder,
    },
}

#[derive(Args, Debug)]
struct BackendName {
    /// What the code is for: the engine of the crate bgfetch-js, or none, which gives types and traits without glue
    #[arg(long, default_value = "js", value_parser = PossibleValuesParser::new(BACKENDS))]
    backend: String,
}

impl BackendName {
    /// The generator with this backend; the name is one of those that there are.
    fn of(self, generator: Generator) -> Generator {
        match backend(&self.backend) {
            Some(backend) => generator.backend(backend),
            None => generator,
        }
    }
}

#[derive(Args, Debug)]
struct Folder {
    /// The folder with the .idl files
    #[arg(long, default_value = "webidl")]
    webidl: PathBuf,
    /// Which interfaces are implemented [default: implemented.toml in that folder]
    #[arg(long)]
    implemented: Option<PathBuf>,
}

impl Folder {
    /// A generator for files that are there.
    fn generator(self) -> Result<Generator, Failure> {
        if !self.webidl.is_dir() {
            let folder = self.webidl.display();
            let message = format!("there is no folder {folder}: --webidl names the one with the .idl files");
            return Err(Failure::Message(message));
        }
        let implemented = self.implemented.unwrap_or_else(|| self.webidl.join("implemented.toml"));
        if !implemented.is_file() {
            let file = implemented.display();
            let message = format!(
                "there is no file {file}, which says what is implemented: --implemented names another; to begin with, \
                 a line `[Name]` for each interface will do"
            );
            return Err(Failure::Message(message));
        }
        Ok(Generator::new(self.webidl, implemented))
    }
}

/// What a command prints, and the status that it ends with.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) status: u8,
}

/// Why a command did not do what it was asked for.
pub(crate) enum Failure {
    /// Something is wrong with the input.
    Diagnostics {
        problems: Diagnostics,
        /// Whether to show one line for each.
        short: bool,
    },
    /// Something is wrong with the command.
    Message(String),
}

impl From<Diagnostics> for Failure {
    fn from(problems: Diagnostics) -> Failure {
        Failure::Diagnostics { problems, short: false }
    }
}

impl Cli {
    /// The exit status if the command fails; 1 is a difference's.
    pub(crate) fn trouble(&self) -> u8 {
        if matches!(self.command, Command::Diff { .. }) { 2 } else { 1 }
    }

    pub(crate) fn run(self) -> Result<Answer, Failure> {
        match self.command {
            Command::Expand { name, backend, folder } => {
                commands::expand(&name, &backend.of(folder.generator()?))
            }
            Command::Check { files, short, complete, strict } => {
                commands::check(&files, short, complete, strict)
            }
            Command::Diff { old, new, json, implemented, relevant, backend } => {
                let comparison = commands::Comparison { old, new, implemented, relevant, json };
                commands::diff(&comparison, &backend.backend)
            }
            Command::Coverage { json, markdown, update, folder } => {
                let form = match (json, markdown, update) {
                    (true, ..) => commands::Form::Json,
                    (_, true, _) => commands::Form::Markdown,
                    (.., Some(file)) => commands::Form::Update(file),
                    _ => commands::Form::Table,
                };
                commands::coverage(&folder.generator()?, form)
            }
            Command::Generate { out, backend, folder } => {
                commands::generate(&out, &backend.of(folder.generator()?))
            }
        }
    }
}
