//! What has become of the original, in a few words.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::when::When;
use crate::jobs::{Millis, Removal, ZoomCopy};
use crate::recording::Source;
use crate::store::shelf::ShelfRow;

/// Zoom keeps its trash for 30 days.
const TRASH_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// What has become of the recording's original at `now`. No text from outside is in it.
pub(super) fn at_source(row: &ShelfRow, now: Millis, zone: &TimeZone) -> String {
    let recording = &row.job.recording;
    if recording.source() == Source::Meet {
        return "stays at Google Meet".to_owned();
    }
    match row.job.zoom_copy {
        ZoomCopy::PutAway => return put_away(row.put_away_at, now, zone),
        ZoomCopy::Recovered => return "recovered by a person, kept".to_owned(),
        ZoomCopy::Untouched => {}
    }
    match row.job.removals.of_all() {
        Some(Removal::Deleted) => return "deleted by a person".to_owned(),
        Some(Removal::Trashed | Removal::PutAway) => return "in Zoom's trash, by a person".to_owned(),
        None => {}
    }
    let today =
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone()).date();
    match recording.auto_delete_date {
        Some(day) if day < today => format!("Zoom's retention ended on {day}"),
        Some(day) => format!("Zoom deletes it on {day}"),
        None => "kept".to_owned(),
    }
}

fn put_away(at: Option<Millis>, now: Millis, zone: &TimeZone) -> String {
    let Some(at) = at else { return "removed after the proof".to_owned() };
    let until = at.saturating_add(Millis::try_from(TRASH_FOR.as_millis()).unwrap_or(Millis::MAX));
    let day = When::day(until, zone).plain();
    if now < until { format!("in Zoom's trash until {day}") } else { format!("left Zoom's trash on {day}") }
}
