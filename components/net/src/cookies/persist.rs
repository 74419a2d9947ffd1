//! Cookies that outlive the session, in one JSON file of the profile.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use cookie_store::CookieStore;

use super::CookieJar;

/// The file that persistent cookies are kept in.
#[derive(Clone, Debug)]
pub(crate) struct CookieFile(PathBuf);

impl CookieFile {
    /// The file at `path`, which need not exist yet.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// What was kept. A file that is not there is an empty jar; one that cannot be understood is put aside, so
    /// that a broken file costs the cookies and not the start.
    pub(crate) fn load(&self) -> io::Result<CookieJar> {
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(CookieJar::default()),
            Err(error) => return Err(error),
        };
        match cookie_store::serde::json::load(BufReader::new(file)) {
            Ok(store) => Ok(CookieJar::new(store)),
            Err(error) => {
                let aside = beside(&self.0, "broken");
                tracing::warn!(path = %self.0.display(), %error, aside = %aside.display(), "cookies not understood");
                fs::rename(&self.0, aside)?;
                Ok(CookieJar::default())
            }
        }
    }

    /// The content that [`CookieFile::write`] wants: taken on the network thread, written elsewhere.
    pub(crate) fn encode(store: &CookieStore) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        cookie_store::serde::json::save(store, &mut content).map_err(|e| io::Error::other(e.to_string()))?;
        Ok(content)
    }

    /// Replaces the file as a whole: a crash leaves the old or the new content.
    pub(crate) fn write(&self, content: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = beside(&self.0, "new");
        let mut writer = BufWriter::new(private_file(&new)?);
        writer.write_all(content)?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
        fs::rename(&new, &self.0)
    }
}

/// A new or emptied file that only its owner may read: cookies are credentials.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::super::SameSiteMode;
    use super::*;

    #[test]
    fn persistent_cookies_come_back_and_session_cookies_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = CookieFile::new(folder.path().join("profile/cookies.json"));
        let url = Url::parse("https://a.test/").unwrap();
        let mut jar = file.load().unwrap();
        jar.set("kept=1; Max-Age=1000; HttpOnly; SameSite=Strict; Secure", &url, true, true).unwrap();
        jar.set("session=2", &url, true, true).unwrap();
        file.write(&CookieFile::encode(jar.store()).unwrap()).unwrap();
        let jar = file.load().unwrap();
        assert_eq!(jar.header_for(&url, SameSiteMode::StrictOrLess).as_deref(), Some("kept=1"));
        assert_eq!(jar.header_for(&url, SameSiteMode::LaxOrLess), None);
        assert_eq!(jar.for_script(&url), "");
    }

    #[test]
    fn a_broken_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cookies.json");
        fs::write(&path, "not json").unwrap();
        let jar = CookieFile::new(path.clone()).load().unwrap();
        assert_eq!(jar.for_script(&Url::parse("https://a.test/").unwrap()), "");
        assert!(folder.path().join("cookies.json.broken").exists());
        assert!(!path.exists());
    }
}
