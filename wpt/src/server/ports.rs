//! Ports for the tests' server: upstream's usual ones, or others where somebody has them.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use serde::Serialize;

/// Where the tests' server listens, in the names of its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ports {
    /// `http:`, twice: the second makes another origin.
    pub http: [u16; 2],
    /// `https:`, twice.
    pub https: [u16; 2],
    /// HTTP/2 over TLS.
    pub h2: [u16; 1],
    /// WebSockets.
    pub ws: [u16; 1],
    /// WebSockets over TLS.
    pub wss: [u16; 1],
    /// Servers that are not started.
    #[serde(rename = "http-private")]
    http_private: [Option<u16>; 1],
    #[serde(rename = "http-public")]
    http_public: [Option<u16>; 1],
    #[serde(rename = "https-private")]
    https_private: [Option<u16>; 1],
    #[serde(rename = "https-public")]
    https_public: [Option<u16>; 1],
    #[serde(rename = "webtransport-h3")]
    webtransport_h3: [Option<u16>; 1],
}

/// The ports that upstream's own runs use, and that names of subtests therefore have in them.
pub(super) const USUAL: [u16; 7] = [8000, 8001, 8443, 8444, 9000, 8888, 8889];

impl Ports {
    fn new([http, http2, https, https2, h2, ws, wss]: [u16; 7]) -> Self {
        Self {
            http: [http, http2],
            https: [https, https2],
            h2: [h2],
            ws: [ws],
            wss: [wss],
            http_private: [None],
            http_public: [None],
            https_private: [None],
            https_public: [None],
            webtransport_h3: [None],
        }
    }

    /// Upstream's usual ports, but for those that somebody has.
    ///
    /// # Errors
    /// If the system has no port to give.
    pub fn free(usual: bool) -> io::Result<Self> {
        // All are held until all are chosen, so that none is chosen twice.
        let mut held = Vec::new();
        let mut chosen = [0; 7];
        for (slot, usual_port) in chosen.iter_mut().zip(USUAL) {
            let wanted = if usual { usual_port } else { 0 };
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted))
                .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
            *slot = listener.local_addr()?.port();
            held.push(listener);
        }
        Ok(Self::new(chosen))
    }

    /// In the order of `USUAL`.
    #[must_use]
    pub const fn all(&self) -> [u16; 7] {
        [self.http[0], self.http[1], self.https[0], self.https[1], self.h2[0], self.ws[0], self.wss[0]]
    }

    /// What to replace in the names of subtests so that they are the same whatever the ports: `:41234` by `:8443`.
    #[must_use]
    pub fn replacements(&self) -> Vec<(String, String)> {
        let pairs = self.all().into_iter().zip(USUAL).filter(|(actual, usual)| actual != usual);
        let forms = |(actual, usual)| {
            // Percent-encoded where a URL is part of another.
            [":", "%3A"].map(|colon| (format!("{colon}{actual}"), format!("{colon}{usual}")))
        };
        pairs.flat_map(forms).collect()
    }
}

/// Waits until no other runner of this machine is choosing ports; others wait until what this gives is dropped. Where the
/// folder for temporary files lets nobody lock anything, nobody waits.
pub(super) fn choosing() -> Option<File> {
    let locked = lock(&std::env::temp_dir().join("bgfetch-wpt-ports.lock"));
    locked.inspect_err(|error| tracing::warn!(%error, "other runners may choose the same ports")).ok()
}

fn lock(path: &Path) -> io::Result<File> {
    // Another user's file is locked as well as an own one.
    let file = File::open(path).or_else(|_| fs::OpenOptions::new().create(true).append(true).open(path))?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn ports_are_chosen_by_one_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let held = lock(&path).expect("locked");
        let (send, second) = mpsc::channel();
        std::thread::spawn(move || send.send(lock(&path).is_ok()));
        assert!(second.recv_timeout(Duration::from_millis(100)).is_err(), "the second waits");
        drop(held);
        assert_eq!(second.recv_timeout(Duration::from_secs(10)), Ok(true));
    }

    #[test]
    fn a_port_in_use_is_replaced_by_another() {
        // If somebody else has it, that serves as well.
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL[0]));
        let ports = Ports::free(true).expect("there are ports");
        assert_ne!(ports.http[0], USUAL[0]);
        for colon in [":", "%3A"] {
            let replacement = (format!("{colon}{}", ports.http[0]), format!("{colon}8000"));
            assert!(ports.replacements().contains(&replacement), "{replacement:?}");
        }
    }

    #[test]
    fn the_configuration_has_what_the_server_reads() {
        let json = serde_json::to_value(Ports::new(USUAL)).expect("serializable");
        assert_eq!(json["https"], serde_json::json!([8443, 8444]));
        assert_eq!(json["webtransport-h3"], serde_json::json!([null]));
        assert_eq!(Ports::new(USUAL).replacements(), []);
    }
}
