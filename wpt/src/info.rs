//! What is true of a run: for the conditions of expectations and for reports.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::ini::{Property, RunInfo};
use crate::product::Product;
use crate::setup::{Checkout, REVISION};

/// The properties that expectations may ask for, in upstream's names.
#[must_use]
pub fn properties(product: &str) -> RunInfo {
    let os = match std::env::consts::OS {
        "macos" => "mac",
        other => other,
    };
    RunInfo::from([
        ("product".to_owned(), Property::Text(product.to_owned())),
        ("os".to_owned(), Property::Text(os.to_owned())),
        ("processor".to_owned(), Property::Text(std::env::consts::ARCH.to_owned())),
        ("bits".to_owned(), Property::Number(f64::from(usize::BITS))),
        ("debug".to_owned(), Property::Flag(cfg!(debug_assertions))),
    ])
}

/// The `run_info` of a report.
#[must_use]
pub fn run_info(
    product: &dyn Product,
    checkout: &Checkout,
    timeout_multiplier: f64,
) -> BTreeMap<String, Value> {
    let mut info: BTreeMap<String, Value> = properties(product.name())
        .into_iter()
        .map(|(name, value)| (name, serde_json::to_value(value).unwrap_or_default()))
        .collect();
    info.insert("browser_version".to_owned(), json!(product.version()));
    info.insert("revision".to_owned(), json!(checkout.revision.as_deref().unwrap_or("unknown")));
    info.insert("tests_from".to_owned(), json!(checkout.origin));
    info.insert("timeout_multiplier".to_owned(), json!(timeout_multiplier));
    info.insert("runner".to_owned(), json!(concat!("wpt-runner ", env!("CARGO_PKG_VERSION"))));
    if let Some(remark) = checkout.revision_remark() {
        info.insert("expected_revision".to_owned(), json!(REVISION));
        info.insert("remark".to_owned(), json!(remark));
    }
    info
}
