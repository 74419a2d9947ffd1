//! URLs of pages, for what is fetched.

use encoding_rs::{Encoding, UTF_8};
use url::{ParseError, Url};

use super::record::UrlRecord;

/// Parses a URL relative to another, in UTF-8: as [`resolve_with`].
pub(crate) fn resolve(text: &str, base: Option<&Url>) -> Result<Url, ParseError> {
    resolve_with(text, base, UTF_8)
}

/// Parses a URL relative to another as the [standard](https://url.spec.whatwg.org/#concept-basic-url-parser) says, with the
/// encoding that queries are in. The crate whose type is fetched leaves some of it out; what the standard's parser gave, it
/// takes as it is.
pub(crate) fn resolve_with(
    text: &str,
    base: Option<&Url>,
    encoding: &'static Encoding,
) -> Result<Url, ParseError> {
    let base_record = base.and_then(|base| UrlRecord::parse(base.as_str(), None));
    match UrlRecord::parse_with(text, base_record.as_ref(), encoding) {
        Some(record) => Url::parse(&record.href()),
        // Only the crate has words for what is wrong.
        None => Err(Url::options().base_url(base).parse(text).err().unwrap_or(ParseError::Overflow)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, base: &str) -> Option<String> {
        resolve(text, Some(&Url::parse(base).unwrap())).ok().map(Into::into)
    }

    #[test]
    fn what_the_crate_would_read_otherwise_is_as_the_standard_says() {
        let base = "http://example.org/a/b?c#d";
        assert_eq!(resolved("///test", base).as_deref(), Some("http://test/"));
        assert_eq!(
            resolved("///example.org/../path/../../path", base).as_deref(),
            Some("http://example.org/path")
        );
        assert_eq!(resolved("http://host/^?^#^", base).as_deref(), Some("http://host/%5E?^#^"));
        assert_eq!(resolved("\\\\test\\x", base).as_deref(), Some("http://test/x"));
        assert_eq!(resolved("http://a b/", base), None);
    }

    /// Results of the official test data for http and https: each says exactly what is fetched.
    #[test]
    fn what_a_page_sees_is_what_is_fetched() {
        let hrefs = [
            "http://user:pass@foo:21/bar;par?b#c",
            "http://f:0/c",
            "http://user@/www.example.com",
            "http://www.@pple.com/",
            "http://example.com////../..",
            "http://example.com/foo/%2e%2",
            "http://example.com/(%28:%3A%29)",
            "http://example.com/foo%C2%91%91?\u{1f4a9}#'`<>",
            "http://192.0x00A80001",
            "http://[2001::127.0.0.1]/",
            "http://\u{ff27}\u{ff4f}.com/%zz%66%a.com",
            "http://hoge:\"`{}@h/\"`{}?'\"<>#\"`<>",
            "http://www.example.com/ %20|^[]{}~",
            "https://x:443/?q='#\t a",
            "https://faß.ExAmPlE/",
        ];
        for text in hrefs {
            let Some(record) = UrlRecord::parse(text, None) else { continue };
            assert_eq!(resolve(text, None).unwrap().as_str(), record.href(), "{text}");
        }
    }

    #[test]
    fn queries_are_in_the_encoding_of_the_page() {
        let base = Url::parse("http://h/").unwrap();
        let query = |encoding, text: &str| {
            resolve_with(&format!("?{text}"), Some(&base), encoding)
                .unwrap()
                .query()
                .map(str::to_owned)
                .unwrap()
        };
        assert_eq!(query(encoding_rs::SHIFT_JIS, "a\u{4e02}b"), "a%26%2319970%3Bb");
        assert_eq!(query(encoding_rs::SHIFT_JIS, "\u{3042}"), "%82%A0");
        // An escape sequence leads back to ASCII before it.
        assert_eq!(query(encoding_rs::ISO_2022_JP, "\u{3042}\u{1f600}"), "%1B$B$%22%1B(B%26%23128512%3B");
    }
}
