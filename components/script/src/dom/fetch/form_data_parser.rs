//! [`formData()`](https://fetch.spec.whatwg.org/#dom-body-formdata): reading encoded forms.

use bgfetch_js::{Exception, Fallible, Realm, Root};

use crate::dom::file::blob::BlobData;
use crate::dom::url::url_search_params;
use crate::dom::{File, FormData};
use crate::mime::MimeType;

/// Reads a form of that MIME type.
pub(super) fn parse(realm: &Realm, mime_type: Option<&MimeType>, bytes: &[u8]) -> Fallible<Root<FormData>> {
    let form = FormData::empty();
    let form = realm.wrap(form)?;
    match mime_type.map(|mime_type| mime_type.essence.as_str()) {
        Some("application/x-www-form-urlencoded") => {
            for (name, value) in url_search_params::parse(bytes) {
                form.append_text(name, value);
            }
            Ok(form)
        }
        Some("multipart/form-data") => {
            let boundary = mime_type.and_then(|mime_type| mime_type.parameter("boundary"));
            let boundary = boundary.ok_or_else(|| malformed("its type names no boundary"))?;
            multipart(realm, &form, boundary.as_bytes(), bytes)?;
            Ok(form)
        }
        other => Err(malformed(&format!("its type is {}", other.unwrap_or("not told")))),
    }
}

fn malformed(why: &str) -> Exception {
    Exception::type_error(format!("the body is not a form: {why}"))
}

/// [`multipart/form-data` parser](https://andreubotella.github.io/multipart-form-data/#multipart-form-data-parser).
fn multipart(realm: &Realm, form: &FormData, boundary: &[u8], mut input: &[u8]) -> Fallible<()> {
    let delimiter = [b"--", boundary].concat();
    let closing = [b"\r\n", delimiter.as_slice()].concat();
    loop {
        input = input.strip_prefix(delimiter.as_slice()).ok_or_else(|| malformed("a boundary is missing"))?;
        if matches!(input, b"--" | b"--\r\n") || input.starts_with(b"--\r\n") {
            return Ok(());
        }
        input = input
            .strip_prefix(b"\r\n")
            .ok_or_else(|| malformed("a line break is missing after a boundary"))?;
        let (part, rest) = headers(input)?;
        let end = find(rest, &closing).ok_or_else(|| malformed("its last part does not end"))?;
        let (content, after) = rest.split_at(end);
        // Past the line break that belongs to the boundary.
        input = after.get(2..).unwrap_or(&[]);
        match part.filename {
            Some(filename) => {
                let mime_type = part.content_type.unwrap_or_else(|| "text/plain".into());
                let data = BlobData { bytes: content.to_vec().into(), mime_type };
                let file = realm.wrap(File::of(data, filename, crate::dom::file::file::now()))?;
                form.append_file(part.name, file);
            }
            None => {
                let text = encoding_rs::UTF_8.decode_without_bom_handling(content).0.into_owned();
                form.append_text(part.name, text);
            }
        }
    }
}

struct Part {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
}

/// Reads the headers of a part; gives what follows their empty line.
fn headers(mut input: &[u8]) -> Fallible<(Part, &[u8])> {
    let (mut name, mut filename, mut content_type) = (None, None, None);
    loop {
        let end = find(input, b"\r\n").ok_or_else(|| malformed("a header of a part does not end"))?;
        let (line, rest) = input.split_at(end);
        input = rest.get(2..).unwrap_or(&[]);
        if line.is_empty() {
            let name = name.ok_or_else(|| malformed("a part has no name"))?;
            return Ok((Part { name, filename, content_type }, input));
        }
        let line = String::from_utf8_lossy(line);
        let (header, value) =
            line.split_once(':').ok_or_else(|| malformed("a header of a part has no colon"))?;
        match header.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => {
                let value = value.trim();
                let rest =
                    value.get(.."form-data".len()).filter(|kind| kind.eq_ignore_ascii_case("form-data"));
                rest.ok_or_else(|| malformed("a part is no form-data"))?;
                name = parameter(value, "name");
                filename = parameter(value, "filename");
            }
            "content-type" => content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
}

/// The value of a parameter of a `Content-Disposition`, quoted or not.
fn parameter(text: &str, key: &str) -> Option<String> {
    let mut rest = text.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        if name.trim().eq_ignore_ascii_case(key) {
            return Some(value.replace("%0A", "\n").replace("%0D", "\r").replace("%22", "\""));
        }
        rest = after.split_once(';')?.1;
    }
}

fn find(input: &[u8], pattern: &[u8]) -> Option<usize> {
    input.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn parameters_of_a_disposition() {
        let text = "form-data;name=\"a;b=%22\" ; Filename=c.txt";
        assert_eq!(parameter(text, "name").as_deref(), Some("a;b=\""));
        assert_eq!(parameter(text, "filename").as_deref(), Some("c.txt"));
        assert_eq!(parameter(text, "b"), None);
        assert_eq!(parameter("form-data; name=\"open", "name"), None);
        assert_eq!(parameter("form-data", "name"), None);
    }
}
