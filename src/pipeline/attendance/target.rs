//! What a file with attendance is of: one meeting, or a series of them.

use jiff::civil::Date;

use crate::recording::names::{self, Naming, TakenNames};
use crate::recording::{FileKey, MeetingUuid, Recording};

/// What a file is of, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    key: FileKey,
    stem: String,
}

impl Target {
    /// One instance of a meeting.
    pub fn meeting(recording: &Recording, naming: &Naming) -> Self {
        Self { key: FileKey::new(recording.uuid.as_str()), stem: naming.attendance_stem(recording) }
    }

    /// A meeting of which several records were counted together: it is remembered by this one.
    pub fn of(recording: &Recording, naming: &Naming, uuid: &MeetingUuid) -> Self {
        Self { key: FileKey::new(uuid.as_str()), stem: naming.attendance_stem(recording) }
    }

    /// One of several records, counted alone: the file about all of them is another one.
    pub fn part(recording: &Recording, naming: &Naming, uuid: &MeetingUuid) -> Self {
        Self { key: FileKey::new(format!("./apart:{uuid}")), stem: naming.attendance_stem(recording) }
    }

    /// The meetings of a number from the first day to the last.
    pub fn series(number: u64, (since, until): (Date, Date), topic: &str) -> Self {
        let number = number.to_string();
        let topic = if topic.trim().is_empty() { number.as_str() } else { topic };
        Self {
            // No uuid with a dot segment is accepted, so no sender can make an equal one.
            key: FileKey::new(format!("./series:{number}:{since}:{until}")),
            stem: format!("{since} to {until} {topic}"),
        }
    }

    /// The store's row.
    pub fn key(&self) -> &str {
        self.key.as_str()
    }

    /// The key as a Drive property value.
    pub(super) fn property(&self) -> String {
        self.key.property()
    }

    /// A name that is not in `taken`.
    pub(super) fn name(&self, extension: &str, taken: &TakenNames) -> String {
        names::attendance_file(&self.stem, &self.key, extension, taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_no_meeting_and_each_pair_of_days_is_its_own() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let march = (day("2026-03-01"), day("2026-03-31"));
        let series = Target::series(85_746_065_432, march, "Class");
        assert_eq!(MeetingUuid::new(series.key()), None);
        assert_eq!(series.property(), series.key());
        let other = Target::series(85_746_065_432, (day("2026-03-01"), day("2026-03-30")), "Class");
        assert_ne!(series.key(), other.key());
        let none = TakenNames::default();
        assert_eq!(series.name(".csv", &none), "2026-03-01 to 2026-03-31 Class – attendance.csv");
        let unnamed = Target::series(85_746_065_432, march, " ");
        assert_eq!(unnamed.name("", &none), "2026-03-01 to 2026-03-31 85746065432 – attendance");
        assert_eq!(unnamed.key(), series.key());
    }
}
