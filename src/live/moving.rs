//! The files that this process transfers at this moment.
//!
//! A transfer registers what counts its bytes, and the registry keeps a weak reference: an entry is gone with its
//! transfer. Readers ask for the counts; nothing is added to the path of the bytes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Counts the bytes of a running transfer.
pub trait Sent: Send + Sync {
    /// Offset up to which bytes were passed on.
    fn sent(&self) -> u64;

    /// Offset up to which the receiver has confirmed that it holds the bytes, as far as is known here.
    fn confirmed(&self) -> u64;
}

/// The transfers of this process. Clones share it.
#[derive(Clone, Default)]
pub struct Moving(Arc<Mutex<Vec<Entry>>>);

struct Entry {
    job: i64,
    file: String,
    total: u64,
    sent: Weak<dyn Sent>,
}

/// A file in motion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovingFile {
    /// The job's number.
    pub job: i64,
    /// The id of the file at its destination.
    pub file: String,
    /// Its size.
    pub total: u64,
    /// See [`Sent::sent`].
    pub sent: u64,
    /// See [`Sent::confirmed`].
    pub confirmed: u64,
}

impl Moving {
    /// Adds a transfer, for as long as `sent` exists. The destination's id identifies the file.
    pub fn add(&self, job: i64, file: &str, total: u64, sent: &Arc<impl Sent + 'static>) {
        let sent: Arc<dyn Sent> = sent.clone();
        let entry = Entry { job, file: file.to_owned(), total, sent: Arc::downgrade(&sent) };
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.sent.strong_count() > 0);
        entries.push(entry);
    }

    /// The files that move now, in the order in which they began.
    pub fn now(&self) -> Vec<MovingFile> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.sent.strong_count() > 0);
        let file = |entry: &Entry| {
            let sent = entry.sent.upgrade()?;
            let Entry { job, file, total, .. } = entry;
            let (sent, confirmed) = (sent.sent(), sent.confirmed());
            Some(MovingFile { job: *job, file: file.clone(), total: *total, sent, confirmed })
        };
        entries.iter().filter_map(file).collect()
    }
}

impl fmt::Debug for Moving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Count(AtomicU64);

    impl Sent for Count {
        fn sent(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }

        fn confirmed(&self) -> u64 {
            self.sent() / 2
        }
    }

    #[test]
    fn a_transfer_is_there_while_it_lives() {
        let moving = Moving::default();
        let (first, second) = (Arc::new(Count(AtomicU64::new(4))), Arc::new(Count(AtomicU64::new(0))));
        moving.add(1, "a", 10, &first);
        moving.clone().add(2, "b", 20, &second);
        first.0.store(8, Ordering::Relaxed);
        let files = moving.now();
        let expected = MovingFile { job: 1, file: "a".to_owned(), total: 10, sent: 8, confirmed: 4 };
        assert_eq!((files.len(), &files[0]), (2, &expected));
        drop(first);
        assert_eq!(moving.now().iter().map(|file| file.job).collect::<Vec<_>>(), [2]);
        drop(second);
        assert!(moving.now().is_empty());
    }
}
