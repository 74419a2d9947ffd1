//! Evaluates its argument, with the interfaces of this crate.
#![expect(clippy::print_stdout, reason = "how a program answers")]

fn main() -> Result<(), String> {
    let script = std::env::args().nth(1).unwrap_or_default();
    println!("{}", bindings_gen_example::evaluate(&script)?);
    Ok(())
}
