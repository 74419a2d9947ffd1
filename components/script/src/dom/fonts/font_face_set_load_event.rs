//! [`FontFaceSetLoadEvent`](https://drafts.csswg.org/css-font-loading/#fontfacesetloadevent).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventInit, FontFaceSetLoadEventInit, FontFaceSetLoadEventMethods};
use crate::dom::{Event, EventTarget, FontFace, FontFaceSet};

/// `FontFaceSetLoadEvent`.
pub(crate) struct FontFaceSetLoadEvent {
    event: Event,
    fontfaces: Vec<Member<FontFace>>,
}

trace_fields!(FontFaceSetLoadEvent { event, fontfaces });
platform_object!(FontFaceSetLoadEvent: Event via event);

impl FontFaceSetLoadEvent {
    /// [Fires a font load event](https://drafts.csswg.org/css-font-loading/#fire-a-font-load-event).
    pub(super) fn fire(
        realm: &Realm,
        target: &Root<FontFaceSet>,
        event_type: &str,
        fontfaces: Vec<Member<FontFace>>,
    ) -> Fallible<()> {
        let event = Event::new_inherited(realm, event_type.into(), &EventInit::default());
        let event = realm.wrap(Self { event, fontfaces })?;
        event.set_trusted();
        target.clone().upcast::<EventTarget>().dispatch(realm, &event.upcast())?;
        Ok(())
    }
}

impl FontFaceSetLoadEventMethods for FontFaceSetLoadEvent {
    fn constructor(
        realm: &Realm,
        type_: DomString,
        event_init_dict: FontFaceSetLoadEventInit,
    ) -> Fallible<Self> {
        let event = Event::new_inherited(realm, type_, &event_init_dict.parent);
        Ok(Self { event, fontfaces: event_init_dict.fontfaces.into_iter().map(Into::into).collect() })
    }

    fn fontfaces(&self, _: &Realm) -> Fallible<Vec<Root<FontFace>>> {
        Ok(self.fontfaces.iter().map(|face| (**face).clone()).collect())
    }
}
