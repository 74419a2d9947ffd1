//! [Blob URLs](https://w3c.github.io/FileAPI/#url): the blob URL store, of this process.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{
    Destination, NetworkError, NetworkErrorKind, Request, Response, ResponseHead, ResponseType,
};
use bgfetch_traits::ids::ClientId;
use parking_lot::Mutex;
use url::{Origin, Url};

use super::blob::BlobData;
use crate::dom::Blob;
use crate::environment::Environment;
use crate::mime::MimeType;
use crate::policies;

struct Entry {
    data: BlobData,
    /// The environment that made it: when that is gone, so is the URL.
    owner: ClientId,
    partition: Partition,
}

/// What a blob URL stands for: a [blob URL entry](https://w3c.github.io/FileAPI/#blob-url-entry).
#[derive(Clone, Debug)]
pub(crate) struct BlobEntry {
    data: BlobData,
    partition: Partition,
}

/// Of the environment that made a URL: what its [storage
/// key](https://storage.spec.whatwg.org/#obtain-a-storage-key-for-non-storage-purposes) stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Partition {
    origin: Origin,
    top_level_origin: Origin,
}

static STORE: LazyLock<Mutex<HashMap<String, Entry>>> = LazyLock::new(Mutex::default);

/// [`createObjectURL()`](https://w3c.github.io/FileAPI/#dfn-createObjectURL)
pub(crate) fn create(realm: &Realm, blob: &Blob) -> Fallible<String> {
    let environment = Environment::of(realm);
    let origin = environment.origin.ascii_serialization();
    let url = format!("blob:{origin}/{}", uuid::Uuid::new_v4());
    let entry = Entry { data: blob.data(), owner: environment.id, partition: Partition::of(&environment) };
    STORE.lock().insert(url.clone(), entry);
    Ok(url)
}

impl Partition {
    fn of(environment: &Environment) -> Self {
        Self { origin: environment.origin.clone(), top_level_origin: environment.top_level_origin.clone() }
    }
}

/// [`revokeObjectURL()`](https://w3c.github.io/FileAPI/#dfn-revokeObjectURL): only for URLs of the same partition.
pub(crate) fn revoke(realm: &Realm, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    let partition = Partition::of(&Environment::of(realm));
    let mut store = STORE.lock();
    if store.get(url.as_str()).is_some_and(|entry| entry.partition == partition) {
        store.remove(url.as_str());
    }
}

/// [Resolves a blob URL](https://w3c.github.io/FileAPI/#blob-url-resolve): its entry, if it has one.
pub(crate) fn resolve(url: &Url) -> Option<BlobEntry> {
    if url.scheme() != "blob" {
        return None;
    }
    let mut url = url.clone();
    url.set_fragment(None);
    let store = STORE.lock();
    let entry = store.get(url.as_str())?;
    Some(BlobEntry { data: entry.data.clone(), partition: entry.partition.clone() })
}

/// [Scheme fetch](https://fetch.spec.whatwg.org/#scheme-fetch), "blob". `entry` is the URL's [blob URL
/// entry](https://url.spec.whatwg.org/#concept-url-blob-entry) if it was resolved before: a URL that was revoked since
/// can still be fetched.
///
/// # Errors
/// A network error if there is no such blob, or it is not for the client, or not to be had in that way.
pub(crate) fn fetch(request: &Request, entry: Option<&BlobEntry>) -> Result<Response, NetworkError> {
    policies::checked(request, || scheme_fetch(request, entry))
}

