//! [Subresource Integrity](https://w3c.github.io/webappsec-subresource-integrity/).

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Browsers accept hashes without their padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Hash algorithms, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// [Do bytes match metadataList?](https://w3c.github.io/webappsec-subresource-integrity/#does-response-match-metadatalist),
/// asked while the bytes come.
pub(crate) struct IntegrityCheck {
    hasher: Hasher,
    expected: Vec<Vec<u8>>,
}

enum Hasher {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl IntegrityCheck {
    /// [Parse metadata](https://w3c.github.io/webappsec-subresource-integrity/#parse-metadata) and
    /// [get the strongest](https://w3c.github.io/webappsec-subresource-integrity/#get-the-strongest-metadata); `None` if
    /// there is nothing to check.
    pub(crate) fn of(metadata: &str) -> Option<Self> {
        let parsed: Vec<(Algorithm, Vec<u8>)> =
            metadata.split_ascii_whitespace().filter_map(parse_item).collect();
        let strongest = parsed.iter().map(|(algorithm, _)| *algorithm).max()?;
        let expected = parsed
            .into_iter()
            .filter(|(algorithm, _)| *algorithm == strongest)
            .map(|(_, hash)| hash)
            .collect();
        let hasher = match strongest {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha384 => Hasher::Sha384(Sha384::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        };
        Some(Self { hasher, expected })
    }

    /// Bytes that came.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha384(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// Whether all the bytes match.
    pub(crate) fn matches(self) -> bool {
        let actual = match self.hasher {
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha384(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha512(hasher) => hasher.finalize().to_vec(),
        };
        self.expected.contains(&actual)
    }
}

/// `algorithm-base64?options`; what is not known is ignored, as is a hash that cannot be one.
fn parse_item(item: &str) -> Option<(Algorithm, Vec<u8>)> {
    let expression = item.split('?').next().unwrap_or_default();
    let (name, value) = expression.split_once('-')?;
    let algorithm = match name.to_ascii_lowercase().as_str() {
        "sha256" => Algorithm::Sha256,
        "sha384" => Algorithm::Sha384,
        "sha512" => Algorithm::Sha512,
        _ => return None,
    };
    // base64url is accepted as well, as browsers do. A hash that does not decode matches nothing, yet asks for
    // a check.
    let value = value.replace('-', "+").replace('_', "/");
    Some((algorithm, LENIENT.decode(value).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA256_ABC: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const SHA384_ABC: &str = "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn";

    fn matches(metadata: &str, bytes: &[u8]) -> Option<bool> {
        let mut check = IntegrityCheck::of(metadata)?;
        bytes.chunks(2).for_each(|chunk| check.update(chunk));
        Some(check.matches())
    }

    #[test]
    fn the_strongest_hash_decides() {
        let wrong384 = format!("sha384-{}", "A".repeat(64));
        let cases = [
            (format!("sha256-{SHA256_ABC}"), Some(true)),
            (format!("SHA256-{SHA256_ABC}?ct=x"), Some(true)),
            (format!("sha256-{SHA256_ABC} {wrong384}"), Some(false)),
            (format!("sha256-AAAA {wrong384} sha384-{SHA384_ABC}"), Some(true)),
            (format!("md5-abc sha256-{SHA256_ABC}"), Some(true)),
            ("sha256-!".to_owned(), Some(false)),
            ("md5-abc".to_owned(), None),
            (String::new(), None),
        ];
        for (metadata, expected) in cases {
            assert_eq!(matches(&metadata, b"abc"), expected, "{metadata}");
        }
        assert_eq!(matches(&format!("sha256-{SHA256_ABC}"), b"abd"), Some(false));
    }
}
