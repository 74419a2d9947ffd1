//! How long a fetch takes, as its client may learn it: [fetch timing
//! info](https://fetch.spec.whatwg.org/#fetch-timing-info) and the [TAO check](https://fetch.spec.whatwg.org/#tao-check).

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use bgfetch_policy::mime::extract_a_mime_type_essence;
use bgfetch_traits::fetch::{RequestMode, ResponseHead, ResponseType};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::mime::is_javascript;
use bgfetch_traits::timing::{BodyInfo, CacheState, ConnectionTiming, FetchTiming};

use super::header_values::isomorphic_decode;
use super::request::{FetchRequest, RedirectTaint, Tainting};

/// The [timing info](https://fetch.spec.whatwg.org/#fetch-params-timing-info) of fetch params, as it comes to be.
pub(crate) struct Timer {
    info: FetchTiming,
    /// [Timing allow failed flag](https://fetch.spec.whatwg.org/#timing-allow-failed).
    allow_failed: bool,
    /// Bytes that came of the last response's body.
    encoded: Rc<Cell<u64>>,
}

impl Timer {
    /// [Fetch](https://fetch.spec.whatwg.org/#concept-fetch), step 6.
    pub(crate) fn begin() -> Self {
        Self { info: FetchTiming::begin(Instant::now()), allow_failed: false, encoded: Rc::default() }
    }

    /// Performs a TAO check: once it has failed, little is told of the whole fetch.
    pub(crate) fn tao_check(&mut self, request: &FetchRequest, headers: &HeaderList) {
        self.allow_failed |= !is_timing_allowed(request, headers);
    }

    /// A redirect is followed.
    pub(crate) fn redirected(&mut self) {
        self.info.redirected(Instant::now());
    }

    /// [HTTP-network fetch](https://fetch.spec.whatwg.org/#http-network-fetch), steps 8.2 and 8.3: the request goes out on a
    /// connection.
    pub(crate) fn request_starts(&mut self, connection: ConnectionTiming) {
        self.info.connection = Some(connection.clamped(self.info.post_redirect_start));
        self.info.request_start = Some(Instant::now());
    }

    /// The head of a response came. What comes of its body is counted where it is told.
    pub(crate) fn response_started(&mut self) -> Rc<Cell<u64>> {
        self.info.response_start = Some(Instant::now());
        self.info.cache_state = CacheState::None;
        self.encoded = Rc::default();
        Rc::clone(&self.encoded)
    }

    /// The cache has the response's body of so many bytes, and the network was asked about it or was not.
    pub(crate) fn found_in_cache(&mut self, state: CacheState, length: usize) {
        let now = Instant::now();
        self.info.request_start.get_or_insert(now);
        self.info.response_start.get_or_insert(now);
        self.info.cache_state = state;
        self.encoded = Rc::new(Cell::new(length as u64));
    }

    /// What is reported at the end of a response's body of so many bytes, or of a network error: [fetch response
    /// handover](https://fetch.spec.whatwg.org/#fetch-finale), steps 2 and 4.2.
    pub(crate) fn report(
        &self,
        request: &FetchRequest,
        response: Option<&ResponseHead>,
        decoded_size: u64,
    ) -> FetchTiming {
        let mut info = self.info.clone();
        info.end = Instant::now();
        if let Some(response) = response {
            if request.client.secure_context {
                let value = response.headers.get("server-timing").unwrap_or_default();
                info.server_timing = isomorphic_decode(&value);
            }
            if request.head.mode != RequestMode::Navigate
                || request.redirect_taint() == RedirectTaint::SameOrigin
            {
                info.status = response.filtered_status();
            }
            info.body = body_info(response, self.encoded.get(), decoded_size);
        }
        info.allow_passed = !self.allow_failed && response.is_some();
        info
    }
}

fn is_timing_allowed(request: &FetchRequest, headers: &HeaderList) -> bool {
    // Steps 3 to 5.
    let values = headers.get_decode_and_split("timing-allow-origin").unwrap_or_default();
    if values.iter().any(|value| value == "*") || values.contains(&request.serialize_origin()) {
        return true;
    }
    // Steps 6 to 8.
    let is_foreign = request.current_url().origin() != *request.origin();
    request.tainting == Tainting::Basic && !(request.head.mode == RequestMode::Navigate && is_foreign)
}

