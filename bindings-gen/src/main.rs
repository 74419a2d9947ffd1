//! The command line of the WebIDL compiler.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program prints")]

use std::path::PathBuf;
use std::process::ExitCode;

use bindings_gen::{Diagnostics, Generator, SourceSet, check, coverage};
use clap::{Args, Parser, Subcommand};

/// Compiles WebIDL to Rust.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints the Rust that is generated for an interface, mixin, dictionary, enumeration, callback or union
    Expand {
        /// Its name in the IDL, or the Rust name of a union
        name: String,
        #[command(flatten)]
        folder: Folder,
    },
    /// Parses and resolves IDL files and prints everything that is wrong with them
    Check {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One line for each problem: file:line:column: message
        #[arg(long)]
        short: bool,
        /// The files are all there is: a name that none of them defines is a problem
        #[arg(long)]
        complete: bool,
    },
    /// Prints which interfaces are implemented, and what of them is not, with the reason
    Coverage {
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Writes all generated files to a folder, as a build script does
    Generate {
        /// The folder, which has to exist
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        folder: Folder,
    },
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
    fn generator(self) -> Generator {
        let implemented = self.implemented.unwrap_or_else(|| self.webidl.join("implemented.toml"));
        Generator::new(self.webidl, implemented)
    }
}

fn main() -> ExitCode {
    let (result, short) = match Cli::parse().command {
        Command::Expand { name, folder } => (expand(&name, folder), false),
        Command::Check { files, short, complete } => (check_files(&files, complete), short),
        Command::Coverage { json, folder } => (print_coverage(folder, json), false),
        Command::Generate { out, folder } => (generate(&out, folder), false),
    };
    match result {
        Ok(code) => code,
        Err(diagnostics) => {
            eprint!("{}", if short { diagnostics.render_short() } else { diagnostics.render() });
            eprintln!("{} problems", diagnostics.len());
            ExitCode::FAILURE
        }
    }
}

fn expand(name: &str, folder: Folder) -> Result<ExitCode, Diagnostics> {
    match folder.generator().expand(name)? {
        Some(text) => {
            print!("{text}");
            Ok(ExitCode::SUCCESS)
        }
        None => {
            eprintln!("{name} is not implemented, or is not in the IDL: see `bindings-gen coverage`");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn check_files(files: &[PathBuf], complete: bool) -> Result<ExitCode, Diagnostics> {
    let sources = SourceSet::read_files(files)?;
    let summary = check(&sources, complete)?;
    println!("{summary}");
    Ok(ExitCode::SUCCESS)
}

fn print_coverage(folder: Folder, json: bool) -> Result<ExitCode, Diagnostics> {
    let coverage = coverage(&folder.generator())?;
    print!("{}", if json { coverage.to_json() } else { coverage.to_table() });
    Ok(ExitCode::SUCCESS)
}

fn generate(out: &std::path::Path, folder: Folder) -> Result<ExitCode, Diagnostics> {
    let generated = folder.generator().generate()?;
    for (name, text) in &generated.files {
        if let Err(error) = std::fs::write(out.join(name), text) {
            eprintln!("{} cannot be written: {error}", out.join(name).display());
            return Ok(ExitCode::FAILURE);
        }
    }
    println!("{} files", generated.files.len());
    Ok(ExitCode::SUCCESS)
}
