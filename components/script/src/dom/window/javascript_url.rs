//! [Navigating to a `javascript:` URL](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate-to-a-javascript:-url).

use std::rc::Rc;

use bgfetch_js::{DomString, Realm, ValueKind};
use url::Url;

use super::browsing_context::BrowsingContext;
use super::loading;
use super::navigation::Source;
use crate::agent::{Agent, TaskSource};
use crate::dom::html::scripting::dynamic_import::rename_calls;
use crate::environment::Environment;
use crate::{policies, report};

/// Runs the script of a URL in what a browsing context shows, if that is of the source's origin.
pub(super) fn navigate(context: &Rc<BrowsingContext>, url: Url, source: Source) {
    let Some(active) = context.active() else { return };
    let origin = source.client.origin.clone();
    let (context, delay) = (Rc::clone(context), loading::delay_of_parent(context));
    // The rest runs as a task; without a document of the same origin by then, nothing happens.
    Agent::current().queue_global(TaskSource::DomManipulation, &active.realm, move |realm| {
        let _delay = delay;
        if Environment::of(realm).origin != origin || !active.document.runs_scripts() {
            return Ok(());
        }
        // Should navigation request be blocked?
        if !policies::allows_javascript_url(&source.client, &url, source.form_submission) {
            return Ok(());
        }
        // Not in the text, but in the official tests and in browsers: nor does it run where the target's policies forbid it.
        let target = Environment::of(realm).client();
        if target.id != source.client.id && !policies::allows_javascript_url(&target, &url, false) {
            return Ok(());
        }
        if let Some(markup) = evaluate(realm, &url) {
            loading::replace_with_markup(&context, markup);
        } else if context.is_initial() {
            loading::completed(&context);
        }
        Ok(())
    });
}

/// [Evaluates a `javascript:` URL](https://html.spec.whatwg.org/multipage/browsing-the-web.html#evaluate-a-javascript:-url): gives
/// the string that it came to, if it is one.
fn evaluate(realm: &Realm, url: &Url) -> Option<String> {
    let encoded = url.as_str().strip_prefix("javascript:")?;
    let source = percent_decode(encoded);
    let file = Environment::of(realm).base_url.borrow().to_string();
    match realm.evaluate_script(&rename_calls(&source), &file, 1) {
        Ok(value) if value.kind() == ValueKind::String => {
            DomString::of(realm, &value).ok().map(DomString::into_string)
        }
        Ok(_) => None,
        Err(exception) => {
            report::report_exception(realm, exception);
            None
        }
    }
}

/// [UTF-8 decode](https://encoding.spec.whatwg.org/#utf-8-decode) of the
/// [percent-decoding](https://url.spec.whatwg.org/#string-percent-decode).
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digit = |place: usize| tail.get(place).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
