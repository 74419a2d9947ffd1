//! [`HTMLImageElement`](https://html.spec.whatwg.org/multipage/embedded-content.html#the-img-element).

use std::cell::Cell;
use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bgfetch_js::{Exception, Fallible, PlatformObject, Promise, Realm, Root, platform_object, trace_fields};
use markup5ever::{LocalName, QualName, ns};

use super::loading::image_request::{ImageRequest, ImageState};
use super::reflect;
use crate::agent::{Agent, TaskSource};
use crate::bindings::HTMLImageElementMethods;
use crate::dom::{HTMLElement, Window};

/// `HTMLImageElement`.
pub(crate) struct HTMLImageElement {
    html_element: HTMLElement,
    /// What `new Image()` was given, until there is an object to give it to.
    given: Cell<(Option<u32>, Option<u32>)>,
    /// Its image.
    pub(super) request: ImageRequest,
}

trace_fields!(HTMLImageElement { html_element });
platform_object!(HTMLImageElement: HTMLElement via html_element);

impl HTMLImageElement {
    /// An `img` element.
    pub(super) fn new(html_element: HTMLElement) -> Self {
        Self { html_element, given: Cell::new((None, None)), request: ImageRequest::default() }
    }

    /// How far its image is.
    pub(in crate::dom) fn request_state(&self) -> ImageState {
        self.request.state()
    }

    /// The pixels of its image, if it is there and can be decoded.
    pub(in crate::dom) fn bitmap(&self) -> Option<Arc<Bitmap>> {
        self.request.bitmap()
    }
}

impl HTMLImageElementMethods for HTMLImageElement {
    /// [`new Image()`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-image)
    fn image(realm: &Realm, width: Option<u32>, height: Option<u32>) -> Fallible<Self> {
        // Steps 1 and 2.
        let name = QualName::new(None, ns!(html), LocalName::from("img"));
        let image = Self::new(HTMLElement::new_inherited(&Window::document_of(realm)?, name));
        image.given.set((width, height));
        Ok(image)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        // Steps 3 and 4.
        let (width, height) = this.given.take();
        if let Some(width) = width {
            this.set_width(realm, width)?;
        }
        if let Some(height) = height {
            this.set_height(realm, height)?;
        }
        Ok(())
    }

    reflect::string!(alt, set_alt, "alt");
    reflect::url!(src, set_src, "src");
    reflect::usv_string!(srcset, set_srcset, "srcset");
    reflect::string!(sizes, set_sizes, "sizes");
    reflect::string!(use_map, set_use_map, "usemap");
    reflect::boolean!(is_map, set_is_map, "ismap");
    reflect::cross_origin!();
    reflect::referrer_policy!();
    reflect::enumerated!(decoding, set_decoding, "decoding", ["sync", "async", "auto"], "auto", "auto");
    reflect::enumerated!(loading, set_loading, "loading", ["lazy", "eager"], "eager", "eager");

    /// [`width`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-img-width): what would be rendered if nothing
    /// styled it.
    fn width(&self, _: &Realm) -> Fallible<u32> {
        let given = reflect::integer(self, "width").and_then(|width| u32::try_from(width).ok());
        Ok(given.unwrap_or_else(|| self.request.natural_size().width))
    }

    fn set_width(&self, realm: &Realm, value: u32) -> Fallible<()> {
        reflect::set_unsigned_long(self, realm, "width", value, 0);
        Ok(())
    }

    /// [`height`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-img-height)
    fn height(&self, _: &Realm) -> Fallible<u32> {
        let given = reflect::integer(self, "height").and_then(|height| u32::try_from(height).ok());
        Ok(given.unwrap_or_else(|| self.request.natural_size().height))
    }

    fn set_height(&self, realm: &Realm, value: u32) -> Fallible<()> {
        reflect::set_unsigned_long(self, realm, "height", value, 0);
        Ok(())
    }

    fn natural_width(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.request.natural_size().width)
    }

    fn natural_height(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.request.natural_size().height)
    }

    /// [`complete`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-img-complete)
    fn complete(&self, _: &Realm) -> Fallible<bool> {
        let has_srcset = self.with_plain_attribute("srcset", |srcset| srcset.is_some());
        let has_source = self.with_plain_attribute("src", |src| src.is_some_and(|src| !src.is_empty()));
        Ok((!has_srcset && !has_source)
            || (!self.request.is_pending() && self.request.state() != ImageState::Unavailable))
    }

    fn current_src(&self, _: &Realm) -> Fallible<String> {
        Ok(self.request.current_url())
    }

    /// [`decode()`](https://html.spec.whatwg.org/multipage/embedded-content.html#dom-img-decode)
    fn decode(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let promise = Promise::new(realm)?;
        let (image, owned, decoded) = (self.root(), realm.clone(), promise.clone());
        Agent::current().spawn_in_background(TaskSource::DomManipulation, realm, async move {
            match image.request.settled().await {
                ImageState::CompletelyAvailable(_) => decoded.resolve(&owned, ()),
                ImageState::Unavailable | ImageState::Broken => {
                    let message =
                        format!("{:?} is not an image that can be decoded", image.request.current_url());
                    decoded.reject(&owned, Exception::dom("EncodingError", message));
                }
            }
            Ok(())
        });
        Ok(promise)
    }
}
