//! The command line of the runner.
fn main() {}
