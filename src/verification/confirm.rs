//! The files of a batch that no list has confirmed yet, at 32 bytes each: a folder may have a hundred thousand.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::google::ListedFile;
use crate::jobs::SentFile;

/// Stands for a file that no list can confirm.
const NEVER: u128 = 0;

/// Digests of Drive ids, each with a digest of what was proved about the file.
#[derive(Debug, Default)]
pub(super) struct Unconfirmed(HashMap<u128, u128>);

impl Unconfirmed {
    /// Adds a proved file. Two different files under one Drive id are never confirmed by a list.
    pub(super) fn add(&mut self, drive_id: &str, sent: &SentFile, folder_id: &str) {
        let proved = content(sent.size, &sent.sha256, folder_id);
        let known = self.0.entry(short(&[drive_id])).or_insert(proved);
        if *known != proved {
            *known = NEVER;
        }
    }

    /// Removes the file if the list shows exactly what was proved.
    pub(super) fn confirm(&mut self, file: &ListedFile) {
        let held = &file.held;
        let (Some(size), Some(sha256), [folder], false) =
            (held.size, &held.sha256, &held.parents[..], held.trashed)
        else {
            return;
        };
        let id = short(&[&file.id]);
        if self.0.get(&id).is_some_and(|proved| *proved == content(size, sha256, folder)) {
            self.0.remove(&id);
        }
    }

    /// Whether no list has confirmed this file.
    pub(super) fn has(&self, drive_id: &str) -> bool {
        self.0.contains_key(&short(&[drive_id]))
    }

    /// Whether every file is confirmed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn content(size: u64, sha256: &str, folder_id: &str) -> u128 {
    // Never the mark of a file that cannot be confirmed.
    short(&[&size.to_string(), &sha256.to_ascii_lowercase(), folder_id]).max(NEVER + 1)
}

/// Half of a SHA-256: nobody can make two texts with the same one.
fn short(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jobs::verification::{DriveState, Held, Verdict, judge};

    fn any_file() -> impl Strategy<Value = ListedFile> {
        let size = prop_oneof![Just(None), (0..3_u64).prop_map(Some)];
        let sha256 = prop_oneof![Just(None), "[abAB]".prop_map(Some)];
        let parents = prop::sample::subsequence(vec!["f".to_owned(), "g".to_owned()], 0..=2);
        ("[xy]", size, sha256, any::<bool>(), parents).prop_map(|(id, size, sha256, trashed, parents)| {
            ListedFile { id, held: Held { size, sha256, trashed, parents } }
        })
    }

    proptest! {
        /// A list confirms a file only if the comparison by id would find it equal.
        #[test]
        fn a_list_confirms_nothing_that_is_not_equal(
            listed in prop::collection::vec(any_file(), 0..6), size in 0..3_u64, sha256 in "[ab]",
        ) {
            let sent = SentFile { size, sha256 };
            let mut open = Unconfirmed::default();
            open.add("x", &sent, "f");
            for file in &listed {
                open.confirm(file);
            }
            let equals = |file: &&ListedFile| {
                file.id == "x" && judge(&sent, "f", &DriveState::Held(file.held.clone())) == Verdict::Equal
            };
            let is_equal = listed.iter().find(equals);
            prop_assert!(open.has("x") || is_equal.is_some());
            // With one parent, as Drive allows, the list and the comparison agree.
            if is_equal.is_some_and(|file| file.held.parents.len() == 1) {
                prop_assert!(open.is_empty());
            }
        }
    }

    #[test]
    fn two_files_under_one_id_are_asked_by_id() {
        let (one, two) = (SentFile { size: 1, sha256: "a".into() }, SentFile { size: 2, sha256: "a".into() });
        let mut open = Unconfirmed::default();
        open.add("x", &one, "f");
        open.add("x", &two, "f");
        for size in [1, 2] {
            let held = Held {
                size: Some(size),
                sha256: Some("a".into()),
                trashed: false,
                parents: vec!["f".into()],
            };
            open.confirm(&ListedFile { id: "x".into(), held });
        }
        assert!(open.has("x"));
    }
}
