//! [`WorkerLocation`](https://html.spec.whatwg.org/multipage/workers.html#worker-locations).

use bgfetch_js::{Fallible, Realm, Reflector, platform_object, trace_fields};
use url::{Position, Url};

use crate::bindings::WorkerLocationMethods;

/// `WorkerLocation`.
pub(crate) struct WorkerLocation {
    reflector: Reflector,
    /// The worker global scope's [URL](https://html.spec.whatwg.org/multipage/workers.html#concept-workerglobalscope-url).
    url: Url,
}

trace_fields!(WorkerLocation {});
platform_object!(WorkerLocation);

impl WorkerLocation {
    pub(super) const fn new(url: Url) -> Self {
        Self { reflector: Reflector::new(), url }
    }

    /// A part of the URL with its first character, or nothing if the part is only that.
    fn part(&self, range: std::ops::Range<Position>) -> String {
        let part = &self.url[range];
        if part.len() > 1 { part.to_owned() } else { String::new() }
    }
}

impl WorkerLocationMethods for WorkerLocation {
    fn href(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.as_str().to_owned())
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.origin().ascii_serialization())
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url[..Position::AfterScheme].to_owned() + ":")
    }

    fn host(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url[Position::BeforeHost..Position::AfterPort].to_owned())
    }

    fn hostname(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url[Position::BeforeHost..Position::AfterHost].to_owned())
    }

    fn port(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url[Position::BeforePort..Position::AfterPort].to_owned())
    }

    fn pathname(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.path().to_owned())
    }

    fn search(&self, _: &Realm) -> Fallible<String> {
        Ok(self.part(Position::AfterPath..Position::AfterQuery))
    }

    fn hash(&self, _: &Realm) -> Fallible<String> {
        Ok(self.part(Position::AfterQuery..Position::AfterFragment))
    }
}
