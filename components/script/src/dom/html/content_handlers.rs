//! [Event handler content attributes](https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-content-attributes):
//! `onclick="..."`.

use bgfetch_js::{Callback, Fallible, Realm, Root, Value};
use bgfetch_policy::csp::InlineKind;

use super::scripting::dynamic_import::rename_calls;
use super::states;
use crate::dom::{Document, Element, EventTarget, Node, Window};
use crate::environment::Environment;
use crate::{dom, policies, report};

/// Event handlers of [all elements](https://html.spec.whatwg.org/multipage/webappapis.html#globaleventhandlers).
const GLOBAL: [&str; 87] = [
    "abort",
    "auxclick",
    "beforeinput",
    "beforematch",
    "beforetoggle",
    "blur",
    "cancel",
    "canplay",
    "canplaythrough",
    "change",
    "click",
    "close",
    "command",
    "contextlost",
    "contextmenu",
    "contextrestored",
    "copy",
    "cuechange",
    "cut",
    "dblclick",
    "drag",
    "dragend",
    "dragenter",
    "dragleave",
    "dragover",
    "dragstart",
    "drop",
    "durationchange",
    "emptied",
    "ended",
    "error",
    "focus",
    "formdata",
    "gotpointercapture",
    "input",
    "invalid",
    "keydown",
    "keypress",
    "keyup",
    "load",
    "loadeddata",
    "loadedmetadata",
    "loadstart",
    "lostpointercapture",
    "mousedown",
    "mouseenter",
    "mouseleave",
    "mousemove",
    "mouseout",
    "mouseover",
    "mouseup",
    "paste",
    "pause",
    "play",
    "playing",
    "pointercancel",
    "pointerdown",
    "pointerenter",
    "pointerleave",
    "pointermove",
    "pointerout",
    "pointerover",
    "pointerrawupdate",
    "pointerup",
    "progress",
    "ratechange",
    "reset",
    "resize",
    "scroll",
    "scrollend",
    "securitypolicyviolation",
    "seeked",
    "seeking",
    "select",
    "slotchange",
    "stalled",
    "submit",
    "suspend",
    "timeupdate",
    "toggle",
    "volumechange",
    "waiting",
    "webkitanimationend",
    "webkitanimationiteration",
    "webkitanimationstart",
    "webkittransitionend",
    "wheel",
];

/// Event handlers of `body` that are the [window's](https://html.spec.whatwg.org/multipage/webappapis.html#window-reflecting-body-element-event-handler-set),
/// or those that [windows](https://html.spec.whatwg.org/multipage/webappapis.html#windoweventhandlers) have and elements have not.
const OF_WINDOW: [&str; 24] = [
    "afterprint",
    "beforeprint",
    "beforeunload",
    "blur",
    "error",
    "focus",
    "hashchange",
    "languagechange",
    "load",
    "message",
    "messageerror",
    "offline",
    "online",
    "pagehide",
    "pagereveal",
    "pageshow",
    "pageswap",
    "popstate",
    "rejectionhandled",
    "resize",
    "scroll",
    "storage",
    "unhandledrejection",
    "unload",
];

fn is_body_or_frameset(element: &Element) -> bool {
    element.is_html_named("body") || element.is_html_named("frameset")
}

/// [Determines the target of an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#determining-the-target-of-an-event-handler):
/// `None` for a handler of the window on a body that no window shows.
pub(crate) fn determine_target(target: &Root<EventTarget>, name: &str) -> Option<Root<EventTarget>> {
    let body = if OF_WINDOW.contains(&name) { target.downcast::<Element>() } else { None };
    match body.filter(|element| is_body_or_frameset(element)) {
        None => Some(target.clone()),
        Some(body) => body.owner_doc().window().map(|window| window.upcast()),
    }
}

/// A content attribute was set, changed or removed.
pub(super) fn attribute_changed(
    realm: &Realm,
    element: &Root<Element>,
    attribute: &str,
    value: Option<&str>,
) {
    let Some(name) = attribute.strip_prefix("on") else { return };
    let of_window = || OF_WINDOW.iter().find(|known| **known == name && is_body_or_frameset(element));
    let Some(name) = GLOBAL.iter().find(|known| **known == name).or_else(of_window) else { return };
    // Step 5.1 of the attribute change steps for event handlers.
    if value.is_some_and(|value| !policies::allows_inline(element, InlineKind::ScriptAttribute, value)) {
        return;
    }
    if let Err(exception) = dom::event_handler::set_source(realm, &element.upcast(), name, value) {
        report::report_exception(realm, exception);
    }
}

/// Steps 3.1 and 3.2 of [getting the current value](https://html.spec.whatwg.org/multipage/webappapis.html#getting-the-current-value-of-the-event-handler):
/// the document whose handler it is.
pub(crate) fn document_of(target: &Root<EventTarget>) -> Option<Root<Document>> {
    match target.downcast::<Element>() {
        Some(element) => Some(element.owner_doc()),
        None => target.downcast::<Window>()?.current_document(),
    }
}

/// Steps 3.5 to 3.12 of [getting the current value](https://html.spec.whatwg.org/multipage/webappapis.html#getting-the-current-value-of-the-event-handler):
/// makes a function of a content attribute's text.
pub(crate) fn compile(
    realm: &Realm,
    target: &Root<EventTarget>,
    document: &Root<Document>,
    name: &str,
    body: &str,
) -> Fallible<Callback> {
    let element: Option<Root<Element>> = target.downcast();
    // The objects whose properties are in scope: document, form owner, element.
    let form = element.as_ref().filter(|element| states::is_form_associated(element));
    let form = form.and_then(|element| states::form_owner(element));
    let scope: Vec<Value> = match &element {
        None => Vec::new(),
        Some(element) => {
            let form = form.map(|form| form.as_value().clone());
            let outer = std::iter::once(document.as_value().clone()).chain(form);
            outer.chain([element.upcast::<Node>().as_value().clone()]).collect()
        }
    };
    let parameters =
        if name == "error" && element.is_none() { "event, source, lineno, colno, error" } else { "event" };
    let opening: String = (0..scope.len()).map(|index| format!("with(arguments[{index}]){{")).collect();
    let closing = "}".repeat(scope.len());
    let source =
        format!("(function(){{{opening}return function on{name}({parameters}) {{\n{body}\n}}{closing}}})");
    let url = Environment::of(realm).url.borrow().to_string();
    // The body's first line counts as 1.
    let maker = realm.evaluate_script(&rename_calls(&source), &url, 0)?;
    let handler = Callback::new(&maker)?.call(realm, &Value::UNDEFINED, &scope)?;
    Callback::new(&handler)
}
