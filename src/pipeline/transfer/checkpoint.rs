//! A point from which a transfer can continue after any interruption: an offset, and the hash state there.

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

/// First byte of a stored hash state: the hash and the library's layout. With another number the state is unreadable,
/// and the file is hashed from its beginning.
const HASH_STATE_VERSION: u8 = 1;

/// A point from which a transfer can continue: an offset, and the hash of everything before it.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Bytes before this point.
    pub offset: u64,
    hash: Sha256,
}

impl Checkpoint {
    /// The beginning of a file.
    pub fn start() -> Self {
        Self { offset: 0, hash: Sha256::new() }
    }

    /// A stored checkpoint; the beginning when the stored state cannot be read.
    pub fn load(offset: u64, state: &[u8]) -> Self {
        let hash = state
            .strip_prefix(&[HASH_STATE_VERSION])
            .and_then(|state| SerializedState::<Sha256>::try_from(state).ok())
            .and_then(|state| Sha256::deserialize(&state).ok());
        match hash {
            Some(hash) if offset > 0 => Self { offset, hash },
            _ => Self::start(),
        }
    }

    /// The hash state, for the store.
    pub fn state(&self) -> Vec<u8> {
        let mut state = vec![HASH_STATE_VERSION];
        state.extend_from_slice(&self.hash.serialize());
        state
    }

    /// The digest of everything before this point, lower-case hex.
    pub fn digest(&self) -> String {
        hex::encode(self.hash.clone().finalize())
    }

    /// Advances the checkpoint over these bytes.
    pub fn absorb(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.offset += u64::try_from(bytes.len()).unwrap_or_default();
    }
}
