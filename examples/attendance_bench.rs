//! How long it takes to count a large meeting: 10,000 people with 30,000 rows, and as many names on the roster.
//! `cargo run --release --example attendance_bench`

use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use zoom2drive::attendance::{Entry, Meeting, Options, Roster, Row, Status, report};

const PEOPLE: i64 = 10_000;
const ROWS_EACH: i64 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start: Timestamp = "2026-03-02T18:00:00Z".parse()?;
    let at = |second: i64| Timestamp::from_second(start.as_second() + second);
    let mut rows = Vec::new();
    for person in 0..PEOPLE {
        for join in 0..ROWS_EACH {
            rows.push(Row {
                join: at(join * 1_000 + person % 900)?,
                leave: Some(at(join * 1_000 + 990)?),
                name: format!("Person {person}"),
                account: String::new(),
                // Every other one is known by name alone.
                email: if person % 2 == 0 { format!("p{person}@example.org") } else { String::new() },
                registrant: String::new(),
                customer_key: String::new(),
                user_id: format!("{person}-{join}"),
                room: (join == 1).then(|| format!("room {}", person % 50)),
                status: Status::InMeeting,
                joined_as: None,
            });
        }
    }
    let entry = |person: i64| Entry { name: format!("Person {person}"), ..Entry::default() };
    let roster = Roster { entries: (0..PEOPLE).map(entry).collect() };
    let meeting = Meeting { actual: None, scheduled: None, zone: TimeZone::get("Europe/Kyiv")? };
    let began = Instant::now();
    let counted = report(&rows, &meeting, Some(&roster), &Options::default(), |_| false);
    println!(
        "{} rows, {} lines, {} joins: {:?}",
        rows.len(),
        counted.people.len(),
        counted.joins.len(),
        began.elapsed()
    );
    println!("{:?}", counted.verdicts);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
    Ok(())
}
