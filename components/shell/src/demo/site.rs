//! The podcast site that the demo's server serves.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::content::{Content, Generated};
use super::range::Validators;

const INDEX_HTML: &str = include_str!("../../demo/index.html");
const PAGE_JS: &str = include_str!("../../demo/page.js");
const WORKER_JS: &str = include_str!("../../demo/sw.js");
const ARTWORK: &[u8] = include_bytes!("../../demo/ep-5-artwork.jpg");
const ICON: &[u8] = include_bytes!("../../demo/ep-5-icon.png");

/// Length of the episode unless another is asked for: 64 MiB.
pub const EPISODE_BYTES: u64 = 64 * 1024 * 1024;
/// Path of the episode.
pub const EPISODE_PATH: &str = "/ep-5.mp3";
/// Path of its artwork.
pub const ARTWORK_PATH: &str = "/ep-5-artwork.jpg";

const EPISODE_SEED: u64 = 5;
/// `Last-Modified` of everything: the server's files do not change.
const PUBLISHED: Duration = Duration::from_secs(1_760_000_000);

/// Something that a server serves.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its body.
    pub content: Content,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// Its `ETag` and `Last-Modified`.
    pub validators: Validators,
    /// Bytes a second that one answer gets; `None` is as fast as the connection.
    pub rate: Option<u64>,
    /// Whether ranges are served; if not, `Range` is ignored and `Accept-Ranges: none` is sent.
    pub ranges: bool,
    /// The connection breaks before the byte at each of these positions; one position is used up by one answer.
    pub cuts: Vec<u64>,
    /// More headers.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
}

impl Resource {
    /// A resource of that content whose `ETag` is made of its sum and which is served by range, unlimited.
    #[must_use]
    pub fn new(content_type: &'static str, content: Content) -> Self {
        let etag = match &content {
            Content::Generated(generated) => format!("\"g{}-{}\"", generated.seed, generated.length),
            bytes @ Content::Bytes(_) => format!("\"{:.16}\"", bytes.sha256().to_string()),
        };
        Self {
            content,
            content_type,
            validators: Validators { etag, last_modified: published() },
            rate: None,
            ranges: true,
            cuts: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// A text file, an image, or another thing in memory.
    #[must_use]
    pub fn bytes(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self::new(content_type, Content::Bytes(bytes.into()))
    }

    /// Limits one answer to so many bytes a second.
    #[must_use]
    pub fn with_rate(mut self, rate: Option<u64>) -> Self {
        self.rate = rate;
        self
    }
}

fn published() -> SystemTime {
    UNIX_EPOCH + PUBLISHED
}

/// What is served, by path.
#[derive(Clone, Debug, Default)]
pub struct Site {
    resources: BTreeMap<String, Resource>,
}

impl Site {
    /// A site without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The podcast site: its episode has `episode_bytes` bytes and comes at `rate` bytes a second.
    #[must_use]
    pub fn podcast(episode_bytes: u64, rate: Option<u64>) -> Self {
        let episode = Content::Generated(Generated { seed: EPISODE_SEED, length: episode_bytes });
        let total = episode_bytes + ARTWORK.len() as u64;
        let index = INDEX_HTML.replace("{{ep-5 bytes}}", &total.to_string());
        let mut site = Self::new();
        site.insert("/", Resource::bytes("text/html; charset=utf-8", index));
        site.insert("/page.js", Resource::bytes("text/javascript; charset=utf-8", PAGE_JS));
        site.insert("/sw.js", Resource::bytes("text/javascript; charset=utf-8", WORKER_JS));
        site.insert(EPISODE_PATH, Resource::new("audio/mpeg", episode).with_rate(rate));
        site.insert(ARTWORK_PATH, Resource::bytes("image/jpeg", ARTWORK));
        site.insert("/ep-5-icon.png", Resource::bytes("image/png", ICON));
        site
    }

    /// Adds or replaces what is at `path`.
    pub fn insert(&mut self, path: impl Into<String>, resource: Resource) {
        self.resources.insert(path.into(), resource);
    }

    /// What is at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Resource> {
        self.resources.get(path)
    }

    /// What is at `path`, to change it.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut Resource> {
        self.resources.get_mut(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_how_many_bytes_the_files_of_the_episode_have() {
        let site = Site::podcast(1000, None);
        let total: u64 =
            [EPISODE_PATH, ARTWORK_PATH].iter().map(|path| site.get(path).unwrap().content.length()).sum();
        let index = site.get("/").unwrap().content.read(0..100_000);
        let index = std::str::from_utf8(&index).unwrap();
        assert!(index.contains(&format!("data-bytes=\"{total}\"")), "{index}");
        assert!(!index.contains("{{"), "{index}");
    }

    #[test]
    fn the_artwork_is_a_jpeg_and_the_icon_a_png() {
        let site = Site::podcast(1, None);
        assert!(site.get(ARTWORK_PATH).unwrap().content.read(0..3).starts_with(&[0xff, 0xd8, 0xff]));
        assert!(site.get("/ep-5-icon.png").unwrap().content.read(0..8).starts_with(b"\x89PNG"));
    }
}
