//! [Preparing a script element](https://html.spec.whatwg.org/multipage/scripting.html#prepare-the-script-element).

use std::rc::Rc;

use bgfetch_js::{Fallible, Realm, Root};
use bgfetch_policy::csp::InlineKind;
use bgfetch_traits::fetch::{CredentialsMode, Destination, ParserMetadata, ReferrerPolicy};
use bgfetch_traits::policy::Client;
use url::Url;

use super::{ClassicScript, Schedule, ScriptKind, ScriptResult, execute, fetch, mark_as_ready, modules};
use crate::agent::{Agent, TaskSource};
use crate::dom::nodes::text_content;
use crate::dom::{Document, Element, HTMLScriptElement, Node, events};
use crate::fetching::next_task;
use crate::policies;

/// Prepares a script that became connected or got its text or `src`, unless a parser looks after it.
pub(crate) fn unless_parser_inserted(realm: &Realm, script: &Root<HTMLScriptElement>) {
    if script.is_in_document() && !script.state.is_parser_inserted() {
        prepare(realm, script);
    }
}

/// How an external script is fetched: [script fetch options](https://html.spec.whatwg.org/multipage/webappapis.html#script-fetch-options)
/// and CORS setting.
#[derive(Clone, Debug)]
pub(super) struct FetchOptions {
    /// `None` is "no-cors".
    pub(super) cors: Option<CredentialsMode>,
    pub(super) integrity: String,
    pub(super) nonce: String,
    pub(super) parser_metadata: ParserMetadata,
    pub(super) referrer_policy: ReferrerPolicy,
    /// For what a module worker's script imports.
    pub(super) worker: Option<Rc<ForWorker>>,
}

/// How the modules of a worker are fetched.
#[derive(Debug)]
pub(super) struct ForWorker {
    /// The [fetch client](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-module-worker-script-tree).
    pub(super) outside: Client,
    pub(super) destination: Destination,
}

/// [Prepares the script element](https://html.spec.whatwg.org/multipage/scripting.html#prepare-the-script-element).
pub(crate) fn prepare(realm: &Realm, script: &Root<HTMLScriptElement>) {
    let state = &script.state;
    // Step 1.
    if state.already_started.get() {
        return;
    }
    // Steps 2 and 3.
    let parser_document = state.parser_document.take();
    // Step 4.
    let has_async = script.plain_attribute("async").is_some();
    if parser_document.is_some() && !has_async {
        state.force_async.set(true);
    }
    // Steps 5 and 6.
    let node: Root<Node> = script.upcast();
    let source = text_content::child_text(&node);
    let src = script.plain_attribute("src");
    if src.is_none() && source.is_empty() {
        return;
    }
    // Step 7.
    if !script.is_in_document() {
        return;
    }
    // Steps 8 to 13.
    let Some(kind) = kind_of(&script.upcast()) else { return };
    state.kind.set(kind);
    // Step 14.
    let parser_inserted = parser_document.is_some();
    if parser_inserted {
        state.parser_document.replace(parser_document);
        state.force_async.set(false);
    }
    // Steps 15 to 17.
    state.already_started.set(true);
    let document = script.owner_doc();
    let before = state.preparation_time_document.replace(Some(document.clone().into()));
    drop(before);
    let other_parser = state.parser_document.borrow().as_ref().is_some_and(|parser| **parser != document);
    if other_parser || !document.runs_scripts() {
        return;
    }
    // Step 18, and step 20: an event handler in the old way.
    let classic = kind == ScriptKind::Classic;
    if classic && (script.plain_attribute("nomodule").is_some() || is_for_another_event(&script.upcast())) {
        return;
    }
    // Step 19.
    if src.is_none() && !policies::allows_inline(&script.upcast(), InlineKind::Script, &source) {
        return;
    }
    let prepared = match src {
        Some(src) => external(realm, script, &document, kind, &src),
        None => inline(realm, script, &document, kind, source.into_string()),
    };
    if prepared {
        schedule(realm, script, &document);
    }
}

/// Steps 8 to 13: by `type` and `language`.
fn kind_of(script: &Root<Element>) -> Option<ScriptKind> {
    let language = script.plain_attribute("language").filter(|language| !language.is_empty());
    let kind = match (script.plain_attribute("type"), language) {
        (Some(kind), _) if kind.is_empty() => "text/javascript".to_owned(),
        (Some(kind), _) => kind.trim_matches(|c: char| c.is_ascii_whitespace()).to_owned(),
        (None, Some(language)) => format!("text/{}", &*language),
        (None, None) => "text/javascript".to_owned(),
    };
    if bgfetch_traits::mime::is_javascript(&kind.to_ascii_lowercase()) {
        return Some(ScriptKind::Classic);
    }
    // Import maps and speculation rules are not supported.
    kind.eq_ignore_ascii_case("module").then_some(ScriptKind::Module)
}

