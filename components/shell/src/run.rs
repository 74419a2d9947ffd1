//! `run`: opens a page and follows what it does.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bgfetch::config::BACKGROUND_FETCH_PERMISSION;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::policy::is_potentially_trustworthy;
use bgfetch::{EngineBuilder, EngineError};

use crate::browser::{Browser, Page};
use crate::cli::RunArgs;
use crate::failure::Failure;
use crate::profile::Profile;
use crate::session::{Console, Session};
use crate::ui::output::ShellEvent;

/// A page that never settles is clicked after this long.
const SETTLE_TIME: Duration = Duration::from_secs(2);

const HAS_WORKER: &str = "navigator.serviceWorker.getRegistration().then(r => r !== undefined)";

/// Opens the page, clicks and evaluates what it was told to, and follows it until it is done.
///
/// # Errors
/// Why it did not go well.
pub fn run<B: Browser>(
    args: &RunArgs,
    console: Console<'_>,
    start: impl FnOnce(EngineBuilder) -> Result<B, EngineError>,
) -> Result<(), Failure> {
    let profile = Profile::open(args.common.profile.as_deref())?;
    let builder = describe(args, &console, &profile)?;
    let mut session = Session::new(start(builder)?, console);
    let result = follow(args, &mut session);
    let ended = session.end();
    result.and(ended)
}

fn describe(args: &RunArgs, console: &Console<'_>, profile: &Profile) -> Result<EngineBuilder, Failure> {
    let mut builder = EngineBuilder::new(profile.path())
        .closed_network(args.closed_network)
        .delegate(Arc::new(console.delegate(PermissionState::Granted)));
    for path in &args.ca_cert {
        let name = path.display().to_string();
        let pem = fs::read_to_string(path).map_err(|error| Failure::File { path: name.clone(), error })?;
        builder = builder.ca_certificate(name, pem);
    }
    for resolve in &args.resolve {
        builder = builder.resolve(resolve.clone());
    }
    for permission in &args.permission {
        // The state `prompt` asks the delegate, which has nobody to ask: it grants, as the default does.
        if permission.name != BACKGROUND_FETCH_PERMISSION || permission.state != PermissionState::Prompt {
            builder = builder.permission(&permission.name, permission.state);
        }
    }
    Ok(builder)
}

fn follow<B: Browser>(args: &RunArgs, session: &mut Session<'_, B>) -> Result<(), Failure> {
    session.open(&args.url)?;
    act(args, session)?;
    if !args.exit_when_idle {
        return Err(session.follow());
    }
    let idle = session.browser().when_idle();
    session.wait(idle)?;
    session.seen().verdict()?;
    if args.eval.is_empty() { expect_worker(session) } else { Ok(()) }
}

/// The clicks, and then the scripts, each done before the next.
fn act<B: Browser>(args: &RunArgs, session: &mut Session<'_, B>) -> Result<(), Failure> {
    if !args.click.is_empty()
        && let Some(idle) = session.window().map(Page::when_idle)
    {
        // Pages add their listeners when their scripts are through.
        session.wait_at_most(idle, SETTLE_TIME)?;
    }
    for selector in &args.click {
        if let Some(clicked) = session.window().map(|window| window.click(selector)) {
            session.wait(clicked)?;
            session.show(ShellEvent::Clicked { selector })?;
        }
    }
    for script in &args.eval {
        if let Some(value) = session.window().map(|window| window.evaluate(script)) {
            let value = session.wait(value)?;
            session.show(ShellEvent::Evaluated { script, value: &value })?;
        }
    }
    Ok(())
}

/// A page without a worker is most likely not what the user meant to run.
fn expect_worker<B: Browser>(session: &mut Session<'_, B>) -> Result<(), Failure> {
    let Some(window) = session.window() else { return Ok(()) };
    let url = window.url();
    if !is_potentially_trustworthy(&url) {
        return Err(Failure::NotSecure(url));
    }
    let has_worker = window.evaluate(HAS_WORKER);
    if session.wait(has_worker)? == "true" { Ok(()) } else { Err(Failure::NoWorker(url)) }
}
