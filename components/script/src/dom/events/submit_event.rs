//! [`SubmitEvent`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#the-submitevent-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventInit, SubmitEventInit, SubmitEventMethods};
use crate::dom::{Event, EventTarget, HTMLElement, HTMLFormElement};

/// `SubmitEvent`.
pub(crate) struct SubmitEvent {
    event: Event,
    submitter: Option<Member<HTMLElement>>,
}

trace_fields!(SubmitEvent { event, submitter });
platform_object!(SubmitEvent: Event via event);

impl SubmitEvent {
    /// Fires `submit` at a form; `false` if it was canceled.
    pub(crate) fn fire(
        realm: &Realm,
        form: &Root<HTMLFormElement>,
        submitter: Option<&Root<HTMLElement>>,
    ) -> Fallible<bool> {
        let init = EventInit { bubbles: true, cancelable: true, ..EventInit::default() };
        let event = realm.wrap(Self {
            event: Event::new_inherited(realm, "submit".into(), &init),
            submitter: submitter.map(|submitter| submitter.clone().into()),
        })?;
        event.set_trusted();
        form.upcast::<EventTarget>().dispatch(realm, &event.upcast())
    }
}

impl SubmitEventMethods for SubmitEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: SubmitEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            submitter: event_init_dict.submitter.map(Into::into),
        })
    }

    fn submitter(&self, _: &Realm) -> Fallible<Option<Root<HTMLElement>>> {
        Ok(self.submitter.as_ref().map(|submitter| (**submitter).clone()))
    }
}
