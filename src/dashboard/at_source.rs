//! What has become of the original, in a few words.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::when::{Dated, When};
use crate::jobs::{Millis, Removal, ZoomCopy};
use crate::recording::Source;
use crate::store::shelf::ShelfRow;

/// Zoom keeps its trash for 30 days.
const TRASH_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// What has become of the recording's original at `now`. No text from outside is in it.
pub(super) fn at_source(row: &ShelfRow, now: Millis, zone: &TimeZone) -> Dated {
    let recording = &row.job.recording;
    if recording.source() == Source::Meet {
        return Dated::words("stays at Google Meet");
    }
    match row.job.zoom_copy {
        ZoomCopy::PutAway => return put_away(row.put_away_at, now, zone),
        ZoomCopy::Recovered => return Dated::words("recovered by a person, kept"),
        ZoomCopy::Untouched => {}
    }
    match row.job.removals.of_all() {
        Some(Removal::Deleted) => return Dated::words("deleted by a person"),
        Some(Removal::Trashed | Removal::PutAway) => {
            return Dated::words("in Zoom's trash, by a person");
        }
        None => {}
    }
    let today =
        Timestamp::from_millisecond(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone()).date();
    let begins = |day: Date| day.to_zoned(zone.clone()).map(|begins| begins.timestamp().as_millisecond());
    match recording.auto_delete_date.map(|day| (day < today, begins(day))) {
        Some((true, Ok(day))) => Dated::at("Zoom's retention ended on", When::day(day, zone)),
        Some((false, Ok(day))) => Dated::at("Zoom deletes it on", When::day(day, zone)),
        Some((_, Err(_))) | None => Dated::words("kept"),
    }
}

/// Whether Zoom's trash still has what the service put there.
pub(super) fn is_in_trash(row: &ShelfRow, now: Millis) -> bool {
    row.job.zoom_copy == ZoomCopy::PutAway && row.put_away_at.is_some_and(|at| now < leaves_trash(at))
}

fn leaves_trash(at: Millis) -> Millis {
    at.saturating_add(Millis::try_from(TRASH_FOR.as_millis()).unwrap_or(Millis::MAX))
}

fn put_away(at: Option<Millis>, now: Millis, zone: &TimeZone) -> Dated {
    let Some(at) = at else { return Dated::words("removed after the proof") };
    let until = leaves_trash(at);
    let words = if now < until { "in Zoom's trash until" } else { "left Zoom's trash on" };
    Dated::at(words, When::day(until, zone))
}
