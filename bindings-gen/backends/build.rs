//! Generates types and traits for no engine (of the whole platform, of one of every construct, and of a few interfaces
//! that this crate's test implements), and bindings for an engine that the compiler does not know.
#![expect(clippy::print_stderr, reason = "how a build script speaks to people")]

#[path = "mini/backend.rs"]
mod mini;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use bindings_gen::{Backend, Generator, backend};

/// What is generated for no engine: its name, the IDL, and what of it is implemented.
const WORLDS: [(&str, &str, &str); 3] = [
    ("platform", "../../webidl", "../../webidl/implemented.toml"),
    ("everything", "../conformance/webidl", "../conformance/webidl/implemented.toml"),
    ("native", "../../webidl", "implemented.toml"),
];

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    for (name, webidl, implemented) in WORLDS {
        let rust_only = backend("rust-only").ok_or("the backend is part of the compiler")?;
        write(name, webidl, implemented, rust_only)?;
    }
    write("mini", "webidl", "webidl/mini.toml", Box::new(mini::Mini))
}

fn write(
    name: &str,
    webidl: &str,
    implemented: &str,
    backend: Box<dyn Backend>,
) -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let generator = Generator::new(webidl, implemented).backend(backend).folder(name);
    let generated = generator.generate().map_err(|problems| problems.render())?;
    generated.write_to(&out)?;
    for input in &generated.inputs {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    Ok(())
}
