//! Which part of web-platform-tests is taken: the list in `folders.txt`, as `tar` and as `git` want it.

use sha2::{Digest, Sha256};

const LIST: &str = include_str!("../../folders.txt");

/// Paths from the root of the tests.
pub(super) struct Folders {
    /// Taken, each with all that is in it.
    pub(super) taken: Vec<&'static str>,
    /// Left out again.
    pub(super) left_out: Vec<&'static str>,
}

pub(super) fn folders() -> Folders {
    let lines = LIST.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (left_out, taken): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('!'));
    let left_out = left_out.into_iter().map(|line| line.trim_start_matches('!')).collect();
    Folders { taken, left_out }
}

/// Changes whenever other folders are taken: what was fetched before is then incomplete.
pub(super) fn fingerprint() -> String {
    let Folders { taken, left_out } = folders();
    let mut hash = Sha256::new();
    for (sign, paths) in [("+", taken), ("-", left_out)] {
        for path in paths {
            hash.update(sign);
            hash.update(path);
            hash.update("\n");
        }
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What stands in git's `info/sparse-checkout`.
pub(super) fn sparse_patterns() -> String {
    let Folders { taken, left_out } = folders();
    let taken = taken.into_iter().map(|path| format!("/{path}\n"));
    taken.chain(left_out.into_iter().map(|path| format!("!/{path}\n"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_the_runner_itself_needs() {
        let Folders { taken, left_out } = folders();
        for needed in ["background-fetch", "resources", "common", "tools/serve", "tools/manifest"] {
            assert!(taken.contains(&needed), "{needed}");
        }
        assert!(left_out.iter().all(|path| taken.iter().any(|folder| path.starts_with(folder))));
        assert_eq!(fingerprint().len(), 16);
        assert!(sparse_patterns().ends_with("!/tools/third_party/html5lib/html5lib/tests\n"));
    }
}
