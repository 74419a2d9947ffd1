//! [Focus](https://html.spec.whatwg.org/multipage/interaction.html#focus) of windows and frames, as script moves it: the embedder's
//! window itself always counts as focused.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use bgfetch_traits::coordinator::CoordinatorMsg;

use super::browsing_context::BrowsingContext;
use crate::agent::{Agent, TaskSource};
use crate::dom::{Document, FocusEvent, HTMLIFrameElement};
use crate::environment::Environment;

thread_local! {
    /// The browsing context that has the focus; none until script moved it.
    static FOCUSED: RefCell<Weak<BrowsingContext>> = const { RefCell::new(Weak::new()) };
}

/// Moves the focus to a browsing context.
pub(crate) fn focus(context: &Rc<BrowsingContext>) {
    let Some(active) = context.active() else { return };
    let before = FOCUSED.replace(Rc::downgrade(context)).upgrade();
    if before.as_ref().is_some_and(|before| Rc::ptr_eq(before, context)) {
        return;
    }
    leave_frame(&active.document);
    let mut focused = Vec::new();
    let mut current = Some(Rc::clone(context));
    while let Some(context) = current {
        focused.extend(context.environment().map(|environment| environment.id));
        // A document with a focused frame in it has the frame's element focused.
        if let Some(container) = context.container() {
            container.owner_doc().set_focused(Some(&container.upcast()));
        }
        current = context.parent();
    }
    Environment::of(&active.realm).hosts.coordinator.send(CoordinatorMsg::Focused(focused));
    let before = before.and_then(|before| before.active());
    Agent::current().queue_global(TaskSource::UserInteraction, &active.realm, move |realm| {
        if let Some(before) = before {
            FocusEvent::fire_at_window(&before.realm, &before.window, "blur")?;
        }
        FocusEvent::fire_at_window(realm, &active.window, "focus")
    });
}

/// A document that has the focus itself has it no longer in a frame.
fn leave_frame(document: &Document) {
    if document.focused().is_some_and(|element| element.downcast::<HTMLIFrameElement>().is_some()) {
        document.set_focused(None);
    }
}
