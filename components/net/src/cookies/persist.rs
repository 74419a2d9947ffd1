//! Cookies that outlive the session, in a JSON file of the profile; those that are partitioned in one beside it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use bgfetch_policy::site::Site;
use cookie_store::CookieStore;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CookieJar, CookiePartition};

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
        let store = load(&self.0, |file| {
            cookie_store::serde::json::load(file).map_err(|error| io::Error::other(error.to_string()))
        })?;
        Ok(CookieJar::new(store, load(&self.partitioned(), decode_partitioned)?))
    }

    fn partitioned(&self) -> PathBuf {
        beside(&self.0, "partitioned")
    }

    /// The content that [`CookieFile::write`] wants: taken on the network thread, written elsewhere.
    pub(crate) fn encode(jar: &CookieJar) -> io::Result<Content> {
        let mut partitions = Vec::new();
        for (partition, store) in &jar.partitioned {
            let Some((scheme, host, cross_site)) = partition.stored() else { continue };
            let cookies: Value = serde_json::from_slice(&encode(store)?)?;
            if cookies.as_array().is_some_and(|cookies| !cookies.is_empty()) {
                let (scheme, host) = (scheme.to_owned(), host.to_owned());
                partitions.push(StoredPartition { scheme, host, cross_site, cookies });
            }
        }
        Ok(Content { shared: encode(&jar.store)?, partitioned: serde_json::to_vec_pretty(&partitions)? })
    }

    /// Replaces each file as a whole: a crash leaves its old or its new content.
    pub(crate) fn write(&self, content: &Content) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        replace(&self.0, &content.shared)?;
        replace(&self.partitioned(), &content.partitioned)
    }
}

/// What is in both files.
#[derive(Debug)]
pub(crate) struct Content {
    shared: Vec<u8>,
    partitioned: Vec<u8>,
}

/// The cookies of a [`CookiePartition`].
#[derive(Serialize, Deserialize)]
struct StoredPartition {
    scheme: String,
    host: String,
    cross_site: bool,
    cookies: Value,
}

fn encode(store: &CookieStore) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    cookie_store::serde::json::save(store, &mut content).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(content)
}

fn decode_partitioned(file: BufReader<File>) -> io::Result<HashMap<CookiePartition, CookieStore>> {
    let mut partitioned = HashMap::new();
    for stored in serde_json::from_reader::<_, Vec<StoredPartition>>(file)? {
        let StoredPartition { scheme, host, cross_site, cookies } = stored;
        let store = cookie_store::serde::json::load(serde_json::to_vec(&cookies)?.as_slice());
        let store = store.map_err(|error| io::Error::other(error.to_string()))?;
        partitioned.insert(CookiePartition { site: Site::SchemeAndHost(scheme, host), cross_site }, store);
    }
    Ok(partitioned)
}

fn load<T: Default>(path: &Path, decode: impl FnOnce(BufReader<File>) -> io::Result<T>) -> io::Result<T> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
    };
    match decode(BufReader::new(file)) {
        Ok(decoded) => Ok(decoded),
        Err(error) => {
            let aside = beside(path, "broken");
            tracing::warn!(path = %path.display(), %error, aside = %aside.display(), "cookies not understood");
            fs::rename(path, aside)?;
            Ok(T::default())
        }
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path, "new");
    let mut writer = BufWriter::new(private_file(&new)?);
    writer.write_all(content)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()?;
    fs::rename(&new, path)
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

    use super::super::tests::by;
    use super::super::{CookiePartition, SameSiteMode};
    use super::*;

    #[test]
    fn persistent_cookies_come_back_and_session_cookies_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = CookieFile::new(folder.path().join("profile/cookies.json"));
        let url = Url::parse("https://a.test/").unwrap();
        let mut jar = file.load().unwrap();
        let here = CookiePartition::of_top_level(&url);
        let elsewhere = CookiePartition { cross_site: true, ..here.clone() };
        let strict = "kept=1; Max-Age=1000; HttpOnly; SameSite=Strict; Secure";
        jar.set(strict, &url, by(true, true, &here)).unwrap();
        jar.set("session=2", &url, by(true, true, &here)).unwrap();
        let partitioned = "own=3; Max-Age=1000; HttpOnly; SameSite=None; Secure; Partitioned";
        jar.set(partitioned, &url, by(true, false, &elsewhere)).unwrap();
        jar.set("own=4; Secure; Partitioned", &url, by(true, true, &here)).unwrap();
        file.write(&CookieFile::encode(&jar).unwrap()).unwrap();
        let jar = file.load().unwrap();
        assert_eq!(jar.header_for(&url, SameSiteMode::StrictOrLess, &here).as_deref(), Some("kept=1"));
        assert_eq!(jar.header_for(&url, SameSiteMode::LaxOrLess, &here), None);
        assert_eq!(jar.header_for(&url, SameSiteMode::UnsetOrLess, &elsewhere).as_deref(), Some("own=3"));
        assert_eq!(jar.for_script(&url, &here), "");
    }

    #[test]
    fn a_broken_file_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cookies.json");
        fs::write(&path, "not json").unwrap();
        let jar = CookieFile::new(path.clone()).load().unwrap();
        let url = Url::parse("https://a.test/").unwrap();
        assert_eq!(jar.for_script(&url, &CookiePartition::of_top_level(&url)), "");
        assert!(folder.path().join("cookies.json.broken").exists());
        assert!(!path.exists());
    }
}
