//! [MIME types](https://mimesniff.spec.whatwg.org/), as far as several threads ask about them.

/// Whether an essence, in lower case, is that of a
/// [JavaScript MIME type](https://mimesniff.spec.whatwg.org/#javascript-mime-type).
#[must_use]
pub fn is_javascript(essence: &str) -> bool {
    matches!(
        essence,
        "application/ecmascript"
            | "application/javascript"
            | "application/x-ecmascript"
            | "application/x-javascript"
            | "text/ecmascript"
            | "text/javascript"
            | "text/javascript1.0"
            | "text/javascript1.1"
            | "text/javascript1.2"
            | "text/javascript1.3"
            | "text/javascript1.4"
            | "text/javascript1.5"
            | "text/jscript"
            | "text/livescript"
            | "text/x-ecmascript"
            | "text/x-javascript"
    )
}
