//! The commands other than `run`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::console::Console;
use super::{CompareArguments, Done, MergeArguments, SelectArguments, UNEXPECTED};
use crate::compare::{Comparison, html, markdown};
use crate::environment::RunError;
use crate::expect;
use crate::pool::{self, PoolError};
use crate::product::serve_instructions;
use crate::report::Report;
use crate::server::{Server, hosts};
use crate::setup;

pub(super) fn setup(console: &Arc<Console>) -> Done {
    let checkout = setup::ensure(&|line| console.say(line))?;
    let revision = checkout.revision.as_deref().unwrap_or("unknown");
    console.say(&format!("the tests, revision {revision}, are in"));
    console.print(&checkout.tests.display().to_string());
    if let Some(remark) = checkout.revision_remark() {
        console.say(&remark);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn list(console: &Arc<Console>, arguments: &SelectArguments) -> Done {
    let selection = arguments.selector().select(&|line| console.say(line))?;
    for test in &selection.tests {
        console.print(&test.url);
    }
    console.say(&format!("{} tests", selection.tests.len()));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn serve(console: &Arc<Console>) -> Done {
    let checkout = setup::ensure(&|line| console.say(line))?;
    let stop = pool::on_signal().map_err(|_| PoolError::Worker)?;
    let (support, arguments) = serve_instructions();
    let server = Server::start(&checkout, &support)?;
    console.print(&format!("http://{}:{}/", hosts::HOST, server.ports.http[0]));
    let url = format!("https://{}:{}/", hosts::HOST, server.ports.https[0]);
    console.print(&url);
    console.print(&format!("bgfetch-shell run {url}... {}", arguments(&server)));
    console.say("serving until interrupted");
    // Whatever ends the wait ends the server.
    let _ = stop.recv();
    Ok(ExitCode::SUCCESS)
}

pub(super) fn compare(console: &Arc<Console>, arguments: &CompareArguments) -> Done {
    let comparison = Comparison::new(Report::read(&arguments.first)?, Report::read(&arguments.second)?);
    if arguments.markdown {
        console.print(markdown::table(&comparison).trim_end());
    } else {
        for line in comparison.lines() {
            console.print(&line);
        }
    }
    if let Some(path) = &arguments.html {
        std::fs::write(path, html::page(&comparison))
            .map_err(|source| RunError::File { path: path.clone(), source })?;
        console.say(&format!("the page is {}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn merge(console: &Arc<Console>, arguments: &MergeArguments) -> Done {
    let mut report = Report::read(&arguments.first)?;
    for path in &arguments.later {
        let replaced = report.merge(Report::read(path)?)?;
        console.say(&format!("{}: {replaced} tests were there before", path.display()));
    }
    report.write(&arguments.output)?;
    console.say(&format!("{} tests in {}", report.results.len(), arguments.output.display()));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn lint(console: &Arc<Console>, metadata: &Path) -> Done {
    let found = expect::without_reason(metadata)?;
    for place in &found {
        console.print(place);
    }
    console.say(&format!("{} expectations without a reason", found.len()));
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNEXPECTED) })
}
