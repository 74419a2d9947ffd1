//! [`FormDataEvent`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#the-formdataevent-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventInit, FormDataEventInit, FormDataEventMethods};
use crate::dom::{Event, EventTarget, FormData, HTMLFormElement};

/// `FormDataEvent`.
pub(crate) struct FormDataEvent {
    event: Event,
    form_data: Member<FormData>,
}

trace_fields!(FormDataEvent { event, form_data });
platform_object!(FormDataEvent: Event via event);

impl FormDataEvent {
    /// Fires `formdata` at a form.
    pub(crate) fn fire(realm: &Realm, form: &Root<HTMLFormElement>, data: &Root<FormData>) -> Fallible<()> {
        let init = EventInit { bubbles: true, ..EventInit::default() };
        let event = Event::new_inherited(realm, "formdata".into(), &init);
        let event = realm.wrap(Self { event, form_data: data.clone().into() })?;
        event.set_trusted();
        form.upcast::<EventTarget>().dispatch(realm, &event.upcast()).map(drop)
    }
}

impl FormDataEventMethods for FormDataEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: FormDataEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            form_data: event_init_dict.form_data.into(),
        })
    }

    fn form_data(&self, _: &Realm) -> Fallible<Root<FormData>> {
        Ok((*self.form_data).clone())
    }
}
