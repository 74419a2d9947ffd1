//! Servers: what a request gets from them.

use bgfetch_core::StartFetch;
use bgfetch_traits::fetch::{NetworkErrorKind, ResponseHead};
use bgfetch_traits::headers::HeaderList;

use crate::random::Random;

/// How a server treats ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ranges {
    Honest,
    /// All of it, every time.
    Ignored,
    /// Parts of at most so many bytes, also when nobody asked for a part.
    Short(u64),
    /// Parts whose complete length it does not tell.
    Unknown,
    /// Parts that start elsewhere.
    WrongStart,
    /// Parts that do not say what they are.
    Unlabelled,
    /// Parts without a byte in them.
    Empty,
}

pub(crate) struct Resource {
    /// Every content it ever had.
    pub(crate) versions: Vec<Vec<u8>>,
    ranges: Ranges,
    status: u16,
    etag: Option<&'static str>,
    dated: bool,
    tells_length: bool,
    tells_unsatisfied: bool,
    breaks: u64,
    fails: Option<NetworkErrorKind>,
}

/// What comes of a request.
pub(crate) struct Reply {
    pub(crate) head: ResponseHead,
    pub(crate) bytes: Vec<u8>,
    /// How it breaks off, if it does, when its bytes are through.
    pub(crate) broken: Option<NetworkErrorKind>,
}

impl Resource {
    pub(crate) fn new(random: &mut Random, lies: bool, unreliable: bool) -> Self {
        let all = [
            Ranges::Honest,
            Ranges::Honest,
            Ranges::Ignored,
            Ranges::Short(300),
            Ranges::Unknown,
            Ranges::WrongStart,
            Ranges::Unlabelled,
            Ranges::Empty,
        ];
        let ranges = if lies { *random.pick(&all) } else { *random.pick(&all[..5]) };
        let fails = [NetworkErrorKind::Cors, NetworkErrorKind::ConnectionRefused, NetworkErrorKind::Tls];
        let mut resource = Self {
            versions: Vec::new(),
            ranges,
            status: if random.percent(10) { *random.pick(&[404, 500]) } else { 200 },
            etag: *random.pick(&[Some("\""), Some("W/\""), None]),
            dated: random.percent(50),
            tells_length: random.percent(60),
            tells_unsatisfied: random.percent(80),
            breaks: if unreliable { random.below(70) } else { 0 },
            fails: random.percent(5).then(|| *random.pick(&fails)),
        };
        resource.change(random);
        resource
    }

    /// Another content, if there is a way to tell it from the one before.
    pub(crate) fn change(&mut self, random: &mut Random) {
        if self.versions.is_empty() || self.etag.is_some() || self.dated {
            let most = if random.percent(20) { 3 } else { 2_000 };
            let length = random.below(most);
            self.versions.push((0..length).map(|_| random.next() as u8).collect());
        }
    }

    pub(crate) fn answer(&self, start: &StartFetch, random: &mut Random) -> Result<Reply, NetworkErrorKind> {
        if let Some(kind) = self.fails {
            return Err(kind);
        }
        let content = self.versions.last().expect("it has had one from the start");
        let length = content.len() as u64;
        let mut headers = self.validators();
        let header = |name: &str| start.request.headers.get_str(name);
        let fresh = header("If-Range").is_none_or(|validator| self.is_validated_by(&validator, &headers));
        let range = header("Range").filter(|_| fresh).map(|value| {
            let first = value.strip_prefix("bytes=").and_then(|rest| rest.strip_suffix('-'));
            first.expect("bytes=N-").parse::<u64>().expect("a number")
        });
        let get = start.request.method == http::Method::GET;
        let supported = get && self.status == 200 && self.ranges != Ranges::Ignored;
        let (status, bytes) = match range.filter(|_| supported) {
            Some(first) if first >= length => {
                if self.tells_unsatisfied {
                    headers.append("Content-Range", format!("bytes */{length}"));
                }
                (416, b"no such range".to_vec())
            }
            Some(first) => (206, self.part(content, first, &mut headers)),
            None if supported && matches!(self.ranges, Ranges::Short(_)) && length > 0 => {
                (206, self.part(content, 0, &mut headers))
            }
            None => {
                if self.tells_length {
                    headers.append("Content-Length", length.to_string());
                }
                (self.status, content.clone())
            }
        };
        Ok(self.perhaps_broken(status, headers, bytes, start, random))
    }

    fn perhaps_broken(
        &self,
        status: u16,
        headers: HeaderList,
        mut bytes: Vec<u8>,
        start: &StartFetch,
        random: &mut Random,
    ) -> Reply {
        let broken = random.percent(self.breaks).then(|| {
            let at = random.below(bytes.len() as u64 + 1);
            bytes.truncate(at as usize);
            let kinds = [
                NetworkErrorKind::ConnectionReset,
                NetworkErrorKind::ConnectionReset,
                NetworkErrorKind::TimedOut,
                NetworkErrorKind::Protocol,
            ];
            // A body that is no HTTP is rarer than a lost connection.
            let kinds = if random.percent(5) { &kinds[3..] } else { &kinds[..3] };
            *random.pick(kinds)
        });
        let url_list = vec![start.request.url.clone()];
        Reply { head: ResponseHead { status, headers, url_list, ..ResponseHead::default() }, bytes, broken }
    }

    fn part(&self, content: &[u8], first: u64, headers: &mut HeaderList) -> Vec<u8> {
        let length = content.len() as u64;
        let mut end = length;
        if let Ranges::Short(most) = self.ranges {
            end = end.min(first + most);
        }
        let complete = if self.ranges == Ranges::Unknown { "*".to_owned() } else { length.to_string() };
        let told = if self.ranges == Ranges::WrongStart { first.saturating_sub(1) } else { first };
        if self.ranges != Ranges::Unlabelled {
            headers.append("Content-Range", format!("bytes {told}-{}/{complete}", end - 1));
        }
        if self.ranges == Ranges::Empty { Vec::new() } else { content[first as usize..end as usize].to_vec() }
    }

    fn validators(&self) -> HeaderList {
        let version = self.versions.len();
        let mut headers = HeaderList::new();
        if let Some(opening) = self.etag {
            headers.append("ETag", format!("{opening}{version}\""));
        }
        if self.dated {
            headers.append("Last-Modified", format!("Thu, 01 Jan 2026 00:00:{version:02} GMT"));
        }
        headers
    }

    fn is_validated_by(&self, validator: &str, now: &HeaderList) -> bool {
        ["ETag", "Last-Modified"].iter().any(|name| now.get_str(name).as_deref() == Some(validator))
    }
}
