//! [Executing a script element](https://html.spec.whatwg.org/multipage/scripting.html#execute-the-script-element).

use std::cell::Cell;

use bgfetch_js::{Exception, Realm, Root, Runtime};

use super::dynamic_import::rename_calls;
use super::{ClassicScript, ScriptKind, ScriptResult};
use crate::agent::Agent;
use crate::dom::html::parsing::page::counted;
use crate::dom::{HTMLScriptElement, events};
use crate::environment::Environment;
use crate::report;

/// [Executes the script element](https://html.spec.whatwg.org/multipage/scripting.html#execute-the-script-element).
pub(crate) fn execute(realm: &Realm, script: &Root<HTMLScriptElement>) {
    // A parser runs many scripts in one task.
    if !Runtime::is_running_script() {
        Agent::current().allow_time();
    }
    // Steps 1 and 2.
    let document = script.owner_doc();
    if script.state.preparation_document().as_ref() != Some(&document) {
        return;
    }
    let result = script.state.result.take();
    let external = script.state.from_external_file.get();
    // Steps 5 and 7: what runs at a time of its own may not write over the document.
    let ignores_writes = external || script.state.kind.get() == ScriptKind::Module;
    let none = Cell::new(0);
    let counter = if ignores_writes { &document.parser.ignore_destructive_writes } else { &none };
    match result {
        ScriptResult::Uninitialized => return,
        // Step 4.
        ScriptResult::Failed => {
            fire(realm, script, "error");
            return;
        }
        // Step 6.
        ScriptResult::Classic(classic) => {
            let before = document.set_running_script(Some(script.clone()));
            counted(counter, || run_classic(realm, &classic));
            document.set_running_script(before);
        }
        ScriptResult::ExternalModule(url) => {
            counted(counter, || run_module(realm, || realm.import_module(url.as_str())));
        }
        ScriptResult::InlineModule(source) => {
            let (base, line) = (document.base_url(), script.state.line.get());
            let run = || realm.evaluate_inline_module(&rename_calls(&source), base.as_str(), line);
            counted(counter, || run_module(realm, run));
        }
    }
    // Step 8.
    if external {
        fire(realm, script, "load");
    }
}

fn fire(realm: &Realm, script: &Root<HTMLScriptElement>, event_type: &str) {
    if let Err(exception) = events::event::fire(realm, &**script, event_type) {
        report::report_exception(realm, exception);
    }
}

/// [Runs a classic script](https://html.spec.whatwg.org/multipage/webappapis.html#run-a-classic-script).
fn run_classic(realm: &Realm, script: &ClassicScript) {
    let source = rename_calls(&script.source);
    if script.muted_errors {
        Environment::of(realm).muted_scripts.borrow_mut().insert(script.url.to_string());
    }
    let result = realm.evaluate_script(&source, script.url.as_str(), script.line);
    if let Err(exception) = result {
        if script.muted_errors {
            report::report_muted(realm, &exception);
        } else {
            report::report_exception_in(realm, &exception, script.url.as_str());
        }
    }
}

/// [Runs a module script](https://html.spec.whatwg.org/multipage/webappapis.html#run-a-module-script).
fn run_module(
    realm: &Realm,
    run: impl FnOnce() -> bgfetch_js::Fallible<bgfetch_js::Promise<bgfetch_js::Value>>,
) {
    report_rejection(realm, run());
}

/// Reports what a module throws: [run a module
/// script](https://html.spec.whatwg.org/multipage/webappapis.html#run-a-module-script), from step 7 on.
pub(crate) fn report_rejection(
    realm: &Realm,
    evaluation: bgfetch_js::Fallible<bgfetch_js::Promise<bgfetch_js::Value>>,
) {
    let reported = evaluation.and_then(|promise| {
        promise.react(
            realm,
            |_, _| {},
            |realm, reason| {
                if Environment::try_of(realm).is_some() {
                    report::report_exception(realm, Exception::js(reason.clone()));
                }
            },
        )
    });
    if let Err(exception) = reported {
        report::report_exception(realm, exception);
    }
}
