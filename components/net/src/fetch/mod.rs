//! The [Fetch Standard](https://fetch.spec.whatwg.org/), as of 2026-07-02, split as it is.
//!
//! | module | algorithm |
//! |---|---|
//! | [`task`] | [fetch](https://fetch.spec.whatwg.org/#concept-fetch): one fetch from its message to the end of its body |
//! | [`main_fetch`] | main fetch |
//! | [`scheme_fetch`] | scheme fetch |
//! | [`http_fetch`] | HTTP fetch |
//! | [`redirect`] | HTTP-redirect fetch |
//! | [`network_or_cache`] | HTTP-network-or-cache fetch |
//! | [`authentication`] | authentication entries, challenges, prompts |
//! | [`network`] | HTTP-network fetch |
//! | [`cors`], [`preflight`], [`preflight_cache`] | the CORS protocol |
//! | [`timing`] | what is told of the time that a fetch took, and the TAO check |
//! | [`body`], [`integrity`] | bodies: content codings, delivery, subresource integrity |
//!
//! The HTTP cache serves requests of foreground priority. There is no HSTS, and there are no embedder policies.

pub(crate) mod authentication;
pub(crate) mod body;
pub(crate) mod clear_site_data;
mod cors;
pub(crate) mod header_values;
pub(crate) mod http_fetch;
pub(crate) mod integrity;
pub(crate) mod main_fetch;
pub(crate) mod network;
pub(crate) mod network_or_cache;
pub(crate) mod preflight;
pub(crate) mod preflight_cache;
pub(crate) mod redirect;
pub(crate) mod request;
pub(crate) mod scheme_fetch;
pub(crate) mod task;
pub(crate) mod timing;

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, ResponseHead};
use bytes::Bytes;

use crate::http::body::NetworkBody;

/// A response that is still inside the algorithms: what a page may see of it is decided at the end.
pub(crate) struct InternalResponse {
    pub(crate) head: ResponseHead,
    pub(crate) body: InternalBody,
}

/// Its body.
pub(crate) enum InternalBody {
    Null,
    Bytes(Bytes),
    Network(Box<NetworkBody>),
}

impl InternalBody {
    /// Nobody wants it, and its connection is wanted at once.
    pub(crate) async fn drain(self) {
        if let Self::Network(body) = self {
            body.drain().await;
        }
    }

    /// Nobody wants it.
    pub(crate) fn discard(self) {
        if let Self::Network(body) = self {
            tokio::task::spawn_local(body.drain());
        }
    }
}

/// A response, or a [network error](https://fetch.spec.whatwg.org/#concept-network-error).
pub(crate) type FetchResult = Result<InternalResponse, NetworkError>;

/// What one turn of main fetch came to. The standard recurses at each redirect; here main fetch goes round, so that
/// the depth of the stack does not depend on a server.
pub(crate) enum Turn {
    /// The response.
    Response(InternalResponse),
    /// A redirect is followed: the request was changed, and main fetch goes round.
    Again,
}

/// A [`Turn`], or a network error.
pub(crate) type TurnResult = Result<Turn, NetworkError>;

/// A network error because something may not be done.
pub(crate) fn blocked(message: impl Into<String>) -> NetworkError {
    NetworkError::new(NetworkErrorKind::Blocked, message)
}

/// [Null body status](https://fetch.spec.whatwg.org/#null-body-status).
pub(crate) const fn is_null_body_status(status: u16) -> bool {
    matches!(status, 101 | 103 | 204 | 205 | 304)
}
