//! What each command does.

use std::fs;
use std::path::{Path, PathBuf};

use bindings_gen::diff::{Diff, Implementation, diff as compare};
use bindings_gen::{Generator, SourceSet, backend, read_implemented};

use super::{Answer, Failure};

fn success(text: String) -> Answer {
    Answer { text, status: 0 }
}

pub(super) fn expand(name: &str, generator: &Generator) -> Result<Answer, Failure> {
    if let Some(text) = generator.expand(name)? {
        return Ok(success(text));
    }
    let names = generator.names()?;
    let similar = closest(name, names.iter().map(String::as_str));
    let help = match similar {
        Some(similar) => format!("did you mean {similar}?"),
        None => "`bindings-gen coverage` lists what is".to_owned(),
    };
    Err(Failure::Message(format!("{name} is not implemented, or is not in the IDL: {help}")))
}

/// The name that differs least, if it differs by little.
fn closest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distances =
        names.map(|other| (distance(&name.to_ascii_lowercase(), &other.to_ascii_lowercase()), other));
    let (distance, closest) = distances.min()?;
    (distance <= name.len().div_ceil(3)).then_some(closest)
}

/// How many letters have to be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (to, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            left = (diagonal + usize::from(from != *to)).min(above + 1).min(left + 1);
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

pub(super) fn check(paths: &[PathBuf], short: bool, complete: bool, strict: bool) -> Result<Answer, Failure> {
    let failure = |problems| Failure::Diagnostics { problems, short };
    let mut sources = SourceSet::default();
    for path in paths {
        let read = SourceSet::read(path).map_err(|error| failure(error.into()))?;
        sources.files.extend(read.files);
    }
    let (summary, rules) = bindings_gen::check_rules(&sources, complete).map_err(failure)?;
    let Err(broken) = rules else { return Ok(success(format!("{summary}\n"))) };
    if strict {
        return Err(failure(broken));
    }
    let list = if short { broken.render_short() } else { broken.render() };
    let count = broken.len();
    Ok(success(format!("{summary}\nrules of Web IDL that are broken: {count}\n{list}")))
}

/// What `diff` is asked for.
pub(super) struct Comparison {
    pub(super) old: PathBuf,
    pub(super) new: PathBuf,
    pub(super) implemented: Option<PathBuf>,
    pub(super) relevant: bool,
    pub(super) json: bool,
}

pub(super) fn diff(comparison: &Comparison, backend_name: &str) -> Result<Answer, Failure> {
    let Comparison { old, new, relevant, json, .. } = comparison;
    let beside = old.join("implemented.toml");
    let implemented = comparison.implemented.clone().or_else(|| beside.is_file().then_some(beside));
    if *relevant && implemented.is_none() {
        let message = format!(
            "--relevant needs to know what is implemented: there is no implemented.toml in {}, and --implemented is not \
             given",
            old.display()
        );
        return Err(Failure::Message(message));
    }
    let implemented = implemented.as_deref().map(read_implemented).transpose()?;
    let read = |path: &Path| SourceSet::read(path).map_err(bindings_gen::Diagnostics::from);
    let backend =
        backend(backend_name).ok_or_else(|| Failure::Message(format!("no backend {backend_name}")))?;
    let mut found = compare(&read(old)?, &read(new)?, implemented.as_ref(), &*backend)?;
    if *relevant {
        retain_relevant(&mut found);
    }
    let text = if *json { found.to_json() } else { found.to_text() };
    Ok(Answer { text, status: u8::from(!found.is_empty()) })
}

/// Leaves what touches implemented interfaces, and all types: those may be in use.
fn retain_relevant(diff: &mut Diff) {
    let relevant =
        |status: &Option<Implementation>| matches!(status, None | Some(Implementation::Implemented));
    diff.definitions.retain_mut(|definition| {
        definition.members.retain(|member| relevant(&member.implemented));
        let nothing = definition.members.is_empty() && definition.details.is_empty();
        relevant(&definition.implemented) && !(nothing && definition.rust.is_empty())
    });
}

/// How coverage is shown.
pub(super) enum Form {
    Table,
    Json,
    Markdown,
    Update(PathBuf),
}

pub(super) fn coverage(generator: &Generator, form: Form) -> Result<Answer, Failure> {
    let coverage = bindings_gen::coverage(generator)?;
    Ok(success(match form {
        Form::Table => coverage.to_table(),
        Form::Json => coverage.to_json(),
        Form::Markdown => coverage.to_markdown(),
        Form::Update(file) => update(&file, &coverage.to_markdown())?,
    }))
}

/// Writes a table between the two lines of a file that are there for it.
fn update(file: &Path, table: &str) -> Result<String, Failure> {
    let trouble = |what: String| Failure::Message(format!("{}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| trouble(format!("cannot be read: {error}")))?;
    let updated = bindings_gen::replace_section(&text, "coverage", table)
        .ok_or_else(|| trouble("has no lines `<!-- coverage -->` and `<!-- /coverage -->`".to_owned()))?;
    if updated == text {
        return Ok(format!("{} is up to date\n", file.display()));
    }
    fs::write(file, updated).map_err(|error| trouble(format!("cannot be written: {error}")))?;
    Ok(format!("{} is updated\n", file.display()))
}

pub(super) fn generate(folder: &Path, generator: &Generator) -> Result<Answer, Failure> {
    let generated = generator.generate()?;
    let trouble =
        |path: &Path, error| Failure::Message(format!("{} cannot be written: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| trouble(folder, error))?;
    for (name, text) in &generated.files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| trouble(&path, error))?;
    }
    Ok(success(format!("{} files in {}\n", generated.files.len(), folder.display())))
}
