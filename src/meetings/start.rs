//! A local time and a zone become an instant. A time that does not exist, or exists twice, is refused and never guessed.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Why a time or a zone is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// It is not written as a time.
    #[error(
        "{0:?} is not a time: expected one such as 2026-12-01T19:00, 2026-12-01T19:00+02:00 or 2026-12-01T17:00Z"
    )]
    Form(String),
    /// The calendar has no such day.
    #[error("there is no day {0}")]
    Day(String),
    /// The clock has no such time.
    #[error("there is no time of day {0}: hours go from 00 to 23, minutes from 00 to 59")]
    TimeOfDay(String),
    /// No offset from UTC is that large.
    #[error("{0} is not an offset from UTC: expected one such as +02:00")]
    Offset(String),
    /// The clock is put forward over it.
    #[error("{time} does not exist in {zone}: the clock jumps from {from} to {to}")]
    Gap {
        /// The day and the time.
        time: String,
        zone: String,
        /// The clock before and after the jump.
        from: String,
        to: String,
    },
    /// The clock is put back over it.
    #[error("{time} happens twice in {zone}: write {first} or {second}")]
    Twice {
        /// The day and the time.
        time: String,
        zone: String,
        /// The time of day with each of its offsets.
        first: String,
        second: String,
    },
    /// Zoom starts a meeting at once if its start has passed.
    #[error("{0} has passed: Zoom would start the meeting now")]
    Past(String),
    /// There is no such zone.
    #[error("{0:?} is not a zone: expected a name of the IANA database such as Europe/Kyiv or Asia/Tokyo")]
    Zone(String),
}

/// Finds a zone by its IANA name.
///
/// # Errors
/// When there is no such zone. Labels of Zoom's web pages and abbreviations are no names.
pub fn zone(name: &str) -> Result<TimeZone, StartError> {
    TimeZone::get(name).map_err(|_| StartError::Zone(name.to_owned()))
}

/// Reads a time in this zone: `2026-12-01T19:00`. A time with an offset (`+02:00` or `Z`) is that instant, whatever the
/// zone is.
///
/// # Errors
/// When it is not a time, does not exist in the zone, exists twice, or is not later than `now`.
pub fn instant(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, StartError> {
    let (local, offset) = read(text)?;
    let instant = match offset {
        Some(offset) => offset.to_timestamp(local).map_err(|_| StartError::Form(text.to_owned()))?,
        None => in_zone(local, zone)?,
    };
    if instant <= now {
        return Err(StartError::Past(shown(instant, zone)));
    }
    Ok(instant)
}

/// The instant's time in a zone: `2026-12-01 19:00`.
pub fn shown(instant: Timestamp, zone: &TimeZone) -> String {
    minutes(zone.to_datetime(instant))
}

/// A zone's IANA name; `UTC` for a zone without one.
pub fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

fn minutes(local: DateTime) -> String {
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The day, the time of day, and the offset if there is one.
fn read(text: &str) -> Result<(DateTime, Option<Offset>), StartError> {
    let form = || StartError::Form(text.to_owned());
    let text = text.trim();
    let (day, rest) = text.split_once(['T', 't', ' ']).ok_or_else(form)?;
    let has_form = |text: &str, form: &str| {
        let fits = |(a, b): (u8, u8)| if b == b'0' { a.is_ascii_digit() } else { a == b };
        text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
    };
    let at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, offset) = rest.split_at_checked(at).ok_or_else(form)?;
    if !has_form(day, "0000-00-00") || !(has_form(time, "00:00") || has_form(time, "00:00:00")) {
        return Err(form());
    }
    let date: Date = day.parse().map_err(|_| StartError::Day(day.to_owned()))?;
    // 24:00 and leap seconds are no start of a meeting.
    let part = |at: usize| time.get(at..at + 2).and_then(|part| part.parse::<i8>().ok()).unwrap_or(0);
    let time = Time::new(part(0), part(3), part(6), 0).map_err(|_| StartError::TimeOfDay(time.to_owned()))?;
    Ok((date.to_datetime(time), read_offset(offset)?))
}

fn read_offset(text: &str) -> Result<Option<Offset>, StartError> {
    let refused = || StartError::Offset(text.to_owned());
    let sign = match text.as_bytes().first() {
        None => return Ok(None),
        Some(b'Z' | b'z') if text.len() == 1 => return Ok(Some(Offset::UTC)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return Err(refused()),
    };
    let digits = text[1..].replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let part = |range: std::ops::Range<usize>| digits.get(range).map_or(Ok(0), str::parse::<i32>);
    let (hours, minutes) = part(0..2).and_then(|hours| Ok((hours, part(2..4)?))).map_err(|_| refused())?;
    // The largest offset of any zone is +14:00.
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return Err(refused());
    }
    Offset::from_seconds(sign * (hours * 60 + minutes) * 60).map(Some).map_err(|_| refused())
}

/// The one instant at which the zone's clock shows this time.
fn in_zone(local: DateTime, zone: &TimeZone) -> Result<Timestamp, StartError> {
    let found = zone.to_ambiguous_timestamp(local);
    match found.offset() {
        AmbiguousOffset::Unambiguous { offset } => {
            offset.to_timestamp(local).map_err(|_| StartError::Form(minutes(local)))
        }
        AmbiguousOffset::Gap { before, after } => Err(gap(local, zone, before, after)),
        AmbiguousOffset::Fold { before, after } => {
            let with = |offset: Offset| format!("{}{}", local.strftime("%H:%M"), signed(offset));
            Err(StartError::Twice {
                time: minutes(local),
                zone: name(zone).to_owned(),
                first: with(before),
                second: with(after),
            })
        }
    }
}

fn gap(local: DateTime, zone: &TimeZone, before: Offset, after: Offset) -> StartError {
    // With the old offset the time lies behind the jump, so the jump is the last change before it.
    let behind = before.to_timestamp(local).unwrap_or(Timestamp::MAX);
    let just_behind = behind.checked_add(SignedDuration::from_secs(1)).unwrap_or(behind);
    let jump = zone.preceding(just_behind).next().map_or(behind, |change| change.timestamp());
    let clock = |offset: Offset| offset.to_datetime(jump).strftime("%H:%M").to_string();
    StartError::Gap {
        time: minutes(local),
        zone: name(zone).to_owned(),
        from: clock(before),
        to: clock(after),
    }
}

/// `+02:00`.
fn signed(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

#[cfg(test)]
mod tests;
