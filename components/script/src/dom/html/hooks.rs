//! What elements do when a tree or an attribute changes: the extension points of the DOM Standard.

use bgfetch_js::{DomString, Fallible, Realm, Root};

use markup5ever::ns;

use super::loading::{images, links, media};
use super::{content_handlers, focus, html_meta_element, scripting};
use crate::dom::window::frames;
use crate::dom::{
    Element, HTMLCanvasElement, HTMLDetailsElement, HTMLIFrameElement, HTMLImageElement, HTMLInputElement,
    HTMLLinkElement, HTMLMediaElement, HTMLOptionElement, HTMLScriptElement, HTMLTemplateElement,
    HTMLTextAreaElement, Node,
};
use crate::environment::Environment;

/// [Insertion steps](https://dom.spec.whatwg.org/#concept-node-insert-ext): no script runs in them.
pub(crate) fn inserted(realm: &Realm, node: &Root<Node>) {
    let Some(element) = node.as_element().filter(|element| element.is_in_document()) else { return };
    hide_nonce(realm, &element);
    if !element.is_html() {
        return;
    }
    match &*element.name().local {
        "base" => element.owner_doc().update_base(realm),
        "meta" => html_meta_element::inserted(realm, &element),
        _ => {}
    }
}

/// [Becoming browsing-context connected](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#nonce-attributes): where a
/// policy came by a header, selectors and markup do not tell nonces.
fn hide_nonce(realm: &Realm, element: &Root<Element>) {
    if !element.with_plain_attribute("nonce", |nonce| nonce.is_some_and(|nonce| !nonce.is_empty())) {
        return;
    }
    let Some(environment) = element.owner_doc().realm().and_then(|realm| Environment::try_of(&realm)) else {
        return;
    };
    if environment.policy.borrow().csp_list.iter().any(|policy| !policy.from_meta) {
        let nonce = element.cryptographic_nonce();
        element.set_plain_attribute(realm, "nonce", DomString::default());
        element.set_cryptographic_nonce(nonce);
    }
}

/// [Post-connection steps](https://dom.spec.whatwg.org/#concept-node-post-connection-ext): they may run script.
pub(crate) fn post_connected(realm: &Realm, node: &Root<Node>) {
    if let Some(script) = node.downcast::<HTMLScriptElement>() {
        scripting::prepare::unless_parser_inserted(realm, &script);
    } else if let Some(frame) = node.downcast::<HTMLIFrameElement>() {
        frames::post_connected(realm, &frame);
    } else if let Some(link) = node.downcast::<HTMLLinkElement>() {
        links::changed(&link, None);
    } else if let Some(element) = node.as_element().filter(|element| images::is_svg_image(element)) {
        images::svg_image_changed(&element);
    }
}

/// [Removing steps](https://dom.spec.whatwg.org/#concept-node-remove-ext).
pub(crate) fn removed(realm: &Realm, node: &Root<Node>, was_connected: bool) {
    let Some(element) = node.as_element().filter(|element| was_connected && element.is_html()) else {
        return;
    };
    if element.is_html_named("base") {
        element.owner_doc().update_base(realm);
    }
    focus::removed(&element);
    if let Some(frame) = element.downcast::<HTMLIFrameElement>() {
        frames::removed(&frame);
    } else if let Some(element) = element.downcast::<HTMLMediaElement>() {
        media::removed(realm, &element);
    }
}

/// [Children changed steps](https://dom.spec.whatwg.org/#concept-node-children-changed-ext) of a parent.
pub(crate) fn children_changed(realm: &Realm, parent: &Root<Node>) {
    if let Some(script) = parent.downcast::<HTMLScriptElement>() {
        scripting::prepare::unless_parser_inserted(realm, &script);
    } else if let Some(picture) = parent.as_element().filter(|element| element.is_html_named("picture")) {
        images::picture_changed(&picture);
    } else if let Some(parent) = parent.downcast::<HTMLMediaElement>() {
        media::source_inserted(&parent);
    }
}

