//! [The Reporting API](https://w3c.github.io/reporting/): where a document or worker wants its reports.

use serde::{Deserialize, Serialize};
use sfv::{BareItem, Dictionary, Item, ListEntry, Parser};
use url::Url;

use crate::headers::HeaderList;
use crate::policy::is_potentially_trustworthy;

/// An [endpoint](https://w3c.github.io/reporting/#endpoint).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportingEndpoint {
    /// What policies call it.
    pub name: String,
    /// Where the reports go.
    pub url: Url,
}

/// [Processes reporting endpoints](https://w3c.github.io/reporting/#process-header) for a response from `url`: what its
/// `Reporting-Endpoints` names.
pub(crate) fn process_reporting_endpoints(headers: &HeaderList, url: Option<&Url>) -> Vec<ReportingEndpoint> {
    // Steps 1 and 2.
    let Some(url) = url.filter(|url| is_potentially_trustworthy(url)) else { return Vec::new() };
    let Some(header) = headers.get("reporting-endpoints") else { return Vec::new() };
    let Ok(dictionary) = Parser::new(&header).parse::<Dictionary>() else { return Vec::new() };
    // Step 4.
    let endpoint = |(name, value): (sfv::Key, ListEntry)| {
        let ListEntry::Item(Item { bare_item: BareItem::String(text), .. }) = value else { return None };
        let url = url.join(text.as_str()).ok().filter(is_potentially_trustworthy)?;
        Some(ReportingEndpoint { name: name.into(), url })
    };
    dictionary.into_iter().filter_map(endpoint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_a_response() {
        let endpoints = |header: &str, url: &str| {
            let headers = HeaderList::from_iter([("Reporting-Endpoints", header)]);
            let found = process_reporting_endpoints(&headers, Url::parse(url).ok().as_ref());
            found
                .into_iter()
                .map(|endpoint| format!("{} {}", endpoint.name, endpoint.url))
                .collect::<Vec<_>>()
        };
        let page = "https://a.test/dir/page";
        assert_eq!(
            endpoints(r#"a="/r", b="https://b.test/x";p=1, c=token, d=("no"), e="http://plain.test/""#, page),
            ["a https://a.test/r", "b https://b.test/x"]
        );
        assert!(endpoints(r#"a="/r"#, page).is_empty());
        assert!(endpoints(r#"a="/r""#, "http://a.test/").is_empty());
    }
}
