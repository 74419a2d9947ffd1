//! What the demo's server serves: files in memory, and an episode that is computed as it is sent.

use std::ops::Range;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Bytes of a [`Generated`] that are computed at once.
const BLOCK: usize = 64 * 1024;

/// The body of a resource.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Bytes),
    /// Computed when it is needed.
    Generated(Generated),
}

impl Content {
    /// Length in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Generated(generated) => generated.length,
        }
    }

    /// The next bytes of `range` from its start: at least one unless the range is empty or past the end, at
    /// most 64 KiB.
    #[must_use]
    pub fn read(&self, range: Range<u64>) -> Bytes {
        let end = range.end.min(self.length()).min(range.start.saturating_add(BLOCK as u64));
        if range.start >= end {
            return Bytes::new();
        }
        match self {
            // Both ends are at most the length of a slice, so they are a usize.
            Self::Bytes(bytes) => bytes.slice(range.start as usize..end as usize),
            Self::Generated(generated) => generated.bytes(range.start..end),
        }
    }

    /// SHA-256 of all of it, computed block by block.
    #[must_use]
    pub fn sha256(&self) -> Sha256Sum {
        let mut hasher = Sha256::new();
        let mut at = 0;
        loop {
            let block = self.read(at..self.length());
            if block.is_empty() {
                return Sha256Sum::of(hasher);
            }
            at += block.len() as u64;
            hasher.update(&block);
        }
    }
}

/// Pseudo-random bytes that are the same for the same seed, each computable by its position alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Which bytes.
    pub seed: u64,
    /// How many.
    pub length: u64,
}

impl Generated {
    fn bytes(self, range: Range<u64>) -> Bytes {
        let length = (range.end - range.start) as usize;
        let skip = (range.start % 8) as usize;
        let mut block = Vec::with_capacity(skip + length + 8);
        let mut word = range.start / 8;
        while block.len() < skip + length {
            block.extend_from_slice(&self.word(word).to_le_bytes());
            word += 1;
        }
        Bytes::from(block).slice(skip..skip + length)
    }

    /// Word `index`: the output of SplitMix64 at that step.
    const fn word(self, index: u64) -> u64 {
        let mut z = self.seed.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A SHA-256 sum; shown and serialized in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// The sum of what `hasher` was given.
    #[must_use]
    pub fn of(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sha256Sum({self})")
    }
}

impl serde::Serialize for Sha256Sum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(content: &Content, range: Range<u64>) -> Vec<u8> {
        let mut all = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let part = content.read(at..range.end);
            assert!(!part.is_empty());
            at += part.len() as u64;
            all.extend_from_slice(&part);
        }
        all
    }

    #[test]
    fn any_part_of_generated_content_is_the_same_as_in_the_whole() {
        let content = Content::Generated(Generated { seed: 5, length: 200_003 });
        let all = whole(&content, 0..200_003);
        assert_eq!(all.len(), 200_003);
        for range in [0..1, 7..9, 8..16, 65_535..65_537, 131_071..200_003, 200_002..200_003] {
            let expected = &all[range.start as usize..range.end as usize];
            assert_eq!(whole(&content, range.clone()), expected, "{range:?}");
        }
        assert!(content.read(200_003..200_004).is_empty());
    }

    #[test]
    fn another_seed_is_another_content() {
        let one = Content::Generated(Generated { seed: 1, length: 64 });
        let two = Content::Generated(Generated { seed: 2, length: 64 });
        assert_ne!(one.sha256(), two.sha256());
    }

    #[test]
    fn the_sum_is_the_one_that_others_compute() {
        let abc = Content::Bytes(Bytes::from_static(b"abc"));
        assert_eq!(
            abc.sha256().to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
