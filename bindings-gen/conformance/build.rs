//! Generates the bindings of the IDL in this folder, and those of the walk-through in `bindings-gen/docs/update.md`.
#![expect(clippy::print_stderr, reason = "how a build script speaks to people")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bindings_gen::{Generated, Generator, SourceSet};

/// The walk-through's files.
const WALK_THROUGH: &str = "../docs/update";

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
    let generator = Generator::new("webidl", "webidl/implemented.toml").dom_path("crate::dom");
    write(&generator.generate().map_err(|problems| problems.render())?)?;
    for version in ["before", "after"] {
        let mut sources = SourceSet::read_dir(Path::new("../../webidl"))?;
        if version == "after" {
            let patch = std::fs::read_to_string(format!("{WALK_THROUGH}/pull-180.patch"))?;
            sources = sources.patched(&patch).ok_or("pull-180.patch does not fit the IDL")?;
        }
        let implemented = format!("{WALK_THROUGH}/implemented.toml");
        let generator = Generator::new("../../webidl", &implemented)
            .dom_path(&format!("crate::walk_through::{version}::dom"))
            .folder(version);
        let text = std::fs::read_to_string(&implemented)?;
        write(&generator.generate_from(sources, &text).map_err(|problems| problems.render())?)?;
    }
    println!("cargo:rerun-if-changed={WALK_THROUGH}");
    Ok(())
}

fn write(generated: &Generated) -> Result<(), Box<dyn Error>> {
    for input in &generated.inputs {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    generated.write_to(&PathBuf::from(out))?;
    Ok(())
}
