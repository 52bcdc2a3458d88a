//! A point from which a transfer can continue after any interruption: an offset, and the hash state there.

use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use crate::jobs::UploadProgress;

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

    /// The furthest stored checkpoint that is not beyond `drive_offset`: the confirmed one, or one from inside a request
    /// whose answer never came.
    pub fn resume(progress: &UploadProgress, drive_offset: u64) -> Self {
        let mut furthest = Self::start();
        let confirmed = (progress.offset, progress.hash_state.as_slice());
        for (offset, state) in read_states(&progress.ahead).chain([confirmed]) {
            if (furthest.offset + 1..=drive_offset).contains(&offset) {
                let loaded = Self::load(offset, state);
                furthest = if loaded.offset > furthest.offset { loaded } else { furthest };
            }
        }
        furthest
    }

    /// Several checkpoints, for the store: each its offset, the length of its state, and the state.
    pub fn states(checkpoints: &[Self]) -> Vec<u8> {
        let mut stored = Vec::new();
        for checkpoint in checkpoints {
            let state = checkpoint.state();
            stored.extend_from_slice(&checkpoint.offset.to_be_bytes());
            stored.push(u8::try_from(state.len()).unwrap_or_default());
            stored.extend_from_slice(&state);
        }
        stored
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

/// Offsets and states as [`Checkpoint::states`] wrote them, up to the first that is cut short.
fn read_states(mut stored: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let (offset, rest) = stored.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first()?;
        let (state, rest) = rest.split_at_checked(usize::from(*length))?;
        stored = rest;
        Some((u64::from_be_bytes(*offset), state))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(offset: u64) -> Checkpoint {
        let mut checkpoint = Checkpoint::start();
        checkpoint.absorb(&vec![7; usize::try_from(offset).unwrap()]);
        checkpoint
    }

    #[test]
    fn the_furthest_checkpoint_that_drive_covers_is_used() {
        let confirmed = at(100);
        let ahead = Checkpoint::states(&[at(200), at(300)]);
        let progress =
            UploadProgress { offset: 100, hash_state: confirmed.state(), ahead, ..UploadProgress::default() };
        for (held, expected) in
            [(0, 0), (99, 0), (100, 100), (199, 100), (200, 200), (299, 200), (300, 300), (999, 300)]
        {
            let resumed = Checkpoint::resume(&progress, held);
            assert_eq!((resumed.offset, resumed.digest()), (expected, at(expected).digest()), "{held}");
        }
        // What the store had before, and what cannot be read, counts as nothing.
        let older = UploadProgress { ahead: Vec::new(), ..progress.clone() };
        assert_eq!(Checkpoint::resume(&older, 999).offset, 100);
        let lost = UploadProgress { hash_state: Vec::new(), ..progress };
        assert_eq!(Checkpoint::resume(&lost, 250).offset, 200);
    }

    proptest! {
        #[test]
        fn rubbish_in_the_store_is_no_checkpoint(ahead in proptest::collection::vec(any::<u8>(), 0..300), held in any::<u64>()) {
            let progress = UploadProgress { ahead, ..UploadProgress::default() };
            prop_assert!(Checkpoint::resume(&progress, held).offset <= held);
        }
    }
}
