//! Generates the bindings of this crate from the specifications' IDL.

use std::path::{Path, PathBuf};
use std::{env, fs};

use bindings_gen::Generator;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let webidl = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../webidl");
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("bindings");
    fs::create_dir_all(&folder)?;
    let generator = Generator::new(&webidl, webidl.join("implemented.toml"));
    let generated = match generator.types_prelude("bgfetch_js").dom_path("crate::dom").generate() {
        Ok(generated) => generated,
        Err(problems) => {
            // Each with its place in the IDL, for whoever reads cargo's output.
            return Err(format!("the bindings cannot be generated\n{problems:?}").into());
        }
    };
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
