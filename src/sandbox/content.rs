//! Recordings out of nothing: bytes that are computed, never stored.
//!
//! A [`Content`] is a kind, a size and a seed. Every 64 KiB block is copied from one static pool and
//! stamped with the seed and the block's number, so a byte that ends up in the wrong place, or in the
//! wrong file, changes the digest; and making a gigabyte costs a memcpy, also in a debug build.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use md5::Md5;
use sha2::{Digest, Sha256};

/// Size of a block of the pool, and of the digests' reads.
const BLOCK: usize = 64 * 1024;

/// The file type that a content imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A video.
    Mp4,
    /// An audio track.
    M4a,
    /// A transcript or captions.
    Vtt,
    /// A timeline or a summary.
    Json,
    /// A chat.
    Txt,
    /// Poll results.
    Csv,
    /// A thumbnail.
    Jpg,
}

impl Kind {
    /// The bytes that a reader recognises this kind by.
    fn head(self) -> &'static [u8] {
        match self {
            Self::Mp4 => b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
            Self::M4a => b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42",
            Self::Vtt => b"WEBVTT\n\n00:00:00.000 --> 00:59:59.000\n",
            Self::Json => b"{\"text\":\"",
            Self::Txt => b"00:00:01 Ada: ",
            Self::Csv => b"\"Question\",\"Answer\"\n",
            Self::Jpg => b"\xff\xd8\xff\xe0",
        }
    }

    fn tail(self) -> &'static [u8] {
        match self {
            Self::Json => b"\"}",
            Self::Jpg => b"\xff\xd9",
            _ => b"",
        }
    }

    fn pool(self) -> &'static [u8] {
        static BINARY: OnceLock<Vec<u8>> = OnceLock::new();
        static LINES: OnceLock<Vec<u8>> = OnceLock::new();
        static ONE_LINE: OnceLock<Vec<u8>> = OnceLock::new();
        match self {
            Self::Mp4 | Self::M4a | Self::Jpg => BINARY.get_or_init(|| pool(|_, byte| byte)),
            Self::Vtt | Self::Txt | Self::Csv => {
                LINES.get_or_init(|| pool(|at, byte| if at % 72 == 71 { b'\n' } else { letter(byte) }))
            }
            // A raw line break may not stand in a JSON string.
            Self::Json => ONE_LINE.get_or_init(|| pool(|_, byte| letter(byte))),
        }
    }

    /// Text files are stamped in hexadecimal, so that they stay text.
    fn stamp(self, seed: u64, block: u64) -> Vec<u8> {
        let stamp = [scatter(seed).to_be_bytes(), scatter(seed ^ scatter(block)).to_be_bytes()].concat();
        match self {
            Self::Mp4 | Self::M4a | Self::Jpg => stamp,
            _ => hex::encode(stamp).into_bytes(),
        }
    }
}

/// The bytes of one file.
#[derive(Clone)]
pub struct Content {
    kind: Kind,
    size: u64,
    seed: u64,
    /// The very bytes, where they are not made up.
    literal: Option<Bytes>,
    digests: Arc<Digests>,
}

#[derive(Default)]
struct Digests {
    sha256: OnceLock<String>,
    md5: OnceLock<String>,
}

impl Content {
    /// A content of this kind and size. Another seed gives other bytes.
    pub fn new(kind: Kind, size: u64, seed: u64) -> Self {
        Self { kind, size, seed, literal: None, digests: Arc::default() }
    }

    /// These very bytes: a header without a cue, a JSON that holds nothing.
    pub fn literal(kind: Kind, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let seed = Sha256::digest(&bytes).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        Self { kind, size: bytes.len() as u64, seed, literal: Some(bytes), digests: Arc::default() }
    }

    /// The beginning of it, as if the rest were not there yet.
    #[must_use]
    pub fn cut_to(&self, size: u64) -> Self {
        Self::literal(self.kind, self.bytes(0, usize::try_from(size).unwrap_or(usize::MAX)))
    }

