//! [`PointerEvent`](https://w3c.github.io/pointerevents/#pointerevent-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{PointerEventInit, PointerEventMethods};
use crate::dom::MouseEvent;

/// `PointerEvent`.
pub(crate) struct PointerEvent {
    mouse_event: MouseEvent,
    pointer_id: i32,
    size: (f64, f64),
    pressure: f32,
    tangential_pressure: f32,
    tilt: (i32, i32),
    twist: i32,
    altitude_angle: f64,
    azimuth_angle: f64,
    pointer_type: DomString,
    is_primary: bool,
    persistent_device_id: i32,
    coalesced: Vec<Member<PointerEvent>>,
    predicted: Vec<Member<PointerEvent>>,
}

trace_fields!(PointerEvent { mouse_event, coalesced, predicted });
platform_object!(PointerEvent: MouseEvent via mouse_event);

impl PointerEvent {
    /// An event from what its constructor takes.
    pub(crate) fn new(realm: &Realm, event_type: DomString, init: PointerEventInit) -> Self {
        Self {
            mouse_event: MouseEvent::new_inherited(realm, event_type, &init.parent),
            pointer_id: init.pointer_id,
            size: (init.width, init.height),
            pressure: init.pressure,
            tangential_pressure: init.tangential_pressure,
            tilt: (init.tilt_x.unwrap_or(0), init.tilt_y.unwrap_or(0)),
            twist: init.twist,
            altitude_angle: init.altitude_angle.unwrap_or(std::f64::consts::FRAC_PI_2),
            azimuth_angle: init.azimuth_angle.unwrap_or(0.0),
            pointer_type: init.pointer_type,
            is_primary: init.is_primary,
            persistent_device_id: init.persistent_device_id,
            coalesced: init.coalesced_events.into_iter().map(Into::into).collect(),
            predicted: init.predicted_events.into_iter().map(Into::into).collect(),
        }
    }
}

fn roots(events: &[Member<PointerEvent>]) -> Vec<Root<PointerEvent>> {
    events.iter().map(|event| (**event).clone()).collect()
}

impl PointerEventMethods for PointerEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: PointerEventInit) -> Fallible<Self> {
        Ok(Self::new(realm, type_, event_init_dict))
    }

    fn pointer_id(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.pointer_id)
    }

    fn width(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.size.0)
    }

    fn height(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.size.1)
    }

    fn pressure(&self, _: &Realm) -> Fallible<f32> {
        Ok(self.pressure)
    }

    fn tangential_pressure(&self, _: &Realm) -> Fallible<f32> {
        Ok(self.tangential_pressure)
    }

    fn tilt_x(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.tilt.0)
    }

    fn tilt_y(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.tilt.1)
    }

    fn twist(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.twist)
    }

    fn altitude_angle(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.altitude_angle)
    }

    fn azimuth_angle(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.azimuth_angle)
    }

    fn pointer_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.pointer_type.clone())
    }

    fn is_primary(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_primary)
    }

    fn persistent_device_id(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.persistent_device_id)
    }

    fn get_coalesced_events(&self, _: &Realm) -> Fallible<Vec<Root<Self>>> {
        Ok(roots(&self.coalesced))
    }

    fn get_predicted_events(&self, _: &Realm) -> Fallible<Vec<Root<Self>>> {
        Ok(roots(&self.predicted))
    }
}
