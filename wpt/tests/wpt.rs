//! The official web-platform-tests as tests of this workspace: each file of the core that CI runs is one.
//!
//! They run in bgfetch's shell, which is built for it, and fail on anything that `metadata/` does not expect, in
//! either direction. Arguments are those of every Rust test: a name, `--list`, `--test-threads`, ...

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Failed, Trial};
use wpt_runner::environment::{self, Selection, Selector};
use wpt_runner::expect::{Metadata, judge};
use wpt_runner::info;
use wpt_runner::manifest::Test;
use wpt_runner::pool::Plan;
use wpt_runner::product::{Bgfetch, Product};
use wpt_runner::server::Server;
use wpt_runner::setup::Checkout;

/// What all tests share; made when the first of them runs.
struct Shared {
    checkout: Checkout,
    plan: OnceLock<Result<Plan, String>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let selector = Selector { ci: true, ..Selector::default() };
    let trials = match selector.select(&say) {
        Ok(selection) => trials(selection),
        Err(error) => {
            let message = error.to_string();
            vec![Trial::test("the web-platform-tests are there", move || Err(Failed::from(message)))]
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(selection: Selection) -> Vec<Trial> {
    let shared = Arc::new(Shared { checkout: selection.checkout, plan: OnceLock::new() });
    let mut files: BTreeMap<String, Vec<Test>> = BTreeMap::new();
    for test in selection.tests {
        files.entry(test.source.clone()).or_default().push(test);
    }
    let trial = |(name, tests): (String, Vec<Test>)| {
        let shared = Arc::clone(&shared);
        Trial::test(name, move || run(&shared, &tests))
    };
    files.into_iter().map(trial).collect()
}

fn run(shared: &Shared, tests: &[Test]) -> Result<(), Failed> {
    let plan = shared.plan.get_or_init(|| start(&shared.checkout).map_err(|error| error.to_string()));
    let plan = plan.as_ref().map_err(Failed::from)?;
    let metadata = Metadata::new(environment::metadata(), info::properties(plan.product.name()));
    let mut session = plan.product.session(Arc::clone(&plan.server), None)?;
    let mut problems = Vec::new();
    for test in tests {
        let expected = metadata.expected(test)?;
        if expected.disabled.is_some() {
            continue;
        }
        let mut outcome = session.run(&plan.job(test));
        outcome.replace(&plan.server.ports.replacements());
        for one in judge(&outcome, &expected).unexpected {
            let status = one.status.map_or("missing".to_owned(), |status| status.to_string());
            let place = one.subtest.map(|name| format!(": {name}")).unwrap_or_default();
            let message = one.message.unwrap_or_default();
            problems
                .push(format!("{}{place}: {status}, expected {:?}\n    {message}", test.url, one.expected));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

fn start(checkout: &Checkout) -> Result<Plan, environment::RunError> {
    const TIMEOUT_MULTIPLIER: f64 = 1.0;
    let product: Arc<dyn Product> = Arc::new(Bgfetch::new(None, None, &say)?);
    let server = Arc::new(Server::start(checkout, &product.support(TIMEOUT_MULTIPLIER))?);
    Ok(Plan { product, server, jobs: 1, timeout_multiplier: TIMEOUT_MULTIPLIER, log: None })
}

fn say(line: &str) {
    use std::io::Write;
    // Only a remark.
    let _ = writeln!(std::io::stderr(), "{line}");
}