/// [Attribute change steps](https://dom.spec.whatwg.org/#concept-element-attributes-change-ext) of an attribute without a
/// namespace.
pub(crate) fn attribute_changed(
    realm: &Realm,
    element: &Root<Element>,
    name: &str,
    old: Option<&DomString>,
    new: Option<&DomString>,
) {
    let namespace = &element.name().ns;
    if [ns!(html), ns!(svg), ns!(mathml)].contains(namespace) {
        content_handlers::attribute_changed(realm, element, name, new.map(DomString::as_str));
        if name == "nonce" {
            element.set_cryptographic_nonce(new.cloned());
        }
    }
    if name == "href" && images::is_svg_image(element) {
        images::svg_image_changed(element);
    }
    if !element.is_html() {
        return;
    }
    match (&*element.name().local, name) {
        ("base", "href") if element.is_in_document() => element.owner_doc().update_base(realm),
        ("script", "src") if old.is_none() && new.is_some() => {
            if let Some(script) = element.downcast::<HTMLScriptElement>() {
                scripting::prepare::unless_parser_inserted(realm, &script);
            }
        }
        ("script", "async") if old.is_none() && new.is_some() => {
            if let Some(script) = element.downcast::<HTMLScriptElement>() {
                script.state.force_async.set(false);
            }
        }
        ("img", "src" | "srcset" | "sizes") => update_image(element),
        ("img", "crossorigin" | "referrerpolicy") if old != new => update_image(element),
        ("source", "srcset" | "sizes" | "media" | "type" | "width" | "height") => {
            if let Some(picture) = element.parent_as_element().filter(|e| e.is_html_named("picture")) {
                images::picture_changed(&picture);
            }
        }
        ("canvas", "width" | "height") => {
            if let Some(canvas) = element.downcast::<HTMLCanvasElement>() {
                canvas.size_changed();
            }
        }
        ("audio" | "video", "src") if new.is_some() => {
            if let Some(element) = element.downcast::<HTMLMediaElement>() {
                media::load(realm, &element);
            }
        }
        ("link", _) => {
            if let Some(link) = element.downcast::<HTMLLinkElement>() {
                links::changed(&link, Some(name));
            }
        }
        ("iframe", "src" | "srcdoc" | "name") => {
            if let Some(frame) = element.downcast::<HTMLIFrameElement>() {
                frames::attribute_changed(realm, &frame, name, new);
            }
        }
        ("details", "open") if old.is_some() != new.is_some() => {
            if let Some(details) = element.downcast::<HTMLDetailsElement>() {
                details.open_changed(realm, new.is_some());
            }
        }
        ("option", "selected") if old.is_some() != new.is_some() => {
            if let Some(option) = element.downcast::<HTMLOptionElement>() {
                option.selected_attribute_changed(new.is_some());
            }
        }
        ("input", "checked") if old.is_some() != new.is_some() => {
            if let Some(input) = element.downcast::<HTMLInputElement>() {
                input.checked_attribute_changed(new.is_some());
            }
        }
        _ => {}
    }
}

/// A [relevant mutation](https://html.spec.whatwg.org/multipage/images.html#relevant-mutations) of an `img`.
fn update_image(element: &Root<Element>) {
    if let Some(image) = element.downcast::<HTMLImageElement>() {
        images::update_the_image_data(&image);
    }
}

/// [Adopting steps](https://dom.spec.whatwg.org/#concept-node-adopt-ext): a body that was parsed for another document has
/// handlers for the window that shows it now.
pub(crate) fn adopted(realm: &Realm, element: &Root<Element>) {
    if element.is_html_named("body") || element.is_html_named("frameset") {
        for (name, value) in element.attribute_list() {
            content_handlers::attribute_changed(realm, element, &name.local, Some(&value));
        }
    }
}

/// [Cloning steps](https://dom.spec.whatwg.org/#concept-node-clone-ext).
pub(crate) fn cloned(realm: &Realm, from: &Root<Element>, to: &Root<Element>, subtree: bool) -> Fallible<()> {
    to.set_cryptographic_nonce(from.cryptographic_nonce());
    if let (Some(from), Some(to)) = (from.downcast::<HTMLScriptElement>(), to.downcast::<HTMLScriptElement>())
    {
        to.state.already_started.set(from.state.already_started.get());
    } else if let (Some(from), Some(to)) =
        (from.downcast::<HTMLInputElement>(), to.downcast::<HTMLInputElement>())
    {
        from.clone_state(&to);
    } else if let (Some(from), Some(to)) = (from.downcast::<HTMLTextAreaElement>(), to.downcast()) {
        from.clone_state(&to);
    } else if let (Some(from), Some(to)) = (from.downcast::<HTMLTemplateElement>(), to.downcast())
        && subtree
    {
        from.clone_contents(realm, &to)?;
    }
    Ok(())
}
