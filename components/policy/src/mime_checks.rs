//! Checks of a response's type against what it is to be used for.

use bgfetch_traits::fetch::Destination;
use bgfetch_traits::headers::HeaderList;

use bgfetch_traits::mime::is_javascript;

use crate::mime::extract_a_mime_type_essence;

/// [Script-like](https://fetch.spec.whatwg.org/#request-destination-script-like).
#[must_use]
pub const fn is_script_like(destination: Destination) -> bool {
    matches!(
        destination,
        Destination::AudioWorklet
            | Destination::PaintWorklet
            | Destination::Script
            | Destination::ServiceWorker
            | Destination::SharedWorker
            | Destination::Worker
    )
}

/// [Determine nosniff](https://fetch.spec.whatwg.org/#determine-nosniff).
fn determine_nosniff(headers: &HeaderList) -> bool {
    headers
        .get_decode_and_split("x-content-type-options")
        .and_then(|values| values.into_iter().next())
        .is_some_and(|first| first.eq_ignore_ascii_case("nosniff"))
}

/// Why a response may not be used for `destination`, if so: its
/// [MIME type](https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?), or
/// [nosniff](https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?).
#[must_use]
pub fn blocked_due_to_type(destination: Destination, headers: &HeaderList) -> Option<String> {
    let essence = extract_a_mime_type_essence(headers);
    let shown = essence.as_deref().unwrap_or("unknown");
    if is_script_like(destination)
        && essence.as_deref().is_some_and(|e| {
            e.starts_with("audio/") || e.starts_with("image/") || e.starts_with("video/") || e == "text/csv"
        })
    {
        return Some(format!("its type is {shown}, which is not a script's"));
    }
    if !determine_nosniff(headers) {
        return None;
    }
    let fits = match destination {
        Destination::Style => essence.as_deref() == Some("text/css"),
        destination if is_script_like(destination) => essence.as_deref().is_some_and(is_javascript),
        _ => true,
    };
    (!fits)
        .then(|| format!("its type is {shown}, and X-Content-Type-Options: nosniff forbids to guess another"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_against_destinations() {
        use Destination::{Empty, Script, Style, Worker};
        let cases = [
            (Script, Some("text/javascript"), true, false),
            (Script, Some("text/plain"), true, true),
            (Script, Some("text/plain"), false, false),
            (Script, Some("image/png"), false, true),
            (Worker, Some("text/csv"), false, true),
            (Script, None, true, true),
            (Style, Some("text/css"), true, false),
            (Style, Some("text/plain"), true, true),
            (Style, Some("text/plain"), false, false),
            (Empty, Some("image/png"), true, false),
        ];
        for (destination, mime, nosniff, blocked) in cases {
            let mut headers = HeaderList::new();
            if let Some(mime) = mime {
                headers.append("Content-Type", mime);
            }
            if nosniff {
                headers.append("X-Content-Type-Options", "NoSniff");
            }
            assert_eq!(
                blocked_due_to_type(destination, &headers).is_some(),
                blocked,
                "{destination} {mime:?} {nosniff}"
            );
        }
    }
}