fn scheme_fetch(request: &Request, entry: Option<&BlobEntry>) -> Result<Response, NetworkError> {
    let url = &request.head.url;
    let refused = |message: String| NetworkError::new(NetworkErrorKind::Blocked, message);
    // Steps 1 and 2.
    let resolved = if entry.is_some() { None } else { resolve(url) };
    let entry = entry.or(resolved.as_ref());
    let entry = entry.filter(|entry| is_for(entry, request));
    if request.head.method != http::Method::GET {
        return Err(refused(format!("a blob URL is fetched with GET, not {}", request.head.method)));
    }
    // Steps 3 to 5.
    let Some(BlobEntry { data: BlobData { bytes, mime_type }, .. }) = entry else {
        return Err(refused(format!("{url} is not a blob URL of this origin, or was revoked")));
    };
    // Steps 6 to 8.
    let full_length = bytes.len();
    let mut head = ResponseHead {
        kind: ResponseType::Basic,
        url_list: vec![url.clone()],
        status_text: b"OK".to_vec(),
        ..ResponseHead::default()
    };
    let body = match request.head.headers.get("range") {
        // Step 9.
        None => {
            head.headers.append("Content-Length", full_length.to_string());
            bytes.clone()
        }
        // Step 10.
        Some(range) => {
            let slice = parse_single_range(&range).and_then(|range| range.within(full_length));
            let message =
                || format!("{url} is {full_length} bytes long, and the range that was asked is not in it");
            let slice = slice.ok_or_else(|| refused(message()))?;
            head.status = 206;
            head.status_text = b"Partial Content".to_vec();
            head.range_requested = true;
            let length = slice.end - slice.start;
            head.headers.append("Content-Length", length.to_string());
            let last = slice.end.saturating_sub(1);
            head.headers.append("Content-Range", format!("bytes {}-{last}/{full_length}", slice.start));
            bytes.slice(slice)
        }
    };
    // A type that is none says nothing.
    let mime_type = if MimeType::parse(mime_type).is_some() { mime_type.as_str() } else { "" };
    head.headers.append("Content-Type", mime_type);
    Ok(Response::new(head, Some(BodyReader::from_bytes(body))))
}

/// [Checks for same-partition blob URL usage](https://w3c.github.io/FileAPI/#check-for-same-partition-blob-url-usage). A
/// document that is a top level is in a partition of its own.
fn is_for(entry: &BlobEntry, request: &Request) -> bool {
    entry.partition.origin == request.client.origin
        && (request.head.destination == Destination::Document
            || entry.partition.top_level_origin == request.client.top_level_origin)
}

/// A range of bytes, as a header asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AskedRange {
    start: Option<usize>,
    end: Option<usize>,
}

impl AskedRange {
    /// Which bytes of so many: steps 10.4 to 10.7; `None` if there are none.
    fn within(self, length: usize) -> Option<Range<usize>> {
        let (start, end) = match (self.start, self.end) {
            (None, Some(last)) => (length.checked_sub(last)?, length),
            (Some(start), None) => (start, length),
            (Some(start), Some(end)) => (start, end.saturating_add(1).min(length)),
            (None, None) => return None,
        };
        (start < length && start < end).then_some(start..end)
    }
}

/// [Parses a single range header value](https://fetch.spec.whatwg.org/#simple-range-header-value), with whitespace allowed.
fn parse_single_range(value: &[u8]) -> Option<AskedRange> {
    let text = std::str::from_utf8(value).ok()?;
    let space = |character: char| matches!(character, ' ' | '\t');
    let rest = text.strip_prefix("bytes")?.trim_start_matches(space).strip_prefix('=')?;
    let rest = rest.trim_start_matches(space);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (start, rest) = rest.split_at(digits(rest));
    let rest = rest.trim_start_matches(space).strip_prefix('-')?.trim_start_matches(space);
    let (end, rest) = rest.split_at(digits(rest));
    if !rest.is_empty() {
        return None;
    }
    let number = |text: &str| {
        Some(text).filter(|text| !text.is_empty()).map(|text| text.parse().unwrap_or(usize::MAX))
    };
    let range = AskedRange { start: number(start), end: number(end) };
    let backwards = matches!((range.start, range.end), (Some(start), Some(end)) if start > end);
    (!backwards && range != AskedRange { start: None, end: None }).then_some(range)
}

/// Removes the URLs that an environment made.
pub(crate) fn forget(owner: ClientId) {
    STORE.lock().retain(|_, entry| entry.owner != owner);
}

#[cfg(test)]
mod tests {
    use super::parse_single_range;

    #[test]
    fn ranges() {
        let within = |text: &str| parse_single_range(text.as_bytes())?.within(10);
        assert_eq!(within("bytes=0-"), Some(0..10));
        assert_eq!(within("bytes=2-3"), Some(2..4));
        assert_eq!(within("bytes \t= 2 - 30"), Some(2..10));
        assert_eq!(within("bytes=-3"), Some(7..10));
        for refused in
            ["bytes=-11", "bytes=10-", "bytes=3-2", "bytes=-", "bytes=-0", "bytes=1-2,4-5", "octets=1-2"]
        {
            assert_eq!(within(refused), None, "{refused}");
        }
        assert_eq!(within("bytes=1-99999999999999999999999"), Some(1..10));
    }
}
