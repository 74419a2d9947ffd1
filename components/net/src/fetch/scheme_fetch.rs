//! [Scheme fetch](https://fetch.spec.whatwg.org/#scheme-fetch).

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, ResponseHead};
use bgfetch_traits::headers::HeaderList;
use bytes::Bytes;
use data_url::DataUrl;
use url::Url;

use super::http_fetch::http_fetch;
use super::request::FetchParams;
use super::{FetchResult, InternalBody, InternalResponse, Turn, TurnResult, blocked};

/// Scheme fetch. (Step 1, cancelling, drops the future that this is part of.)
pub(crate) async fn scheme_fetch(params: &mut FetchParams) -> TurnResult {
    // Step 3.
    let url = params.request.current_url();
    match url.scheme() {
        "http" | "https" => http_fetch(params, false).await,
        "about" if url.path() == "blank" => {
            Ok(Turn::Response(local_response("text/html;charset=utf-8", Bytes::new())))
        }
        "data" => data_response(url).map(Turn::Response),
        "blob" => {
            Err(blocked("a blob: URL is resolved by the thread that knows the blob, not by the network"))
        }
        "file" => Err(blocked(format!("{url} is a local file, which pages may not fetch"))),
        scheme => Err(blocked(format!("there is no way to fetch {scheme}: URLs"))),
    }
}

fn data_response(url: &Url) -> FetchResult {
    let malformed = |why: String| NetworkError::new(NetworkErrorKind::Protocol, why);
    let data = DataUrl::process(url.as_str()).map_err(|e| malformed(format!("not a data: URL: {e}")))?;
    let (body, _fragment) =
        data.decode_to_vec().map_err(|_| malformed("the data: URL's base64 cannot be decoded".to_owned()))?;
    Ok(local_response(&data.mime_type().to_string(), body.into()))
}

fn local_response(content_type: &str, body: Bytes) -> InternalResponse {
    let head = ResponseHead {
        status_text: b"OK".to_vec(),
        headers: HeaderList::from_iter([("Content-Type", content_type)]),
        ..ResponseHead::default()
    };
    InternalResponse { head, body: InternalBody::Bytes(body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls() {
        let cases = [
            ("data:,Hello%20World", "text/plain;charset=US-ASCII", "Hello World"),
            ("data:text/html;charset=utf-8,<p>%C3%A9#frag", "text/html;charset=utf-8", "<p>é"),
            ("data:;base64,SGk=", "text/plain;charset=US-ASCII", "Hi"),
        ];
        for (url, mime, expected) in cases {
            let response = data_response(&Url::parse(url).unwrap()).ok().unwrap();
            assert_eq!(response.head.headers.get_str("content-type").as_deref(), Some(mime), "{url}");
            let InternalBody::Bytes(body) = response.body else { panic!("a data: URL's body is in memory") };
            assert_eq!(body, expected, "{url}");
        }
        for url in ["data:text/plain", "data:;base64,?"] {
            assert!(data_response(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
    }
}
