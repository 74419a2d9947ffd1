//! A [request](https://fetch.spec.whatwg.org/#concept-request) while it is fetched: what was asked, and the
//! bookkeeping that the algorithms keep with it.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bgfetch_traits::fetch::{CredentialsMode, Priority, Request, RequestBody, RequestHead, RequestMode};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::UploadProgress;
use bgfetch_traits::policy::Client;
use url::{Origin, Url};

use super::timing::Timer;
use crate::context::Net;
use crate::http_cache::Recording;
use bgfetch_policy::csp::{CspList, Subject};
use bgfetch_policy::site::{Site, same_site};

/// [Response tainting](https://fetch.spec.whatwg.org/#concept-request-response-tainting).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tainting {
    Basic,
    Cors,
    Opaque,
}

/// [Redirect-taint](https://fetch.spec.whatwg.org/#concept-request-tainted-origin).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectTaint {
    SameOrigin,
    SameSite,
    CrossSite,
}

/// [Fetch params](https://fetch.spec.whatwg.org/#fetch-params).
pub(crate) struct FetchParams {
    pub(crate) net: Rc<Net>,
    pub(crate) request: FetchRequest,
    pub(crate) upload_progress: Option<UploadProgress>,
    pub(crate) csp: Rc<CspList>,
    pub(crate) timer: Box<Timer>,
    /// The response, if it is to be stored in the cache once its body is whole.
    pub(crate) recording: Option<Box<Recording>>,
    /// What it counts for in its client's [`Net::inflight_keepalive`], until its body has been delivered.
    pub(crate) keepalive: Option<KeepaliveBytes>,
}

/// The length of the body of a keepalive request that is not done.
pub(crate) struct KeepaliveBytes {
    net: Rc<Net>,
    client: ClientId,
    length: u64,
}

impl KeepaliveBytes {
    /// Counts `length` bytes, if the client's fetch group may have so many more; otherwise tells how many it has.
    pub(crate) fn reserve(net: &Rc<Net>, client: ClientId, length: u64) -> Result<Self, u64> {
        let mut inflight = net.inflight_keepalive.borrow_mut();
        let before = inflight.get(&client).copied().unwrap_or_default();
        if before.saturating_add(length) > MOST_KEEPALIVE_BYTES {
            return Err(before);
        }
        inflight.insert(client, before + length);
        Ok(Self { net: Rc::clone(net), client, length })
    }
}

impl Drop for KeepaliveBytes {
    fn drop(&mut self) {
        let mut inflight = self.net.inflight_keepalive.borrow_mut();
        let left = inflight.get(&self.client).map_or(0, |bytes| bytes.saturating_sub(self.length));
        if left == 0 {
            inflight.remove(&self.client);
        } else {
            inflight.insert(self.client, left);
        }
    }
}

/// Bodies of requests whose `keepalive` is set may have so many bytes, all that are under way for a client together.
pub(crate) const MOST_KEEPALIVE_BYTES: u64 = 64 * 1024;

/// The request.
pub(crate) struct FetchRequest {
    /// As asked, then changed by redirects. `head.url` stays the URL that was asked for.
    pub(crate) head: RequestHead,
    pub(crate) client: Client,
    pub(crate) body: Option<RequestBody>,
    /// Whether its body, sent by now or not, is one whose
    /// [source](https://fetch.spec.whatwg.org/#concept-body-source) is null: it can be sent once.
    body_is_stream: bool,
    pub(crate) priority: Priority,
    /// [URL list](https://fetch.spec.whatwg.org/#concept-request-url-list); never empty.
    url_list: Vec<Url>,
    /// How many of them were followed before: by whoever navigates, or because a service worker said so.
    followed_before: usize,
    /// The referrer as determined; `None` is "no-referrer".
    pub(crate) referrer_url: Option<Url>,
    pub(crate) redirect_count: u32,
    pub(crate) tainting: Tainting,
}

