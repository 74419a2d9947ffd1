//! [The viewport](https://drafts.csswg.org/cssom-view-1/#extensions-to-the-window-interface) of windows that nobody looks at: one
//! size, which does not scroll.

/// Width of the viewport, the window and its screen, in CSS pixels.
pub(super) const WIDTH: i32 = 1280;

/// Height of the viewport, the window and its screen, in CSS pixels.
pub(super) const HEIGHT: i32 = 720;

/// The members of `Window` that tell of its viewport.
macro_rules! members {
    (@whole $($name:ident = $value:expr),+ $(,)?) => {
        $(fn $name(&self, _: &Realm) -> Fallible<i32> {
            Ok($value)
        })+
    };
    (@number $($name:ident = $value:expr),+ $(,)?) => {
        $(fn $name(&self, _: &Realm) -> Fallible<f64> {
            Ok($value)
        })+
    };
    () => {
        $crate::dom::window::viewport::members!(@whole
            inner_width = $crate::dom::window::viewport::WIDTH,
            inner_height = $crate::dom::window::viewport::HEIGHT,
            outer_width = $crate::dom::window::viewport::WIDTH,
            outer_height = $crate::dom::window::viewport::HEIGHT,
            screen_x = 0,
            screen_left = 0,
            screen_y = 0,
            screen_top = 0,
        );
        $crate::dom::window::viewport::members!(@number
            scroll_x = 0.0,
            page_x_offset = 0.0,
            scroll_y = 0.0,
            page_y_offset = 0.0,
            device_pixel_ratio = 1.0,
        );
    };
}
pub(super) use members;
