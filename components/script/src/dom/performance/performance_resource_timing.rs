//! [`PerformanceResourceTiming`](https://w3c.github.io/resource-timing/#dom-performanceresourcetiming).

use std::rc::Rc;
use std::time::Instant;

use bgfetch_js::{ByteString, DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::timing::{CacheState, FetchTiming};
use url::Url;

use super::document_timing::DocumentTiming;
use super::performance_server_timing;
use super::timeline::EntryType;
use super::{PerformanceEntry, PerformanceServerTiming, RESOLUTION, relative};
use crate::bindings::{PerformanceResourceTimingMethods, RenderBlockingStatusType};
use crate::environment::Environment;

/// What [`transferSize`](https://w3c.github.io/resource-timing/#dom-performanceresourcetiming-transfersize) has for the headers.
const HEADERS: u64 = 300;

/// `PerformanceResourceTiming`.
pub(crate) struct PerformanceResourceTiming {
    entry: PerformanceEntry,
    initiator_type: &'static str,
    /// What the times are told from.
    time_origin: Instant,
    timing: Timing,
    server_timing: Vec<Member<PerformanceServerTiming>>,
}

trace_fields!(PerformanceResourceTiming { entry, server_timing });
platform_object!(PerformanceResourceTiming: PerformanceEntry via entry);

/// [Timing info](https://w3c.github.io/resource-timing/#dfn-timing-info).
enum Timing {
    Fetch(Box<FetchTiming>),
    /// That of a document, which may still be on its way.
    Document(Rc<DocumentTiming>),
}

impl PerformanceResourceTiming {
    /// [Sets up the resource timing entry](https://w3c.github.io/resource-timing/#dfn-setup-the-resource-timing-entry) for a fetch.
    pub(super) fn of_fetch(
        realm: &Realm,
        url: &Url,
        initiator_type: &'static str,
        timing: FetchTiming,
    ) -> Fallible<Self> {
        let time_origin = Environment::of(realm).time_origin;
        let (start, end) = (relative(timing.start, time_origin), relative(timing.end, time_origin));
        let metrics = performance_server_timing::parse(&timing.server_timing).into_iter();
        let wrap = |metric| Ok(realm.wrap(PerformanceServerTiming::new(metric))?.into());
        Ok(Self {
            entry: PerformanceEntry::new_inherited(
                url.as_str().into(),
                EntryType::Resource,
                start,
                end - start,
            ),
            initiator_type,
            time_origin,
            server_timing: metrics.map(wrap).collect::<Fallible<_>>()?,
            timing: Timing::Fetch(Box::new(timing)),
        })
    }

    /// The part of a document's entry that is as of any other resource. What its server measured is not told there.
    pub(super) fn of_document(name: DomString, timing: &Rc<DocumentTiming>) -> Self {
        Self {
            entry: PerformanceEntry::new_inherited(name, EntryType::Navigation, 0.0, 0.0),
            initiator_type: "navigation",
            time_origin: timing.start,
            timing: Timing::Document(Rc::clone(timing)),
            server_timing: Vec::new(),
        }
    }

    /// Reads the timing info, if it is there.
    fn with<R: Default>(&self, with: impl FnOnce(&FetchTiming) -> R) -> R {
        match &self.timing {
            Timing::Fetch(timing) => with(timing),
            Timing::Document(timing) => timing.with_fetch(with).unwrap_or_default(),
        }
    }

    /// [Converts a fetch timestamp](https://w3c.github.io/resource-timing/#dfn-convert-fetch-timestamp). What has happened
    /// is never told as 0, which says that it has not: at least the resolution.
    fn time(&self, of: impl FnOnce(&FetchTiming) -> Option<Instant>) -> Fallible<f64> {
        Ok(self.with(of).map_or(0.0, |time| relative(time, self.time_origin).max(RESOLUTION)))
    }

    /// A time of the connection. Where none was needed, and that may be told, it is when the fetch began.
    fn connection_time(
        &self,
        of: impl FnOnce(&bgfetch_traits::timing::ConnectionTiming) -> Instant,
    ) -> Fallible<f64> {
        self.time(|timing| match &timing.connection {
            Some(connection) => Some(of(connection)),
            None => timing.response_start.map(|_| timing.post_redirect_start),
        })
    }

    fn cache_state(&self) -> CacheState {
        self.with(|timing| timing.cache_state)
    }
}

impl PerformanceResourceTimingMethods for PerformanceResourceTiming {
    fn initiator_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.initiator_type.into())
    }

    fn delivery_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(if self.cache_state() == CacheState::None { "" } else { "cache" }.into())
    }

    fn next_hop_protocol(&self, _: &Realm) -> Fallible<ByteString> {
        let alpn = self.with(|timing| timing.connection.map(|connection| connection.alpn));
        Ok(ByteString(alpn.unwrap_or_default().into()))
    }

    fn worker_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.final_service_worker_start)
    }

    fn redirect_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.redirect_start)
    }

    fn redirect_end(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.redirect_end)
    }

    fn fetch_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| Some(timing.post_redirect_start))
    }

    fn domain_lookup_start(&self, _: &Realm) -> Fallible<f64> {
        self.connection_time(|connection| connection.domain_lookup_start)
    }

    fn domain_lookup_end(&self, _: &Realm) -> Fallible<f64> {
        self.connection_time(|connection| connection.domain_lookup_end)
    }

    fn connect_start(&self, _: &Realm) -> Fallible<f64> {
        self.connection_time(|connection| connection.connection_start)
    }

    fn connect_end(&self, _: &Realm) -> Fallible<f64> {
        self.connection_time(|connection| connection.connection_end)
    }

    fn secure_connection_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.connection?.secure_connection_start)
    }

    fn request_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.request_start)
    }

    fn final_response_headers_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.response_start)
    }

    /// Nobody tells here of informational responses.
    fn first_interim_response_start(&self, _: &Realm) -> Fallible<f64> {
        Ok(0.0)
    }

    fn response_start(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| timing.response_start)
    }

    fn response_end(&self, _: &Realm) -> Fallible<f64> {
        self.time(|timing| Some(timing.end))
    }

    /// [`transferSize`](https://w3c.github.io/resource-timing/#dom-performanceresourcetiming-transfersize)
    fn transfer_size(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.with(|timing| match timing.cache_state {
            CacheState::Local => 0,
            CacheState::Validated => HEADERS,
            CacheState::None => timing.body.encoded_size + HEADERS,
        }))
    }

    fn encoded_body_size(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.with(|timing| timing.body.encoded_size))
    }

    fn decoded_body_size(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.with(|timing| timing.body.decoded_size))
    }

    fn response_status(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.with(|timing| timing.status))
    }

    /// Nothing is rendered that could be blocked.
    fn render_blocking_status(&self, _: &Realm) -> Fallible<RenderBlockingStatusType> {
        Ok(RenderBlockingStatusType::NonBlocking)
    }

    fn content_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.with(|timing| timing.body.content_type.as_str().into()))
    }

    fn content_encoding(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.with(|timing| timing.body.content_encoding.as_str().into()))
    }

    fn server_timing(&self, _: &Realm) -> Fallible<Vec<Root<PerformanceServerTiming>>> {
        Ok(self.server_timing.iter().map(|metric| (**metric).clone()).collect())
    }
}
