//! [`DragEvent`](https://html.spec.whatwg.org/multipage/dnd.html#the-dragevent-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{DragEventInit, DragEventMethods};
use crate::dom::{DataTransfer, MouseEvent};

/// `DragEvent`.
pub(crate) struct DragEvent {
    mouse_event: MouseEvent,
    data_transfer: Option<Member<DataTransfer>>,
}

trace_fields!(DragEvent { mouse_event, data_transfer });
platform_object!(DragEvent: MouseEvent via mouse_event);

impl DragEventMethods for DragEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: DragEventInit) -> Fallible<Self> {
        Ok(Self {
            mouse_event: MouseEvent::new_inherited(realm, type_, &event_init_dict.parent),
            data_transfer: event_init_dict.data_transfer.map(Into::into),
        })
    }

    fn data_transfer(&self, _: &Realm) -> Fallible<Option<Root<DataTransfer>>> {
        Ok(self.data_transfer.as_ref().map(|data_transfer| (**data_transfer).clone()))
    }
}