impl FetchParams {
    pub(crate) fn new(net: Rc<Net>, request: Request, upload_progress: Option<UploadProgress>) -> Self {
        let csp = Rc::new(CspList::of(&request.client.policy, &request.client.origin));
        let upload_progress = upload_progress.map(only_growth);
        Self {
            net,
            request: FetchRequest::new(request),
            upload_progress,
            csp,
            timer: Box::new(Timer::begin()),
            recording: None,
            keepalive: None,
        }
    }
}

/// Tells only of progress beyond what was told before: a body that is sent again starts anew.
fn only_growth(progress: UploadProgress) -> UploadProgress {
    let told = AtomicU64::new(0);
    Arc::new(move |sent| {
        if told.fetch_max(sent, Ordering::Relaxed) < sent {
            progress(sent);
        }
    })
}

impl FetchRequest {
    pub(crate) fn new(request: Request) -> Self {
        let Request { head, client, body, priority } = request;
        let mut url_list = head.redirected_from.clone();
        let followed_before = url_list.len();
        let origin = head.origin.as_deref().unwrap_or(&client.origin);
        let tainting = match head.mode {
            RequestMode::Cors if url_list.iter().any(|url| url.origin() != *origin) => Tainting::Cors,
            RequestMode::NoCors if url_list.iter().any(|url| url.origin() != *origin) => Tainting::Opaque,
            _ => Tainting::Basic,
        };
        url_list.push(head.url.clone());
        Self {
            body_is_stream: matches!(body, Some(RequestBody::Stream { .. })),
            followed_before,
            url_list,
            head,
            client,
            body,
            priority,
            referrer_url: None,
            redirect_count: u32::try_from(followed_before).unwrap_or(u32::MAX),
            tainting,
        }
    }

    /// A [CORS-preflight request](https://fetch.spec.whatwg.org/#cors-preflight-request) for this request: the same
    /// URL list, client and referrer.
    pub(crate) fn preflight(&self, head: RequestHead) -> Self {
        Self {
            head: RequestHead { mode: RequestMode::Cors, credentials: CredentialsMode::SameOrigin, ..head },
            client: self.client.clone(),
            body: None,
            body_is_stream: false,
            priority: self.priority,
            url_list: self.url_list.clone(),
            followed_before: self.followed_before,
            referrer_url: self.referrer_url.clone(),
            redirect_count: self.redirect_count,
            tainting: Tainting::Cors,
        }
    }

    pub(crate) fn url_list(&self) -> &[Url] {
        &self.url_list
    }

    /// The URL list that a response gets. Where the text gives it those before a navigation's redirects as well, a service
    /// worker could pass no response on that followed one.
    pub(crate) fn url_list_of_response(&self) -> Vec<Url> {
        match self.head.mode {
            RequestMode::Navigate => self.url_list.get(self.followed_before..).unwrap_or_default().to_vec(),
            _ => self.url_list.clone(),
        }
    }

    /// [Current URL](https://fetch.spec.whatwg.org/#concept-request-current-url).
    pub(crate) fn current_url(&self) -> &Url {
        self.url_list.last().unwrap_or(&self.head.url)
    }

    /// Changes the current URL in place, as upgrades do.
    pub(crate) fn current_url_mut(&mut self) -> &mut Url {
        self.url_list.last_mut().unwrap_or(&mut self.head.url)
    }

    /// A redirect leads to `url`.
    pub(crate) fn push_url(&mut self, url: Url) {
        self.url_list.push(url);
        self.redirect_count += 1;
    }

    /// [Origin](https://fetch.spec.whatwg.org/#concept-request-origin): the client's, if it has none of its own.
    pub(crate) fn origin(&self) -> &Origin {
        self.head.origin.as_deref().unwrap_or(&self.client.origin)
    }

    /// [Network partition key](https://fetch.spec.whatwg.org/#request-determine-the-network-partition-key).
    pub(crate) fn partition(&self) -> String {
        match Site::of(&self.client.top_level_origin) {
            // Debug tells opaque origins apart; as text they are all "null".
            Site::Opaque(origin) => format!("{origin:?}"),
            site => site.to_string(),
        }
    }

