//! [HTTP authentication](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch): a server that asks for a user name and
//! a password.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use url::Url;

use crate::reply::Reply;

/// Who asks for credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthenticationRequest {
    /// What was requested, without a user name and password. Its origin must be named to the user: that is who gets them.
    pub url: Url,
    /// The top-level origin of the page that requested it, serialized.
    pub top_level_origin: String,
    /// [Realm](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.5), as the server names it.
    pub realm: String,
    /// Whether the server has just refused the credentials that it was given.
    pub refused: bool,
}

/// A user name and a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

impl Credentials {
    /// What a URL has of them, percent-decoded; `None` if it has none.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        let decoded = |text: &str| percent_decode(text.as_bytes());
        let (username, password) = (url.username(), url.password());
        let has_any = !username.is_empty() || password.is_some();
        has_any.then(|| Self { username: decoded(username), password: decoded(password.unwrap_or_default()) })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// [Percent-decodes](https://url.spec.whatwg.org/#percent-decode), then decodes as UTF-8.
fn percent_decode(mut rest: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// [Prompts the end user](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch) for credentials: called on the network
/// thread, which must not be blocked. The answer may come at any time from any thread; `None`, or a dropped reply, is
/// that there are none.
#[derive(Clone)]
pub struct AuthenticationPrompt(Arc<Ask>);

type Ask = dyn Fn(AuthenticationRequest, Reply<Option<Credentials>>) + Send + Sync;

impl AuthenticationPrompt {
    /// A prompt that calls `ask`.
    pub fn new(
        ask: impl Fn(AuthenticationRequest, Reply<Option<Credentials>>) + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(ask))
    }

    /// Nobody is asked, and there are none.
    #[must_use]
    pub fn nobody() -> Self {
        Self::new(|_, reply| reply.send(None))
    }

    /// Asks.
    pub fn ask(&self, request: AuthenticationRequest, reply: Reply<Option<Credentials>>) {
        (self.0)(request, reply);
    }
}

impl fmt::Debug for AuthenticationPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthenticationPrompt")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_urls() {
        let cases = [
            ("https://a.test/", None),
            ("https://u@a.test/", Some(("u", ""))),
            ("https://:p@a.test/", Some(("", "p"))),
            ("https://u%40x:p%C3%A9%@a.test/", Some(("u@x", "pé%"))),
        ];
        for (url, expected) in cases {
            let found = Credentials::of_url(&Url::parse(url).unwrap());
            let found = found.as_ref().map(|found| (found.username.as_str(), found.password.as_str()));
            assert_eq!(found, expected, "{url}");
        }
    }

    #[test]
    fn passwords_are_not_in_logs() {
        let credentials = Credentials { username: "u".into(), password: "secret".into() };
        assert!(!format!("{credentials:?}").contains("secret"));
    }
}
