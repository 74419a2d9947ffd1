//! [The end](https://html.spec.whatwg.org/multipage/parsing.html#the-end) of parsing a page.

use bgfetch_js::Fallible;

use super::page::PageParser;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{DocumentReadyState, EventInit};
use crate::dom::html::scripting::execute;
use crate::dom::performance::document_timing::{DocumentTiming, note};
use crate::dom::service_worker::service_worker_container;
use crate::dom::window::loading;
use crate::dom::{Event, PageTransitionEvent, events, performance};
use crate::environment::Environment;

impl PageParser {
    /// Notes a time of the document's [load timing info](https://html.spec.whatwg.org/multipage/dom.html#load-timing-info); what a
    /// script wrote into a document that is there is not timed.
    fn note(&self, time: impl FnOnce(&DocumentTiming)) {
        if let Some(timing) =
            Environment::of(&self.realm).document_timing.get().filter(|_| !self.script_created)
        {
            time(timing);
        }
    }

    /// Step 3.
    pub(super) fn interactive(&self) -> Fallible<()> {
        self.document.scroll_to_the_fragment();
        self.note(|timing| note(&timing.dom_interactive));
        self.document.set_readiness(&self.realm, DocumentReadyState::Interactive)
    }

    /// [The end](https://html.spec.whatwg.org/multipage/parsing.html#the-end): from the last character to the `load` event.
    pub(crate) async fn end(&self) -> Fallible<()> {
        let (realm, document) = (&self.realm, &self.document);
        if self.is_stopped() {
            return Ok(());
        }
        self.end_of_input()?;
        // Step 5.
        while let Some(script) = document.scripts.take_after_parsing() {
            document.until(|| script.is_ready_for_parser() || self.is_stopped()).await;
            if self.is_stopped() {
                return Ok(());
            }
            execute::execute(realm, &script);
        }
        // Step 6, within this task as in other browsers: pages expect to hear of `load` before messages that they posted
        // while they were parsed.
        Agent::current().microtask_checkpoint();
        if self.is_stopped() {
            return Ok(());
        }
        self.note(|timing| note(&timing.dom_content_loaded_event_start));
        events::event::fire_with(realm, &**document, "DOMContentLoaded", true, false)?;
        self.note(|timing| note(&timing.dom_content_loaded_event_end));
        if document.window().is_some() {
            service_worker_container::enable_client_message_queue(realm)?;
        }
        // Steps 7 and 8.
        document.until(|| document.scripts.none_as_soon_as_possible() || self.is_stopped()).await;
        document.until(|| document.scripts.nothing_delays_load() || self.is_stopped()).await;
        // Step 9: a task of the DOM manipulation task source by the letter. So what that has queued comes first.
        Agent::current().after_tasks_of(TaskSource::DomManipulation).await;
        if self.is_stopped() {
            return Ok(());
        }
        self.note(|timing| note(&timing.dom_complete));
        document.set_readiness(realm, DocumentReadyState::Complete)?;
        let Some(window) = document.window() else { return Ok(()) };
        let load = Event::trusted(realm, "load", &EventInit::default())?;
        self.note(|timing| note(&timing.load_event_start));
        window.dispatch_for_document(realm, &load)?;
        self.note(|timing| note(&timing.load_event_end));
        if !self.script_created {
            performance::queue_navigation_entry(realm)?;
        }
        PageTransitionEvent::fire(realm, "pageshow")?;
        // Of others, whoever navigates does it.
        if let Some(context) = document.context().filter(|_| self.script_created) {
            loading::completed(&context);
        }
        Ok(())
    }
}