    /// What the scheduler is fair between: the client's origin.
    pub(crate) fn client_key(&self) -> String {
        match self.origin() {
            origin @ Origin::Opaque(_) => format!("{origin:?}"),
            origin => origin.ascii_serialization(),
        }
    }

    /// [Redirect-taint](https://fetch.spec.whatwg.org/#concept-request-tainted-origin).
    pub(crate) fn redirect_taint(&self) -> RedirectTaint {
        self.redirect_taint_for(self.origin())
    }

    /// [`Self::redirect_taint`], if `own` were the request's origin.
    pub(crate) fn redirect_taint_for(&self, own: &Origin) -> RedirectTaint {
        let mut taint = RedirectTaint::SameOrigin;
        for pair in self.url_list.windows(2) {
            let [last, url] = pair else { continue };
            let (last, url) = (last.origin(), url.origin());
            if !same_site(&url, &last) && !same_site(own, &last) {
                return RedirectTaint::CrossSite;
            }
            if url != last && *own != last {
                taint = RedirectTaint::SameSite;
            }
        }
        taint
    }

    /// [Serialize a request origin](https://fetch.spec.whatwg.org/#serializing-a-request-origin).
    pub(crate) fn serialize_origin(&self) -> String {
        if self.redirect_taint() == RedirectTaint::SameOrigin {
            self.origin().ascii_serialization()
        } else {
            "null".to_owned()
        }
    }

    /// What the client's Content Security Policy looks at.
    pub(crate) fn csp_subject(&self) -> Subject<'_> {
        Subject::of(&self.head, self.current_url(), self.redirect_count)
    }

    /// Whether it was redirected since it came to this thread.
    pub(crate) fn was_redirected_here(&self) -> bool {
        self.url_list.len() > self.followed_before + 1
    }

    /// Whether the body's [source](https://fetch.spec.whatwg.org/#concept-body-source) is null: it can be sent once.
    pub(crate) const fn body_can_be_sent_once_only(&self) -> bool {
        self.body_is_stream || matches!(self.body, Some(RequestBody::Stream { .. }))
    }

    /// A redirect takes the body away.
    pub(crate) fn drop_body(&mut self) {
        self.body = None;
        self.body_is_stream = false;
    }

    /// Whether nobody knows how long the body will be.
    pub(crate) const fn body_has_unknown_length(&self) -> bool {
        matches!(self.body, Some(RequestBody::Stream { length: None, .. }))
    }

    /// Takes the body to send it; one that can be sent again stays.
    pub(crate) fn take_body(&mut self) -> Option<RequestBody> {
        match &self.body {
            Some(RequestBody::Bytes(bytes)) => Some(RequestBody::Bytes(bytes.clone())),
            _ => self.body.take(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn request(client: &str, urls: &[&str]) -> FetchRequest {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut request = FetchRequest::new(Request {
            head: RequestHead::get(url(urls[0])),
            client: Client::of_url(&url(client)),
            body: None,
            priority: Priority::Foreground,
        });
        urls.iter().skip(1).for_each(|u| request.push_url(url(u)));
        request
    }

    #[test]
    fn the_origin_is_null_once_another_origin_redirected_away() {
        use RedirectTaint::{CrossSite, SameOrigin, SameSite};
        let cases: [(&[&str], RedirectTaint, &str); 6] = [
            (&["https://a.test/"], SameOrigin, "https://a.test"),
            (&["https://a.test/", "https://b.test/"], SameOrigin, "https://a.test"),
            (&["https://b.test/", "https://a.test/"], CrossSite, "null"),
            (&["https://b.test/", "https://c.test/"], CrossSite, "null"),
            (&["https://b.test/", "https://b.test/2"], SameOrigin, "https://a.test"),
            (&["https://www.a.test/", "https://b.test/"], SameSite, "null"),
        ];
        for (urls, taint, origin) in cases {
            let request = request("https://a.test/", urls);
            assert_eq!(request.redirect_taint(), taint, "{urls:?}");
            assert_eq!(request.serialize_origin(), origin, "{urls:?}");
        }
    }
}
