//! [Loading the font of a face](https://drafts.csswg.org/css-font-loading/#font-face-load).

use bgfetch_canvas::Font;
use bgfetch_js::Realm;
use bgfetch_traits::fetch::{CredentialsMode, Destination, RequestHead, RequestMode};
use bgfetch_traits::net::CancelHandle;

use super::source::FontSource;
use crate::dom::html::loading;
use crate::environment::Environment;

/// The first of the sources that is a font.
pub(super) async fn load(realm: &Realm, sources: &[FontSource]) -> Option<Font> {
    for source in sources {
        // No fonts of the system are known.
        let FontSource::Url(url) = source else { continue };
        if let Some(font) = fetch_a_font(realm, url).await {
            return Some(font);
        }
    }
    None
}

/// [Fetches a font](https://drafts.csswg.org/css-fonts-4/#fetch-a-font).
async fn fetch_a_font(realm: &Realm, url: &str) -> Option<Font> {
    let url = Environment::try_of(realm)?.parse_url(url).ok()?;
    let head = RequestHead {
        mode: RequestMode::Cors,
        credentials: CredentialsMode::SameOrigin,
        destination: Destination::Font,
        ..RequestHead::get(url.clone())
    };
    let response = loading::fetch(realm, head, "css", CancelHandle::new()).await.ok()?;
    // [Ok status](https://fetch.spec.whatwg.org/#ok-status), but for schemes without one.
    if matches!(url.scheme(), "http" | "https") && !(200..300).contains(&response.head.status) {
        return None;
    }
    let bytes = loading::read(response).await?;
    let font = Font::parse(&bytes);
    font.inspect_err(|error| tracing::debug!(%url, %error, "a font could not be read")).ok()
}
