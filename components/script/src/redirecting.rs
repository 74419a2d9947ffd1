//! Redirects that are not the network thread's to follow: those of service workers, and of navigations.

use bgfetch_traits::fetch::{
    NetworkError, NetworkErrorKind, Priority, RedirectMode, Request, RequestBody, RequestHead, RequestMode,
    Response, ResponseHead, ResponseType,
};
use bgfetch_traits::policy::Client;
use bgfetch_traits::redirect::{Redirect, is_redirect_status, location_url};
use bytes::Bytes;

use crate::policies;

/// What is kept of a request, to follow the redirect that it may be answered with.
pub(crate) struct Asked {
    head: RequestHead,
    client: Client,
    priority: Priority,
    body: Option<Bytes>,
    body_is_stream: bool,
}

impl Asked {
    /// Before a request is sent: its policies are asked, [main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 7.
    ///
    /// # Errors
    /// The network error, if they block it.
    pub(crate) fn about(request: &mut Request) -> Result<Self, NetworkError> {
        // As it is before what it violates was reported: for where it is redirected to, they are asked again.
        let asked = Self {
            head: request.head.clone(),
            client: request.client.clone(),
            priority: request.priority,
            body: match &request.body {
                Some(RequestBody::Bytes(bytes)) => Some(bytes.clone()),
                _ => None,
            },
            body_is_stream: matches!(request.body, Some(RequestBody::Stream { .. })),
        };
        policies::check_request(request)?;
        Ok(asked)
    }

    /// What the network thread asks of a response, of one that a service worker gave.
    ///
    /// # Errors
    /// The network error that takes its place.
    pub(crate) fn check_response(&self, response: &ResponseHead) -> Result<(), NetworkError> {
        policies::check_response(&self.client, &self.head, response)
    }

    /// [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), step 6, for what a service worker answered: the request for
    /// where it leads; `None` if the response is the one.
    ///
    /// # Errors
    /// The network error, if the redirect may not be followed.
    pub(crate) fn answered(self, response: &mut Response) -> Result<Option<Request>, NetworkError> {
        if !is_redirect_status(response.head.status) {
            return self.check_response(&response.head).map(|()| None);
        }
        match self.head.redirect {
            RedirectMode::Error => {
                let url = &self.head.url;
                let message = format!("the service worker redirects {url}, which the request forbids");
                Err(NetworkError::new(NetworkErrorKind::Redirect, message))
            }
            RedirectMode::Manual => {
                response.head.kind = ResponseType::OpaqueRedirect;
                Ok(None)
            }
            RedirectMode::Follow => self.http_redirect_fetch(&response.head),
        }
    }

    /// [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch), to its main fetch: the request for where
    /// the response leads, `None` if it leads nowhere.
    ///
    /// # Errors
    /// The network error, if the redirect may not be followed.
    pub(crate) fn http_redirect_fetch(
        mut self,
        response: &ResponseHead,
    ) -> Result<Option<Request>, NetworkError> {
        let from = self.head.url.clone();
        // A response that script made has no URL.
        let base = response.url().filter(|_| response.kind != ResponseType::Default);
        let Some(location) = location_url(response, base, &from) else { return Ok(None) };
        let location = location?;
        let origin = self.head.origin.as_deref().unwrap_or(&self.client.origin).clone();
        // Main fetch, for the location.
        if self.head.mode == RequestMode::SameOrigin && location.origin() != origin {
            let message = format!(
                "{from} redirects to {location}, another origin, which the mode \"same-origin\" forbids"
            );
            return Err(NetworkError::new(NetworkErrorKind::Cors, message));
        }
        let was_cross_origin =
            self.head.redirected_from.iter().chain([&from]).any(|url| url.origin() != origin);
        let redirect = Redirect {
            response,
            from: &from,
            location: &location,
            count: u32::try_from(self.head.redirected_from.len()).unwrap_or(u32::MAX),
            origin: &origin,
            is_cors_tainted: self.head.mode == RequestMode::Cors && was_cross_origin,
            body_is_stream: self.body_is_stream,
        };
        if redirect.follow(&mut self.head)? {
            self.body = None;
        }
        self.head.redirect_to(location);
        let body = self.body.map(RequestBody::Bytes);
        Ok(Some(Request { head: self.head, client: self.client, body, priority: self.priority }))
    }
}
