//! [HTTP authentication](https://www.rfc-editor.org/rfc/rfc9110.html#section-11): what HTTP-network-or-cache fetch says of
//! authentication entries, of 401, and of prompts. The schemes are Basic and Digest, by `http-auth`.

use bgfetch_policy::site::schemelessly_same_site;
use bgfetch_traits::authentication::{AuthenticationRequest, Credentials};
use bgfetch_traits::fetch::{Priority, RequestBody};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::reply::Reply;
use http_auth::{ChallengeParser, PasswordClient, PasswordParams};
use tokio::sync::oneshot;
use url::{Origin, Url};

use super::request::{FetchParams, FetchRequest};

/// How many entries are kept; the oldest go first.
const MOST_ENTRIES: usize = 1024;

/// [Authentication entries](https://fetch.spec.whatwg.org/#authentication-entry), as long as the thread lives.
#[derive(Default)]
pub(crate) struct AuthenticationEntries(Vec<Entry>);

/// Credentials that a server has taken, and the requests that they are for.
struct Entry {
    space: Space,
    /// Paths below which they are sent [without being asked for](https://www.rfc-editor.org/rfc/rfc7617.html#section-2.2).
    paths: Vec<String>,
    credentials: Credentials,
    client: PasswordClient,
}

/// [Protection space](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.5) of a network partition.
#[derive(Clone, PartialEq, Eq)]
struct Space {
    partition: String,
    origin: Origin,
    realm: String,
}

impl AuthenticationEntries {
    /// The value of `Authorization` that an entry gives a request before its server asks.
    fn authorization(&mut self, request: &FetchRequest) -> Option<String> {
        let (partition, origin) = (request.partition(), request.current_url().origin());
        let path = request.current_url().path();
        let depth = |entry: &Entry| {
            let below = entry.paths.iter().filter(|known| path.starts_with(known.as_str()));
            below.map(String::len).max()
        };
        let here = self
            .0
            .iter_mut()
            .filter(|entry| entry.space.partition == partition && entry.space.origin == origin);
        let (_, entry) =
            here.filter_map(|entry| Some((depth(entry)?, entry))).max_by_key(|(depth, _)| *depth)?;
        respond(&mut entry.client, &entry.credentials, request)
    }

    fn credentials(&self, space: &Space) -> Option<Credentials> {
        self.0.iter().find(|entry| entry.space == *space).map(|entry| entry.credentials.clone())
    }

    /// Creates an entry for a request, or extends the one of its space.
    fn add(&mut self, request: &FetchRequest, answered: Answered) {
        let Answered { space, credentials, client } = answered;
        let mut paths = vec![directory(request.current_url())];
        if let Some(at) = self.0.iter().position(|entry| entry.space == space) {
            let known = self.0.remove(at);
            if known.credentials == credentials {
                paths.extend(known.paths.into_iter().filter(|path| *path != paths[0]).collect::<Vec<_>>());
            }
        }
        self.0.push(Entry { space, paths, credentials, client });
        let surplus = self.0.len().saturating_sub(MOST_ENTRIES);
        self.0.drain(..surplus);
    }

    /// Forgets what was given to all origins of a site, whatever their scheme.
    pub(crate) fn clear_site(&mut self, origin: &Origin) {
        self.0.retain(|entry| !schemelessly_same_site(&entry.space.origin, origin));
    }

    /// Forgets what was given to an origin, or everything.
    pub(crate) fn clear(&mut self, origin: Option<&Origin>) {
        self.0.retain(|entry| origin.is_some_and(|origin| entry.space.origin != *origin));
    }
}

/// The path of a URL up to its last slash.
fn directory(url: &Url) -> String {
    let path = url.path();
    path.get(..=path.rfind('/').unwrap_or_default()).unwrap_or("/").to_owned()
}

fn respond(client: &mut PasswordClient, credentials: &Credentials, request: &FetchRequest) -> Option<String> {
    let url = request.current_url();
    let uri = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let body = match &request.body {
        None => Some(&[][..]),
        Some(RequestBody::Bytes(bytes)) => Some(&bytes[..]),
        Some(RequestBody::Stream { .. }) => None,
    };
    let params = PasswordParams {
        username: &credentials.username,
        password: &credentials.password,
        uri: &uri,
        method: request.head.method.as_str(),
        body,
    };
    let answer = client.respond(&params);
    answer.inspect_err(|why| tracing::debug!(%url, %why, "a challenge could not be answered")).ok()
}

/// The scheme that is answered of those that a server offers, with its realm: Digest rather than Basic.
fn challenge(headers: &HeaderList) -> Option<(String, PasswordClient)> {
    let mut best: Option<(String, PasswordClient)> = None;
    for value in headers.get_all("www-authenticate") {
        let value = String::from_utf8_lossy(value).into_owned();
        for challenge in ChallengeParser::new(&value).map_while(Result::ok) {
            let Ok(client) = PasswordClient::try_from(&challenge) else { continue };
            let is_better = match &best {
                None => true,
                Some((_, PasswordClient::Digest(_))) => false,
                Some(_) => matches!(client, PasswordClient::Digest(_)),
            };
            if is_better {
                let realm = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case("realm"));
                best = Some((realm.map(|(_, value)| value.to_unescaped()).unwrap_or_default(), client));
            }
        }
    }
    best
}

/// What was sent in answer to a challenge.
struct Answered {
    space: Space,
    credentials: Credentials,
    client: PasswordClient,
}

/// How one request authenticates: from its first try, in which an entry may speak for it, to the one that its server
/// takes or that nobody has credentials for.
pub(crate) struct Authentication {
    /// Whether the page has its own `Authorization`, which nothing takes the place of.
    is_the_pages: bool,
    answered: Option<Answered>,
}

