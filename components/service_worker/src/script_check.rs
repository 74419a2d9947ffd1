//! What a response to a [service worker script request](https://w3c.github.io/ServiceWorker/#service-worker-script-request)
//! must be like.

use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::service_worker::JobError;
use url::Url;

/// The essence that [extract a MIME type](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type) finds;
/// its parameters do not matter here.
fn mime_type_essence(headers: &HeaderList) -> Option<String> {
    let mut essence = None;
    // A header given more than once is one list; the last entry that is a MIME type and not */* counts.
    for value in headers.get_all("content-type") {
        let value: String = value.iter().map(|byte| char::from(*byte)).collect();
        for entry in split_outside_quotes(&value) {
            let candidate = entry.split(';').next().unwrap_or_default();
            let candidate = candidate.trim_matches(['\t', '\n', '\r', ' ']).to_ascii_lowercase();
            if is_mime_type(&candidate) && candidate != "*/*" {
                essence = Some(candidate);
            }
        }
    }
    essence
}

/// [Get, decode, and split](https://fetch.spec.whatwg.org/#header-value-get-decode-and-split): commas within
/// quotes do not separate.
fn split_outside_quotes(value: &str) -> Vec<&str> {
    let mut quoted = false;
    let mut escaped = false;
    value
        .split(move |character| {
            let separates = character == ',' && !quoted;
            if character == '"' && !escaped {
                quoted = !quoted;
            }
            escaped = quoted && character == '\\' && !escaped;
            separates
        })
        .collect()
}

fn is_mime_type(text: &str) -> bool {
    let is_token = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

fn has_javascript_mime_type(head: &ResponseHead) -> bool {
    mime_type_essence(&head.headers).is_some_and(|essence| bgfetch_traits::mime::is_javascript(&essence))
}

/// Whether it is a [bad import script response](https://w3c.github.io/ServiceWorker/#dfn-bad-import-script-response).
pub(crate) fn is_bad_import_script_response(head: &ResponseHead) -> bool {
    !head.is_ok() || !has_javascript_mime_type(head)
}

/// The checks of a main script's response: steps 7.7 to 7.16 of
/// [Update](https://w3c.github.io/ServiceWorker/#update-algorithm)'s fetch.
///
/// The status comes first: the text looks at the MIME type of an error page before
/// [fetch a classic worker script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-worker-script)
/// looks at its status, which would make a missing script a `SecurityError`; the official tests
/// (`registration-script.https.html`) and browsers say `TypeError`.
pub(crate) fn check_main_script(head: &ResponseHead, script_url: &Url, scope: &Url) -> Result<(), JobError> {
    if !head.is_ok() {
        return Err(JobError::Type(format!(
            "the script {script_url} was answered with status {}",
            head.status
        )));
    }
    // Step 7.7.
    if !has_javascript_mime_type(head) {
        let kind = mime_type_essence(&head.headers).unwrap_or_else(|| "no MIME type".into());
        return Err(JobError::Security(format!(
            "the script {script_url} came as {kind}, which is not a JavaScript MIME type"
        )));
    }
    check_scope(head, script_url, scope)
}

/// The [path restriction](https://w3c.github.io/ServiceWorker/#path-restriction).
fn check_scope(head: &ResponseHead, script_url: &Url, scope: &Url) -> Result<(), JobError> {
    // Steps 7.8 and 7.9: isomorphic decode.
    let allowed = head.headers.get("service-worker-allowed");
    let allowed = allowed.map(|value| value.iter().map(|byte| char::from(*byte)).collect::<String>());
    // Steps 7.12 to 7.15. A path is serialized with a slash before each of its strings.
    let max_scope = match &allowed {
        None => script_url.join("./"),
        Some(allowed) => script_url.join(allowed),
    };
    let max_scope = max_scope.map_err(|error| {
        JobError::Type(format!("the Service-Worker-Allowed header of {script_url} is not a URL: {error}"))
    })?;
    // Step 7.16.
    if max_scope.origin() == script_url.origin() && scope.path().starts_with(max_scope.path()) {
        return Ok(());
    }
    Err(JobError::Security(format!(
        "the path of the scope {scope} is not under {}, the most that the script {script_url} may control; \
         its response may allow more with a Service-Worker-Allowed header",
        max_scope.path()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> ResponseHead {
        let mut head = ResponseHead::default();
        for (name, value) in headers {
            head.headers.append(name, *value);
        }
        head
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn check(headers: &[(&str, &str)], scope: &str) -> Result<(), JobError> {
        let mut all = vec![("Content-Type", "text/javascript")];
        all.extend_from_slice(headers);
        check_main_script(&head(&all), &url("https://a.test/js/sw.js?x"), &url(scope))
    }

    #[test]
    fn javascript_mime_types_in_all_spellings() {
        for good in [
            "text/javascript",
            "Application/JavaScript; charset=utf-8",
            "text/javascript1.5",
            "text/html, text/javascript",
            "text/javascript, */*",
            "text/javascript;x=\"a,text/html\"",
            "text/javascript, nonsense",
        ] {
            assert!(has_javascript_mime_type(&head(&[("content-type", good)])), "{good}");
        }
        for bad in ["", "text/plain", "text/javascript, text/html", "javascript", "text/javascript/x", "*/*"]
        {
            assert!(!has_javascript_mime_type(&head(&[("content-type", bad)])), "{bad}");
        }
        assert!(!has_javascript_mime_type(&head(&[])));
    }

    #[test]
    fn a_missing_script_is_a_type_error_and_an_html_one_a_security_error() {
        let (script, scope) = (url("https://a.test/sw.js"), url("https://a.test/"));
        let html = head(&[("content-type", "text/html")]);
        assert!(matches!(check_main_script(&html, &script, &scope), Err(JobError::Security(_))));
        let missing = ResponseHead { status: 404, ..html };
        assert!(matches!(check_main_script(&missing, &script, &scope), Err(JobError::Type(_))));
    }

    #[test]
    fn the_scope_is_at_most_the_folder_of_the_script() {
        assert_eq!(check(&[], "https://a.test/js/"), Ok(()));
        assert_eq!(check(&[], "https://a.test/js/deeper/x"), Ok(()));
        assert!(matches!(check(&[], "https://a.test/"), Err(JobError::Security(_))));
        assert!(matches!(check(&[], "https://a.test/js"), Err(JobError::Security(_))));
    }

    #[test]
    fn service_worker_allowed_widens_and_narrows_it() {
        const ALLOWED: &str = "Service-Worker-Allowed";
        assert_eq!(check(&[(ALLOWED, "/")], "https://a.test/"), Ok(()));
        assert_eq!(check(&[(ALLOWED, "../")], "https://a.test/other"), Ok(()));
        assert_eq!(check(&[(ALLOWED, "https://a.test/other")], "https://a.test/other"), Ok(()));
        assert!(matches!(check(&[(ALLOWED, "/foo")], "https://a.test/js/"), Err(JobError::Security(_))));
        // Another origin's path allows nothing.
        assert!(matches!(
            check(&[(ALLOWED, "https://b.test/")], "https://a.test/"),
            Err(JobError::Security(_))
        ));
        assert!(matches!(check(&[(ALLOWED, "https://[")], "https://a.test/js/"), Err(JobError::Type(_))));
    }
}
