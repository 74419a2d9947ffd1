//! [Updating the image data](https://html.spec.whatwg.org/multipage/images.html#update-the-image-data).

use bgfetch_js::{Realm, Root};
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::net::CancelHandle;
use markup5ever::ns;

use super::image_request::{ImageState, load};
use super::source_set::{Source, best_of};
use super::{await_a_stable_state, potential_cors_request, queue_event};
use crate::agent::{Agent, TaskSource};
use crate::dom::window::navigation::LoadDelay;
use crate::dom::{Element, HTMLImageElement, Node, events};
use crate::report;

/// Image types that a `source` may name: what is looked at here.
const SUPPORTED_TYPES: [&str; 9] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
    "image/avif",
    "image/svg+xml",
    "image/x-icon",
    "image/vnd.microsoft.icon",
];

/// [Update the image data](https://html.spec.whatwg.org/multipage/images.html#update-the-image-data) of an `img`.
///
/// The list of available images is always empty, which it may be; lazy images load at once, since without layout nothing
/// is ever far from what is seen.
pub(crate) fn update_the_image_data(image: &Root<HTMLImageElement>) {
    // Step 2: images of documents that are not fully active wait for ever, since such documents do not become it.
    let Some(realm) = image.owner_doc().realm() else { return };
    let (generation, cancel) = image.request.begin();
    let image = image.clone();
    // Steps 9 and 10.
    await_a_stable_state(&realm, move |realm| {
        if image.request.is_current(generation) {
            go_on(realm, &image, generation, cancel);
        }
    });
}

/// Steps 11 to 32.
fn go_on(realm: &Realm, image: &Root<HTMLImageElement>, generation: u64, cancel: CancelHandle) {
    let request = &image.request;
    let is_current = move |image: &HTMLImageElement| image.request.is_current(generation);
    // Steps 11 and 12.
    let Some(Source { url: source, density }) = select_an_image_source(image) else {
        request.becomes_current(String::new(), 1.0);
        request.ended(ImageState::Unavailable, None);
        if image.with_plain_attribute("src", |src| src.is_some()) || uses_srcset_or_picture(image) {
            queue_event(realm, image, "error", is_current);
        }
        return;
    };
    let document = image.owner_doc();
    // Steps 13 and 14.
    let Ok(url) = document.parse_url(&source) else {
        request.becomes_current(source, 1.0);
        request.ended(ImageState::Broken, None);
        queue_event(realm, image, "error", is_current);
        return;
    };
    // Steps 17 to 24: what was there before stays until the new one is there, if it is an image.
    if !matches!(request.state(), ImageState::CompletelyAvailable(_)) {
        request.becomes_current(url.to_string(), density);
    }
    // Steps 25 and on.
    let head = potential_cors_request(image, url, Destination::Image);
    let (owned, image, delay) = (realm.clone(), image.clone(), LoadDelay::new(&document));
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let url = head.url.to_string();
        let (state, file) = load(&owned, head, "img", cancel).await;
        let mut fired = Ok(true);
        if image.request.is_current(generation) {
            image.request.becomes_current(url, density);
            image.request.ended(state, file);
            let event_type = if state == ImageState::Broken { "error" } else { "load" };
            fired = events::event::fire(&owned, &*image, event_type);
        }
        drop(delay);
        fired.map(drop)
    });
}

/// [Selects an image source](https://html.spec.whatwg.org/multipage/images.html#select-an-image-source) from the source set.
fn select_an_image_source(image: &Root<HTMLImageElement>) -> Option<Source> {
    // [Update the source set](https://html.spec.whatwg.org/multipage/images.html#update-the-source-set).
    let picture = image.parent_as_element().filter(|parent| parent.is_html_named("picture"));
    let own: Root<Element> = image.upcast();
    for child in picture.iter().flat_map(|picture| picture.child_elements()) {
        if child == own {
            break;
        }
        let srcset = child.plain_attribute("srcset").filter(|_| child.is_html_named("source"));
        let chosen = srcset.and_then(|srcset| best_of(&srcset, None));
        if chosen.is_some() && may_be_used(&child) {
            return chosen;
        }
    }
    let src = image.plain_attribute("src").filter(|src| !src.is_empty());
    let srcset = image.plain_attribute("srcset").unwrap_or_default();
    best_of(&srcset, src.as_deref())
}

/// Whether a `source` is for what this is: its `type` and `media`. There is no viewport to ask media queries of, and the
/// ones that hold of everything are known by name.
fn may_be_used(source: &Element) -> bool {
    let trimmed = |value: Option<&str>| value.unwrap_or_default().trim().to_ascii_lowercase();
    let media = source.with_plain_attribute("media", trimmed);
    let kind = source.with_plain_attribute("type", trimmed);
    let essence = kind.split(';').next().unwrap_or_default().trim();
    matches!(media.as_str(), "" | "all" | "screen") && (kind.is_empty() || SUPPORTED_TYPES.contains(&essence))
}

/// [Uses `srcset` or `picture`](https://html.spec.whatwg.org/multipage/images.html#use-srcset-or-picture).
fn uses_srcset_or_picture(image: &HTMLImageElement) -> bool {
    image.with_plain_attribute("srcset", |srcset| srcset.is_some())
        || image.parent_as_element().is_some_and(|parent| parent.is_html_named("picture"))
}

/// A `picture` element's children, or the attributes of a `source` in it, changed:
/// [relevant mutations](https://html.spec.whatwg.org/multipage/images.html#relevant-mutations) of its images.
pub(crate) fn picture_changed(picture: &Root<Element>) {
    for child in picture.child_elements() {
        if let Some(image) = child.downcast::<HTMLImageElement>() {
            update_the_image_data(&image);
        }
    }
}

/// SVG's [`image`](https://svgwg.org/svg2-draft/embedded.html#ImageElement) became connected, or got another reference.
pub(crate) fn svg_image_changed(element: &Root<Element>) {
    let href = element
        .plain_attribute("href")
        .or_else(|| element.attribute_list().into_iter().find(is_xlink_href).map(|(_, value)| value));
    let document = element.owner_doc();
    let Some(realm) = document.realm().filter(|_| element.is_in_document()) else { return };
    let Some(url) = href.and_then(|href| document.parse_url(&href).ok()) else { return };
    let head = potential_cors_request(element, url, Destination::Image);
    let (owned, element, delay) = (realm.clone(), element.clone(), LoadDelay::new(&document));
    Agent::current().spawn(TaskSource::Networking, &realm, async move {
        let (state, _) = load(&owned, head, "image", CancelHandle::new()).await;
        let event_type = if state == ImageState::Broken { "error" } else { "load" };
        if let Err(exception) = events::event::fire(&owned, &*element, event_type) {
            report::report_exception(&owned, exception);
        }
        drop(delay);
        Ok(())
    });
}

fn is_xlink_href((name, _): &(markup5ever::QualName, bgfetch_js::DomString)) -> bool {
    name.ns == ns!(xlink) && &*name.local == "href"
}

/// Whether a node is SVG's `image`.
pub(crate) fn is_svg_image(node: &Node) -> bool {
    node.as_element()
        .is_some_and(|element| element.name().ns == ns!(svg) && &*element.name().local == "image")
}
