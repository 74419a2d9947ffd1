//! Generates the bindings of this crate from the specifications' IDL.
#![expect(clippy::print_stderr, reason = "this is how a build script talks to cargo")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use bindings_gen::Generator;

fn main() -> ExitCode {
    match generate() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // As it is meant to be read: each problem with its place in the IDL.
            eprintln!("the bindings cannot be generated\n\n{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate() -> Result<(), Box<dyn std::error::Error>> {
    let webidl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../webidl");
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("bindings");
    fs::create_dir_all(&folder)?;
    let generator = Generator::new(&webidl, webidl.join("implemented.toml"));
    let generator = generator.types_prelude("bgfetch_js").dom_path("crate::dom");
    let generated = generator.generate().map_err(|problems| problems.render())?;
    for (name, text) in &generated.files {
        let path = folder.join(name);
        // A file that is the same keeps its time, and with it what was compiled from it.
        if fs::read_to_string(&path).is_ok_and(|known| known == *text) {
            continue;
        }
        fs::write(path, text)?;
    }
    for path in &generated.inputs {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    Ok(())
}
