//! An engine that does what each test tells it, and what a command did with it.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use bgfetch::config::EngineConfig;
use bgfetch::traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchFailureReason, BackgroundFetchResult, UiAction,
};
use bgfetch::traits::body::BodyReader;
use bgfetch::traits::fetch::{NetworkError, Response, ResponseHead};
use bgfetch::traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch::{Delegate, EngineBuilder, EngineError, Pending, WindowId};
use bgfetch_shell::browser::{Browser, Page};
use bgfetch_shell::cli::{Cli, Command};
use bgfetch_shell::demo::command::demo;
use bgfetch_shell::demo::site::Site;
use bgfetch_shell::failure::Failure;
use bgfetch_shell::message::{Key, Message};
use bgfetch_shell::run::run;
use bgfetch_shell::session::Console;
use bgfetch_shell::ui::json::JsonOutput;
use bgfetch_shell::ui::output::{Output, ShellEvent, Shown};
use clap::Parser as _;
use crossbeam_channel::Sender;
use parking_lot::Mutex;
use serde_json::Value;
use url::Url;

pub(crate) type PageScript = dyn Fn(&dyn Delegate) + Send + Sync;

/// What the engine does in a test, and what it was asked.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) delegate: Arc<dyn Delegate>,
    /// Runs when the page is opened, as its scripts would.
    pub(crate) page: Arc<PageScript>,
    pub(crate) load_error: Option<NetworkError>,
    /// Scripts answer with this.
    pub(crate) value: String,
    pub(crate) never_idle: bool,
    /// Bytes added to what the cache has.
    pub(crate) damage: &'static [u8],
    pub(crate) site: Site,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.asked.lock().push(text.into());
    }
}

impl Browser for Fake {
    type Window = FakePage;

    fn open_window(&self, url: &Url) -> Pending<FakePage> {
        self.note(format!("open {}", url.path()));
        (self.page)(&*self.delegate);
        Pending::ready(match &self.load_error {
            Some(error) => Err(EngineError::Load { url: url.clone(), error: error.clone() }),
            None => Ok(FakePage { fake: self.clone(), url: url.clone(), id: WindowId::new() }),
        })
    }

    fn background_fetch_action(&self, fetch: BackgroundFetchId, action: UiAction) -> Pending<()> {
        self.note(format!("{action:?} {fetch}"));
        Pending::ready(Ok(()))
    }

    fn cached_response(&self, _: &StorageKey, url: &Url) -> Pending<Option<Response>> {
        let body = self.site.get(url.path()).map(|resource| {
            let mut bytes = resource.content.read(0..u64::MAX).to_vec();
            bytes.extend_from_slice(self.damage);
            BodyReader::from_bytes(bytes)
        });
        Pending::ready(Ok(Some(Response::new(ResponseHead::default(), body))))
    }

    fn when_idle(&self) -> Pending<()> {
        let (reply, pending) = Pending::new("idleness");
        if self.never_idle {
            std::mem::forget(reply)
        } else {
            reply.send(Ok(()))
        }
        pending
    }

    fn shutdown(&self) -> Pending<()> {
        self.note("shutdown");
        Pending::ready(Ok(()))
    }
}

pub(crate) struct FakePage {
    pub(crate) fake: Fake,
    pub(crate) url: Url,
    pub(crate) id: WindowId,
}

impl Page for FakePage {
    fn id(&self) -> WindowId {
        self.id
    }

    fn url(&self) -> Url {
        self.url.clone()
    }

    fn evaluate(&self, source: &str) -> Pending<String> {
        if !source.contains("getRegistration") {
            self.fake.note(format!("evaluate {source}"));
        }
        Pending::ready(Ok(self.fake.value.clone()))
    }

    fn click(&self, selector: &str) -> Pending<()> {
        self.fake.note(format!("click {selector}"));
        Pending::ready(Ok(()))
    }

    fn when_idle(&self) -> Pending<()> {
        Pending::ready(Ok(()))
    }
}

/// A test: an engine, and what a command did with it.
pub(crate) struct Stage {
    pub(crate) fake: Fake,
    pub(crate) config: RefCell<Option<EngineConfig>>,
    pub(crate) keys: Vec<Key>,
    pub(crate) kills: Rc<Cell<usize>>,
}

pub(crate) struct Played {
    pub(crate) result: Result<(), Failure>,
    pub(crate) lines: Vec<Value>,
}

impl Played {
    pub(crate) fn exit_code(&self) -> u8 {
        self.result.as_ref().err().map_or(0, Failure::exit_code)
    }

    pub(crate) fn message(&self) -> String {
        self.result.as_ref().err().map(ToString::to_string).unwrap_or_default()
    }

    pub(crate) fn events(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line["event"].as_str()).collect()
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        let fake = Fake {
            delegate: Arc::new(bgfetch::SilentDelegate),
            page: Arc::new(|_| ()),
            load_error: None,
            value: "true".into(),
            never_idle: false,
            damage: b"",
            site: Site::podcast(1000, None),
            asked: Arc::default(),
        };
        Self { fake, config: RefCell::default(), keys: Vec::new(), kills: Rc::default() }
    }

    pub(crate) fn page(mut self, page: impl Fn(&dyn Delegate) + Send + Sync + 'static) -> Self {
        self.fake.page = Arc::new(page);
        self
    }

    pub(crate) fn start(&self, builder: EngineBuilder) -> Fake {
        let (config, delegate) = builder.into_parts();
        *self.config.borrow_mut() = Some(config);
        Fake { delegate, ..self.fake.clone() }
    }

    pub(crate) fn play(&self, arguments: &[&str]) -> Played {
        let cli = Cli::try_parse_from([&["bgfetch-shell"], arguments].concat()).unwrap();
        let written = Written::default();
        let mut output = JsonOutput::new(written.clone());
        let channel = Console::channel();
        let keys: Sender<Message> = channel.0.clone();
        for key in &self.keys {
            keys.send(Message::Key(*key)).unwrap();
        }
        let result = match &cli.command {
            Command::Run(args) => {
                let console = Console::new(channel, &mut output, args.common.timeout);
                run(args, console, |builder| Ok(self.start(builder)))
            }
            Command::Demo(args) => {
                let console = Console::new(channel, &mut output, args.common.timeout);
                let kills = Rc::clone(&self.kills);
                let kill = Box::new(move || kills.set(kills.get() + 1));
                demo(args, console, kill, |builder| Ok(self.start(builder)))
            }
        };
        output.show(&Shown::Shell(ShellEvent::outcome(&result))).unwrap();
        let text = String::from_utf8(written.0.borrow().clone()).unwrap();
        Played { result, lines: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.fake.asked.lock().clone()
    }
}

#[derive(Clone, Default)]
pub(crate) struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn display(fetch: u64, downloaded: u64) -> BackgroundFetchDisplay {
    BackgroundFetchDisplay {
        fetch: BackgroundFetchId(fetch),
        origin: StorageKey::of_url(&"https://a.test/".parse().unwrap()).unwrap(),
        id: "ep-5".into(),
        title: "Episode 5".into(),
        icons: Vec::new(),
        download_total: 1000,
        downloaded,
        upload_total: 0,
        uploaded: 0,
        paused: false,
        waiting_for_network: false,
        can_pause: true,
        result: BackgroundFetchResult::Empty,
        failure_reason: BackgroundFetchFailureReason::Empty,
    }
}