/// Step 20: `for` and `event`.
fn is_for_another_event(script: &Root<Element>) -> bool {
    let (Some(target), Some(event)) = (script.plain_attribute("for"), script.plain_attribute("event")) else {
        return false;
    };
    let trimmed = |text: &str| text.trim_matches(|c: char| c.is_ascii_whitespace()).to_ascii_lowercase();
    trimmed(&target) != "window" || !matches!(trimmed(&event).as_str(), "onload" | "onload()")
}

/// Step 31: fetches what `src` names; whether it did.
fn external(
    realm: &Realm,
    script: &Root<HTMLScriptElement>,
    document: &Root<Document>,
    kind: ScriptKind,
    src: &str,
) -> bool {
    script.state.from_external_file.set(true);
    let url = if src.is_empty() { None } else { document.parse_url(src).ok() };
    let Some(url) = url else {
        let script = script.clone();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            events::event::fire(realm, &*script, "error").map(drop)
        });
        return false;
    };
    let element: Root<Element> = script.upcast();
    let crossorigin = element.plain_attribute("crossorigin");
    let cors = match (&crossorigin, kind) {
        (Some(value), _) if value.eq_ignore_ascii_case("use-credentials") => Some(CredentialsMode::Include),
        (Some(_), _) | (None, ScriptKind::Module) => Some(CredentialsMode::SameOrigin),
        (None, ScriptKind::Classic) => None,
    };
    let options = FetchOptions {
        cors,
        integrity: element.plain_attribute("integrity").unwrap_or_default().into_string(),
        nonce: policies::nonce_of(&element).unwrap_or_default().into_string(),
        parser_metadata: if script.state.is_parser_inserted() {
            ParserMetadata::ParserInserted
        } else {
            ParserMetadata::NotParserInserted
        },
        referrer_policy: element
            .plain_attribute("referrerpolicy")
            .and_then(|policy| ReferrerPolicy::parse(&policy.to_ascii_lowercase()))
            .unwrap_or_default(),
        worker: None,
    };
    document.scripts.delay_load();
    let (owned, script, document) = (realm.clone(), script.clone(), document.clone());
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let result = match kind {
            ScriptKind::Classic => {
                let encoding = script.plain_attribute("charset");
                let encoding = encoding.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
                let fallback = encoding.unwrap_or_else(|| document.encoding());
                fetch::classic(&owned, url, &options, fallback).await
            }
            ScriptKind::Module => modules::fetch_external(&owned, url, &options).await,
        };
        next_task().await;
        finish(&owned, &script, &document, result)
    });
    true
}

/// The fetch under way for a script has ended; in a task of its own, also when everything was there already, so that
/// the script has been put into its list and has all of a task's time to run.
fn finish(
    realm: &Realm,
    script: &Root<HTMLScriptElement>,
    document: &Root<Document>,
    result: Result<ScriptResult, String>,
) -> Fallible<()> {
    let result = result.unwrap_or_else(|why| {
        fetch::report_failure(realm, &why);
        ScriptResult::Failed
    });
    mark_as_ready(realm, script, result);
    document.scripts.undelay_load();
    Ok(())
}

/// Step 32: a script in the document itself.
fn inline(
    realm: &Realm,
    script: &Root<HTMLScriptElement>,
    document: &Root<Document>,
    kind: ScriptKind,
    source: String,
) -> bool {
    match kind {
        ScriptKind::Classic => {
            let url: Url = document.document_url();
            let line = script.state.line.get();
            let classic = ClassicScript { source, url, line, muted_errors: false };
            script.state.result.replace(ScriptResult::Classic(classic));
        }
        ScriptKind::Module => {
            document.scripts.delay_load();
            let (owned, script, document) = (realm.clone(), script.clone(), document.clone());
            Agent::current().spawn(TaskSource::Networking, realm, async move {
                let result = modules::fetch_inline(&owned, &document.base_url(), source).await;
                next_task().await;
                finish(&owned, &script, &document, result)
            });
        }
    }
    true
}

/// Steps 33 and 34: when it is to run.
fn schedule(realm: &Realm, script: &Root<HTMLScriptElement>, document: &Root<Document>) {
    let state = &script.state;
    let (queues, parser_inserted) = (&document.scripts, state.is_parser_inserted());
    let classic = state.kind.get() == ScriptKind::Classic;
    if classic && !state.from_external_file.get() {
        // Step 34. No style sheet ever blocks a script here.
        state.schedule.set(Schedule::Immediately);
        execute::execute(realm, script);
        return;
    }
    let member = || script.clone().into();
    if script.plain_attribute("async").is_some() || state.force_async.get() {
        state.schedule.set(Schedule::AsSoonAsPossible);
        queues.as_soon_as_possible.borrow_mut().push(member());
    } else if !parser_inserted {
        state.schedule.set(Schedule::InOrder);
        queues.in_order.borrow_mut().push_back(member());
    } else if !classic || script.plain_attribute("defer").is_some() {
        state.schedule.set(Schedule::AfterParsing);
        queues.after_parsing.borrow_mut().push_back(member());
    } else {
        state.schedule.set(Schedule::BlocksParsing);
        let before = queues.blocks_parsing.replace(Some(member()));
        drop(before);
    }
}
