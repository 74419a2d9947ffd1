//! [Dynamic markup insertion](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html): `document.open()`,
//! `write()`, `writeln()` and `close()`.

use bgfetch_js::{DomString, Exception, Fallible, PlatformObject, Realm, Root};
use markup5ever::interface::tree_builder::QuirksMode;

use super::PageParser;
use crate::agent::{Agent, TaskSource};
use crate::dom::nodes::mutation;
use crate::dom::window::navigation::HistoryHandling;
use crate::dom::window::{access, choosing, session_history, stopping};
use crate::dom::{Document, Node, Window};

fn invalid_state(why: &str) -> Exception {
    Exception::dom("InvalidStateError", why)
}

impl Document {
    /// What neither XML documents may do nor the constructors of custom elements.
    fn check_for_markup_insertion(&self) -> Fallible<()> {
        if !self.is_html_document() {
            return Err(invalid_state("only an HTML document can be written"));
        }
        if self.parser.throw_on_dynamic_markup_insertion.get() > 0 {
            return Err(invalid_state("a custom element's constructor may not write the document"));
        }
        Ok(())
    }

    /// The [entry](https://html.spec.whatwg.org/multipage/webappapis.html#entry-global-object) global object's document.
    ///
    /// # Errors
    /// A `SecurityError` if that is of another origin.
    fn entry_document(&self, realm: &Realm) -> Fallible<Root<Self>> {
        let entry = Window::document_of(&access::incumbent(realm))?;
        if entry.origin() != self.origin() {
            return Err(Exception::dom("SecurityError", "a document of another origin cannot be written"));
        }
        Ok(entry)
    }

    /// The [document open steps](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#document-open-steps).
    pub(crate) fn open_steps(&self, realm: &Realm) -> Fallible<()> {
        // Steps 1 to 4.
        self.check_for_markup_insertion()?;
        let entry = self.entry_document(realm)?;
        // Steps 5 to 7.
        let is_parsing = self.parser.active().is_some_and(|parser| parser.is_running_script());
        if is_parsing || self.parser.unload_counter.get() > 0 || self.parser.was_aborted.get() {
            return Ok(());
        }
        let document = self.root();
        let active = self.context().and_then(|context| Some((context.active()?, context)));
        let active = active.filter(|(active, _)| active.document == document);
        // Step 8.
        if let Some((_, context)) = active.as_ref().filter(|(_, context)| context.is_navigating()) {
            stopping::stop_loading(context);
        }
        // Steps 9 and 10.
        for node in document.upcast::<Node>().shadow_including_inclusive_descendants() {
            node.erase_all_listeners_and_handlers();
        }
        if let Some(window) =
            self.window().filter(|window| window.current_document() == Some(document.clone()))
        {
            window.erase_all_listeners_and_handlers();
        }
        // Step 11.
        mutation::replace_all(realm, None, &document.upcast());
        if let Some((active, context)) = &active {
            // Step 12.
            let mut url = entry.document_url();
            if entry != document {
                url.set_fragment(None);
            }
            session_history::update_url(context, active, url, None, &HistoryHandling::Replace);
            // Step 13.
            context.leave_initial();
        }
        // Step 14.
        if self.parser.iframe_load_in_progress.get() {
            self.parser.mute_iframe_load.set(true);
        }
        // Step 15.
        self.set_quirks_mode(QuirksMode::NoQuirks);
        // Steps 16 and 17. What blocked the parser before has nothing to do with this one.
        self.scripts.unblock();
        let realm = active.map_or_else(|| realm.clone(), |(active, _)| active.realm);
        let parser = PageParser::new(&realm, &document, true)?;
        // Step 18.
        self.begin_loading();
        Agent::current().spawn_in_background(TaskSource::Networking, &realm, parser.drive());
        Ok(())
    }

    /// [`open(unused1, unused2)`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-document-open)
    pub(crate) fn open_for_writing(&self, realm: &Realm) -> Fallible<Root<Self>> {
        self.open_steps(realm)?;
        Ok(self.root())
    }

    /// [`open(url, name, features)`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-document-open-window)
    pub(crate) fn open_a_window(
        &self,
        realm: &Realm,
        url: &str,
        name: &str,
        features: &str,
    ) -> Fallible<Option<Root<Window>>> {
        if self.context().is_none() {
            return Err(Exception::dom("InvalidAccessError", "no window shows this document"));
        }
        choosing::open(realm, url, name, features)
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-document-close)
    pub(crate) fn close_for_writing(&self) -> Fallible<()> {
        self.check_for_markup_insertion()?;
        if let Some(parser) = self.parser.active().filter(|parser| parser.is_open()) {
            parser.close();
        }
        Ok(())
    }

    /// The [document write steps](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#document-write-steps).
    pub(crate) fn write_steps(&self, realm: &Realm, text: &[DomString], line_feed: bool) -> Fallible<()> {
        // Steps 1 to 6. There are no trusted types.
        let mut string: String = text.iter().map(DomString::as_str).collect();
        if line_feed {
            string.push('\n');
        }
        // Steps 7 and 8.
        self.check_for_markup_insertion()?;
        // Step 9.
        if self.parser.was_aborted.get() {
            return Ok(());
        }
        // Step 10.
        let parser = self.parser.active().filter(|parser| parser.has_insertion_point());
        let parser = match parser {
            Some(parser) => parser,
            None => {
                let state = &self.parser;
                if state.unload_counter.get() > 0 || state.ignore_destructive_writes.get() > 0 {
                    return Ok(());
                }
                self.open_steps(realm)?;
                match self.parser.active().filter(|parser| parser.has_insertion_point()) {
                    Some(parser) => parser,
                    None => return Ok(()),
                }
            }
        };
        // Steps 11 and 12.
        parser.write(&string);
        Ok(())
    }
}
