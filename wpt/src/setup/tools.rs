//! The programs that the tests need and a fresh Debian does not have.
//!
//! Where one is not on the `PATH`, Debian's package of it and what that depends on are unpacked into the runner's
//! cache. Nothing of the system is changed, and no privileges are needed.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::SetupError;
use super::cache::Cache;
use crate::command;

/// How long a package and what it depends on may take to come, and to be unpacked.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// A program that is fetched if it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Python, in which the tests' own server and their manifest tool are written.
    Python,
    /// What `tar` unpacks Debian's source packages with.
    Xz,
}

impl Tool {
    const ALL: [Self; 2] = [Self::Python, Self::Xz];

    const fn program(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Xz => "xz",
        }
    }

    const fn package(self) -> &'static str {
        match self {
            Self::Python => "python3",
            Self::Xz => "xz-utils",
        }
    }
}

/// A command that finds, beside the programs of the system, those that were fetched.
#[must_use]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let Ok(cache) = Cache::open() else { return command };
    let path = env::var_os("PATH").unwrap_or_default();
    let fetched: Vec<PathBuf> = Tool::ALL
        .into_iter()
        .filter(|tool| !is_in(&path, tool.program()))
        .map(|tool| cache.tool(tool.program()))
        .filter(|folder| folder.is_dir())
        .collect();
    if !fetched.is_empty() {
        let libraries = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        command.env("PATH", joined(&path, fetched.iter().flat_map(|folder| programs(folder))));
        command.env("LD_LIBRARY_PATH", joined(&libraries, fetched.iter().flat_map(|folder| shared(folder))));
    }
    command
}

/// Fetches a program if the system does not have it. The cache's lock must be held.
pub(super) fn ensure(cache: &Cache, tool: Tool, say: &dyn Fn(&str)) -> Result<(), SetupError> {
    if is_there(cache, tool) {
        return Ok(());
    }
    say(&format!(
        "{} is not on the PATH; fetching Debian's package {}, once",
        tool.program(),
        tool.package()
    ));
    fetch(cache, tool).map_err(|error| SetupError::NoTool {
        program: tool.program(),
        package: tool.package(),
        why: error.short(),
    })
}

/// Whether the system has the program, or an earlier run has fetched it.
pub(super) fn is_there(cache: &Cache, tool: Tool) -> bool {
    is_in(&env::var_os("PATH").unwrap_or_default(), tool.program()) || cache.tool(tool.program()).is_dir()
}

fn fetch(cache: &Cache, tool: Tool) -> Result<(), SetupError> {
    let scratch = cache.scratch()?;
    let folder = |name: &str| {
        let path = scratch.path().join(name);
        fs::create_dir_all(&path).map(|()| path.clone()).map_err(SetupError::file(&path))
    };
    let (lists, archives, root) =
        (folder("apt/lists/partial")?, folder("apt/archives/partial")?, folder("root")?);
    let (lists, archives) = (parent(&lists), parent(&archives));
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        for (name, value) in [
            ("Dir::State::lists", &lists),
            ("Dir::Cache", &parent(&archives)),
            ("Dir::Cache::archives", &archives),
        ] {
            apt.arg("-o").arg(format!("{name}={}", value.display()));
        }
        // As root, apt would download as a user that may not write into a home; as anybody else it may not take the
        // system's lock, and does not need it.
        apt.args(["-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1", "--quiet"]).args(arguments);
        apt
    };
    // A hook in the system's configuration may fail for want of privileges; whether the lists came shows below.
    command::run(&apt(&["update"]), LIMIT)?;
    command::output(
        &apt(&["install", "--yes", "--no-install-recommends", "--download-only", tool.package()]),
        LIMIT,
    )?;
    for entry in fs::read_dir(&archives).map_err(SetupError::file(&archives))? {
        let archive = entry.map_err(SetupError::file(&archives))?.path();
        if archive.extension().is_some_and(|extension| extension == "deb") {
            command::output(Command::new("dpkg-deb").arg("--extract").arg(&archive).arg(&root), LIMIT)?;
        }
    }
    if !programs(&root).iter().any(|folder| folder.join(tool.program()).exists()) {
        return Err(SetupError::Unusable(format!("the packages that came hold no {}", tool.program())));
    }
    let kept = cache.tool(tool.program());
    fs::rename(&root, &kept).map_err(SetupError::file(&kept))
}

fn parent(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

/// Where unpacked packages have their programs.
fn programs(root: &Path) -> [PathBuf; 2] {
    ["usr/bin", "bin"].map(|folder| root.join(folder))
}

/// Where unpacked packages have their shared libraries: `lib/x86_64-linux-gnu`.
fn shared(root: &Path) -> Vec<PathBuf> {
    let folders = ["usr/lib", "lib"].map(|folder| root.join(folder));
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().contains("-linux-gnu"))
        .map(|entry| entry.path())
        .collect()
}

/// A list of folders, as in `PATH`, with others after them.
fn joined(list: &OsString, more: impl Iterator<Item = PathBuf>) -> OsString {
    let own = env::split_paths(list).filter(|folder| !folder.as_os_str().is_empty());
    // A folder with a colon in its name cannot be in such a list; then the program is not found, and that is told.
    env::join_paths(own.chain(more)).unwrap_or_else(|_| list.clone())
}

fn is_in(path: &OsString, program: &str) -> bool {
    env::split_paths(path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_in_a_list_of_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("xz"), "").expect("written");
        let path = joined(&OsString::from("/no/such/folder"), [folder.path().to_owned()].into_iter());
        assert!(is_in(&path, "xz"));
        assert!(!is_in(&path, "python3"));
        assert!(!is_in(&OsString::new(), "xz"));
    }

    #[test]
    fn an_empty_list_stays_without_an_empty_folder() {
        let list = joined(&OsString::new(), [PathBuf::from("/a"), PathBuf::from("/b")].into_iter());
        assert_eq!(list, "/a:/b", "an empty entry would be the current folder");
    }

    #[test]
    fn libraries_lie_in_folders_of_the_machine() {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["usr/lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "usr/lib/python3.11"] {
            fs::create_dir_all(root.path().join(folder)).expect("made");
        }
        let found = shared(root.path());
        assert_eq!(
            found,
            ["usr/lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"].map(|folder| root.path().join(folder))
        );
    }
}
