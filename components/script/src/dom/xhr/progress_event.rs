//! [`ProgressEvent`](https://xhr.spec.whatwg.org/#interface-progressevent).

use bgfetch_js::{DerivedFrom, DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{EventInit, ProgressEventInit, ProgressEventMethods};
use crate::dom::{Event, EventTarget};

/// `ProgressEvent`.
pub(crate) struct ProgressEvent {
    event: Event,
    length_computable: bool,
    loaded: f64,
    total: f64,
}

trace_fields!(ProgressEvent { event });
platform_object!(ProgressEvent: Event via event);

/// [Fires a progress event](https://xhr.spec.whatwg.org/#concept-event-fire-progress): `loaded` and `length` are bytes,
/// and a `length` of 0 is one that is not known.
pub(crate) fn fire<T: DerivedFrom<EventTarget>>(
    realm: &Realm,
    target: &T,
    event_type: &str,
    loaded: u64,
    length: u64,
) -> Fallible<()> {
    #[expect(clippy::cast_precision_loss, reason = "a double is what the IDL has")]
    let event = realm.wrap(ProgressEvent {
        event: Event::new_inherited(realm, event_type.into(), &EventInit::default()),
        length_computable: length != 0,
        loaded: loaded as f64,
        total: length as f64,
    })?;
    event.set_trusted();
    target.root().upcast().dispatch(realm, &event.upcast())?;
    Ok(())
}

impl ProgressEventMethods for ProgressEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ProgressEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            length_computable: event_init_dict.length_computable,
            loaded: event_init_dict.loaded,
            total: event_init_dict.total,
        })
    }

    fn length_computable(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.length_computable)
    }

    fn loaded(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.loaded)
    }

    fn total(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.total)
    }
}
