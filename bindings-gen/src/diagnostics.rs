//! Problems, and how they are shown: file, line, column, the source line, what was expected.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use crate::source::{ReadError, SourceSet, Span};

/// One thing that is wrong, before it meets the text of its file.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
    pub(crate) span: Span,
}

/// Collects problems, so that one run reports all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// Notes a problem: `message` says what is wrong, `label` is shown at the place.
    pub(crate) fn add(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>) {
        self.list.push(Problem { message: message.into(), label: label.into(), help: None, span });
    }

    /// As [`add`](Self::add), with a proposal how to get on.
    pub(crate) fn add_with_help(
        &mut self,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.list.push(Problem {
            message: message.into(),
            label: label.into(),
            help: Some(help.into()),
            span,
        });
    }

    /// Adds the problems of another collection.
    pub(crate) fn append(&mut self, mut other: Problems) {
        self.list.append(&mut other.list);
    }

    /// `Ok` if there was no problem; otherwise all of them in the order of their places, each once.
    pub(crate) fn finish(mut self, sources: &SourceSet) -> Result<(), Diagnostics> {
        if self.list.is_empty() {
            return Ok(());
        }
        self.list.sort_by_key(|problem| problem.span);
        self.list.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let problems = self.list.into_iter().map(|problem| ProblemReport::new(problem, sources)).collect();
        Err(Diagnostics { problems })
    }
}

/// Everything that is wrong with the input, each with its place.
#[derive(Debug)]
pub struct Diagnostics {
    problems: Vec<ProblemReport>,
}

impl Diagnostics {
    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.problems.len()
    }

    /// Whether there is no problem; never so for a value that a function returned as its error.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// The messages alone, without the source lines.
    pub fn messages(&self) -> impl Iterator<Item = &str> {
        self.problems.iter().map(|problem| problem.message.as_str())
    }

    /// All problems as text with source lines, without colours.
    pub fn render(&self) -> String {
        let handler =
            GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).without_cause_chain();
        let mut text = String::new();
        for problem in &self.problems {
            // Writing into a String does not fail; a diagnostic that did would still leave the others.
            if handler.render_report(&mut text, problem).is_err() {
                text.push_str(&problem.message);
            }
            text.push('\n');
        }
        text
    }

    /// `file:line:column: message`, one line for each problem.
    pub fn render_short(&self) -> String {
        self.problems.iter().map(|problem| format!("{}: {}\n", problem.place(), problem.message)).collect()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [problem] => write!(f, "{}", problem.message),
            problems => write!(f, "{} problems in the WebIDL", problems.len()),
        }
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic for Diagnostics {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

impl From<ReadError> for Diagnostics {
    fn from(error: ReadError) -> Self {
        Diagnostics {
            problems: vec![ProblemReport {
                message: error.to_string(),
                label: None,
                help: None,
                source: NamedSource::new(error.path.display().to_string(), Arc::from("")),
            }],
        }
    }
}

/// A problem with the text of its file.
#[derive(Debug)]
struct ProblemReport {
    message: String,
    label: Option<LabeledSpan>,
    help: Option<String>,
    source: NamedSource<Arc<str>>,
}

impl ProblemReport {
    fn new(problem: Problem, sources: &SourceSet) -> ProblemReport {
        let (name, text) = match sources.files.get(problem.span.file) {
            Some(file) => (file.name.clone(), Arc::clone(&file.text)),
            None => (String::new(), Arc::from("")),
        };
        let label = LabeledSpan::new_primary_with_span(
            Some(problem.label),
            (problem.span.start, problem.span.len.max(1)),
        );
        ProblemReport {
            message: problem.message,
            label: Some(label),
            help: problem.help,
            source: NamedSource::new(name, text),
        }
    }

    /// `file:line:column`, both counted from 1.
    fn place(&self) -> String {
        let Some(label) = &self.label else { return self.source.name().to_owned() };
        let before = self.source.inner().get(..label.offset()).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.source.name())
    }
}

impl fmt::Display for ProblemReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ProblemReport {}

impl Diagnostic for ProblemReport {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.label.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label
            .clone()
            .map(|label| Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
