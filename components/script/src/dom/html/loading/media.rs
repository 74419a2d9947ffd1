//! [Loading media](https://html.spec.whatwg.org/multipage/media.html#loading-the-media-resource).
//!
//! There are no decoders: every media resource is fetched up to its head, and then found not to be supported, as the
//! standard has it for formats that a browser does not know.

use std::cell::{Cell, RefCell};

use bgfetch_js::{Exception, Fallible, Member, Promise, Realm, Root, Traced, trace_fields};
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::net::CancelHandle;
use url::Url;

use super::{await_a_stable_state, fetch, potential_cors_request, queue_event};
use crate::agent::{Agent, TaskSource};
use crate::dom::window::navigation::LoadDelay;
use crate::dom::{Element, HTMLMediaElement, MediaError, events};

/// [Network states](https://html.spec.whatwg.org/multipage/media.html#dom-media-networkstate).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dom::html) enum NetworkState {
    #[default]
    Empty,
    Idle,
    Loading,
    NoSource,
}

/// What a media element keeps of its loading and playing.
pub(crate) struct MediaState {
    pub(in crate::dom::html) network: Cell<NetworkState>,
    pub(in crate::dom::html) paused: Cell<bool>,
    pub(in crate::dom::html) current_src: RefCell<String>,
    pub(in crate::dom::html) error: RefCell<Option<Member<MediaError>>>,
    pending_play_promises: RefCell<Vec<Traced<Promise<()>>>>,
    /// Which run of the resource selection algorithm is the last.
    generation: Cell<u64>,
    cancel: RefCell<CancelHandle>,
    /// What waits for `play()`, since `preload` is `none`.
    suspended: RefCell<Option<Url>>,
}

trace_fields!(MediaState { error, pending_play_promises });

impl Default for MediaState {
    fn default() -> Self {
        Self {
            network: Cell::default(),
            paused: Cell::new(true),
            current_src: RefCell::default(),
            error: RefCell::default(),
            pending_play_promises: RefCell::default(),
            generation: Cell::new(0),
            cancel: RefCell::default(),
            suspended: RefCell::default(),
        }
    }
}

impl MediaState {
    /// [Rejects pending play promises](https://html.spec.whatwg.org/multipage/media.html#reject-pending-play-promises).
    fn reject_pending_play_promises(&self, realm: &Realm, name: &'static str, why: &str) {
        for promise in self.pending_play_promises.take() {
            promise.reject(realm, Exception::dom(name, why));
        }
    }

    fn is_current(&self, generation: u64) -> bool {
        self.generation.get() == generation
    }
}

/// [Media element load algorithm](https://html.spec.whatwg.org/multipage/media.html#media-element-load-algorithm).
pub(in crate::dom::html) fn load(realm: &Realm, media: &Root<HTMLMediaElement>) {
    let state = &media.state;
    abandon(state);
    let generation = state.generation.get();
    let is_current = move |media: &HTMLMediaElement| media.state.is_current(generation);
    if matches!(state.network.get(), NetworkState::Loading | NetworkState::Idle) {
        queue_event(realm, media, "abort", is_current);
    }
    if state.network.get() != NetworkState::Empty {
        queue_event(realm, media, "emptied", is_current);
        state.network.set(NetworkState::Empty);
        if !state.paused.replace(true) {
            state.reject_pending_play_promises(realm, "AbortError", "another resource is loaded");
        }
    }
    let before = state.error.take();
    drop(before);
    select_a_resource(media);
}

/// Nothing that was begun goes on.
fn abandon(state: &MediaState) {
    state.generation.set(state.generation.get() + 1);
    state.cancel.replace(CancelHandle::new()).cancel();
    state.suspended.take();
}

