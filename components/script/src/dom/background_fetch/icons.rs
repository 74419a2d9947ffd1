//! [Image resources](https://www.w3.org/TR/image-resource/) that a page gives.

use bgfetch_js::{DomString, ErrorLocation};
use bgfetch_traits::background_fetch as traits;
use bgfetch_traits::coordinator::ConsoleLevel;

use crate::bindings::ImageResource;
use crate::environment::Environment;
use crate::report::to_console;

/// The icons with their URLs resolved. One whose URL cannot be parsed can never be shown: it is left out, and the
/// console says so.
pub(super) fn resolve(environment: &Environment, icons: Vec<ImageResource>) -> Vec<traits::ImageResource> {
    let mut resolved = Vec::with_capacity(icons.len());
    for icon in icons {
        match environment.parse_url(&icon.src) {
            Ok(src) => resolved.push(traits::ImageResource {
                src,
                sizes: icon.sizes.map(DomString::into_string).unwrap_or_default(),
                mime_type: icon.type_.map(DomString::into_string).unwrap_or_default(),
                label: icon.label.map(DomString::into_string).unwrap_or_default(),
            }),
            Err(error) => {
                let text = format!("the icon {:?} of a background fetch is no URL: {error}", icon.src);
                to_console(environment, ConsoleLevel::Warn, text, &ErrorLocation::default());
            }
        }
    }
    resolved
}
