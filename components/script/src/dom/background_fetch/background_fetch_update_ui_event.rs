//! `BackgroundFetchUpdateUIEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::BackgroundFetchUpdateUIEventMethods;
use crate::dom::BackgroundFetchEvent;

/// `BackgroundFetchUpdateUIEvent`.
pub(crate) struct BackgroundFetchUpdateUIEvent {
    background_fetch_event: BackgroundFetchEvent,
}

trace_fields!(BackgroundFetchUpdateUIEvent { background_fetch_event });
platform_object!(BackgroundFetchUpdateUIEvent: BackgroundFetchEvent via background_fetch_event);

impl BackgroundFetchUpdateUIEventMethods for BackgroundFetchUpdateUIEvent {}
