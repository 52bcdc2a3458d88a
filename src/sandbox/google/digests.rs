//! The three checksums that Drive computes for a blob, taken as its bytes arrive.
//!
//! The SHA family comes from aws-lc rather than from the crate that the program itself hashes with: two
//! implementations that agree prove more than one that agrees with itself.

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use md5::{Digest, Md5};

/// Running digests of a prefix. A clone is a checkpoint to fall back to.
#[derive(Clone)]
pub(super) struct Digests {
    md5: Md5,
    sha1: Context,
    sha256: Context,
}

/// Finished checksums, in hexadecimal as Drive shows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checksums {
    pub(super) md5: String,
    pub(super) sha1: String,
    pub(super) sha256: String,
}

impl Digests {
    pub(super) fn new() -> Self {
        Self { md5: Md5::new(), sha1: Context::new(&SHA1_FOR_LEGACY_USE_ONLY), sha256: Context::new(&SHA256) }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    pub(super) fn finish(self) -> Checksums {
        Checksums {
            md5: hex::encode(self.md5.finalize()),
            sha1: hex::encode(self.sha1.finish()),
            sha256: hex::encode(self.sha256.finish()),
        }
    }
}
