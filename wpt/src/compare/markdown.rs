//! A comparison as a table of Markdown, a line for each top folder: what a README shows.

use std::collections::BTreeMap;

use super::{Comparison, Tally};

/// The table.
#[must_use]
pub fn table(comparison: &Comparison) -> String {
    let mut folders: BTreeMap<&str, Tally> = BTreeMap::new();
    for (suite, (tally, _)) in &comparison.suites {
        *folders.entry(suite.split('/').next().unwrap_or(suite)).or_default() += *tally;
    }
    let [first, second] = comparison.titles.each_ref().map(|title| title.replace('|', "\\|"));
    let mut out = format!("| | subtests | {first} | {second} | only {first} | only {second} |\n");
    out.push_str("|---|--:|--:|--:|--:|--:|\n");
    let folders = folders.into_iter().filter(|(_, tally)| tally.all() > 0);
    for (name, tally) in folders.chain([("all", comparison.all)]) {
        let passed = |count: usize| format!("{} ({})", thousands(count), percent(count, tally.all()));
        out.push_str(&format!(
            "| {name} | {} | {} | {} | {} | {} |\n",
            thousands(tally.all()),
            passed(tally.both + tally.first),
            passed(tally.both + tally.second),
            thousands(tally.first),
            thousands(tally.second),
        ));
    }
    match comparison.all.not_compared {
        0 => out,
        count => out + &format!("\n{} subtests are of tests that only one was run over.\n", thousands(count)),
    }
}

/// Rounded down: 100.0 % means all.
pub(super) fn percent(part: usize, all: usize) -> String {
    let thousandth = part.saturating_mul(1000).checked_div(all).unwrap_or_default();
    format!("{}.{} %", thousandth / 10, thousandth % 10)
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
