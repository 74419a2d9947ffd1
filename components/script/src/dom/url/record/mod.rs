//! [URL records](https://url.spec.whatwg.org/#concept-url) and the [basic URL
//! parser](https://url.spec.whatwg.org/#concept-basic-url-parser), as of the standard of 2025-05-19.
//!
//! What is fetched is a [`url::Url`], made of what this parser gives (see [`resolve`](super::resolve)); what pages take apart
//! and put together, with `URL` and links, is one of these. The two differ in what the crate leaves out of the standard, most
//! of all about `file:` URLs and setters.

mod parser;
mod percent;
mod states;

use std::fmt;

use encoding_rs::{Encoding, UTF_8};

use parser::{Parser, State};
use percent::EncodeSet;

/// A URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UrlRecord {
    scheme: String,
    username: String,
    password: String,
    /// Serialized; "" is the empty host.
    host: Option<String>,
    /// `None` is the scheme's default.
    port: Option<u16>,
    path: Path,
    query: Option<String>,
    fragment: Option<String>,
}

/// [Path](https://url.spec.whatwg.org/#concept-url-path).
#[derive(Clone, Debug, PartialEq, Eq)]
enum Path {
    Opaque(String),
    Segments(Vec<String>),
}

impl Default for Path {
    fn default() -> Self {
        Self::Segments(Vec::new())
    }
}

/// The default port of a [special scheme](https://url.spec.whatwg.org/#special-scheme) that has one.
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "ftp" => Some(21),
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

fn is_special_scheme(scheme: &str) -> bool {
    scheme == "file" || default_port(scheme).is_some()
}

/// [Windows drive letter](https://url.spec.whatwg.org/#windows-drive-letter), normalized or not.
fn is_windows_drive_letter(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic())
}

fn is_normalized_windows_drive_letter(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic())
}

impl UrlRecord {
    /// [Parses](https://url.spec.whatwg.org/#concept-basic-url-parser) a URL; `None` is failure.
    pub(crate) fn parse(text: &str, base: Option<&Self>) -> Option<Self> {
        Self::parse_with(text, base, UTF_8)
    }

    /// [`UrlRecord::parse`], with the encoding that queries are in.
    pub(crate) fn parse_with(text: &str, base: Option<&Self>, encoding: &'static Encoding) -> Option<Self> {
        let text = text.trim_matches(|character: char| character <= ' ');
        let mut url = Self::default();
        Parser::new(&mut url, text, base, None, encoding).run()?;
        Some(url)
    }

    /// Parses a part into this URL. What could not be parsed changes as much as the standard's parser had changed before.
    fn set_part(&mut self, text: &str, state: State) {
        let _failure_ignored = Parser::new(self, text, None, Some(state), UTF_8).run();
    }

    fn is_special(&self) -> bool {
        is_special_scheme(&self.scheme)
    }

    fn has_opaque_path(&self) -> bool {
        matches!(self.path, Path::Opaque(_))
    }

    fn includes_credentials(&self) -> bool {
        !self.username.is_empty() || !self.password.is_empty()
    }

    /// [Cannot have a username/password/port](https://url.spec.whatwg.org/#cannot-have-a-username-password-port).
    fn cannot_have_credentials(&self) -> bool {
        self.host.as_deref().is_none_or(str::is_empty) || self.scheme == "file"
    }

    /// [Shortens the path](https://url.spec.whatwg.org/#shorten-a-urls-path).
    fn shorten_path(&mut self) {
        let Path::Segments(segments) = &mut self.path else { return };
        let drive = segments.first().is_some_and(|first| is_normalized_windows_drive_letter(first));
        if self.scheme != "file" || segments.len() != 1 || !drive {
            segments.pop();
        }
    }

    fn push_segment(&mut self, segment: String) {
        if let Path::Segments(segments) = &mut self.path {
            segments.push(segment);
        }
    }

