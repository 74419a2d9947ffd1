//! [`PerformanceServerTiming`](https://w3c.github.io/server-timing/#the-performanceservertiming-interface).

use bgfetch_js::{DomString, Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::PerformanceServerTimingMethods;

/// `PerformanceServerTiming`.
pub(crate) struct PerformanceServerTiming {
    reflector: Reflector,
    metric: Metric,
}

trace_fields!(PerformanceServerTiming {});
platform_object!(PerformanceServerTiming);

/// A [server-timing metric](https://w3c.github.io/server-timing/#the-server-timing-header-field).
#[derive(Debug, Default, PartialEq)]
pub(super) struct Metric {
    name: String,
    duration: f64,
    description: String,
}

impl PerformanceServerTiming {
    pub(super) fn new(metric: Metric) -> Self {
        Self { reflector: Reflector::new(), metric }
    }
}

/// [Server-timing header parsing](https://w3c.github.io/server-timing/#dfn-server-timing-header-parsing-algorithm), of the values of
/// all headers in one.
pub(super) fn parse(header: &str) -> Vec<Metric> {
    split(header, ',').into_iter().filter_map(metric).collect()
}

/// One metric: a name, and parameters of which the first of each name counts.
fn metric(field: &str) -> Option<Metric> {
    let mut parts = split(field, ';').into_iter();
    let name: String = parts.next()?.trim().chars().take_while(|c| is_token(*c)).collect();
    if name.is_empty() {
        return None;
    }
    let mut metric = Metric { name, ..Metric::default() };
    let (mut has_duration, mut has_description) = (false, false);
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "dur" if !has_duration => {
                has_duration = true;
                metric.duration = unquoted(value).parse().ok().filter(|d: &f64| d.is_finite()).unwrap_or(0.0);
            }
            "desc" if !has_description => {
                has_description = true;
                metric.description = unquoted(value);
            }
            _ => {}
        }
    }
    Some(metric)
}

/// The pieces between separators that are not within quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if character == separator && !quoted => {
                pieces.push(text.get(begin..at).unwrap_or_default());
                begin = at + character.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push(text.get(begin..).unwrap_or_default());
    pieces
}

/// The value of a parameter: a quoted string, up to its end, or a token.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let Some(quoted) = value.strip_prefix('"') else {
        return value.chars().take_while(|c| is_token(*c)).collect();
    };
    let (mut text, mut characters) = (String::new(), quoted.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => return text,
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    // A string that does not end is none.
    String::new()
}

const fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '-' | '.' | '^' | '_' | '`' | '|' | '~'
        )
}

impl PerformanceServerTimingMethods for PerformanceServerTiming {
    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.metric.name.as_str().into())
    }

    fn duration(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.metric.duration)
    }

    fn description(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.metric.description.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str, duration: f64, description: &str) -> Metric {
        Metric { name: name.to_owned(), duration, description: description.to_owned() }
    }

    #[test]
    fn headers() {
        let cases = [
            ("", vec![]),
            ("miss", vec![metric("miss", 0.0, "")]),
            ("db;dur=53.2, app;dur=47", vec![metric("db", 53.2, ""), metric("app", 47.0, "")]),
            ("cache;desc=\"Cache, \\\"Read\\\"\";dur=2.5", vec![metric("cache", 2.5, "Cache, \"Read\"")]),
            ("a ; DUR = 1 ; dur=2;desc=one;desc=two", vec![metric("a", 1.0, "one")]),
            ("a;dur=x, ,b;desc=\"open", vec![metric("a", 0.0, ""), metric("b", 0.0, "")]),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header), expected, "{header}");
        }
    }
}
