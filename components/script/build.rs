//! Generates the bindings of this crate from the specifications' IDL.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}
