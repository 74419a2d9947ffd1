//! Generates the bindings of the IDL in `webidl`.

use std::error::Error;
use std::path::Path;

use bindings_gen::Generator;

fn main() -> Result<(), Box<dyn Error>> {
    let generator = Generator::new("webidl", "webidl/implemented.toml");
    let generated = generator.generate().map_err(|problems| problems.render())?;
    for input in &generated.inputs {
        println!("cargo:rerun-if-changed={}", input.display());
    }
    generated.write_to(Path::new(&std::env::var("OUT_DIR")?))?;
    Ok(())
}
