//! `wpt-runner run`

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::console::{Colour, Console};
use super::summary::Summary;
use super::{Done, ProductName, RunArguments, UNEXPECTED};
use crate::environment::{self, RunError, Selection};
use crate::expect::{self, Change, Expected, Judged, Metadata, judge};
use crate::info;
use crate::manifest::Test;
use crate::outcome::{Outcome, Status};
use crate::pool::{self, Plan, PoolError};
use crate::product::{LogSink, Product};
use crate::report::Report;
use crate::server::Server;

/// The most that is shown of a message.
const MESSAGE: usize = 600;

pub(super) fn run(console: &Arc<Console>, arguments: &RunArguments) -> Done {
    let say = |line: &str| console.say(line);
    let Selection { checkout, tests } = arguments.select.selector().select(&say)?;
    let selected = tests.len();
    if selected == 0 {
        say(
            "there is nothing to run: include.ini leaves out what lies there; name a file in full to run it all the same",
        );
        return Ok(ExitCode::SUCCESS);
    }
    let product = arguments.product.open(arguments.binary.clone(), arguments.log.clone(), &say)?;
    let stop = pool::on_signal().map_err(|_| PoolError::Worker)?;
    let server = Arc::new(Server::start(&checkout, &product.support(arguments.timeout_multiplier))?);
    let log = arguments.log.as_ref().map(|_| -> LogSink {
        let console = Arc::clone(console);
        Arc::new(move |line: &str| console.say(line))
    });
    let plan = Plan {
        product: Arc::clone(&product),
        server: Arc::clone(&server),
        jobs: arguments.jobs.unwrap_or_else(|| if log.is_some() { 1 } else { cores() }),
        timeout_multiplier: arguments.timeout_multiplier,
        log,
    };
    let report = Report::new(info::run_info(&*product, &checkout, arguments.timeout_multiplier));
    let mut results = Results::new(console, arguments, report, &*product);
    let tests = results.take_disabled(tests)?;
    let version = product.version();
    say(&format!(
        "{} of {selected} tests in {} {version}, {} at a time",
        tests.len(),
        product.name(),
        plan.jobs
    ));
    let mut failure = None;
    let ended = plan.run(tests, &stop, |test, outcome| {
        if let Err(error) = results.add(&test, &outcome) {
            failure.get_or_insert(error);
        }
    });
    if let Err(PoolError::Interrupted) = ended {
        say("interrupted; the report holds what came so far");
    }
    let code = results.finish()?;
    match (failure, ended) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Ok(code),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, Into::into)
}

/// Everything that is made of outcomes: lines, counts, the report, expectations.
struct Results<'a> {
    console: &'a Console,
    arguments: &'a RunArguments,
    /// `None` if nothing is expected.
    metadata: Option<Metadata>,
    report: Report,
    summary: Summary,
    started: Instant,
    unexpected: Vec<String>,
    rewritten: usize,
}

impl<'a> Results<'a> {
    fn new(console: &'a Console, arguments: &'a RunArguments, report: Report, product: &dyn Product) -> Self {
        let ours = (arguments.product == ProductName::Bgfetch).then(environment::metadata);
        let folder = arguments.metadata.clone().or(ours);
        let metadata = folder.map(|folder| Metadata::new(folder, info::properties(product.name())));
        Self {
            console,
            arguments,
            metadata,
            report,
            summary: Summary::default(),
            started: Instant::now(),
            unexpected: Vec::new(),
            rewritten: 0,
        }
    }

    fn expected(&self, test: &Test) -> Result<Expected, RunError> {
        Ok(match &self.metadata {
            Some(metadata) => metadata.expected(test)?,
            None => Expected::default(),
        })
    }

    /// Takes out what is not to be run, and reads all expectations, so that an error in one is told at the start.
    fn take_disabled(&mut self, tests: Vec<Test>) -> Result<Vec<Test>, RunError> {
        let mut run = Vec::with_capacity(tests.len());
        for test in tests {
            let expected = self.expected(&test)?;
            let Some(why) = &expected.disabled else {
                run.push(test);
                continue;
            };
            self.console.print(&format!("{:<8} {}  {why}", Status::Skip, test.url));
            self.summary.disabled(&test);
            let mut outcome = Outcome::without_results(Status::Skip, why.clone(), Duration::ZERO);
            outcome.subtests.clear();
            self.report.add(&test, &outcome, &Expected { statuses: vec![Status::Skip], ..expected });
        }
        Ok(run)
    }

