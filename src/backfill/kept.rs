//! Rows of lists, kept from the count until the jobs begin: their lists need not be read a second time.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sweep::ListedRecording;

/// Most bytes of rows that are kept, as JSON. Lists that do not fit are read again.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Lists that were read longer ago are read again: a person may take a day to agree.
const GOOD_FOR: Duration = Duration::from_secs(3600);

/// Room for further rows.
#[derive(Debug, Clone)]
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(BYTES_MAX)
    }
}

/// The rows of one list that are to be archived or waited for.
#[derive(Debug, Clone)]
pub(super) struct KeptRows {
    rows: Vec<String>,
    bytes: usize,
    is_whole: bool,
    read_at: Instant,
}

impl KeptRows {
    /// No rows yet, of a list that is read from this time on.
    pub(super) fn new(read_at: Instant) -> Self {
        Self { rows: Vec::new(), bytes: 0, is_whole: true, read_at }
    }

    /// Keeps a row while there is room.
    pub(super) fn keep(&mut self, row: &Value, room: &mut Room) {
        if !self.is_whole {
            return;
        }
        let row = row.to_string();
        match room.0.checked_sub(row.len()) {
            Some(left) => {
                *room = Room(left);
                self.bytes += row.len();
                self.rows.push(row);
            }
            None => self.drop_all(room),
        }
    }

    /// Drops the rows: their list must be read again.
    pub(super) fn drop_all(&mut self, room: &mut Room) {
        room.0 += self.bytes;
        (self.rows, self.bytes, self.is_whole) = (Vec::new(), 0, false);
    }

    /// The recordings of the list, unless it must be read again.
    pub(super) fn recordings(&self) -> Option<impl Iterator<Item = ListedRecording>> {
        let is_good = self.is_whole && self.read_at.elapsed() < GOOD_FOR;
        // Each row was read before.
        let read = |row: &String| ListedRecording::read(serde_json::from_str(row).ok()?).ok();
        is_good.then(|| self.rows.iter().filter_map(read))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(uuid: &str) -> Value {
        json!({"uuid": uuid, "recording_files": []})
    }

    fn uuids(rows: &KeptRows) -> Option<Vec<String>> {
        Some(rows.recordings()?.map(|listed| listed.recording.uuid.to_string()).collect())
    }

    #[test]
    fn a_list_is_kept_whole_or_not_at_all() {
        let (mut room, mut rows) = (Room(100), KeptRows::new(Instant::now()));
        for uuid in ["one", "two"] {
            rows.keep(&row(uuid), &mut room);
        }
        assert_eq!(uuids(&rows), Some(vec!["one".to_owned(), "two".to_owned()]));
        assert!(room.0 < 40, "{room:?}");
        rows.keep(&row("three"), &mut room);
        rows.keep(&row("four"), &mut room);
        assert_eq!((uuids(&rows), room.0), (None, 100));
        let mut next = KeptRows::new(Instant::now());
        next.keep(&row("five"), &mut room);
        assert_eq!(uuids(&next), Some(vec!["five".to_owned()]), "its room is free again");
    }

    #[test]
    fn an_old_list_is_read_again() {
        let (mut room, mut rows) = (Room::default(), KeptRows::new(Instant::now()));
        rows.keep(&row("one"), &mut room);
        let Some(long_ago) = rows.read_at.checked_sub(GOOD_FOR) else { return };
        rows.read_at = long_ago;
        assert_eq!(uuids(&rows), None);
    }
}
