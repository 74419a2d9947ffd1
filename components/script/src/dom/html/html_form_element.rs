//! [`HTMLFormElement`](https://html.spec.whatwg.org/multipage/forms.html#the-form-element).

use bgfetch_js::{DomString, ErrorLocation, Exception, Fallible, PlatformObject, Realm, Root};
use bgfetch_traits::coordinator::ConsoleLevel;

use super::simple::html_element;
use super::{html_input_element, reflect, states};
use crate::dom::window::navigation;
use crate::dom::{Element, HTMLButtonElement, HTMLElement, HTMLTextAreaElement, SubmitEvent, events};
use crate::environment::Environment;
use crate::report;

html_element!(
    /// `HTMLFormElement`
    HTMLFormElement, HTMLFormElementMethods {
        reflect::string!(accept_charset, set_accept_charset, "accept-charset");
        reflect::string!(name, set_name, "name");
        reflect::boolean!(no_validate, set_no_validate, "novalidate");
        reflect::string!(target, set_target, "target");
        reflect::string!(rel, set_rel, "rel");
        reflect::enumerated!(method, set_method, "method", ["get", "post", "dialog"], "get", "get");

        /// [`action`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#dom-fs-action)
        fn action(&self, _: &Realm) -> Fallible<String> {
            let empty = self.with_plain_attribute("action", |action| action.unwrap_or_default().is_empty());
            if empty {
                return Ok(self.owner_doc().document_url().into());
            }
            Ok(reflect::url_of(self, "action"))
        }

        fn set_action(&self, realm: &Realm, value: String) -> Fallible<()> {
            self.set_plain_attribute(realm, "action", value.into());
            Ok(())
        }

        fn length(&self, _: &Realm) -> Fallible<u32> {
            Ok(u32::try_from(self.controls().len()).unwrap_or(u32::MAX))
        }

        fn submit(&self, realm: &Realm) -> Fallible<()> {
            self.navigate(realm, None)
        }

        /// [`requestSubmit()`](https://html.spec.whatwg.org/multipage/forms.html#dom-form-requestsubmit)
        fn request_submit(&self, realm: &Realm, submitter: Option<Root<HTMLElement>>) -> Fallible<()> {
            if let Some(submitter) = &submitter {
                check_submitter(&self.root(), submitter)?;
            }
            self.submit_by(realm, submitter.as_ref())
        }

        /// [`reset()`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-form-reset)
        fn reset(&self, realm: &Realm) -> Fallible<()> {
            self.reset_controls(realm)
        }
    }
);

/// Whether it may submit `form`.
///
/// # Errors
/// A `TypeError` if it is no submit button, a `NotFoundError` if it is one of another form.
pub(crate) fn check_submitter(form: &Root<HTMLFormElement>, submitter: &Root<HTMLElement>) -> Fallible<()> {
    if !is_submit_button(&submitter.upcast()) {
        return Err(Exception::type_error("the submitter is not a submit button"));
    }
    if states::form_owner(submitter).as_ref() != Some(form) {
        return Err(Exception::dom("NotFoundError", "the submitter belongs to another form"));
    }
    Ok(())
}

/// [Submit button](https://html.spec.whatwg.org/multipage/forms.html#concept-submit-button)
fn is_submit_button(element: &Root<Element>) -> bool {
    match (element.downcast::<HTMLButtonElement>(), html_input_element::of(element)) {
        (Some(button), _) => button.button_type() == "submit",
        (None, Some(input)) => matches!(input.input_type(), "submit" | "image"),
        (None, None) => false,
    }
}

impl HTMLFormElement {
    /// Its controls, in tree order.
    fn controls(&self) -> Vec<Root<Element>> {
        let this = self.root();
        let listed = ["button", "input", "select", "textarea", "fieldset", "output", "object"];
        let elements = self.tree_root().descendant_elements();
        let ours = elements.filter(|element| element.is_html() && listed.contains(&&*element.name().local));
        ours.filter(|element| states::form_owner(element).as_ref() == Some(&this)).collect()
    }

    /// [Submits](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm) it, by a
    /// button or by script.
    pub(super) fn submit_by(&self, realm: &Realm, submitter: Option<&Root<HTMLElement>>) -> Fallible<()> {
        if !self.is_in_document() {
            return Ok(());
        }
        if SubmitEvent::fire(realm, &self.root(), submitter)? {
            self.navigate(realm, submitter)?;
        }
        Ok(())
    }

    /// The form submission algorithm from where it navigates. Only "get": a navigation takes a URL here, and no body.
    fn navigate(&self, realm: &Realm, submitter: Option<&Root<HTMLElement>>) -> Fallible<()> {
        let document = self.owner_doc();
        if !self.is_in_document() || document.window().is_none() {
            return Ok(());
        }
        if reflect::known(self, "method", &["get", "post", "dialog"], "get", "get") != "get" {
            let text = "a form was not sent: only forms with the method \"get\" are".to_owned();
            report::to_console(&Environment::of(realm), ConsoleLevel::Warn, text, &ErrorLocation::default());
            return Ok(());
        }
        let action = self.plain_attribute("action").unwrap_or_default();
        let Ok(mut url) = document.parse_url(&action) else { return Ok(()) };
        url.query_pairs_mut().clear().extend_pairs(self.entries(submitter));
        navigation::navigate(realm, &document, url)
    }

    /// [Constructs the entry list](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set).
    pub(crate) fn entries(&self, submitter: Option<&Root<HTMLElement>>) -> Vec<(String, String)> {
        let submitter: Option<Root<Element>> = submitter.map(|submitter| submitter.upcast());
        let mut entries = Vec::new();
        for control in self.controls() {
            let Some(name) = control.plain_attribute("name").filter(|name| !name.is_empty()) else {
                continue;
            };
            if states::is_disabled(&control) {
                continue;
            }
            if let Some(value) = entry_value(&control, submitter.as_ref()) {
                entries.push((name.into_string(), value.into_string()));
            }
        }
        entries
    }

    /// [Resets](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-form-reset) it.
    pub(super) fn reset_controls(&self, realm: &Realm) -> Fallible<()> {
        if !events::event::fire_with(realm, self, "reset", true, true)? {
            return Ok(());
        }
        for control in self.controls() {
            if let Some(input) = html_input_element::of(&control) {
                input.reset();
            } else if let Some(area) = control.downcast::<HTMLTextAreaElement>() {
                area.reset();
            }
        }
        Ok(())
    }
}

/// What a control adds to the entry list; `None` if nothing.
fn entry_value(control: &Root<Element>, submitter: Option<&Root<Element>>) -> Option<DomString> {
    if let Some(input) = html_input_element::of(control) {
        return match input.input_type() {
            "checkbox" | "radio" if !input.is_checked() => None,
            "submit" | "image" if submitter != Some(control) => None,
            "button" | "reset" | "image" | "file" => None,
            _ => Some(input.current_value()),
        };
    }
    if let Some(area) = control.downcast::<HTMLTextAreaElement>() {
        return Some(area.current_value());
    }
    match &*control.name().local {
        "button" if submitter == Some(control) => Some(control.plain_attribute("value").unwrap_or_default()),
        "select" => {
            let options: Vec<_> =
                control.descendant_elements().filter(|e| e.is_html_named("option")).collect();
            let chosen = options.iter().find(|option| option.plain_attribute("selected").is_some());
            let option = chosen.or_else(|| options.first())?;
            let text = || crate::dom::nodes::text_content::descendant_text(&option.upcast());
            Some(option.plain_attribute("value").unwrap_or_else(text))
        }
        _ => None,
    }
}