    /// [`href`](https://url.spec.whatwg.org/#dom-url-href)
    pub(crate) fn href(&self) -> String {
        self.to_string()
    }

    /// [`origin`](https://url.spec.whatwg.org/#dom-url-origin), serialized.
    pub(crate) fn origin(&self) -> String {
        let inner = match self.scheme.as_str() {
            "blob" => Self::parse(&self.pathname(), None),
            "ftp" | "http" | "https" | "ws" | "wss" => Some(self.clone()),
            _ => None,
        };
        let of_blob = |url: &Self| matches!(url.scheme.as_str(), "http" | "https");
        match inner.filter(|url| self.scheme != "blob" || of_blob(url)) {
            Some(url) => format!("{}://{}", url.scheme, url.host()),
            None => "null".to_owned(),
        }
    }

    /// [`protocol`](https://url.spec.whatwg.org/#dom-url-protocol)
    pub(crate) fn protocol(&self) -> String {
        format!("{}:", self.scheme)
    }

    pub(crate) fn set_protocol(&mut self, value: &str) {
        self.set_part(&format!("{value}:"), State::SchemeStart);
    }

    /// [`username`](https://url.spec.whatwg.org/#dom-url-username)
    pub(crate) fn username(&self) -> String {
        self.username.clone()
    }

    pub(crate) fn set_username(&mut self, value: &str) {
        if !self.cannot_have_credentials() {
            self.username.clear();
            percent::push_str(&mut self.username, value, EncodeSet::Userinfo);
        }
    }

    /// [`password`](https://url.spec.whatwg.org/#dom-url-password)
    pub(crate) fn password(&self) -> String {
        self.password.clone()
    }

    pub(crate) fn set_password(&mut self, value: &str) {
        if !self.cannot_have_credentials() {
            self.password.clear();
            percent::push_str(&mut self.password, value, EncodeSet::Userinfo);
        }
    }

    /// [`host`](https://url.spec.whatwg.org/#dom-url-host): with the port.
    pub(crate) fn host(&self) -> String {
        let port = self.port.map(|port| format!(":{port}"));
        self.hostname() + &port.unwrap_or_default()
    }

    pub(crate) fn set_host(&mut self, value: &str) {
        if !self.has_opaque_path() {
            self.set_part(value, State::Host);
        }
    }

    /// [`hostname`](https://url.spec.whatwg.org/#dom-url-hostname)
    pub(crate) fn hostname(&self) -> String {
        self.host.clone().unwrap_or_default()
    }

    pub(crate) fn set_hostname(&mut self, value: &str) {
        if !self.has_opaque_path() {
            self.set_part(value, State::Hostname);
        }
    }

    /// [`port`](https://url.spec.whatwg.org/#dom-url-port)
    pub(crate) fn port(&self) -> String {
        self.port.map(|port| port.to_string()).unwrap_or_default()
    }

    pub(crate) fn set_port(&mut self, value: &str) {
        if self.cannot_have_credentials() {
            return;
        }
        if value.is_empty() {
            self.port = None;
        } else {
            self.set_part(value, State::Port);
        }
    }

    /// [`pathname`](https://url.spec.whatwg.org/#dom-url-pathname)
    pub(crate) fn pathname(&self) -> String {
        match &self.path {
            Path::Opaque(path) => path.clone(),
            Path::Segments(segments) => segments.iter().flat_map(|segment| ["/", segment]).collect(),
        }
    }

    pub(crate) fn set_pathname(&mut self, value: &str) {
        if !self.has_opaque_path() {
            self.path = Path::default();
            self.set_part(value, State::PathStart);
        }
    }

    /// [`search`](https://url.spec.whatwg.org/#dom-url-search)
    pub(crate) fn search(&self) -> String {
        prefixed('?', self.query.as_deref())
    }

    pub(crate) fn set_search(&mut self, value: &str) {
        if value.is_empty() {
            self.query = None;
            return;
        }
        self.query = Some(String::new());
        self.set_part(value.strip_prefix('?').unwrap_or(value), State::Query);
    }

