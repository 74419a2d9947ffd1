//! What the policies of an environment forbid of what its thread does itself: running what is inline, compiling strings,
//! and what the network thread never sees of a fetch, such as the answers of service workers.
//!
//! `bgfetch-policy` decides; here are the places where HTML and Fetch ask, and [`report`] tells the page.

mod fetches;
mod inline;
pub(crate) mod report;
pub(crate) mod reporting;

use bgfetch_policy::csp::CspList;

pub(crate) use fetches::{allows_javascript_url, check_form_action, check_request, check_response, checked};
pub(crate) use inline::{allows_base, allows_eval, allows_inline, allows_wasm, apply_to_realm, nonce_of};

use crate::environment::Environment;

/// An environment's [CSP list](https://w3c.github.io/webappsec-csp/#global-object-csp-list); `None` if it allows everything.
pub(crate) fn csp_list(environment: &Environment) -> Option<CspList> {
    let policy = environment.policy.borrow();
    (!policy.csp_list.is_empty()).then(|| CspList::of(&policy, &environment.origin))
}
