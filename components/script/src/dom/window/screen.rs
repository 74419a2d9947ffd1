//! [`Screen`](https://drafts.csswg.org/cssom-view-1/#the-screen-interface): one that the viewport fills.

use bgfetch_js::{Fallible, Realm, Reflector, platform_object, trace_fields};

use super::viewport::{HEIGHT, WIDTH};
use crate::bindings::ScreenMethods;

/// `Screen`.
pub(crate) struct Screen {
    reflector: Reflector,
}

trace_fields!(Screen {});
platform_object!(Screen);

/// Bits of a color, without alpha, as the standard wants it where a page must not know.
const COLOR_DEPTH: u32 = 24;

impl Screen {
    /// The screen of a window.
    pub(super) const fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

impl ScreenMethods for Screen {
    fn avail_width(&self, _: &Realm) -> Fallible<i32> {
        Ok(WIDTH)
    }

    fn avail_height(&self, _: &Realm) -> Fallible<i32> {
        Ok(HEIGHT)
    }

    fn width(&self, _: &Realm) -> Fallible<i32> {
        Ok(WIDTH)
    }

    fn height(&self, _: &Realm) -> Fallible<i32> {
        Ok(HEIGHT)
    }

    fn color_depth(&self, _: &Realm) -> Fallible<u32> {
        Ok(COLOR_DEPTH)
    }

    fn pixel_depth(&self, _: &Realm) -> Fallible<u32> {
        Ok(COLOR_DEPTH)
    }
}
