//! `demo`: serves the podcast site, fetches its episode in the background, and checks what was stored.

use std::net::Ipv4Addr;
use std::sync::Arc;

use bgfetch::traits::body::BodyReader;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::ids::StorageKey;
use bgfetch::{EngineBuilder, EngineError, ResolveOverride};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::content::Sha256Sum;
use super::request_log::LogEntry;
use super::resume::resumed;
use super::server::Server;
use super::site::{ARTWORK_PATH, EPISODE_BYTES, EPISODE_PATH, Site};
use super::state::State;
use crate::browser::Browser;
use crate::cli::DemoArgs;
use crate::failure::Failure;
use crate::message::Message;
use crate::profile::Profile;
use crate::session::{Console, KillAt, Session};
use crate::ui::output::{ShellEvent, Verified};

/// The files of the episode.
const FILES: [&str; 2] = [EPISODE_PATH, ARTWORK_PATH];

/// The demo's server, with what it keeps in a profile.
struct Demo {
    server: Server,
    site: Site,
    state: State,
    episode_bytes: u64,
    // Deleted last, if it is temporary.
    profile: Profile,
}

impl Demo {
    fn start(args: &DemoArgs) -> Result<Self, Failure> {
        let profile = Profile::open(args.common.profile.as_deref())?;
        let state = State::read(profile.path())?;
        let episode_bytes = state.episode_bytes(args.episode_bytes, EPISODE_BYTES)?;
        let site = Site::podcast(episode_bytes, (args.rate > 0).then_some(args.rate));
        // Before the engine: a background fetch that it finds in the profile goes on at once.
        let server = Server::start(state.port(), state.identity(), site.clone(), state.log().clone())?;
        Ok(Self { server, site, state, episode_bytes, profile })
    }

    /// Into the profile; only after the engine has found that the profile is its own.
    fn save(&mut self) -> Result<(), Failure> {
        Ok(self.state.save(self.server.address().port(), self.episode_bytes)?)
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        let text = format!("{}{path}", self.server.origin());
        Url::parse(&text).map_err(|error| Failure::NotAsServed(vec![format!("{text}: {error}")]))
    }

    /// What the server logged about the files of the episode.
    fn requests(&self) -> Vec<LogEntry> {
        let mut entries = self.server.log().entries();
        entries.retain(|entry| FILES.contains(&entry.head.path.as_str()));
        entries
    }
}

/// Runs the demo.
///
/// # Errors
/// Why it did not go well.
pub fn demo<B: Browser>(
    args: &DemoArgs,
    mut console: Console<'_>,
    kill: Box<dyn FnMut()>,
    start: impl FnOnce(EngineBuilder) -> Result<B, EngineError>,
) -> Result<(), Failure> {
    let mut demo = Demo::start(args)?;
    let to_main = console.sender.clone();
    demo.server.log().on_end(Box::new(move |entry| {
        let _gone = to_main.send(Message::Request(Box::new(entry.clone())));
    }));
    let port = demo.server.address().port();
    let localhost = ResolveOverride {
        host: "localhost".into(),
        port: Some(port),
        address: Ipv4Addr::LOCALHOST.into(),
        to_port: None,
    };
    let builder = EngineBuilder::new(demo.profile.path())
        .ca_certificate("the demo's certificate authority", demo.state.identity().ca_pem())
        .resolve(localhost)
        .closed_network(true)
        .delegate(Arc::new(console.delegate(PermissionState::Granted)));
    let browser = start(builder)?;
    let saved = demo.save().and_then(|()| {
        console.show(ShellEvent::ServerStarted {
            origin: &demo.server.origin(),
            ca_certificate: demo.state.ca_path(),
            run: demo.server.log().run(),
            alone: false,
        })
    });
    let mut session = Session::new(browser, console);
    session.set_kill_at(args.kill_at.map(|at| KillAt { fraction: at.fraction(), kill }));
    let result = saved.and_then(|()| fetch_and_check(&demo, &mut session)).map_err(|failure| match failure {
        Failure::Quit(None) => Failure::Quit(
            args.common
                .profile
                .as_ref()
                .map(|profile| format!("; run again with --profile {} to go on", profile.display())),
        ),
        failure => failure,
    });
    let ended = session.end();
    result.and(ended)
}