/// [Resource selection algorithm](https://html.spec.whatwg.org/multipage/media.html#concept-media-load-algorithm). A `source`
/// that comes after the last one has failed is not waited for.
fn select_a_resource(media: &Root<HTMLMediaElement>) {
    // Step 1.
    media.state.network.set(NetworkState::NoSource);
    // Steps 3 to 5. The load event is delayed from where fetching begins, which is before anything else happens.
    let Some(realm) = media.owner_doc().realm() else { return };
    let (media, generation) = (media.clone(), media.state.generation.get());
    await_a_stable_state(&realm, move |realm| {
        if media.state.is_current(generation) {
            choose(realm, &media, generation);
        }
    });
}

/// Steps 6 to 9.
fn choose(realm: &Realm, media: &Root<HTMLMediaElement>, generation: u64) {
    let state = &media.state;
    let src = media.plain_attribute("src");
    let sources: Vec<Root<Element>> = media.child_elements().filter(|e| e.is_html_named("source")).collect();
    if src.is_none() && sources.is_empty() {
        state.network.set(NetworkState::Empty);
        return;
    }
    state.network.set(NetworkState::Loading);
    let is_current = move |media: &HTMLMediaElement| media.state.is_current(generation);
    queue_event(realm, media, "loadstart", is_current);
    let document = media.owner_doc();
    let parse = |src: &str| if src.is_empty() { None } else { document.parse_url(src).ok() };
    match src {
        Some(src) => match parse(&src) {
            None => queue_failure(realm, media, generation),
            Some(url) => begin(realm, media, generation, url),
        },
        None => {
            let (owned, media) = (realm.clone(), media.clone());
            let urls: Vec<_> = sources
                .into_iter()
                .map(|source| {
                    // Step 9, children: a type that is known not to be supported, as all are, is not fetched.
                    let has_type =
                        source.with_plain_attribute("type", |kind| kind.is_some_and(|k| !k.is_empty()));
                    let src = source.plain_attribute("src").filter(|_| !has_type);
                    (src.and_then(|src| parse(&src)), source)
                })
                .collect();
            let delay = LoadDelay::new(&document);
            Agent::current().spawn(TaskSource::DomManipulation, realm, async move {
                let tried = try_sources(&owned, &media, generation, urls).await;
                drop(delay);
                tried
            });
        }
    }
}

/// Step 9, children: one after the other.
async fn try_sources(
    realm: &Realm,
    media: &Root<HTMLMediaElement>,
    generation: u64,
    sources: Vec<(Option<Url>, Root<Element>)>,
) -> Fallible<()> {
    for (url, source) in sources {
        match url {
            Some(url) => fetch_head(realm, media, url).await,
            None => crate::fetching::next_task().await,
        }
        if !media.state.is_current(generation) {
            return Ok(());
        }
        events::event::fire(realm, &*source, "error")?;
    }
    if media.state.is_current(generation) {
        media.state.network.set(NetworkState::NoSource);
    }
    Ok(())
}

/// [Resource fetch algorithm](https://html.spec.whatwg.org/multipage/media.html#concept-media-load-resource), and what comes of
/// it.
fn begin(realm: &Realm, media: &Root<HTMLMediaElement>, generation: u64, url: Url) {
    media.state.current_src.replace(url.to_string());
    let has = |attribute: &str| media.with_plain_attribute(attribute, |value| value.is_some());
    let wants_nothing =
        media.with_plain_attribute("preload", |value| value.is_some_and(|v| v.eq_ignore_ascii_case("none")));
    if wants_nothing && !has("autoplay") && media.state.paused.get() {
        let is_current = move |media: &HTMLMediaElement| media.state.is_current(generation);
        media.state.network.set(NetworkState::Idle);
        queue_event(realm, media, "suspend", is_current);
        media.state.suspended.replace(Some(url));
        return;
    }
    let (owned, media, delay) = (realm.clone(), media.clone(), LoadDelay::new(&media.owner_doc()));
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        fetch_head(&owned, &media, url).await;
        let failed = fail(&owned, &media, generation);
        drop(delay);
        failed
    });
}

