//! When a meeting repeats, and on which dates.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::{Map, Value, json};

use super::plan::PlanError;

/// Most dates of one meeting.
const DATES_MAX: usize = 60;

/// Longest that dates are looked for, in steps of the interval. A month without a 31st is passed over.
const STEPS_MAX: i32 = 800;

/// The pattern of the dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// Every day.
    Daily,
    /// On these days of the week, in Zoom's order: from Sunday on.
    Weekly(Vec<Weekday>),
    /// On this day of the month.
    MonthlyDay(i8),
    /// On this day of the week, in the month's week 1 to 4, or its last one (-1).
    MonthlyWeek(i8, Weekday),
}

/// When the repetition ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After this number of dates.
    Times(u32),
    /// After this day.
    Until(Date),
}

/// A pattern, its interval and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    repeat: Repeat,
    every: u32,
    end: End,
}

impl Repeat {
    /// Reads `daily`, `weekly:mon,thu`, `monthly:15` or `monthly:last-sun`.
    ///
    /// # Errors
    /// When it is none of them. The text says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "{text:?} is no repetition: expected daily, weekly:mon,thu, monthly:15 or monthly:last-sun"
            )
        };
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "daily" if rest.is_empty() => Ok(Self::Daily),
            "weekly" if rest.is_empty() => {
                Err("weekly needs its days: expected one or more, such as weekly:mon,thu".to_owned())
            }
            "weekly" => {
                let days: Option<Vec<Weekday>> = rest.split(',').map(weekday).collect();
                let mut days = days.ok_or_else(expected)?;
                days.sort_by_key(|day| day.to_sunday_zero_offset());
                days.dedup();
                Ok(Self::Weekly(days))
            }
            "monthly" => monthly(rest).ok_or_else(expected),
            _ => Err(expected()),
        }
    }

    /// Most that an interval may be, and the word for its unit.
    fn interval(&self) -> (u32, &'static str) {
        match self {
            Self::Daily => (99, "days"),
            Self::Weekly(_) => (50, "weeks"),
            Self::MonthlyDay(_) | Self::MonthlyWeek(..) => (10, "months"),
        }
    }

    /// The pattern's dates in the given period after the first one: a day, a week or a month.
    fn dates(&self, first: Date, step: Span) -> Vec<Date> {
        let begin = match self {
            Self::Daily => Some(first),
            Self::Weekly(_) => {
                first.checked_sub(i64::from(first.weekday().to_sunday_zero_offset()).days()).ok()
            }
            Self::MonthlyDay(_) | Self::MonthlyWeek(..) => Some(first.first_of_month()),
        };
        let Some(begin) = begin.and_then(|begin| begin.checked_add(step).ok()) else { return Vec::new() };
        match self {
            Self::Daily => vec![begin],
            Self::Weekly(days) => {
                let date = |day: &Weekday| begin.checked_add(i64::from(day.to_sunday_zero_offset()).days());
                days.iter().filter_map(|day| date(day).ok()).collect()
            }
            Self::MonthlyDay(day) => Date::new(begin.year(), begin.month(), *day).into_iter().collect(),
            Self::MonthlyWeek(week, day) => begin.nth_weekday_of_month(*week, *day).into_iter().collect(),
        }
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    let days = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    days.into_iter().find(|(name, _)| *name == text).map(|(_, day)| day)
}

/// `15`, `2-tue` or `last-sun`.
fn monthly(text: &str) -> Option<Repeat> {
    let Some((week, day)) = text.split_once('-') else {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let day: i8 = text.parse().ok().filter(|_| is_plain)?;
        return (1..=31).contains(&day).then_some(Repeat::MonthlyDay(day));
    };
    let week = match week {
        "last" => -1,
        "1" | "first" => 1,
        "2" | "second" => 2,
        "3" | "third" => 3,
        "4" | "fourth" => 4,
        _ => return None,
    };
    Some(Repeat::MonthlyWeek(week, weekday(day)?))
}

impl Recurrence {
    /// Puts a pattern, its interval and its end together.
    ///
    /// # Errors
    /// When one of them is over Zoom's limit.
    pub fn new(repeat: Repeat, every: u32, end: End) -> Result<Self, PlanError> {
        let (most, unit) = repeat.interval();
        if !(1..=most).contains(&every) {
            return Err(PlanError::Every { most, unit });
        }
        if let End::Times(times) = end
            && !(1..=DATES_MAX).contains(&usize::try_from(times).unwrap_or(usize::MAX))
        {
            return Err(PlanError::Times);
        }
        Ok(Self { repeat, every, end })
    }

    /// The dates of a meeting with this first start: the same local time on each date, as Zoom does it.
    ///
    /// # Errors
    /// When the first start is on none of the dates, after the last one, or when there are more than Zoom makes.
    pub fn dates(&self, first: Timestamp, zone: &TimeZone) -> Result<Vec<Timestamp>, PlanError> {
        let first = zone.to_datetime(first);
        if let End::Until(last) = self.end
            && last < first.date()
        {
            return Err(PlanError::Until { last, first: first.date() });
        }
        let steps =
            (0..STEPS_MAX).map(|step| step * i32::try_from(self.every).unwrap_or(i32::MAX / STEPS_MAX));
        let spans = steps.filter_map(|step| match self.repeat {
            Repeat::Daily => Span::new().try_days(step).ok(),
            Repeat::Weekly(_) => Span::new().try_weeks(step).ok(),
            Repeat::MonthlyDay(_) | Repeat::MonthlyWeek(..) => Span::new().try_months(step).ok(),
        });
        let all = spans.flat_map(|span| self.repeat.dates(first.date(), span));
        let dates = all.filter(|date| *date >= first.date());
        let dates: Vec<Date> = match self.end {
            End::Times(times) => dates.take(usize::try_from(times).unwrap_or(DATES_MAX)).collect(),
            End::Until(last) => dates.take_while(|date| *date <= last).take(DATES_MAX + 1).collect(),
        };
        match dates.first() {
            Some(date) if *date == first.date() => {}
            next => return Err(PlanError::FirstDate { first: first.date(), next: next.copied() }),
        }
        if dates.len() > DATES_MAX {
            return Err(PlanError::TooManyDates);
        }
        let start = |date: &Date| zone.to_timestamp(date.to_datetime(first.time())).ok();
        Ok(dates.iter().filter_map(start).collect())
    }

    /// Zoom's object.
    pub fn body(&self, zone: &TimeZone) -> Value {
        // Zoom counts the days of the week from Sunday, which is 1.
        let number = |day: &Weekday| day.to_sunday_one_offset();
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("repeat_interval", json!(self.every));
        match &self.repeat {
            Repeat::Daily => _ = put("type", json!(1)),
            Repeat::Weekly(days) => {
                let days: Vec<String> = days.iter().map(|day| number(day).to_string()).collect();
                put("type", json!(2));
                put("weekly_days", json!(days.join(",")));
            }
            Repeat::MonthlyDay(day) => {
                put("type", json!(3));
                put("monthly_day", json!(day));
            }
            Repeat::MonthlyWeek(week, day) => {
                put("type", json!(3));
                put("monthly_week", json!(week));
                put("monthly_week_day", json!(number(day)));
            }
        }
        match self.end {
            End::Times(times) => put("end_times", json!(times)),
            // The last second of that day: every date of it belongs to the series.
            End::Until(last) => {
                let end = zone.to_timestamp(last.at(23, 59, 59, 0)).map(|end| end.to_string());
                put("end_date_time", json!(end.unwrap_or_default()))
            }
        };
        Value::Object(body)
    }
}

#[cfg(test)]
mod tests;