fn fetch_and_check<B: Browser>(demo: &Demo, session: &mut Session<'_, B>) -> Result<(), Failure> {
    let page = demo.url("/")?;
    session.open(&page)?;
    let idle = session.browser().when_idle();
    session.wait(idle)?;
    let checked = session.seen().verdict().and_then(|()| check(demo, session, &page));
    session.show(ShellEvent::ServerLog { requests: &demo.requests() })?;
    checked
}

fn check<B: Browser>(demo: &Demo, session: &mut Session<'_, B>, page: &Url) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    let mut missing = Vec::new();
    for path in FILES {
        match verify(demo, session, path)? {
            Some(verified) => {
                session.show(ShellEvent::Verified(&verified))?;
                if !verified.is_same() {
                    wrong.push(format!("{path} was stored otherwise than it was served"));
                }
            }
            None => missing.push(path),
        }
    }
    if missing.len() == FILES.len() && session.seen().fetches.is_empty() {
        return Err(Failure::NothingFetched(page.clone()));
    }
    wrong.extend(missing.iter().map(|path| format!("{path} is not in the cache")));
    wrong.extend(check_resume(demo, session)?);
    wrong.extend(
        demo.server.log().trouble().map(|trouble| format!("the server's log is not complete: {trouble}")),
    );
    if wrong.is_empty() { Ok(()) } else { Err(Failure::NotAsServed(wrong)) }
}

/// Compares what the cache has of a file with what the server serves; `None` if the cache does not have it.
fn verify<B: Browser>(
    demo: &Demo,
    session: &mut Session<'_, B>,
    path: &str,
) -> Result<Option<Verified>, Failure> {
    let url = demo.url(path)?;
    let Some(resource) = demo.site.get(path) else { return Ok(None) };
    let Some(key) = StorageKey::of_url(&url) else { return Ok(None) };
    let cached = session.browser().cached_response(&key, &url);
    let Some(body) = session.wait(cached)?.and_then(|response| response.body) else { return Ok(None) };
    let (bytes, stored_sha256) = sum(body)
        .map_err(|error| Failure::NotAsServed(vec![format!("{path} cannot be read back: {error}")]))?;
    Ok(Some(Verified { url, bytes, stored_sha256, served_sha256: resource.content.sha256() }))
}

/// Length and sum of a stored body, read piece by piece.
fn sum(mut body: BodyReader) -> Result<(u64, Sha256Sum), bgfetch::traits::body::BodyError> {
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    while let Some(chunk) = body.read_blocking() {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        hasher.update(&chunk);
    }
    Ok((bytes, Sha256Sum::of(hasher)))
}

/// Shows what the server's log says about what was resumed, and returns what is wrong with it.
fn check_resume<B: Browser>(demo: &Demo, session: &mut Session<'_, B>) -> Result<Vec<String>, Failure> {
    let log = demo.server.log();
    let mut wrong = Vec::new();
    for file in resumed(&session.seen().restored, &log.entries(), log.run()) {
        session.show(ShellEvent::Resumed(&file))?;
        if file.stored_bytes_sent_again > 0 {
            wrong.push(format!(
                "{} stored bytes of {} were sent twice",
                file.stored_bytes_sent_again, file.path
            ));
        }
    }
    Ok(wrong)
}

/// Runs the server alone until the user ends it.
///
/// # Errors
/// Why it could not be served.
pub fn serve(args: &DemoArgs, mut console: Console<'_>) -> Result<(), Failure> {
    let mut demo = Demo::start(args)?;
    demo.save()?;
    let to_main = console.sender.clone();
    demo.server.log().on_end(Box::new(move |entry| {
        let _gone = to_main.send(Message::Request(Box::new(entry.clone())));
    }));
    console.show(ShellEvent::ServerStarted {
        origin: &demo.server.origin(),
        ca_certificate: demo.state.ca_path(),
        run: demo.server.log().run(),
        alone: true,
    })?;
    console.show_requests()
}
