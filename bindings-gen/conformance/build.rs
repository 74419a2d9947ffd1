//! Generates the bindings of the IDL in this folder.
#![expect(clippy::print_stderr, reason = "how a build script speaks to people")]

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let generator = bindings_gen::Generator::new("webidl", "webidl/implemented.toml")
        .types_prelude("bgfetch_js")
        .dom_path("crate::dom");
    let generated = match generator.generate() {
        Ok(generated) => generated,
        Err(diagnostics) => {
            eprintln!("{}", diagnostics.render());
            return ExitCode::FAILURE;
        }
    };
    for input in &generated.inputs {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    let Some(out) = std::env::var_os("OUT_DIR") else { return ExitCode::FAILURE };
    match generated.write_to(&PathBuf::from(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the bindings cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}
