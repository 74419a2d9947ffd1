//! The IDL files, and places in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place in one of the files of a [`SourceSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Index into [`SourceSet::files`].
    pub file: usize,
    /// Offset of the first byte.
    pub start: usize,
    /// Length in bytes.
    pub len: usize,
}

impl Span {
    /// The smallest span of the same file that covers `self` and `other`.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        let start = self.start.min(other.start);
        let end = (self.start + self.len).max(other.start + other.len);
        Span { file: self.file, start, len: end - start }
    }
}

/// One file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name that diagnostics show.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    /// Title and URL of the specification, from the comment webref puts at the top of each file.
    pub specification: Option<(String, String)>,
}

impl SourceFile {
    fn new(name: String, text: String) -> SourceFile {
        let specification = specification_of(&text);
        SourceFile { name, text: text.into(), specification }
    }
}

/// All files of one run; their order is the order in which definitions are met.
#[derive(Clone, Debug, Default)]
pub struct SourceSet {
    /// The files, in order of name.
    pub files: Vec<SourceFile>,
}

impl SourceSet {
    /// Reads every `.idl` file of a folder, in order of file name.
    ///
    /// # Errors
    /// What the file system answers, with the path that it was asked for.
    pub fn read_dir(dir: &Path) -> Result<SourceSet, ReadError> {
        let wrap = |path: &Path| {
            let path = path.to_owned();
            move |source| ReadError { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(wrap(dir))? {
            let path = entry.map_err(wrap(dir))?.path();
            if path.extension().is_some_and(|extension| extension == "idl") {
                paths.push(path);
            }
        }
        paths.sort();
        SourceSet::read_files(&paths)
    }

    /// Reads a file, or every `.idl` file of a folder.
    ///
    /// # Errors
    /// What the file system answers, with the path that it was asked for.
    pub fn read(path: &Path) -> Result<SourceSet, ReadError> {
        if path.is_dir() { SourceSet::read_dir(path) } else { SourceSet::read_files(&[path.to_owned()]) }
    }

    /// Reads the files that are named.
    ///
    /// # Errors
    /// What the file system answers, with the path that it was asked for.
    pub fn read_files(paths: &[PathBuf]) -> Result<SourceSet, ReadError> {
        let mut set = SourceSet::default();
        for path in paths {
            let text = fs::read_to_string(path).map_err(|source| ReadError { path: path.clone(), source })?;
            set.add(path.display().to_string(), text);
        }
        Ok(set)
    }

    /// Adds a file that is in memory.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        self.files.push(SourceFile::new(name.into(), text.into()));
        self.files.len() - 1
    }

    /// The files as a patch in the unified format changes them; none if it does not fit: each run of lines that it takes
    /// away, with those around it, has to be in its file once.
    #[must_use]
    pub fn patched(&self, patch: &str) -> Option<SourceSet> {
        let mut changed = SourceSet::default();
        let mut patches: Vec<(&str, &str)> = Vec::new();
        for part in patch.split("--- ").skip(1) {
            let (header, hunks) = part.split_once("\n@@")?;
            let name = header.lines().nth(1)?.strip_prefix("+++ ")?;
            patches.push((name.rsplit('/').next()?, hunks));
        }
        for file in &self.files {
            let mut text = file.text.to_string();
            patches.retain(|(name, hunks)| {
                let this = Path::new(&file.name).file_name().is_some_and(|own| own == *name);
                let patched = this.then(|| hunks.split("\n@@").try_fold(text.clone(), apply)).flatten();
                patched.map(|patched| text = patched).is_none()
            });
            changed.add(file.name.clone(), text);
        }
        patches.is_empty().then_some(changed)
    }

    /// The text of a span; empty if the span is not of this set.
    pub fn text(&self, span: Span) -> &str {
        self.files
            .get(span.file)
            .and_then(|file| file.text.get(span.start..span.start + span.len))
            .unwrap_or_default()
    }

    /// Title and URL of the specification that a span is part of.
    pub fn specification(&self, span: Span) -> Option<(&str, &str)> {
        let (title, url) = self.files.get(span.file)?.specification.as_ref()?;
        Some((title, url))
    }
}

/// A text with one hunk of a patch applied; the hunk begins with its line numbers, which are not looked at.
fn apply(text: String, hunk: &str) -> Option<String> {
    let lines = |sign: char| {
        let of = hunk.lines().skip(1).filter(|line| line.is_empty() || line.starts_with([' ', sign]));
        of.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect::<String>()
    };
    let (old, new) = (lines('-'), lines('+'));
    (text.matches(&old).count() == 1).then(|| text.replacen(&old, &new, 1))
}

/// A file or folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be read: {source}", path.display())]
pub struct ReadError {
    /// What was asked for.
    pub path: PathBuf,
    /// What the file system answered.
    pub source: io::Error,
}

/// Reads `// Source: Title (URL)` in the leading comment lines.
fn specification_of(text: &str) -> Option<(String, String)> {
    let source = text
        .lines()
        .take_while(|line| line.starts_with("//"))
        .find_map(|line| line.trim_start_matches('/').trim().strip_prefix("Source:"))?;
    let (title, url) = source.trim().rsplit_once(" (")?;
    Some((title.to_owned(), url.trim_end_matches(')').to_owned()))
}
