//! [`DragEvent`](https://html.spec.whatwg.org/multipage/dnd.html#the-dragevent-interface), without anything dragged.

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{DragEventInit, DragEventMethods};
use crate::dom::MouseEvent;

/// `DragEvent`.
pub(crate) struct DragEvent {
    mouse_event: MouseEvent,
}

trace_fields!(DragEvent { mouse_event });
platform_object!(DragEvent: MouseEvent via mouse_event);

impl DragEventMethods for DragEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: DragEventInit) -> Fallible<Self> {
        Ok(Self { mouse_event: MouseEvent::new_inherited(realm, type_, &event_init_dict.parent) })
    }
}
