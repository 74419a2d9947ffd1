//! The copy of the tests in Debian's source package of Firefox ESR.
//!
//! Apt is used with sources and lists of the runner's own: the system's configuration is read (mirrors, proxies) and
//! never changed, and no privileges are needed.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::cache::{Cache, Source};
use super::folders::{Folders, fingerprint, folders};
use super::tools::{self, Tool};
use super::{Checkout, Origin, SetupError};
use crate::child::Group;
use crate::command;

const PACKAGE: &str = "firefox-esr";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const HELPER: &str = "/usr/lib/apt/apt-helper";

/// How long a question to apt may take.
const ASK: Duration = Duration::from_secs(180);

/// How long the archive may take to come, and to be unpacked.
const LONG: Duration = Duration::from_secs(60 * 60);

/// Where Firefox keeps the tests, and the revision that they are of.
const TESTS: &str = "testing/web-platform/tests";
const SYNC: &str = "testing/web-platform/meta/mozilla-sync";

/// The revision of the tests that lie beside a file of Firefox's own, in `folder`.
pub(super) fn synced_revision(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join("meta/mozilla-sync")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("upstream: ")).map(|revision| revision.trim().to_owned())
}

pub(super) fn fetch(cache: &Cache, wanted: &str, say: &dyn Fn(&str)) -> Result<Checkout, SetupError> {
    let apt = Apt::new(cache)?;
    say("asking Debian for the source package of Firefox ESR, which holds the tests");
    let complaint = apt.update()?;
    let mut versions = apt.versions().map_err(|error| match complaint {
        Some(complaint) => SetupError::Unusable(complaint),
        None => error,
    })?;
    versions.sort_by_key(|version| Reverse((upstream(version) == wanted, numbers(version))));
    versions.dedup();
    if versions.is_empty() {
        return Err(SetupError::Unusable(format!(
            "no source package `{PACKAGE}` in {}",
            apt.sources()?.trim()
        )));
    }
    let mut failures = Vec::new();
    for version in versions {
        let archive = match apt.archive(&version).and_then(|remote| apt.download(&remote, say)) {
            Ok(archive) => archive,
            Err(error) => {
                failures.push(format!("{version}: {error}"));
                continue;
            }
        };
        let checkout = unpack(cache, &archive, upstream(&version), say);
        // Nothing is won by keeping it, even if it could not be unpacked: then it would not be the next time.
        let _ = fs::remove_file(&archive);
        apt.clean();
        return checkout;
    }
    Err(SetupError::Unusable(failures.join("; ")))
}

/// `140.12.0esr` of `140.12.0esr-1~deb12u1`.
fn upstream(version: &str) -> &str {
    version.split('-').next().unwrap_or(version)
}

/// The numbers in a version, for comparing.
fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// A file of the source package.
#[derive(Debug, PartialEq, Eq)]
struct Remote {
    url: String,
    name: String,
    bytes: u64,
    hash: String,
}

struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn new(cache: &Cache) -> Result<Self, SetupError> {
        let folder = cache.downloads()?;
        for inner in ["lists/partial", "archives/partial"] {
            let path = folder.join(inner);
            fs::create_dir_all(&path).map_err(SetupError::file(&path))?;
        }
        Ok(Self { folder })
    }

    fn sources_path(&self) -> PathBuf {
        self.folder.join("sources.list")
    }

    fn sources(&self) -> Result<String, SetupError> {
        fs::read_to_string(self.sources_path()).map_err(SetupError::file(&self.sources_path()))
    }

    /// A command of apt that sees only the runner's own sources.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let mut option = |name: &str, value: &Path| {
            command.arg("-o").arg(format!("{name}={}", value.display()));
        };
        option("Dir::Etc::sourcelist", &self.sources_path());
        option("Dir::Etc::sourceparts", Path::new("/dev/null"));
        option("Dir::State::lists", &self.folder.join("lists"));
        option("Dir::Cache", &self.folder);
        option("Dir::Cache::archives", &self.folder.join("archives"));
        // As root, apt would download as a user that may not write into a home.
        command.args(["-o", "APT::Sandbox::User=root"]);
        command
    }

    /// Removes the lists, which are out of date the next time. What cannot be removed only takes space.
    fn clean(&self) {
        for inner in ["lists", "archives", "srcpkgcache.bin", "pkgcache.bin", "sources.list"] {
            let path = self.folder.join(inner);
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }

    /// Writes the sources and gets their lists. Returns what apt complained of, if it did.
    fn update(&self) -> Result<Option<String>, SetupError> {
        let mut targets = Command::new("apt-get");
        targets.args(["indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]);
        let targets = command::output(&targets, ASK)?;
        let path = self.sources_path();
        let lines = sources(&targets, Path::new(KEYRING).exists());
        if lines.is_empty() {
            let why = "apt has no Debian archive among its sources, or was never updated (apt-get update)";
            return Err(SetupError::Unusable(why.to_owned()));
        }
        fs::write(&path, lines).map_err(SetupError::file(&path))?;
        // A hook in the system's configuration may fail for a user who may not write the system's caches; whether
        // the lists came shows in what they hold.
        let (_, _, said) = command::run(self.command("apt-get").arg("update"), ASK)?;
        Ok(said.lines().find(|line| line.starts_with("E:") || line.starts_with("W:")).map(str::to_owned))
    }

    fn versions(&self) -> Result<Vec<String>, SetupError> {
        let mut show = self.command("apt-cache");
        show.args(["showsrc", "--only-source", PACKAGE]);
        let shown = command::output(&show, ASK)?;
        Ok(shown.lines().filter_map(|line| line.strip_prefix("Version: ")).map(str::to_owned).collect())
    }

    fn archive(&self, version: &str) -> Result<Remote, SetupError> {
        let mut source = self.command("apt-get");
        source.args(["source", "--only-source", "--print-uris", "--download-only"]);
        source.arg(format!("{PACKAGE}={version}"));
        let uris = command::output(&source, ASK)?;
        uris.lines().filter_map(remote).find(|remote| remote.name.contains(".orig.tar.")).ok_or_else(|| {
            SetupError::Unusable(format!("the source package {PACKAGE} {version} has no .orig.tar"))
        })
    }

    /// Downloads, going on where an earlier download ended, and checks the hash.
    fn download(&self, remote: &Remote, say: &dyn Fn(&str)) -> Result<PathBuf, SetupError> {
        let path = self.folder.join(&remote.name);
        say(&format!(
            "downloading {} ({} MB, once; it is deleted when unpacked)",
            remote.url,
            remote.bytes / 1_000_000
        ));
        let mut helper = self.command(HELPER);
        helper.args(["-q", "download-file", &remote.url]).arg(&path).arg(&remote.hash);
        let mut tell = || {
            let here = fs::metadata(&path).map_or(0, |file| file.len());
            say(&format!("  {} of {} MB", here / 1_000_000, remote.bytes / 1_000_000));
        };
        let (status, _, said) = command::run_and_tell(&helper, LONG, &mut tell)?;
        if !status.success() {
            return Err(SetupError::Unusable(command::tail(&said)));
        }
        Ok(path)
    }
}

/// The lines of a sources.list for the Debian mirrors among the index targets that apt has configured.
fn sources(targets: &str, keyring: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    let signed = if keyring { format!("[signed-by={KEYRING}] ") } else { String::new() };
    for target in targets.lines() {
        let mut fields = target.split(' ');
        let (Some(url), Some(release), Some("main")) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        // Debian's own archives: /debian and /debian-security on whatever mirror.
        let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let line = format!("deb-src {signed}{url} {release} main\n");
        if last.starts_with("debian") && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.concat()
}

/// Reads a line of `apt-get --print-uris`: `'URL' name bytes SHA256:hash`.
fn remote(line: &str) -> Option<Remote> {
    let (url, rest) = line.strip_prefix('\'')?.split_once("' ")?;
    let mut fields = rest.split(' ');
    let (name, bytes, hash) = (fields.next()?, fields.next()?, fields.next()?);
    let plain = !name.is_empty() && !name.contains('/');
    plain.then(|| {
        Some(Remote {
            url: url.to_owned(),
            name: name.to_owned(),
            bytes: bytes.parse().ok()?,
            hash: hash.to_owned(),
        })
    })?
}

fn unpack(cache: &Cache, archive: &Path, version: &str, say: &dyn Fn(&str)) -> Result<Checkout, SetupError> {
    tools::ensure(cache, Tool::Xz, say)?;
    say("unpacking the folders that are needed");
    let top = top_folder(archive)?;
    let scratch = cache.scratch()?;
    let Folders { taken, left_out } = folders();
    let mut names: String = taken.iter().map(|path| format!("{top}/{TESTS}/{path}\n")).collect();
    names.push_str(&format!("{top}/{SYNC}\n"));
    let list = scratch.path().join("names");
    fs::write(&list, names).map_err(SetupError::file(&list))?;
    let mut tar = tools::command("tar");
    tar.args(["--extract", "--no-same-owner", "--strip-components=3", "--anchored"]);
    tar.arg("--directory").arg(scratch.path()).arg("--file").arg(archive);
    tar.args(left_out.iter().map(|path| format!("--exclude={top}/{TESTS}/{path}")));
    tar.arg("--files-from").arg(&list);
    let (status, _, said) = command::run(&tar, LONG)?;
    // Another version may not have all of the folders: that is no failure, and the tests that need them will tell.
    let real = said
        .lines()
        .find(|line| !line.ends_with("Not found in archive") && !line.contains("previous errors"));
    if let Some(real) = real.filter(|_| !status.success()) {
        return Err(SetupError::Unusable(format!("unpacking {} failed: {real}", archive.display())));
    }
    fs::remove_file(&list).map_err(SetupError::file(&list))?;
    if !scratch.path().join("tests/resources/testharness.js").is_file() {
        return Err(SetupError::Unusable(format!("{} holds no web-platform-tests", archive.display())));
    }
    let revision = synced_revision(scratch.path());
    let source =
        Source { origin: Origin::FirefoxEsr, version: version.to_owned(), revision, folders: fingerprint() };
    cache.keep(scratch, &source)
}

/// The folder that everything in the archive lies in: `firefox-140.12.0`. Only the archive's start is read.
fn top_folder(archive: &Path) -> Result<String, SetupError> {
    use std::io::{BufRead, BufReader};
    let mut tar = tools::command("tar");
    tar.arg("--list")
        .arg("--file")
        .arg(archive)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut group = Group::spawn(&mut tar).map_err(SetupError::file(archive))?;
    let lines = BufReader::new(
        group.child().stdout.take().ok_or_else(|| SetupError::Unusable("no pipe".to_owned()))?,
    );
    let mut names = lines.lines().map_while(Result::ok);
    let top = names.find_map(|name| {
        let name = name.trim_start_matches("./");
        name.split_once('/').map(|(top, _)| top.to_owned()).filter(|top| !top.is_empty())
    });
    top.ok_or_else(|| SetupError::Unusable(format!("{} is no archive of Firefox", archive.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_the_debian_mirrors_that_apt_has() {
        let targets = "http://mirror.example/debian/ bookworm main\nhttp://mirror.example/debian/ bookworm main\n\
                       http://mirror.example/debian/ bookworm contrib\nhttps://other.example/node_20.x/ nodistro main\n\
                       http://mirror.example/debian-security/ bookworm-security main\n";
        assert_eq!(
            sources(targets, false),
            "deb-src http://mirror.example/debian/ bookworm main\n\
             deb-src http://mirror.example/debian-security/ bookworm-security main\n"
        );
        let signed = sources("http://mirror.example/debian bookworm main\n", true);
        assert!(signed.starts_with("deb-src [signed-by=/usr/share"), "{signed}");
        assert_eq!(sources("", true), "");
    }

    #[test]
    fn uris_are_read() {
        let line = "'http://d.example/f_1.orig.tar.xz' f_1.orig.tar.xz 12 SHA256:ab";
        let read = remote(line).expect("well formed");
        assert_eq!(
            (read.name.as_str(), read.bytes, read.hash.as_str()),
            ("f_1.orig.tar.xz", 12, "SHA256:ab")
        );
        assert_eq!(remote("Reading package lists..."), None);
        assert_eq!(remote("'http://d.example/x' ../x 12 SHA256:ab"), None);
    }

    #[test]
    fn the_recorded_version_comes_first_then_the_newest() {
        let mut versions = ["115.15.0esr-1~deb12u1", "153.7.0esr-1", "140.12.0esr-1", "140.3.0esr-1"];
        versions.sort_by_key(|version| Reverse((upstream(version) == "140.12.0esr", numbers(version))));
        assert_eq!(versions, ["140.12.0esr-1", "153.7.0esr-1", "140.3.0esr-1", "115.15.0esr-1~deb12u1"]);
    }
}
