//! Repetitions: how they are written, what Zoom gets, and on which dates they fall.

use proptest::prelude::*;

use super::*;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn recurrence(text: &str, every: u32, end: End) -> Recurrence {
    Recurrence::new(Repeat::parse(text).unwrap(), every, end).unwrap()
}

fn dates(text: &str, every: u32, end: End, first: &str) -> Result<Vec<String>, PlanError> {
    let first = format!("{first}[Europe/Berlin]").parse::<jiff::Zoned>().unwrap().timestamp();
    let local = |at: &Timestamp| berlin().to_datetime(*at).strftime("%m-%d %H:%M").to_string();
    Ok(recurrence(text, every, end).dates(first, &berlin())?.iter().map(local).collect())
}

#[test]
fn each_pattern_becomes_zooms_object() {
    let until = End::Until("2026-12-31".parse().unwrap());
    for (text, every, end, body) in [
        ("daily", 2, End::Times(60), json!({"type": 1, "repeat_interval": 2, "end_times": 60})),
        (
            "weekly:thu,mon,sun",
            1,
            until,
            json!({"type": 2, "repeat_interval": 1, "weekly_days": "1,2,5", "end_date_time": "2026-12-31T22:59:59Z"}),
        ),
        (
            "monthly:15",
            10,
            End::Times(1),
            json!({"type": 3, "repeat_interval": 10, "monthly_day": 15, "end_times": 1}),
        ),
        (
            "monthly:last-sun",
            1,
            End::Times(3),
            json!({"type": 3, "repeat_interval": 1, "monthly_week": -1, "monthly_week_day": 1, "end_times": 3}),
        ),
    ] {
        assert_eq!(recurrence(text, every, end).body(&berlin()), body, "{text}");
    }
    assert_eq!(Repeat::parse("monthly:2-tue"), Ok(Repeat::MonthlyWeek(2, Weekday::Tuesday)));
}

#[test]
fn what_is_no_repetition_or_over_zooms_limits_is_refused() {
    assert!(Repeat::parse("weekly").unwrap_err().contains("needs its days"));
    for text in [
        "",
        "hourly",
        "daily:1",
        "weekly:monday",
        "weekly:mon,",
        "monthly",
        "monthly:0",
        "monthly:32",
        "monthly:5-sun",
        "monthly:+5",
        "monthly:last",
        "monthly:last-",
        "yearly",
    ] {
        assert!(Repeat::parse(text).is_err(), "{text}");
    }
    let new = |text: &str, every, end| Recurrence::new(Repeat::parse(text).unwrap(), every, end);
    for (text, every) in [("daily", 0), ("daily", 100), ("weekly:mon", 51), ("monthly:1", 11)] {
        assert!(matches!(new(text, every, End::Times(1)), Err(PlanError::Every { .. })), "{text} {every}");
    }
    assert_eq!(new("daily", 1, End::Times(61)), Err(PlanError::Times));
    assert_eq!(new("daily", 1, End::Times(0)), Err(PlanError::Times));
}

#[test]
fn dates_keep_the_local_time_and_pass_over_what_a_month_lacks() {
    // The clock goes forward on 29 March.
    let found = dates("weekly:mon,thu", 1, End::Times(3), "2026-03-26T19:00").unwrap();
    assert_eq!(found, ["03-26 19:00", "03-30 19:00", "04-02 19:00"]);
    let found = dates("weekly:sun,tue", 2, End::Times(4), "2026-03-03T19:00").unwrap();
    assert_eq!(found, ["03-03 19:00", "03-15 19:00", "03-17 19:00", "03-29 19:00"]);
    let found = dates("monthly:31", 1, End::Times(3), "2026-01-31T08:00").unwrap();
    assert_eq!(found, ["01-31 08:00", "03-31 08:00", "05-31 08:00"]);
    let found = dates("monthly:last-sun", 1, End::Until("2026-03-29".parse().unwrap()), "2026-01-25T08:00");
    assert_eq!(found.unwrap(), ["01-25 08:00", "02-22 08:00", "03-29 08:00"]);
    assert_eq!(dates("daily", 99, End::Times(60), "2026-01-25T08:00").unwrap().len(), 60);
}

#[test]
fn a_first_date_outside_of_the_pattern_is_refused_with_the_next_one() {
    let error = dates("weekly:mon,thu", 1, End::Times(3), "2026-12-01T19:00").unwrap_err().to_string();
    assert!(error.contains("2026-12-01") && error.contains("2026-12-03"), "{error}");
    let until = |day: &str| End::Until(day.parse().unwrap());
    let error = dates("daily", 1, until("2026-11-30"), "2026-12-01T19:00").unwrap_err().to_string();
    assert!(error.contains("2026-11-30"), "{error}");
    assert_eq!(dates("daily", 1, until("2027-01-30"), "2026-12-01T19:00"), Err(PlanError::TooManyDates));
    assert_eq!(dates("daily", 1, until("2027-01-29"), "2026-12-01T19:00").unwrap().len(), 60);
    assert_eq!(dates("daily", 1, until("2026-12-01"), "2026-12-01T19:00").unwrap().len(), 1);
}

proptest! {
    /// Dates go upwards, keep the local time, begin with the first one, and never exceed what was asked for.
    #[test]
    fn dates_are_in_order(
        pattern in prop::sample::select(vec!["daily", "weekly:mon,wed,sun", "monthly:29", "monthly:last-fri", "monthly:3-wed"]),
        every in 1_u32..10,
        times in 1_u32..=60,
        day in 0_i64..1000,
    ) {
        let first = "2026-01-01T17:30:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(24 * day);
        let recurrence = recurrence(pattern, every, End::Times(times));
        match recurrence.dates(first, &berlin()) {
            Ok(dates) => {
                prop_assert_eq!(dates.len(), usize::try_from(times).unwrap());
                prop_assert_eq!(dates[0], first);
                prop_assert!(dates.is_sorted_by(|a, b| a < b));
                let time = berlin().to_datetime(first).time();
                prop_assert!(dates.iter().all(|date| berlin().to_datetime(*date).time() == time));
            }
            Err(PlanError::FirstDate { first, next }) => prop_assert!(next.is_none_or(|next| next > first)),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
