//! [Animation frames](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#animation-frames): nothing is
//! painted, but pages that wait for the next frame get it, 60 times a second.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use bgfetch_js::{Fallible, Realm};

use crate::agent::Agent;
use crate::bindings::FrameRequestCallback;
use crate::dom::performance::coarsen;
use crate::environment::Environment;
use crate::report;

/// From one frame to the next.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// The [map of animation frame callbacks](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#list-of-animation-frame-callbacks).
#[derive(Debug, Default)]
pub(crate) struct AnimationFrames {
    last: Cell<u32>,
    callbacks: RefCell<BTreeMap<u32, FrameRequestCallback>>,
    /// Whether a frame is on its way.
    awaited: Cell<bool>,
}

impl AnimationFrames {
    /// Forgets all, when the global object goes.
    pub(crate) fn clear(&self) {
        let callbacks = self.callbacks.take();
        drop(callbacks);
    }
}

/// [`requestAnimationFrame()`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-animationframeprovider-requestanimationframe)
pub(crate) fn request(realm: &Realm, callback: FrameRequestCallback) -> Fallible<u32> {
    let environment = Environment::of(realm);
    let frames = &environment.animation_frames;
    let handle = frames.last.get().checked_add(1).unwrap_or(1);
    frames.last.set(handle);
    frames.callbacks.borrow_mut().insert(handle, callback);
    if !frames.awaited.replace(true) {
        let since = environment.time_origin.elapsed().as_nanos() % FRAME.as_nanos();
        let next = FRAME.saturating_sub(Duration::from_nanos(u64::try_from(since).unwrap_or(0)));
        let realm = realm.clone();
        // An animation alone does not keep a page busy.
        Agent::current().after(environment.id, next, false, move || run(&realm));
    }
    Ok(handle)
}

/// [`cancelAnimationFrame()`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#animationframeprovider-cancelanimationframe)
pub(crate) fn cancel(realm: &Realm, handle: u32) {
    let removed = Environment::of(realm).animation_frames.callbacks.borrow_mut().remove(&handle);
    drop(removed);
}

/// [Runs the animation frame callbacks](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#run-the-animation-frame-callbacks)
/// that were there when the frame began, as part of
/// [updating the rendering](https://html.spec.whatwg.org/multipage/webappapis.html#update-the-rendering).
fn run(realm: &Realm) {
    let Some(environment) = Environment::try_of(realm) else { return };
    let frames = &environment.animation_frames;
    frames.awaited.set(false);
    let now = coarsen(environment.time_origin.elapsed());
    let handles: Vec<u32> = frames.callbacks.borrow().keys().copied().collect();
    for handle in handles {
        let callback = frames.callbacks.borrow_mut().remove(&handle);
        let Some(callback) = callback else { continue };
        if let Err(exception) = callback.call(realm, &bgfetch_js::Value::UNDEFINED, now) {
            report::report_exception_of(callback.0.as_object(), realm, exception);
        }
    }
}

/// Implements the mixin
/// [`AnimationFrameProvider`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#animationframeprovider).
macro_rules! animation_frame_provider {
    ($name:ident) => {
        impl $crate::bindings::AnimationFrameProviderMethods for $name {
            fn request_animation_frame(
                &self,
                realm: &bgfetch_js::Realm,
                callback: $crate::bindings::FrameRequestCallback,
            ) -> bgfetch_js::Fallible<u32> {
                $crate::dom::globals::animation_frames::request(realm, callback)
            }

            fn cancel_animation_frame(
                &self,
                realm: &bgfetch_js::Realm,
                handle: u32,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::globals::animation_frames::cancel(realm, handle);
                Ok(())
            }
        }
    };
}
pub(crate) use animation_frame_provider;