    fn add(&mut self, test: &Test, outcome: &Outcome) -> Result<(), RunError> {
        let expected = self.expected(test)?;
        let mut judged = judge(outcome, &expected);
        if self.metadata.is_none() {
            judged.unexpected.clear();
        }
        self.print(test, outcome, &expected, &judged);
        self.summary.add(test, outcome, &judged);
        self.report.add(test, outcome, &expected);
        for one in &judged.unexpected {
            let status = one.status.map_or("missing".to_owned(), |status| status.to_string());
            let expected: Vec<_> = one.expected.iter().map(ToString::to_string).collect();
            let name = one.subtest.as_deref().map(|name| format!("  {name}")).unwrap_or_default();
            self.unexpected.push(format!("{}{name}: {status}, expected {}", test.url, expected.join(" or ")));
        }
        if let (true, Some(metadata)) = (self.arguments.update_expectations, &self.metadata) {
            let reason = self.arguments.reason.as_deref();
            let change = expect::update(metadata, test, outcome, reason)?;
            self.rewritten += usize::from(change != Change::None);
        }
        Ok(())
    }

    fn print(&self, test: &Test, outcome: &Outcome, expected: &Expected, judged: &Judged) {
        let news =
            |subtest: Option<&str>| judged.unexpected.iter().any(|one| one.subtest.as_deref() == subtest);
        let word = if outcome.hung { "HANG" } else { outcome.status.as_str() };
        let colour = if outcome.status == Status::Ok { Colour::Green } else { Colour::Red };
        let seconds = outcome.duration.as_secs_f64();
        let head = format!("{} {}", self.console.paint(colour, &format!("{word:<8}")), test.url);
        let tail = format!("{}/{} in {seconds:.1} s", judged.passed, judged.subtests);
        self.console.print(&format!("{head}  {}", self.console.paint(Colour::Grey, &tail)));
        if let Some(message) = outcome.message.as_deref() {
            self.message(message, 4);
        }
        for subtest in &outcome.subtests {
            let unexpected = news(Some(&subtest.name));
            if self.arguments.quiet && !unexpected {
                continue;
            }
            let passed = subtest.status == Status::Pass;
            let colour = match (passed, unexpected) {
                (true, false) => Colour::Green,
                (false, false) => Colour::Yellow,
                (_, true) => Colour::Red,
            };
            let word = self.console.paint(colour, &format!("{:<8}", subtest.status));
            let mark = if unexpected { "  <- unexpected" } else { "" };
            self.console.print(&format!("  {word} {}{mark}", subtest.name));
            if let Some(message) = subtest.message.as_deref().filter(|_| !passed) {
                self.message(message, 11);
            }
            let reason = expected.subtests.get(&subtest.name).and_then(|entry| entry.reason.as_deref());
            if let Some(reason) = reason.filter(|_| !passed && !unexpected) {
                self.message(&format!("expected: {reason}"), 11);
            }
        }
    }

    fn message(&self, message: &str, indent: usize) {
        let short: String = message.chars().take(MESSAGE).collect();
        for line in short.lines() {
            self.console.print(&self.console.paint(Colour::Grey, &format!("{:indent$}{line}", "")));
        }
    }

    fn finish(&mut self) -> Result<ExitCode, RunError> {
        self.report.write(&self.arguments.wptreport)?;
        let console = self.console;
        console.print("");
        for line in self.summary.lines() {
            console.print(&line);
        }
        let all = self.summary.all;
        let took = self.started.elapsed().as_secs_f64();
        let mut line = format!("{} of {} subtests passed", all.passed, all.subtests);
        if self.metadata.is_some() {
            line.push_str(&format!(", {} failed as expected, {} unexpected", all.known, all.unexpected));
        }
        console.print(&format!(
            "\n{line}; {} tests disabled; {took:.1} s; report in {}",
            all.disabled,
            self.arguments.wptreport.display()
        ));
        if self.arguments.update_expectations {
            console.print(&format!("{} expectation files rewritten", self.rewritten));
            return Ok(ExitCode::SUCCESS);
        }
        if self.unexpected.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        console.print(&console.paint(Colour::Red, "\nunexpected:"));
        for line in &self.unexpected {
            console.print(&format!("  {line}"));
        }
        Ok(ExitCode::from(UNEXPECTED))
    }
}
