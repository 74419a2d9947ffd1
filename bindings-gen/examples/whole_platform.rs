//! Prints how long the compiler takes for the IDL of the whole platform, pass by pass: medians of five runs.
//!
//!     cargo run --release -p bindings-gen --example whole_platform
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../tests/platform/mod.rs"]
mod platform;

use std::time::{Duration, Instant};

use bindings_gen::{BACKENDS, Generator, backend, check};

const RUNS: usize = 5;

fn main() {
    let sources = platform::sources();
    let bytes: usize = sources.files.iter().map(|file| file.text.len()).sum();
    println!("{} files, {} kB", sources.files.len(), bytes / 1000);

    line("read", || platform::sources().files.len());
    line("parse, resolve, check", || {
        let summary = check(&sources, true).unwrap_or_else(|problems| panic!("{}", problems.render()));
        summary.interfaces
    });
    let implemented = platform::implement_everything(&sources);
    for name in BACKENDS {
        let generator = || {
            let backend = backend(name).expect("the list has the backends that there are");
            Generator::new("", "everything.toml").backend(backend)
        };
        line(&format!("all of it, --backend {name}"), || {
            let generated = generator().generate_from(sources.clone(), &implemented);
            let generated = generated.unwrap_or_else(|problems| panic!("{}", problems.render()));
            generated.files.iter().map(|(_, text)| text.lines().count()).sum()
        });
    }
}

/// Runs something a few times, and prints the median and how many things it told of.
fn line(what: &str, run: impl Fn() -> usize) {
    let mut times: Vec<(Duration, usize)> = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let count = run();
        times.push((start.elapsed(), count));
    }
    times.sort();
    let (median, count) = times[RUNS / 2];
    println!("{what:28} {:7.3} s  ({count})", median.as_secs_f64());
}