impl Authentication {
    /// [HTTP-network-or-cache fetch](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), step 8.22.2, of a request
    /// with credentials.
    pub(crate) fn begin(params: &FetchParams, headers: &mut HeaderList) -> Self {
        let is_the_pages = headers.contains("authorization");
        let request = &params.request;
        let is_in_url =
            request.head.use_url_credentials && Credentials::of_url(request.current_url()).is_some();
        if !is_the_pages && !is_in_url {
            let value = params.net.authentication.borrow_mut().authorization(request);
            if let Some(value) = value {
                headers.append("Authorization", value);
            }
        }
        Self { is_the_pages, answered: None }
    }

    /// Step 14.3: changes `headers` so that they answer the challenge of a 401, or tells that nothing will.
    pub(crate) async fn answer(
        &mut self,
        params: &FetchParams,
        headers: &mut HeaderList,
        response: &HeaderList,
    ) -> bool {
        if self.is_the_pages {
            return false;
        }
        let Some((realm, mut client)) = challenge(response) else { return false };
        let request = &params.request;
        let space = Space { partition: request.partition(), origin: request.current_url().origin(), realm };
        let before = self.answered.take();
        let refused = before.as_ref().map(|before| &before.credentials);
        let of_url = Credentials::of_url(request.current_url()).filter(|_| before.is_none());
        // What an entry said is not said again, unless the challenge is another one than it answered.
        let was_sent = headers.get_str("authorization");
        let known = params.net.authentication.borrow().credentials(&space).filter(|known| {
            let is_digest = matches!(client, PasswordClient::Digest(_));
            Some(known) != refused
                && of_url.is_none()
                && (was_sent.is_none() || (is_digest && before.is_none()))
        });
        let refused = refused.is_some() || was_sent.is_some();
        let credentials = match of_url.or(known) {
            Some(credentials) => Some(credentials),
            None => prompt(params, &space, refused).await,
        };
        let Some(credentials) = credentials else { return false };
        let Some(value) = respond(&mut client, &credentials, request) else { return false };
        headers.set("Authorization", value);
        self.answered = Some(Answered { space, credentials, client });
        true
    }

    /// Step 17: the server has taken what it was given.
    pub(crate) fn taken(&mut self, params: &FetchParams) {
        if let Some(answered) = self.answered.take() {
            params.net.authentication.borrow_mut().add(&params.request, answered);
        }
    }
}

/// Prompts the end user, if the request's client has a traversable for that.
async fn prompt(params: &FetchParams, space: &Space, refused: bool) -> Option<Credentials> {
    let request = &params.request;
    if !request.client.may_prompt || request.priority == Priority::Background {
        return None;
    }
    let mut url = request.current_url().clone();
    // URLs of HTTP have a host, and so nothing is refused here.
    let _without = (url.set_username(""), url.set_password(None));
    let question = AuthenticationRequest {
        url,
        top_level_origin: request.client.top_level_origin.ascii_serialization(),
        realm: space.realm.clone(),
        refused,
    };
    let (answer, answered) = oneshot::channel();
    params.net.prompt.ask(question, Reply::new(move |credentials| drop(answer.send(credentials))));
    answered.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    fn headers(values: &[&str]) -> HeaderList {
        values.iter().map(|value| ("WWW-Authenticate", *value)).collect()
    }

    #[test]
    fn the_best_challenge_is_answered() {
        let digest = r#"Digest realm="d", nonce="1", qop="auth""#;
        let cases = [
            (&[][..], None),
            (&["Negotiate"], None),
            (&[r#"Basic realm="b""#], Some(("b", false))),
            (&[r#"Basic realm="b""#, digest], Some(("d", true))),
            (&[r#"Digest realm="d", nonce="1", qop="auth", Basic realm="b\"c""#], Some(("d", true))),
            (&["Bearer x=y", r#"Basic realm="b\"c""#], Some(("b\"c", false))),
        ];
        for (values, expected) in cases {
            let found = challenge(&headers(values));
            let found = found.map(|(realm, client)| (realm, matches!(client, PasswordClient::Digest(_))));
            assert_eq!(found, expected.map(|(realm, digest)| (realm.to_owned(), digest)), "{values:?}");
        }
    }

    #[test]
    fn entries_are_for_what_is_below_their_paths_in_their_partition() {
        let mut entries = AuthenticationEntries::default();
        let (realm, client) = challenge(&headers(&[r#"Basic realm="r""#])).unwrap();
        let given = request("https://a.test/", &["https://a.test/dir/page"]);
        let space = Space { partition: given.partition(), origin: given.current_url().origin(), realm };
        let credentials = Credentials { username: "u".into(), password: "p".into() };
        entries.add(&given, Answered { space, credentials, client });
        for (page, url, expected) in [
            ("https://a.test/", "https://a.test/dir/other", true),
            ("https://a.test/", "https://a.test/dir/below/other", true),
            ("https://a.test/", "https://a.test/other", false),
            ("https://a.test/", "https://www.a.test/dir/other", false),
            ("https://www.a.test/", "https://a.test/dir/", true),
            ("https://b.test/", "https://a.test/dir/", false),
        ] {
            let value = entries.authorization(&request(page, &[url]));
            assert_eq!(value.as_deref(), expected.then_some("Basic dTpw"), "{page} {url}");
        }
        entries.clear(Some(&Url::parse("https://b.test/").unwrap().origin()));
        assert!(entries.authorization(&given).is_some());
        entries.clear(None);
        assert!(entries.authorization(&given).is_none());
    }
}
