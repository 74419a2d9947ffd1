//! Reports that come as lines of a console: see `support/testharnessreport.js`.

use serde_json::Value;

const PREFIX: &str = "bgfetch-wpt-result:";

/// Puts the pieces of one test's report together.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Path and query of the test.
    url: String,
    text: String,
    next: usize,
}

/// What a line of the shell's output was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Something else.
    Other,
    /// A piece, and more are to come; or one of another window.
    Piece,
    /// The last piece: this is the whole report.
    Whole(String),
}

impl Pieces {
    /// For the report of the test at this full URL.
    pub(super) fn new(url: &str) -> Self {
        let parsed = url::Url::parse(url).ok();
        let url = parsed.map(|url| match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        });
        Self { url: url.unwrap_or_default(), text: String::new(), next: 1 }
    }

    /// Takes a line of JSON: the piece is whatever text in it starts with the prefix.
    pub(super) fn take(&mut self, line: &str) -> Line {
        if !line.contains(PREFIX) {
            return Line::Other;
        }
        let Ok(event) = serde_json::from_str::<Value>(line) else { return Line::Other };
        let Some(piece) = find(&event) else { return Line::Other };
        self.piece(piece).unwrap_or(Line::Piece)
    }

    /// `1/2 /the/test.html?query {"status":...`
    fn piece(&mut self, piece: &str) -> Option<Line> {
        let mut fields = piece.splitn(3, ' ');
        let (number, url, text) = (fields.next()?, fields.next()?, fields.next()?);
        let (index, count) = number.split_once('/')?;
        let (index, count): (usize, usize) = (index.parse().ok()?, count.parse().ok()?);
        if url != self.url || index != self.next {
            return None;
        }
        self.text.push_str(text);
        self.next += 1;
        (index == count).then(|| Line::Whole(std::mem::take(&mut self.text)))
    }
}

fn find(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.strip_prefix(PREFIX),
        Value::Array(items) => items.iter().find_map(find),
        Value::Object(entries) => entries.values().find_map(find),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        serde_json::json!({ "event": "console", "level": "log", "args": [format!("{PREFIX}{text}")] })
            .to_string()
    }

    #[test]
    fn pieces_make_a_report() {
        let mut pieces = Pieces::new("https://web-platform.test:8443/a/b.html?c#d");
        assert_eq!(pieces.take("{\"event\": \"loaded\"}"), Line::Other);
        assert_eq!(pieces.take(&line("1/2 /a/b.html?c {\"st")), Line::Piece);
        assert_eq!(pieces.take(&line("1/1 /a/popup.html {}")), Line::Piece);
        assert_eq!(
            pieces.take(&line("2/2 /a/b.html?c atus\": 1}")),
            Line::Whole("{\"status\": 1}".to_owned())
        );
    }

    #[test]
    fn what_is_no_piece_does_no_harm() {
        let mut pieces = Pieces::new("https://web-platform.test/a");
        for odd in ["", "1/1", "1/1 /a", "x/1 /a b", "0/1 /a b", "2/2 /a b", "1/99999999999999999999999 /a b"]
        {
            assert_eq!(pieces.take(&line(odd)), Line::Piece, "{odd}");
        }
        assert_eq!(pieces.take(&format!("{PREFIX} not JSON")), Line::Other);
    }
}
