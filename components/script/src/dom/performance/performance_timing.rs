//! [`PerformanceTiming`](https://w3c.github.io/navigation-timing/#the-performancetiming-interface), obsolete: the times of a
//! document's load, in whole milliseconds since the Unix epoch.

use std::time::Instant;

use bgfetch_js::{DomString, Exception, Fallible, Realm, Reflector, platform_object, trace_fields};
use bgfetch_traits::timing::{ConnectionTiming, FetchTiming};

use super::document_timing::DocumentTiming;
use crate::bindings::PerformanceTimingMethods;
use crate::environment::{Environment, GlobalKind};

/// `PerformanceTiming`.
pub(crate) struct PerformanceTiming {
    reflector: Reflector,
}

trace_fields!(PerformanceTiming {});
platform_object!(PerformanceTiming);

impl PerformanceTiming {
    pub(super) fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

/// When something of a document's load happened.
type Time = fn(&DocumentTiming) -> Option<Instant>;

/// The attributes, and when what they name happened.
const ATTRIBUTES: [(&str, Time); 21] = [
    ("navigationStart", |timing| Some(timing.start)),
    ("unloadEventStart", |timing| timing.unload_event.get().map(|(start, _)| start)),
    ("unloadEventEnd", |timing| timing.unload_event.get().map(|(_, end)| end)),
    ("redirectStart", |timing| timing.with_fetch(|fetch| fetch.redirect_start)?),
    ("redirectEnd", |timing| timing.with_fetch(|fetch| fetch.redirect_end)?),
    ("fetchStart", |timing| timing.with_fetch(|fetch| Some(fetch.post_redirect_start))?),
    ("domainLookupStart", |timing| {
        timing.with_fetch(|fetch| connection(fetch, |connection| connection.domain_lookup_start))?
    }),
    ("domainLookupEnd", |timing| {
        timing.with_fetch(|fetch| connection(fetch, |connection| connection.domain_lookup_end))?
    }),
    ("connectStart", |timing| {
        timing.with_fetch(|fetch| connection(fetch, |connection| connection.connection_start))?
    }),
    ("connectEnd", |timing| {
        timing.with_fetch(|fetch| connection(fetch, |connection| connection.connection_end))?
    }),
    ("secureConnectionStart", |timing| {
        timing
            .with_fetch(|fetch| fetch.connection.and_then(|connection| connection.secure_connection_start))?
    }),
    ("requestStart", |timing| timing.with_fetch(|fetch| fetch.request_start)?),
    ("responseStart", |timing| timing.with_fetch(|fetch| fetch.response_start)?),
    ("responseEnd", |timing| timing.with_fetch(|fetch| Some(fetch.end))?),
    ("domLoading", |timing| timing.dom_loading.get()),
    ("domInteractive", |timing| timing.dom_interactive.get()),
    ("domContentLoadedEventStart", |timing| timing.dom_content_loaded_event_start.get()),
    ("domContentLoadedEventEnd", |timing| timing.dom_content_loaded_event_end.get()),
    ("domComplete", |timing| timing.dom_complete.get()),
    ("loadEventStart", |timing| timing.load_event_start.get()),
    ("loadEventEnd", |timing| timing.load_event_end.get()),
];

/// A time of the connection; where none was needed, when the fetch began.
fn connection(fetch: &FetchTiming, of: fn(&ConnectionTiming) -> Instant) -> Option<Instant> {
    Some(fetch.connection.as_ref().map_or(fetch.post_redirect_start, of))
}

/// Whether the interface has an attribute of that name.
pub(super) fn is_attribute(name: &DomString) -> bool {
    ATTRIBUTES.iter().any(|(attribute, _)| **name == **attribute)
}

/// The value of an attribute; 0 for what has not happened.
fn value(realm: &Realm, name: &str) -> u64 {
    let environment = Environment::of(realm);
    let Some(timing) = environment.document_timing.get() else { return 0 };
    let time = ATTRIBUTES.iter().find(|(attribute, _)| *attribute == name).and_then(|(_, time)| time(timing));
    time.map_or(0, |time| {
        let since_origin = time.saturating_duration_since(environment.time_origin);
        let time = environment.time_origin_since_epoch + since_origin;
        u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
    })
}

/// [Converts a name to a timestamp](https://w3c.github.io/user-timing/#dfn-convert-a-name-to-a-timestamp).
pub(super) fn convert_a_name_to_a_timestamp(realm: &Realm, name: &str) -> Fallible<f64> {
    if Environment::of(realm).kind != GlobalKind::Window {
        let message =
            format!("{name:?} is the name of an attribute of PerformanceTiming, which only windows have");
        return Err(Exception::type_error(message));
    }
    let (start, end) = (value(realm, "navigationStart"), value(realm, name));
    if end == 0 {
        return Err(Exception::dom("InvalidAccessError", format!("{name} has not happened")));
    }
    Ok(end.saturating_sub(start) as f64)
}

impl PerformanceTimingMethods for PerformanceTiming {
    fn navigation_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "navigationStart"))
    }

    fn unload_event_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "unloadEventStart"))
    }

    fn unload_event_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "unloadEventEnd"))
    }

    fn redirect_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "redirectStart"))
    }

    fn redirect_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "redirectEnd"))
    }

    fn fetch_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "fetchStart"))
    }

    fn domain_lookup_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domainLookupStart"))
    }

    fn domain_lookup_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domainLookupEnd"))
    }

    fn connect_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "connectStart"))
    }

    fn connect_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "connectEnd"))
    }

    fn secure_connection_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "secureConnectionStart"))
    }

    fn request_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "requestStart"))
    }

    fn response_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "responseStart"))
    }

    fn response_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "responseEnd"))
    }

    fn dom_loading(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domLoading"))
    }

    fn dom_interactive(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domInteractive"))
    }

    fn dom_content_loaded_event_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domContentLoadedEventStart"))
    }

    fn dom_content_loaded_event_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domContentLoadedEventEnd"))
    }

    fn dom_complete(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "domComplete"))
    }

    fn load_event_start(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "loadEventStart"))
    }

    fn load_event_end(&self, realm: &Realm) -> Fallible<u64> {
        Ok(value(realm, "loadEventEnd"))
    }
}
