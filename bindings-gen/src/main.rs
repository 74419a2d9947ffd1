//! The command line of the WebIDL compiler.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use bindings_gen::{BACKENDS, Diagnostics, Generator, SourceSet, backend, check, coverage};
use clap::builder::PossibleValuesParser;
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
        backend: BackendName,
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
    fn generator(self) -> Generator {
        let implemented = self.implemented.unwrap_or_else(|| self.webidl.join("implemented.toml"));
        Generator::new(self.webidl, implemented)
    }
}

/// Prints; that nobody reads any more, as after `| head`, is no error.
fn out(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

/// Prints to standard error.
fn err(text: &str) {
    drop(std::io::stderr().write_all(text.as_bytes()));
}

fn main() -> ExitCode {
    let (result, short) = match Cli::parse().command {
        Command::Expand { name, backend, folder } => (expand(&name, backend.of(folder.generator())), false),
        Command::Check { files, short, complete } => (check_files(&files, complete), short),
        Command::Coverage { json, folder } => (print_coverage(folder, json), false),
        Command::Generate { out, backend, folder } => (generate(&out, backend.of(folder.generator())), false),
    };
    match result {
        Ok(code) => code,
        Err(diagnostics) => {
            err(&if short { diagnostics.render_short() } else { diagnostics.render() });
            err(&format!("{} problems\n", diagnostics.len()));
            ExitCode::FAILURE
        }
    }
}

fn expand(name: &str, generator: Generator) -> Result<ExitCode, Diagnostics> {
    match generator.expand(name)? {
        Some(text) => {
            out(&text);
            Ok(ExitCode::SUCCESS)
        }
        None => {
            err(&format!("{name} is not implemented, or is not in the IDL: see `bindings-gen coverage`\n"));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn check_files(files: &[PathBuf], complete: bool) -> Result<ExitCode, Diagnostics> {
    let sources = SourceSet::read_files(files)?;
    let summary = check(&sources, complete)?;
    out(&format!("{summary}\n"));
    Ok(ExitCode::SUCCESS)
}

fn print_coverage(folder: Folder, json: bool) -> Result<ExitCode, Diagnostics> {
    let coverage = coverage(&folder.generator())?;
    out(&if json { coverage.to_json() } else { coverage.to_table() });
    Ok(ExitCode::SUCCESS)
}

fn generate(folder_out: &std::path::Path, generator: Generator) -> Result<ExitCode, Diagnostics> {
    let generated = generator.generate()?;
    for (name, text) in &generated.files {
        if let Err(error) = std::fs::write(folder_out.join(name), text) {
            err(&format!("{} cannot be written: {error}\n", folder_out.join(name).display()));
            return Ok(ExitCode::FAILURE);
        }
    }
    out(&format!("{} files\n", generated.files.len()));
    Ok(ExitCode::SUCCESS)
}
