//! What isolation costs: a page opened in a process and a profile of its own, as the runner of the
//! web-platform-tests does it, against one more window of an engine that runs already.
//!
//!     cargo run --release -p bgfetch-tests --example window_or_process
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::{Duration, Instant};

use bgfetch_tests::{Shell, World, shell_binary};

/// How many pages are opened each way.
const PAGES: usize = 50;

fn main() -> std::io::Result<()> {
    let world = World::new("", "", |_| {});
    let url = world.url("/");
    let folder = tempfile::tempdir()?;
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, world.authority())?;
    let authority = authority.display().to_string();
    let binary = shell_binary();

    let process = median(|number| {
        let profile = folder.path().join(format!("profile-{number}")).display().to_string();
        let arguments = ["run", url.as_str(), "--json", "--profile", &profile, "--ca-cert", &authority];
        let mut shell = Shell::start(&arguments);
        shell.until(|event| event["event"] == "page-loaded");
    });
    let running = world.engine(&folder.path().join("profile"));
    let window = median(|_| {
        let window = running.open(&url);
        drop(window.close().wait());
    });

    println!("median of {PAGES} pages that do nothing, one after the other");
    println!("a process and a profile each {process:>8.1?}  ({})", binary.display());
    println!("a window each                {window:>8.1?}  (this program's own build)");
    println!("ratio                        {:>8.1}", process.as_secs_f64() / window.as_secs_f64());
    Ok(())
}

fn median(mut open: impl FnMut(usize)) -> Duration {
    let mut took: Vec<_> = (0..PAGES)
        .map(|number| {
            let started = Instant::now();
            open(number);
            started.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[took.len() / 2]
}