/// What may be told of a body: nothing if its response is filtered to be opaque.
fn body_info(response: &ResponseHead, encoded_size: u64, decoded_size: u64) -> BodyInfo {
    if matches!(response.kind, ResponseType::Opaque | ResponseType::OpaqueRedirect) {
        return BodyInfo::default();
    }
    let essence = extract_a_mime_type_essence(&response.headers);
    let codings = &response.headers.get_decode_and_split("content-encoding").unwrap_or_default();
    BodyInfo {
        encoded_size,
        decoded_size,
        content_type: essence.map(minimized).unwrap_or_default(),
        content_encoding: content_encoding(codings),
    }
}

/// The content coding that is told: one that is known, or that there are several or others. It is readable across origins
/// where the header would be.
fn content_encoding(codings: &[String]) -> String {
    let known = ["br", "deflate", "gzip", "identity", "zstd"];
    match codings {
        [] => String::new(),
        [one] => {
            let one = one.to_ascii_lowercase();
            if known.contains(&one.as_str()) { one } else { "unknown".to_owned() }
        }
        _ => "multiple".to_owned(),
    }
}

/// [Minimizes a supported MIME type](https://mimesniff.spec.whatwg.org/#minimize-a-supported-mime-type), given its essence.
fn minimized(essence: String) -> String {
    let is = |suffix: &str, names: &[&str]| essence.ends_with(suffix) || names.contains(&essence.as_str());
    if is_javascript(&essence) {
        "text/javascript".to_owned()
    } else if is("+json", &["application/json", "text/json"]) {
        "application/json".to_owned()
    } else if essence == "image/svg+xml" {
        essence
    } else if is("+xml", &["application/xml", "text/xml"]) {
        "application/xml".to_owned()
    } else if ["text/html", "text/plain", "text/css"].contains(&essence.as_str()) {
        essence
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    #[test]
    fn who_may_see_the_timing() {
        let own = &["https://a.test/x"][..];
        let other = &["https://b.test/"][..];
        let cases = [
            (own, Tainting::Basic, None, true),
            (other, Tainting::Opaque, None, false),
            (other, Tainting::Cors, None, false),
            (other, Tainting::Opaque, Some("*"), true),
            (other, Tainting::Cors, Some("https://c.test, https://a.test"), true),
            (other, Tainting::Cors, Some("https://a.test:8443"), false),
            (other, Tainting::Cors, Some("HTTPS://A.TEST"), false),
            // Once another origin redirected away, the origin is "null".
            (&["https://b.test/", "https://c.test/"], Tainting::Cors, Some("https://a.test"), false),
            (&["https://b.test/", "https://c.test/"], Tainting::Cors, Some("null"), true),
        ];
        for (urls, tainting, header, expected) in cases {
            let mut request = request("https://a.test/", urls);
            request.tainting = tainting;
            let headers: HeaderList =
                header.map(|value| ("Timing-Allow-Origin", value)).into_iter().collect();
            assert_eq!(is_timing_allowed(&request, &headers), expected, "{urls:?} {tainting:?} {header:?}");
        }
    }

    #[test]
    fn a_frame_of_another_origin_keeps_its_timing_to_itself() {
        let mut request = request("https://a.test/", &["https://b.test/"]);
        request.head.mode = RequestMode::Navigate;
        assert!(!is_timing_allowed(&request, &HeaderList::new()));
    }

    #[test]
    fn what_is_told_of_bodies() {
        let headers = [("Content-Type", "application/x-javascript;charset=x"), ("Content-Encoding", "GZIP")];
        let mut head = ResponseHead {
            kind: ResponseType::Basic,
            headers: HeaderList::from_iter(headers),
            ..ResponseHead::default()
        };
        let told = body_info(&head, 10, 20);
        assert_eq!((told.encoded_size, told.decoded_size), (10, 20));
        assert_eq!((told.content_type.as_str(), told.content_encoding.as_str()), ("text/javascript", "gzip"));
        head.kind = ResponseType::Opaque;
        assert_eq!(body_info(&head, 10, 20), BodyInfo::default());
    }
}
