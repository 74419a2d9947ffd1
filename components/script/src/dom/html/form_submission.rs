//! [Form submission](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-2): entry lists,
//! their encoding, and where they go.

use std::borrow::Cow;

use bgfetch_js::{Fallible, PlatformObject, Realm, Root};
use encoding_rs::Encoding;

use super::{entry_list, reflect};
use crate::agent::{Agent, TaskSource};
use crate::dom::window::choosing;
use crate::dom::window::navigation::{Resource, Target};
use crate::dom::{FormData, HTMLElement, HTMLFormElement};

impl HTMLFormElement {
    /// [The form submission algorithm](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm)
    /// from where it navigates.
    pub(super) fn navigate(&self, realm: &Realm, submitter: Option<&Root<HTMLElement>>) -> Fallible<()> {
        let document = self.owner_doc();
        if !self.is_in_document() || document.window().is_none() {
            return Ok(());
        }
        let method = self.submission_method(submitter);
        // There are no dialogs that a form could close.
        if method == "dialog" {
            return Ok(());
        }
        // Steps 9 to 11, and 15.
        let encoding = self.pick_encoding();
        let Some(entries) = entry_list::construct(realm, &self.root(), submitter, encoding)? else {
            return Ok(());
        };
        let own = |name: &str| submitter.and_then(|button| button.plain_attribute(name));
        let action = own("formaction").or_else(|| self.plain_attribute("action")).unwrap_or_default();
        // Steps 12 and 14.
        let url = if action.is_empty() { Ok(document.document_url()) } else { document.parse_url(&action) };
        let Ok(mut url) = url else { return Ok(()) };
        let target = choosing::target_of(self, own("formtarget").map(Into::into));
        let resource = if method == "post" && matches!(url.scheme(), "http" | "https") {
            // [Submit as entity body](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#submit-body).
            let kind = own("formenctype").or_else(|| self.plain_attribute("enctype")).unwrap_or_default();
            entity_body(&kind, &entries, encoding)
        } else {
            if method == "get" {
                // [Mutate action URL](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#submit-mutate-action).
                url.set_query(Some(&serialize(&entries, encoding)));
            }
            Resource::Get
        };
        self.plan_navigation(realm, target, Target::with(url, resource));
        Ok(())
    }

    /// [Plans to navigate](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#plan-to-navigate): a later
    /// submission takes the place of one whose task has not run.
    fn plan_navigation(&self, realm: &Realm, target: String, to: Target) {
        let number = self.planned.get().wrapping_add(1);
        self.planned.set(number);
        let this = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |_| {
            if this.planned.get() == number {
                choosing::go(&this, &target, to);
            }
            Ok(())
        });
    }

    fn submission_method(&self, submitter: Option<&Root<HTMLElement>>) -> &'static str {
        let known = ["get", "post", "dialog"];
        match submitter.filter(|button| button.plain_attribute("formmethod").is_some()) {
            Some(button) => reflect::known(button, "formmethod", &known, "get", "get"),
            None => reflect::known(self, "method", &known, "get", "get"),
        }
    }

    /// [Picks an encoding for the form](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#picking-an-encoding-for-the-form).
    fn pick_encoding(&self) -> &'static Encoding {
        // Steps 1 and 2.
        let wanted = self.with_plain_attribute("accept-charset", |labels| {
            let labels = labels?;
            let mut known =
                labels.split_ascii_whitespace().filter_map(|label| Encoding::for_label(label.as_bytes()));
            Some(known.next().unwrap_or(encoding_rs::UTF_8))
        });
        // Step 3.
        wanted.unwrap_or_else(|| self.owner_doc().encoding()).output_encoding()
    }
}

/// A form's entries as a body, by its [encoding type](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-fs-enctype).
fn entity_body(kind: &str, entries: &FormData, encoding: &'static Encoding) -> Resource {
    match kind.to_ascii_lowercase().as_str() {
        "multipart/form-data" => {
            let boundary = format!("----bgfetchFormBoundary{}", uuid::Uuid::new_v4().simple());
            let body = entries.encode(&boundary, encoding).into();
            Resource::Post { content_type: format!("multipart/form-data; boundary={boundary}"), body }
        }
        "text/plain" => {
            let lines: String = entries
                .name_value_pairs()
                .iter()
                .map(|(name, value)| format!("{name}={value}\r\n"))
                .collect();
            let body = encoding.encode(&lines).0.into_owned().into();
            Resource::Post { content_type: "text/plain".to_owned(), body }
        }
        _ => {
            let body = serialize(entries, encoding).into();
            Resource::Post { content_type: "application/x-www-form-urlencoded".to_owned(), body }
        }
    }
}

/// The [`application/x-www-form-urlencoded` serializer](https://url.spec.whatwg.org/#concept-urlencoded-serializer) in an
/// encoding.
fn serialize(entries: &FormData, encoding: &'static Encoding) -> String {
    let encode: &dyn Fn(&str) -> Cow<'_, [u8]> = &|text| Cow::Owned(encoding.encode(text).0.into_owned());
    let mut serializer = url::form_urlencoded::Serializer::new(String::new());
    serializer.encoding_override(Some(encode));
    for (name, value) in entries.name_value_pairs() {
        serializer.append_pair(&name, &value);
    }
    serializer.finish()
}
