//! [`HTMLMediaElement`](https://html.spec.whatwg.org/multipage/media.html#htmlmediaelement), `HTMLAudioElement`,
//! `HTMLVideoElement` and `MediaError`.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, PlatformObject, Promise, Realm, Reflector, Root, platform_object,
    trace_fields,
};
use markup5ever::{LocalName, QualName, ns};

use super::loading::media::{self, MediaState};
use super::reflect;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    CanPlayTypeResult, HTMLAudioElementMethods, HTMLMediaElementMethods, HTMLVideoElementMethods,
    MediaErrorMethods,
};
use crate::dom::{HTMLElement, Window, events};

/// `HTMLMediaElement`.
pub(crate) struct HTMLMediaElement {
    html_element: HTMLElement,
    /// How far it has come.
    pub(crate) state: MediaState,
    volume: Cell<f64>,
    muted: Cell<bool>,
}

trace_fields!(HTMLMediaElement { html_element, state });
platform_object!(HTMLMediaElement: HTMLElement via html_element);

impl HTMLMediaElement {
    fn new_inherited(html_element: HTMLElement) -> Self {
        let state = MediaState::default();
        Self { html_element, state, volume: Cell::new(1.0), muted: Cell::new(false) }
    }

    fn volume_changed(&self, realm: &Realm) {
        let media = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            events::event::fire(realm, &*media, "volumechange").map(drop)
        });
    }
}

impl HTMLMediaElementMethods for HTMLMediaElement {
    fn error(&self, _: &Realm) -> Fallible<Option<Root<MediaError>>> {
        Ok(self.state.error.borrow().as_ref().map(|error| (**error).clone()))
    }

    reflect::url!(src, set_src, "src");
    reflect::cross_origin!();
    reflect::enumerated!(
        preload,
        set_preload,
        "preload",
        ["none", "metadata", "auto"],
        "metadata",
        "metadata"
    );
    reflect::boolean!(autoplay, set_autoplay, "autoplay");
    reflect::boolean!(loop_, set_loop, "loop");
    reflect::boolean!(controls, set_controls, "controls");
    reflect::boolean!(default_muted, set_default_muted, "muted");

    fn current_src(&self, _: &Realm) -> Fallible<String> {
        Ok(self.state.current_src.borrow().clone())
    }

    fn network_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.state.network.get() as u16)
    }

    fn load(&self, realm: &Realm) -> Fallible<()> {
        media::load(realm, &self.root());
        Ok(())
    }

    /// [`canPlayType()`](https://html.spec.whatwg.org/multipage/media.html#dom-navigator-canplaytype): there are no decoders.
    fn can_play_type(&self, _: &Realm, _: DomString) -> Fallible<CanPlayTypeResult> {
        Ok(CanPlayTypeResult::Empty)
    }

    /// [`readyState`](https://html.spec.whatwg.org/multipage/media.html#dom-media-readystate): `HAVE_NOTHING`, for ever.
    fn ready_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(0)
    }

    fn seeking(&self, _: &Realm) -> Fallible<bool> {
        Ok(false)
    }

    /// [`duration`](https://html.spec.whatwg.org/multipage/media.html#dom-media-duration): not known.
    fn duration(&self, _: &Realm) -> Fallible<f64> {
        Ok(f64::NAN)
    }

    fn paused(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.state.paused.get())
    }

    fn ended(&self, _: &Realm) -> Fallible<bool> {
        Ok(false)
    }

    fn play(&self, realm: &Realm) -> Fallible<Promise<()>> {
        media::play(realm, &self.root())
    }

    fn pause(&self, realm: &Realm) -> Fallible<()> {
        media::pause(realm, &self.root());
        Ok(())
    }

    fn volume(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.volume.get())
    }

    /// [`volume`](https://html.spec.whatwg.org/multipage/media.html#dom-media-volume)
    fn set_volume(&self, realm: &Realm, value: f64) -> Fallible<()> {
        if !(0.0..=1.0).contains(&value) {
            return Err(Exception::dom("IndexSizeError", format!("a volume is from 0 to 1, not {value}")));
        }
        if self.volume.replace(value) != value {
            self.volume_changed(realm);
        }
        Ok(())
    }

    fn muted(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.muted.get())
    }

    /// [`muted`](https://html.spec.whatwg.org/multipage/media.html#dom-media-muted)
    fn set_muted(&self, realm: &Realm, value: bool) -> Fallible<()> {
        if self.muted.replace(value) != value {
            self.volume_changed(realm);
        }
        Ok(())
    }
}

/// `HTMLAudioElement`.
pub(crate) struct HTMLAudioElement {
    media: HTMLMediaElement,
    /// What `new Audio()` was given, until there is an object to give it to.
    given: RefCell<Option<DomString>>,
}

trace_fields!(HTMLAudioElement { media });
platform_object!(HTMLAudioElement: HTMLMediaElement via media);

impl HTMLAudioElement {
    /// An `audio` element.
    pub(super) fn new(html_element: HTMLElement) -> Self {
        Self { media: HTMLMediaElement::new_inherited(html_element), given: RefCell::default() }
    }
}

impl HTMLAudioElementMethods for HTMLAudioElement {
    /// [`new Audio()`](https://html.spec.whatwg.org/multipage/media.html#dom-audio)
    fn audio(realm: &Realm, src: Option<DomString>) -> Fallible<Self> {
        let name = QualName::new(None, ns!(html), LocalName::from("audio"));
        let audio = Self::new(HTMLElement::new_inherited(&Window::document_of(realm)?, name));
        audio.given.replace(src);
        Ok(audio)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        this.set_plain_attribute(realm, "preload", "auto".into());
        let given = this.given.take();
        if let Some(src) = given {
            this.set_plain_attribute(realm, "src", src);
        }
        Ok(())
    }
}

/// `HTMLVideoElement`.
pub(crate) struct HTMLVideoElement {
    media: HTMLMediaElement,
}

trace_fields!(HTMLVideoElement { media });
platform_object!(HTMLVideoElement: HTMLMediaElement via media);

impl HTMLVideoElement {
    /// A `video` element.
    pub(super) fn new(html_element: HTMLElement) -> Self {
        Self { media: HTMLMediaElement::new_inherited(html_element) }
    }
}

impl HTMLVideoElementMethods for HTMLVideoElement {
    reflect::unsigned_long!(width, set_width, "width", 0);
    reflect::unsigned_long!(height, set_height, "height", 0);
    reflect::url!(poster, set_poster, "poster");
    reflect::boolean!(plays_inline, set_plays_inline, "playsinline");

    /// [`videoWidth`](https://html.spec.whatwg.org/multipage/media.html#dom-video-videowidth): of nothing.
    fn video_width(&self, _: &Realm) -> Fallible<u32> {
        Ok(0)
    }

    fn video_height(&self, _: &Realm) -> Fallible<u32> {
        Ok(0)
    }
}

/// [`MediaError`](https://html.spec.whatwg.org/multipage/media.html#mediaerror).
pub(crate) struct MediaError {
    reflector: Reflector,
    code: u16,
    message: &'static str,
}

trace_fields!(MediaError {});
platform_object!(MediaError);

impl MediaError {
    /// `MEDIA_ERR_SRC_NOT_SUPPORTED`
    pub(super) const fn source_not_supported(message: &'static str) -> Self {
        Self { reflector: Reflector::new(), code: 4, message }
    }
}

impl MediaErrorMethods for MediaError {
    fn code(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.code)
    }

    fn message(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.message.into())
    }
}
