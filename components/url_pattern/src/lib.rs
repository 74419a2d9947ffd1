//! [URL patterns](https://urlpattern.spec.whatwg.org/#url-patterns): made from what a page gives, and matched with URLs.
//!
//! Parsing is the crate `urlpattern`'s, which follows the standard. Regular expressions in a pattern are those of the crate
//! `regex`: they take linear time whatever a page writes, but have no look-around and no back references. A pattern that
//! has some cannot be made.
#![forbid(unsafe_code)]

mod expression;
mod pattern;

pub use pattern::{COMPONENTS, ComponentMatch, Input, Match, PatternError, UrlPattern};
pub use urlpattern::quirks::UrlPatternInit;
