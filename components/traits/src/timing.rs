//! What is known of how long a fetch took: [fetch timing info](https://fetch.spec.whatwg.org/#fetch-timing-info) and what
//! goes with it. Each script thread makes of it what its pages may see.

use std::time::Instant;

/// [Connection timing info](https://fetch.spec.whatwg.org/#connection-timing-info).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionTiming {
    /// Domain lookup start time.
    pub domain_lookup_start: Instant,
    /// Domain lookup end time.
    pub domain_lookup_end: Instant,
    /// Connection start time.
    pub connection_start: Instant,
    /// Connection end time: the TLS handshake included.
    pub connection_end: Instant,
    /// Secure connection start time; none without TLS.
    pub secure_connection_start: Option<Instant>,
    /// [ALPN negotiated protocol](https://fetch.spec.whatwg.org/#connection-timing-info-alpn-negotiated-protocol).
    pub alpn: &'static str,
}

impl ConnectionTiming {
    /// [Clamps](https://fetch.spec.whatwg.org/#clamp-and-coarsen-connection-timing-info) it for a fetch that began at
    /// `start`: of a connection that was there before, nothing is told but its protocol. Coarsening is the reader's.
    #[must_use]
    pub fn clamped(self, start: Instant) -> Self {
        if self.connection_start >= start {
            return self;
        }
        Self {
            domain_lookup_start: start,
            domain_lookup_end: start,
            connection_start: start,
            connection_end: start,
            secure_connection_start: self.secure_connection_start.map(|_| start),
            alpn: self.alpn,
        }
    }
}

/// [Response body info](https://fetch.spec.whatwg.org/#response-body-info).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyInfo {
    /// Bytes before content codings were undone.
    pub encoded_size: u64,
    /// Bytes after that.
    pub decoded_size: u64,
    /// The [minimized](https://mimesniff.spec.whatwg.org/#minimize-a-supported-mime-type) MIME type, or nothing.
    pub content_type: String,
    /// The content coding, or nothing.
    pub content_encoding: String,
}

/// [Cache state](https://fetch.spec.whatwg.org/#concept-response-cache-state).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheState {
    /// The empty string: the cache was not used.
    #[default]
    None,
    /// "local".
    Local,
    /// "validated".
    Validated,
}

/// [Fetch timing info](https://fetch.spec.whatwg.org/#fetch-timing-info), with what is reported beside it. Times that did
/// not come are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchTiming {
    /// Start time.
    pub start: Instant,
    /// Redirect start time.
    pub redirect_start: Option<Instant>,
    /// Redirect end time.
    pub redirect_end: Option<Instant>,
    /// Post-redirect start time.
    pub post_redirect_start: Instant,
    /// Final service worker start time.
    pub final_service_worker_start: Option<Instant>,
    /// Final connection timing info, clamped.
    pub connection: Option<ConnectionTiming>,
    /// Final network-request start time.
    pub request_start: Option<Instant>,
    /// Final network-response start time.
    pub response_start: Option<Instant>,
    /// End time.
    pub end: Instant,
    /// The `Server-Timing` headers, one text of all.
    pub server_timing: String,
    /// How many redirects were followed.
    pub redirect_count: u16,
    /// Response status; 0 for what must not be told.
    pub status: u16,
    /// The response's body.
    pub body: BodyInfo,
    /// The response's cache state.
    pub cache_state: CacheState,
    /// [Timing allow passed flag](https://fetch.spec.whatwg.org/#concept-response-timing-allow-passed): without it, whoever
    /// reports this makes it [opaque](FetchTiming::opaque).
    pub allow_passed: bool,
}

impl FetchTiming {
    /// Of a fetch that starts, or of which nothing is told but that it began and ended.
    #[must_use]
    pub fn begin(start: Instant) -> Self {
        Self {
            start,
            redirect_start: None,
            redirect_end: None,
            post_redirect_start: start,
            final_service_worker_start: None,
            connection: None,
            request_start: None,
            response_start: None,
            end: start,
            server_timing: String::new(),
            redirect_count: 0,
            status: 0,
            body: BodyInfo::default(),
            cache_state: CacheState::None,
            allow_passed: false,
        }
    }

    /// [Creates an opaque timing info](https://fetch.spec.whatwg.org/#create-an-opaque-timing-info), which keeps what is not part
    /// of timing info: the end time, the status and the body info.
    #[must_use]
    pub fn opaque(self) -> Self {
        Self { end: self.end, status: self.status, body: self.body, ..Self::begin(self.start) }
    }

    /// A redirect was followed at `now`: [HTTP-redirect
    /// fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch), steps 15 to 17.
    pub fn redirected(&mut self, now: Instant) {
        self.redirect_start.get_or_insert(self.start);
        self.redirect_end = Some(now);
        self.post_redirect_start = now;
        self.redirect_count = self.redirect_count.saturating_add(1);
        self.connection = None;
        self.request_start = None;
        self.response_start = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn of_a_connection_that_was_there_before_only_the_protocol_is_told() {
        let start = Instant::now();
        let connection = ConnectionTiming {
            domain_lookup_start: after(start, 10),
            domain_lookup_end: after(start, 11),
            connection_start: after(start, 11),
            connection_end: after(start, 13),
            secure_connection_start: Some(after(start, 12)),
            alpn: "h2",
        };
        assert_eq!(connection.clamped(after(start, 5)), connection);
        let later = after(start, 50);
        let clamped = connection.clamped(later);
        assert_eq!((clamped.domain_lookup_start, clamped.connection_end), (later, later));
        assert_eq!((clamped.secure_connection_start, clamped.alpn), (Some(later), "h2"));
    }

    #[test]
    fn an_opaque_timing_tells_when_it_began_and_ended() {
        let start = Instant::now();
        let mut timing = FetchTiming::begin(start);
        timing.redirected(after(start, 3));
        timing.request_start = Some(after(start, 4));
        timing.server_timing = "db;dur=53".to_owned();
        timing.cache_state = CacheState::Validated;
        timing.end = after(start, 9);
        assert_eq!((timing.redirect_start, timing.post_redirect_start), (Some(start), after(start, 3)));
        let opaque = timing.opaque();
        assert_eq!(opaque, FetchTiming { end: after(start, 9), ..FetchTiming::begin(start) });
    }
}
