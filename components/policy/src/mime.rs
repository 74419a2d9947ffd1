//! [MIME types](https://mimesniff.spec.whatwg.org/#mime-type) of responses.

use std::str::FromStr;

use bgfetch_traits::headers::HeaderList;
use data_url::mime::Mime;

/// [Extract a MIME type](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type): the
/// [essence](https://mimesniff.spec.whatwg.org/#mime-type-essence), lower-cased; `None` is failure.
///
/// The charset that the algorithm carries over between headers does not matter to a caller of this function.
#[must_use]
pub fn extract_a_mime_type_essence(headers: &HeaderList) -> Option<String> {
    headers
        .get_decode_and_split("content-type")?
        .iter()
        .filter_map(|value| parse_essence(value))
        .rfind(|essence| essence != "*/*")
}

/// [Parse a MIME type](https://mimesniff.spec.whatwg.org/#parse-a-mime-type), keeping the essence.
#[must_use]
pub fn parse_essence(value: &str) -> Option<String> {
    let mime = Mime::from_str(value).ok()?;
    Some(format!("{}/{}", mime.type_, mime.subtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_type_that_parses_counts() {
        let cases: [(&[&str], Option<&str>); 7] = [
            (&["text/plain;charset=gbk, text/html"], Some("text/html")),
            (&["text/html;charset=gbk;a=b", "text/html;x=y"], Some("text/html")),
            (&["text/html", "cannot-parse"], Some("text/html")),
            (&["text/html", "*/*"], Some("text/html")),
            (&["text/html", ""], Some("text/html")),
            (&["TEXT/JavaScript; charset=utf-8"], Some("text/javascript")),
            (&[], None),
        ];
        for (headers, expected) in cases {
            let list: HeaderList = headers.iter().map(|v| ("Content-Type", *v)).collect();
            assert_eq!(extract_a_mime_type_essence(&list).as_deref(), expected, "{headers:?}");
        }
    }
}
