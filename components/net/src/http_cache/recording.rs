//! A response that is to be stored once its body is whole.

use std::rc::Rc;
use std::time::SystemTime;

use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::headers::HeaderList;
use bytes::{Bytes, BytesMut};
use http::Request;
use http_cache_semantics::CachePolicy;

use super::{CacheKey, Entry, LONGEST_BODY, request_of, storable};
use crate::context::Net;

/// A response on its way into the cache. Dropped before its end, nothing is stored.
pub(crate) struct Recording {
    net: Rc<Net>,
    key: CacheKey,
    request: Request<()>,
    policy: CachePolicy,
    head: ResponseHead,
    body: BytesMut,
    too_long: bool,
}

impl Recording {
    /// Begins to record the response to a `GET` with these headers, if it may be stored.
    pub(crate) fn of(
        net: &Rc<Net>,
        key: CacheKey,
        headers: &HeaderList,
        head: &ResponseHead,
        now: SystemTime,
    ) -> Option<Box<Self>> {
        let request = request_of(&key.url, headers)?;
        let policy = storable(&request, head, now)?;
        let body = BytesMut::new();
        let (net, head) = (Rc::clone(net), head.clone());
        Some(Box::new(Self { net, key, request, policy, head, body, too_long: false }))
    }

    /// More of the decoded body.
    pub(crate) fn push(&mut self, piece: &Bytes) {
        self.too_long |= self.body.len() + piece.len() > LONGEST_BODY;
        if self.too_long {
            self.body = BytesMut::new();
        } else {
            self.body.extend_from_slice(piece);
        }
    }

    /// The body is whole.
    pub(crate) fn finish(self: Box<Self>) {
        let Self { net, key, request, policy, head, body, too_long } = *self;
        if !too_long {
            let entry = Entry { policy, head, body: body.freeze(), used: 0 };
            net.cache.borrow_mut().store(&key, entry, &request, net.clock.now());
        }
    }
}