/// Fetches as much as it takes to know that it cannot be played.
async fn fetch_head(realm: &Realm, media: &HTMLMediaElement, url: Url) {
    let is_video = media.is_html_named("video");
    let destination = if is_video { Destination::Video } else { Destination::Audio };
    let mut head = potential_cors_request(media, url, destination);
    // [Range](https://fetch.spec.whatwg.org/#concept-request-add-range-header) from the first byte on.
    head.headers.append("Range", "bytes=0-");
    let cancel = media.state.cancel.borrow().clone();
    drop(fetch(realm, head, if is_video { "video" } else { "audio" }, cancel).await);
}

fn queue_failure(realm: &Realm, media: &Root<HTMLMediaElement>, generation: u64) {
    let media = media.clone();
    Agent::current()
        .queue_global(TaskSource::DomManipulation, realm, move |realm| fail(realm, &media, generation));
}

/// [Dedicated media source failure steps](https://html.spec.whatwg.org/multipage/media.html#dedicated-media-source-failure-steps).
fn fail(realm: &Realm, media: &Root<HTMLMediaElement>, generation: u64) -> Fallible<()> {
    let state = &media.state;
    if !state.is_current(generation) {
        return Ok(());
    }
    let why = "the resource could not be loaded, or its format is not supported";
    let error = realm.wrap(MediaError::source_not_supported(why))?;
    state.error.replace(Some(error.into()));
    state.network.set(NetworkState::NoSource);
    let fired = events::event::fire(realm, &**media, "error");
    state.reject_pending_play_promises(realm, "NotSupportedError", why);
    fired.map(drop)
}

/// [`play()`](https://html.spec.whatwg.org/multipage/media.html#dom-media-play)
pub(in crate::dom::html) fn play(realm: &Realm, media: &Root<HTMLMediaElement>) -> Fallible<Promise<()>> {
    let state = &media.state;
    let promise = Promise::new(realm)?;
    // Step 2.
    if state.error.borrow().is_some() {
        promise.reject(realm, Exception::dom("NotSupportedError", "there is nothing that could be played"));
        return Ok(promise);
    }
    // Steps 3 and 4, with the internal play steps.
    state.pending_play_promises.borrow_mut().push(promise.clone().into());
    if state.network.get() == NetworkState::Empty {
        select_a_resource(media);
    }
    let generation = state.generation.get();
    if state.paused.replace(false) {
        let is_current = move |media: &HTMLMediaElement| media.state.is_current(generation);
        queue_event(realm, media, "play", is_current);
        queue_event(realm, media, "waiting", is_current);
    }
    let suspended = state.suspended.take();
    if let Some(url) = suspended {
        state.network.set(NetworkState::Loading);
        begin(realm, media, generation, url);
    }
    Ok(promise)
}

/// [`pause()`](https://html.spec.whatwg.org/multipage/media.html#dom-media-pause)
pub(in crate::dom::html) fn pause(realm: &Realm, media: &Root<HTMLMediaElement>) {
    let state = &media.state;
    if state.network.get() == NetworkState::Empty {
        select_a_resource(media);
    }
    if !state.paused.replace(true) {
        let generation = state.generation.get();
        let is_current = move |media: &HTMLMediaElement| media.state.is_current(generation);
        queue_event(realm, media, "timeupdate", is_current);
        queue_event(realm, media, "pause", is_current);
        state.reject_pending_play_promises(realm, "AbortError", "it was paused");
    }
}

/// Children of it changed: a `source` may have been inserted.
pub(crate) fn source_inserted(media: &Root<HTMLMediaElement>) {
    let has_src = media.with_plain_attribute("src", |src| src.is_some());
    let has_source = media.child_elements().any(|child| child.is_html_named("source"));
    if !has_src && has_source && media.state.network.get() == NetworkState::Empty {
        select_a_resource(media);
    }
}

/// It was [removed from a document](https://html.spec.whatwg.org/multipage/media.html#playing-the-media-resource): nobody hears
/// it any more.
pub(crate) fn removed(realm: &Realm, media: &Root<HTMLMediaElement>) {
    let media = media.clone();
    await_a_stable_state(realm, move |realm| {
        if !media.is_in_document() && !media.state.paused.get() {
            pause(realm, &media);
        }
    });
}