    /// The file type that it imitates.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Distinguishes contents of the same kind and size.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Up to `length` bytes from `offset` on; fewer at the end.
    pub fn bytes(&self, offset: u64, length: usize) -> Bytes {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = length.min(left);
        let mut out = BytesMut::with_capacity(length);
        self.append(offset, length, &mut out);
        out.freeze()
    }

    /// SHA-256 of all bytes in hexadecimal. Computed once, also for clones.
    pub fn sha256(&self) -> String {
        self.digests.sha256.get_or_init(|| self.digest::<Sha256>()).clone()
    }

    /// MD5 of all bytes in hexadecimal. Computed once, also for clones.
    pub fn md5(&self) -> String {
        self.digests.md5.get_or_init(|| self.digest::<Md5>()).clone()
    }

    fn digest<D: Digest>(&self) -> String {
        let mut digest = D::new();
        let mut buffer = BytesMut::with_capacity(BLOCK);
        let mut offset = 0;
        while offset < self.size {
            let length = usize::try_from(self.size - offset).unwrap_or(BLOCK).min(BLOCK);
            buffer.clear();
            self.append(offset, length, &mut buffer);
            digest.update(&buffer);
            offset += length as u64;
        }
        hex::encode(digest.finalize())
    }

    /// Appends exactly `length` bytes; the caller has checked that they exist.
    fn append(&self, mut offset: u64, mut length: usize, out: &mut BytesMut) {
        if let Some(literal) = &self.literal {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(literal.len());
            out.extend_from_slice(&literal[from..(from + length).min(literal.len())]);
            return;
        }
        let (pool, head, tail) = (self.kind.pool(), self.kind.head(), self.kind.tail());
        while length > 0 {
            let block = offset / BLOCK as u64;
            let within = usize::try_from(offset % BLOCK as u64).unwrap_or(0);
            let take = length.min(BLOCK - within);
            let from = out.len();
            out.extend_from_slice(&pool[within..within + take]);
            let target = &mut out[from..];
            // The stamp is behind the head, so that tiny files have it too.
            let stamp_at = block * BLOCK as u64 + head.len() as u64;
            overlay(target, offset, &self.kind.stamp(self.seed, block), stamp_at);
            overlay(target, offset, head, 0);
            if self.size >= (head.len() + tail.len()) as u64 {
                overlay(target, offset, tail, self.size - tail.len() as u64);
            }
            offset += take as u64;
            length -= take;
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, self.size, self.seed, &self.literal)
            == (other.kind, other.size, other.seed, &other.literal)
    }
}

impl Eq for Content {}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes, seed {}", self.kind, self.size, self.seed)
    }
}

/// Copies the part of `patch` (at `patch_at`) that overlaps `target` (at `target_at`).
fn overlay(target: &mut [u8], target_at: u64, patch: &[u8], patch_at: u64) {
    let from = target_at.max(patch_at);
    let end = (target_at + target.len() as u64).min(patch_at + patch.len() as u64);
    if from >= end {
        return;
    }
    // Both differences are below the lengths of slices, which fit.
    let place = |at: u64, base: u64| usize::try_from(at - base).unwrap_or(usize::MAX);
    target[place(from, target_at)..place(end, target_at)]
        .copy_from_slice(&patch[place(from, patch_at)..place(end, patch_at)]);
}

/// A block of pseudo-random bytes, each passed through `shape`.
fn pool(shape: impl Fn(usize, u8) -> u8) -> Vec<u8> {
    let mut state = 0;
    (0..BLOCK)
        .map(|at| {
            if at % 8 == 0 {
                state = scatter(at as u64 + 1);
            }
            let [byte, ..] = (state >> (at % 8 * 8)).to_le_bytes();
            shape(at, byte)
        })
        .collect()
}

fn letter(byte: u8) -> u8 {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz etaoi";
    LETTERS[usize::from(byte % 32)]
}

/// SplitMix64's finaliser: spreads every bit of the input over the whole number.
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