    /// The query, without its question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Sets a query that is percent-encoded already.
    pub(crate) fn set_query(&mut self, query: Option<String>) {
        self.query = query;
    }

    /// [`hash`](https://url.spec.whatwg.org/#dom-url-hash)
    pub(crate) fn hash(&self) -> String {
        prefixed('#', self.fragment.as_deref())
    }

    pub(crate) fn set_hash(&mut self, value: &str) {
        if value.is_empty() {
            self.fragment = None;
            return;
        }
        self.fragment = Some(String::new());
        self.set_part(value.strip_prefix('#').unwrap_or(value), State::Fragment);
    }
}

fn prefixed(prefix: char, part: Option<&str>) -> String {
    match part {
        None | Some("") => String::new(),
        Some(part) => format!("{prefix}{part}"),
    }
}

/// [URL serializing](https://url.spec.whatwg.org/#concept-url-serializer).
impl fmt::Display for UrlRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if self.host.is_some() {
            f.write_str("//")?;
            if self.includes_credentials() {
                f.write_str(&self.username)?;
                if !self.password.is_empty() {
                    write!(f, ":{}", self.password)?;
                }
                f.write_str("@")?;
            }
            f.write_str(&self.host())?;
        } else if matches!(&self.path, Path::Segments(segments) if segments.len() > 1 && segments.first().is_some_and(String::is_empty))
        {
            f.write_str("/.")?;
        }
        f.write_str(&self.pathname())?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::UrlRecord;

    fn href(text: &str, base: Option<&str>) -> Option<String> {
        let base = base.map(|base| UrlRecord::parse(base, None).unwrap());
        UrlRecord::parse(text, base.as_ref()).map(|url| url.href())
    }

    #[test]
    fn what_is_parsed_twice_stays_the_same() {
        let texts = [
            "https://ExAmPle.com:443/a/./b/../c?q#f",
            "file:c|/x/../y",
            "file:////one/two",
            "file://host/C|/",
            "non-special:opaque  ?x",
            "web+demo:/.//not-a-host/",
            "http://user:p%40ss@[::1]:8080/",
            "data:,a b#c d",
        ];
        for text in texts {
            let once = href(text, None).unwrap();
            assert_eq!(href(&once, None), Some(once.clone()), "{text}");
        }
    }

    #[test]
    fn relative_to_a_base() {
        let cases = [
            ("../x?y", "https://a.test/b/c/d", Some("https://a.test/b/x?y")),
            ("//b.test", "https://a.test/", Some("https://b.test/")),
            ("C|/", "file://host/dir/file", Some("file://host/C:/")),
            ("#f", "data:,x", Some("data:,x#f")),
            ("x", "data:,x", None),
            ("http:x", "https://a.test/b", Some("http://x/")),
        ];
        for (text, base, expected) in cases {
            assert_eq!(href(text, Some(base)).as_deref(), expected, "{text} against {base}");
        }
    }

    #[test]
    fn odd_texts_neither_panic_nor_loop() {
        let alphabet =
            ["", ":", "/", "\\", "?", "#", "@", "[", "]", "a", "C|", "..", "%2e", "\t", "\u{1f4a9}", "1"];
        let schemes = ["", "http:", "file:", "x:", "blob:"];
        for scheme in schemes {
            for a in alphabet {
                for b in alphabet {
                    for c in alphabet {
                        let text = format!("{scheme}{a}{b}{c}");
                        let Some(mut url) = UrlRecord::parse(&text, None) else { continue };
                        url.set_host(&format!("{b}{c}"));
                        url.set_pathname(&format!("{c}{a}"));
                        url.set_protocol(&format!("{a}{c}"));
                        url.set_port(b);
                        let once = url.href();
                        assert_eq!(href(&once, None), Some(once.clone()), "{text:?}");
                    }
                }
            }
        }
    }
}
