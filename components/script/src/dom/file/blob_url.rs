//! [Blob URLs](https://w3c.github.io/FileAPI/#url): the blob URL store, of this process.

use std::collections::HashMap;
use std::sync::LazyLock;

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::ids::ClientId;
use parking_lot::Mutex;
use url::Url;

use super::blob::BlobData;
use crate::dom::Blob;
use crate::environment::Environment;

struct Entry {
    data: BlobData,
    /// The environment that made it: when that is gone, so is the URL.
    owner: ClientId,
}

static STORE: LazyLock<Mutex<HashMap<String, Entry>>> = LazyLock::new(Mutex::default);

/// [`createObjectURL()`](https://w3c.github.io/FileAPI/#dfn-createObjectURL)
pub(crate) fn create(realm: &Realm, blob: &Blob) -> Fallible<String> {
    let environment = Environment::of(realm);
    let origin = environment.origin.ascii_serialization();
    let url = format!("blob:{origin}/{}", uuid::Uuid::new_v4());
    STORE.lock().insert(url.clone(), Entry { data: blob.data(), owner: environment.id });
    Ok(url)
}

/// [`revokeObjectURL()`](https://w3c.github.io/FileAPI/#dfn-revokeObjectURL): only for URLs of the same origin.
pub(crate) fn revoke(realm: &Realm, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    if url.scheme() == "blob" && url.origin() == Environment::of(realm).origin {
        STORE.lock().remove(url.as_str());
    }
}

/// [Resolves a blob URL](https://w3c.github.io/FileAPI/#blob-url-resolve).
pub(crate) fn resolve(url: &Url) -> Option<BlobData> {
    let mut url = url.clone();
    url.set_fragment(None);
    STORE.lock().get(url.as_str()).map(|entry| entry.data.clone())
}

/// Removes the URLs that an environment made.
pub(crate) fn forget(owner: ClientId) {
    STORE.lock().retain(|_, entry| entry.owner != owner);
}
