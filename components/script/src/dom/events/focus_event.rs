//! [`FocusEvent`](https://w3c.github.io/uievents/#interface-focusevent).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{FocusEventInit, FocusEventMethods};
use crate::dom::{Element, EventTarget, UIEvent, Window};

/// `FocusEvent`.
pub(crate) struct FocusEvent {
    ui_event: UIEvent,
}

trace_fields!(FocusEvent { ui_event });
platform_object!(FocusEvent: UIEvent via ui_event);

impl FocusEvent {
    fn new(realm: &Realm, event_type: DomString, init: FocusEventInit) -> Self {
        let ui_event = UIEvent::new_inherited(realm, event_type, &init.parent);
        ui_event.set_related(init.related_target);
        Self { ui_event }
    }

    /// [Fires a focus event](https://html.spec.whatwg.org/multipage/interaction.html#fire-a-focus-event).
    pub(crate) fn fire(
        realm: &Realm,
        target: &Root<Element>,
        event_type: &str,
        related: Option<&Root<Element>>,
    ) -> Fallible<()> {
        let mut init =
            FocusEventInit { related_target: related.map(|r| r.upcast()), ..FocusEventInit::default() };
        init.parent.view = target.owner_doc().window();
        init.parent.parent.composed = true;
        let event = realm.wrap(Self::new(realm, event_type.into(), init))?;
        event.set_trusted();
        target.upcast::<EventTarget>().dispatch(realm, &event.upcast())?;
        Ok(())
    }
}

impl FocusEvent {
    /// Fires `focus` or `blur` at a window.
    pub(crate) fn fire_at_window(realm: &Realm, window: &Window, event_type: &str) -> Fallible<()> {
        let mut init = FocusEventInit::default();
        init.parent.parent.composed = true;
        let event = realm.wrap(Self::new(realm, event_type.into(), init))?;
        event.set_trusted();
        window.dispatch(realm, &event.upcast()).map(drop)
    }
}

impl FocusEventMethods for FocusEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: FocusEventInit) -> Fallible<Self> {
        Ok(Self::new(realm, type_, event_init_dict))
    }

    fn related_target(&self, _: &Realm) -> Fallible<Option<Root<EventTarget>>> {
        Ok(self.related())
    }
}
