//! [`WheelEvent`](https://w3c.github.io/pointerevents/#interface-wheelevent).

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{WheelEventInit, WheelEventMethods};
use crate::dom::MouseEvent;

/// `WheelEvent`.
pub(crate) struct WheelEvent {
    mouse_event: MouseEvent,
    delta: [f64; 3],
    delta_mode: u32,
    momentum: bool,
}

trace_fields!(WheelEvent { mouse_event });
platform_object!(WheelEvent: MouseEvent via mouse_event);

impl WheelEventMethods for WheelEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: WheelEventInit) -> Fallible<Self> {
        let WheelEventInit { parent, delta_x, delta_y, delta_z, delta_mode, momentum } = event_init_dict;
        let mouse_event = MouseEvent::new_inherited(realm, type_, &parent);
        Ok(Self { mouse_event, delta: [delta_x, delta_y, delta_z], delta_mode, momentum })
    }

    fn delta_x(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.delta[0])
    }

    fn delta_y(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.delta[1])
    }

    fn delta_z(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.delta[2])
    }

    fn delta_mode(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.delta_mode)
    }

    fn momentum(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.momentum)
    }
}
