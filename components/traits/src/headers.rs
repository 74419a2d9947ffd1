//! [Header lists](https://fetch.spec.whatwg.org/#concept-header-list) of the Fetch Standard.

use serde::{Deserialize, Serialize};

/// A list of header names and values: order, case and repeats are kept; names compare byte-case-insensitively.
///
/// Serialized, a value is the string of its bytes as code points
/// ([isomorphic decode](https://infra.spec.whatwg.org/#isomorphic-decode)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HeaderList(#[serde(with = "isomorphic_values")] Vec<(String, Vec<u8>)>);

/// Serde for header values: a quarter of the size that arrays of numbers take in JSON, and readable.
mod isomorphic_values {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        headers: &[(String, Vec<u8>)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let decode = |value: &[u8]| value.iter().copied().map(char::from).collect::<String>();
        serializer.collect_seq(headers.iter().map(|(name, value)| (name, decode(value))))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, Vec<u8>)>, D::Error> {
        let encode = |c: char| {
            u8::try_from(c)
                .map_err(|_| serde::de::Error::custom(format!("{c:?} is not a byte of a header value")))
        };
        Vec::<(String, String)>::deserialize(deserializer)?
            .into_iter()
            .map(|(name, value)| Ok((name, value.chars().map(encode).collect::<Result<_, _>>()?)))
            .collect()
    }
}

impl HeaderList {
    /// An empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether the list [contains](https://fetch.spec.whatwg.org/#header-list-contains) `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// [Get](https://fetch.spec.whatwg.org/#concept-header-list-get): all values of `name`, combined by `, `.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        let mut values = self.get_all(name);
        let mut combined = values.next()?.to_vec();
        for value in values {
            combined.extend_from_slice(b", ");
            combined.extend_from_slice(value);
        }
        Some(combined)
    }

    /// [Get, decode, and split](https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split) a name.
    #[must_use]
    pub fn get_decode_and_split(&self, name: &str) -> Option<Vec<String>> {
        self.get(name).map(|value| decode_and_split(&value))
    }

    /// [`HeaderList::get`], as text: bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn get_str(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    /// Each value of `name`, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice())
    }

    /// [Append](https://fetch.spec.whatwg.org/#concept-header-list-append): a name already there keeps its case.
    pub fn append(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let name =
            self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map_or(name, |(n, _)| n).to_owned();
        self.0.push((name, value.into()));
    }

    /// [Set](https://fetch.spec.whatwg.org/#concept-header-list-set): the first of that name takes the value,
    /// the others go.
    pub fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        let Some(first) = self.0.iter().position(|(n, _)| n.eq_ignore_ascii_case(name)) else {
            self.0.push((name.to_owned(), value.into()));
            return;
        };
        self.0[first].1 = value.into();
        let mut index = 0;
        self.0.retain(|(n, _)| {
            let keep = index <= first || !n.eq_ignore_ascii_case(name);
            index += 1;
            keep
        });
    }

    /// [Delete](https://fetch.spec.whatwg.org/#concept-header-list-delete): all of that name.
    pub fn delete(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Keeps the headers for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &[u8]) -> bool) {
        self.0.retain(|(n, v)| keep(n, v));
    }

    /// [Sort and combine](https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine): lower-cased
    /// names in byte order, `set-cookie` not combined.
    #[must_use]
    pub fn sort_and_combine(&self) -> Vec<(String, Vec<u8>)> {
        let mut names: Vec<String> = self.0.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        let mut sorted = Vec::with_capacity(names.len());
        for name in names {
            if name == "set-cookie" {
                sorted.extend(self.get_all(&name).map(|value| (name.clone(), value.to_vec())));
            } else if let Some(value) = self.get(&name) {
                sorted.push((name, value));
            }
        }
        sorted
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_slice()))
    }

    /// How many headers there are, repeats counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Vec<u8>>> FromIterator<(N, V)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let mut list = Self::new();
        for (name, value) in headers {
            list.append(&name.into(), value);
        }
        list
    }
}

/// [Get, decode, and split](https://fetch.spec.whatwg.org/#header-value-get-decode-and-split) a value: split at
/// commas that are not inside a quoted string.
fn decode_and_split(value: &[u8]) -> Vec<String> {
    let mut values = Vec::new();
    let mut current = String::new();
    let mut chars = value.iter().map(|&b| char::from(b));
    while let Some(c) = chars.next() {
        match c {
            ',' => {
                values.push(current.trim_matches(is_http_tab_or_space).to_owned());
                current.clear();
            }
            '"' => {
                // Collect an HTTP quoted string, quotes and escapes kept.
                current.push('"');
                while let Some(quoted) = chars.next() {
                    current.push(quoted);
                    match quoted {
                        '"' => break,
                        '\\' => current.extend(chars.next()),
                        _ => {}
                    }
                }
            }
            _ => current.push(c),
        }
    }
    values.push(current.trim_matches(is_http_tab_or_space).to_owned());
    values
}

const fn is_http_tab_or_space(c: char) -> bool {
    matches!(c, '\t' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_decode_and_split_as_in_the_standards_examples() {
        let cases: [(&[&str], &[&str]); 8] = [
            (&["nosniff,"], &["nosniff", ""]),
            (&["nosniff", ""], &["nosniff", ""]),
            (&[""], &[""]),
            (&["text/html;\", x/x"], &["text/html;\", x/x"]),
            (&["text/html;\"", "x/x"], &["text/html;\", x/x"]),
            (&["x/x;test=\"hi\",y/y"], &["x/x;test=\"hi\"", "y/y"]),
            (&["x / x", ",", "1"], &["x / x", "", "", "1"]),
            (&["\"1,2\"", "3"], &["\"1,2\"", "3"]),
        ];
        for (headers, expected) in cases {
            let list: HeaderList = headers.iter().map(|v| ("A", *v)).collect();
            assert_eq!(list.get_decode_and_split("a").unwrap(), expected, "{headers:?}");
        }
        assert_eq!(HeaderList::new().get_decode_and_split("a"), None);
    }

    #[test]
    fn set_keeps_the_first_place_and_drops_the_others() {
        let mut list = HeaderList::from_iter([("A", "1"), ("b", "2"), ("a", "3"), ("c", "4")]);
        list.set("a", "9");
        let all: Vec<_> = list.iter().map(|(n, v)| (n.to_owned(), v.to_vec())).collect();
        assert_eq!(
            all,
            [("A".into(), b"9".to_vec()), ("b".into(), b"2".to_vec()), ("c".into(), b"4".to_vec())]
        );
    }

    #[test]
    fn values_that_are_not_utf_8_survive_serialization() {
        let list = HeaderList::from_iter([("a", vec![b'x', 0, 0x7f, 0xe9, 0xff]), ("B", b"plain".to_vec())]);
        let text = serde_json::to_string(&list).unwrap();
        assert!(text.contains(r#"["B","plain"]"#), "{text}");
        assert_eq!(serde_json::from_str::<HeaderList>(&text).unwrap(), list);
        assert!(serde_json::from_str::<HeaderList>("[[\"a\",\"\u{100}\"]]").is_err());
    }

    #[test]
    fn sort_and_combine_joins_all_but_set_cookie() {
        let list =
            HeaderList::from_iter([("X-b", "1"), ("Set-Cookie", "p"), ("x-B", "2"), ("set-cookie", "q")]);
        let sorted: Vec<_> =
            list.sort_and_combine().into_iter().map(|(n, v)| (n, String::from_utf8(v).unwrap())).collect();
        let expected = [("set-cookie", "p"), ("set-cookie", "q"), ("x-b", "1, 2")];
        assert_eq!(sorted, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
