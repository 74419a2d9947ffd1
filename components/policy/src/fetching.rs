//! What is asked of every request before it goes anywhere, and of every response, wherever it came from.

use bgfetch_traits::fetch::{
    Destination, NetworkError, NetworkErrorKind, RequestHead, ResponseHead, ResponseType,
};
use bgfetch_traits::policy::Client;
use url::Url;

use crate::bad_port::bad_port;
use crate::corp::{Embedding, blocked_by_resource_policy};
use crate::mime_checks::blocked_due_to_type;
use crate::mixed_content::blocked_as_mixed_content;

/// [Main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 7, of a request whose current URL is `url`: bad ports and
/// mixed content. Content Security Policy is [`crate::csp::CspList::check_request`]. Integrity-Policy is not implemented:
/// policy containers do not carry any.
///
/// # Errors
/// The network error that it comes to.
pub fn blocked_request(client: &Client, destination: Destination, url: &Url) -> Result<(), NetworkError> {
    let message = if let Some(port) = bad_port(url) {
        format!("{url} is blocked: port {port} belongs to another protocol than HTTP")
    } else if blocked_as_mixed_content(client, destination, url) {
        let origin = client.origin.ascii_serialization();
        format!("{url} is blocked as mixed content: {origin} came over HTTPS, and this would not")
    } else {
        return Ok(());
    };
    Err(NetworkError::new(NetworkErrorKind::Blocked, message))
}

/// What of [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), step 5, and of
/// [main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 20, can be asked of a response that a service worker gave:
/// `Cross-Origin-Resource-Policy`, mixed content, MIME type and `nosniff`. Content Security Policy is
/// [`crate::csp::CspList::check_response`].
///
/// # Errors
/// The network error that takes the response's place.
pub fn blocked_response(
    client: &Client,
    request: &RequestHead,
    response: &ResponseHead,
) -> Result<(), NetworkError> {
    let blocked = |message: String| Err(NetworkError::new(NetworkErrorKind::Blocked, message));
    let origin = client.origin.ascii_serialization();
    // A response without a URL was made by script, which has an origin that may.
    let Some(url) = response.url() else { return blocked_by_type(request, response) };
    // With what credentials the service worker got it is not told.
    let embedding = Embedding {
        origin: &client.origin,
        policy: client.policy.embedder_policy,
        navigation: false,
        with_credentials: true,
    };
    if response.kind == ResponseType::Opaque && blocked_by_resource_policy(embedding, url, &response.headers)
    {
        return blocked(format!(
            "{url} may not be used by {origin}: its Cross-Origin-Resource-Policy forbids it"
        ));
    }
    if blocked_as_mixed_content(client, request.destination, url) {
        return blocked(format!("the response from {url} is blocked as mixed content"));
    }
    blocked_by_type(request, response)
}

fn blocked_by_type(request: &RequestHead, response: &ResponseHead) -> Result<(), NetworkError> {
    match blocked_due_to_type(request.destination, &response.headers) {
        Some(why) => Err(NetworkError::new(
            NetworkErrorKind::Blocked,
            format!("the response to {} cannot be a {}: {why}", request.url, request.destination),
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::headers::HeaderList;

    use super::*;

    fn check(kind: ResponseType, url: &str, headers: &[(&str, &str)], destination: Destination) -> bool {
        let client = Client::of_url(&Url::parse("https://page.test/").unwrap());
        let asked = Url::parse("https://page.test/asked").unwrap();
        let request = RequestHead { destination, ..RequestHead::get(asked) };
        let response = ResponseHead {
            kind,
            url_list: Url::parse(url).into_iter().collect(),
            headers: headers.iter().copied().collect::<HeaderList>(),
            ..ResponseHead::default()
        };
        blocked_response(&client, &request, &response).is_err()
    }

    #[test]
    fn responses_of_service_workers_pass_the_checks_of_the_network() {
        use Destination::{Empty, Script};
        use ResponseType::{Cors, Default, Opaque};
        let same_origin = [("Cross-Origin-Resource-Policy", "same-origin")];
        let nosniff = [("X-Content-Type-Options", "nosniff"), ("Content-Type", "text/plain")];
        let cases: [(_, _, &[_], _, _); 7] = [
            (Opaque, "https://other.test/", &same_origin, Empty, true),
            (Cors, "https://other.test/", &same_origin, Empty, false),
            (Opaque, "https://page.test/", &same_origin, Empty, false),
            (Opaque, "http://other.test/", &[], Empty, true),
            (Default, "", &[], Empty, false),
            (Default, "", &nosniff, Script, true),
            (Default, "", &nosniff, Empty, false),
        ];
        for (kind, url, headers, destination, blocked) in cases {
            assert_eq!(check(kind, url, headers, destination), blocked, "{kind} {url} {headers:?}");
        }
    }
}
