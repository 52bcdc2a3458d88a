//! The dates of a recurring meeting: day after day is looked at, and taken if the pattern says so.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::super::reply;
use super::model::Occurrence;
use crate::sandbox::faults::Canned;

/// Most dates that Zoom makes.
const DATES_MAX: usize = 60;

/// Days that are looked at: sixty dates, ten months apart.
const DAYS_MAX: i64 = 60 * 10 * 31;

/// Expands a `recurrence` object.
pub(super) fn dates(
    recurrence: &Value,
    first: Timestamp,
    minutes: u64,
    zone: &TimeZone,
) -> Result<Vec<Occurrence>, Canned> {
    let invalid = |field: &str| reply::invalid(&format!("Invalid field: recurrence.{field}."));
    let number = |field: &str| recurrence.get(field).and_then(Value::as_i64);
    let kind = number("type").ok_or_else(|| invalid("type"))?;
    let every = number("repeat_interval").unwrap_or(1);
    let most = match kind {
        1 => 99,
        2 => 50,
        3 => 10,
        _ => return Err(invalid("type")),
    };
    if !(1..=most).contains(&every) {
        return Err(invalid("repeat_interval"));
    }
    let end: Option<Timestamp> = match recurrence.get("end_date_time").and_then(Value::as_str) {
        Some(text) if text.ends_with('Z') => Some(text.parse().map_err(|_| invalid("end_date_time"))?),
        Some(_) => return Err(invalid("end_date_time")),
        None => None,
    };
    let times = match number("end_times") {
        Some(_) if end.is_some() => return Err(invalid("end_times")),
        Some(times) => usize::try_from(times).ok().filter(|times| (1..=DATES_MAX).contains(times)),
        None if end.is_some() => Some(DATES_MAX),
        None => Some(1),
    };
    let times = times.ok_or_else(|| invalid("end_times"))?;
    let begin = zone.to_datetime(first);
    let is_date = pattern(recurrence, kind, every, begin.date()).ok_or_else(|| invalid("type"))?;
    let mut found = Vec::new();
    for day in 0..DAYS_MAX {
        let Ok(date) = begin.date().checked_add(day.days()) else { break };
        let Ok(start) = zone.to_timestamp(date.to_datetime(begin.time())) else { break };
        if found.len() == times || end.is_some_and(|end| start > end) {
            break;
        }
        if is_date(date) {
            found.push(Occurrence::at(start, minutes));
        }
    }
    Ok(found)
}

/// Tells which days belong to the pattern; `None` if it is incomplete.
fn pattern(recurrence: &Value, kind: i64, every: i64, first: Date) -> Option<Box<dyn Fn(Date) -> bool>> {
    let number = |field: &str| recurrence.get(field).and_then(Value::as_i64);
    let days_since = move |date: Date| i64::from((date - first).get_days());
    let weekday = |date: Date| i64::from(date.weekday().to_sunday_one_offset());
    let months = move |date: Date| {
        i64::from(date.year() - first.year()) * 12 + i64::from(date.month() - first.month())
    };
    if kind == 1 {
        return Some(Box::new(move |date| days_since(date) % every == 0));
    }
    if kind == 2 {
        let listed = recurrence.get("weekly_days")?.as_str()?.split(',');
        let wanted: Vec<i64> = listed.map(str::parse).collect::<Result<_, _>>().ok()?;
        if wanted.iter().any(|day| !(1..=7).contains(day)) {
            return None;
        }
        let begin = weekday(first) - 1;
        return Some(Box::new(move |date| {
            let week = (days_since(date) + begin) / 7;
            week % every == 0 && wanted.contains(&weekday(date))
        }));
    }
    if let Some(day) = number("monthly_day") {
        return Some(Box::new(move |date| months(date) % every == 0 && i64::from(date.day()) == day));
    }
    let (week, day) = (number("monthly_week")?, number("monthly_week_day")?);
    Some(Box::new(move |date| {
        let from_end = date.last_of_month().day() - date.day();
        let is_week = if week == -1 { from_end < 7 } else { i64::from((date.day() - 1) / 7 + 1) == week };
        months(date) % every == 0 && is_week && weekday(date) == day
    }))
}
