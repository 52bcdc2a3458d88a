//! The golden cases, and what must hold whatever the rows are.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const GOLDEN: &str = include_str!("golden.json");

fn at(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn row(value: &Value) -> Row {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Row {
        join: at(&value["join"]),
        leave: value["leave"].as_str().map(|leave| leave.parse().unwrap()),
        name: text("name"),
        account: text("id"),
        email: text("email"),
        registrant: text("reg"),
        customer_key: text("key"),
        user_id: text("user_id"),
        room: value["bo"].as_str().map(str::to_owned),
        status: if value["status"] == "in_waiting_room" { Status::Waiting } else { Status::InMeeting },
        joined_as: None,
    }
}

fn rows(case: &Value) -> Vec<Row> {
    case["rows"].as_array().unwrap().iter().map(row).collect()
}

fn meeting(case: &Value) -> Meeting {
    let meeting = &case["meeting"];
    let scheduled = meeting["scheduled"].as_array().map(|scheduled| {
        let start = at(&scheduled[0]);
        let minutes = scheduled[1].as_i64().unwrap();
        Window { start, end: Timestamp::from_second(start.as_second() + 60 * minutes).unwrap() }
    });
    Meeting {
        actual: Some(Window { start: at(&meeting["start"]), end: at(&meeting["end"]) }),
        scheduled,
        zone: TimeZone::get(meeting["zone"].as_str().unwrap()).unwrap(),
    }
}

fn options(case: &Value) -> Options {
    let options = &case["options"];
    Options {
        late_after: options["late_after"].as_i64().map(|minutes| 60 * minutes),
        leave_early: options["leave_early"].as_i64().map(|minutes| 60 * minutes),
        min_share: options["min_share"].as_u64().map(|share| share.try_into().unwrap()),
        window: if options["window"] == "actual" { WindowChoice::Actual } else { WindowChoice::Auto },
        id_pattern: options["id_pattern"].as_str().map(|pattern| IdPattern::new(pattern).unwrap()),
        hides_emails: options["emails"] == "hide",
    }
}

fn roster(case: &Value) -> Option<Roster> {
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let entry = |entry: &Value| Entry {
        name: entry["name"].as_str().unwrap().to_owned(),
        emails: list(&entry["emails"]),
        id: entry["id"].as_str().unwrap_or_default().to_owned(),
        aliases: list(&entry["aliases"]),
    };
    Some(Roster { entries: case["roster"].as_array()?.iter().map(entry).collect() })
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Number(number) => json!(number),
        Cell::Count(count) => json!(count),
    }
}

fn sheet(rows: &[Row], case: &Value) -> Vec<Vec<Value>> {
    // The golden cases have patterns of the form `*text*` only.
    let parts = case["options"]["ignore"].as_array().into_iter().flatten();
    let parts: Vec<&str> = parts.map(|glob| glob.as_str().unwrap().trim_matches('*')).collect();
    let is_ignored = |name: &str| parts.iter().any(|part| name.to_lowercase().contains(part));
    let report = report(rows, &meeting(case), roster(case).as_ref(), &options(case), is_ignored);
    report.people.iter().map(|line| line.iter().map(cell).collect()).collect()
}

fn cases() -> Vec<Value> {
    serde_json::from_str(GOLDEN).unwrap()
}

#[test]
fn every_golden_case_comes_out_as_it_is_written() {
    let cases = cases();
    assert_eq!(cases.len(), 17);
    for case in cases {
        let expected: Vec<Vec<Value>> = serde_json::from_value(case["sheet"].clone()).unwrap();
        assert_eq!(sheet(&rows(&case), &case), expected, "{}", case["case"]);
    }
}

/// 612 people, of whom each comes a second later than the one before.
#[test]
fn a_large_meeting_is_counted_to_the_last_person() {
    let case = json!({"meeting": {"start": "2026-03-02T18:00:00Z", "end": "2026-03-02T19:00:00Z", "zone": "Europe/Kyiv"}});
    let start: Timestamp = "2026-03-02T18:00:00Z".parse().unwrap();
    let rows: Vec<Row> = (1..=612)
        .map(|number| {
            row(&json!({
                "name": format!("Person {number:03}"),
                "email": format!("p{number:03}@example.org"),
                "join": Timestamp::from_second(start.as_second() + number).unwrap().to_string(),
                "leave": "2026-03-02T19:00:00Z",
                "user_id": number.to_string(),
            }))
        })
        .collect();
    let sheet = sheet(&rows, &case);
    assert_eq!(sheet.len(), 612);
    let line = |name: &str, email: &str, first: &str, minutes: f64, share: f64| {
        json!([name, email, "", "present", first, "2026-03-02 21:00:00", minutes, share, 1, 0.0, 0.0, ""])
    };
    assert_eq!(json!(sheet[0]), line("Person 001", "p001@example.org", "2026-03-02 20:00:01", 60.0, 1.0));
    assert_eq!(json!(sheet[611]), line("Person 612", "p612@example.org", "2026-03-02 20:10:12", 49.8, 0.83));
    let tenths: f64 = sheet.iter().map(|line| (line[6].as_f64().unwrap() * 10.0).round()).sum();
    assert_eq!(tenths, 335_988.0);
}

fn series_of(spans: &[(&str, &str)], rows: &[Option<Vec<Value>>], min_share: u8) -> Value {
    let zone = TimeZone::get("Europe/Kyiv").unwrap();
    let instances: Vec<Instance> = spans
        .iter()
        .zip(rows)
        .map(|((start, end), rows)| {
            let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
            let meeting =
                Meeting { actual: Some(Window { start, end }), scheduled: None, zone: zone.clone() };
            Instance { meeting, start, rows: rows.as_ref().map(|rows| rows.iter().map(row).collect()) }
        })
        .collect();
    let options = Options { min_share: Some(min_share), ..Options::default() };
    let table = series(&instances, None, &options, &zone);
    json!(table.iter().map(|line| line.iter().map(cell).collect()).collect::<Vec<Vec<Value>>>())
}

#[test]
fn a_series_has_a_column_for_each_day() {
    let anna = |from: &str, to: &str| json!({"name": "Anna Koval", "id": "uA", "email": "anna@example.org", "join": from, "leave": to, "user_id": from});
    let borys = |from: &str, to: &str| json!({"name": "Borys", "join": from, "leave": to, "user_id": from});
    let spans = [
        ("2026-03-02T18:00:00Z", "2026-03-02T19:00:00Z"),
        ("2026-03-09T18:00:00Z", "2026-03-09T19:00:00Z"),
        ("2026-03-16T18:00:00Z", "2026-03-16T19:00:00Z"),
    ];
    let first = vec![
        anna("2026-03-02T18:00:00Z", "2026-03-02T19:00:00Z"),
        borys("2026-03-02T18:00:00Z", "2026-03-02T18:10:00Z"),
    ];
    let second = vec![borys("2026-03-09T18:00:00Z", "2026-03-09T19:00:00Z")];
    let third = vec![anna("2026-03-16T18:30:00Z", "2026-03-16T19:00:00Z")];
    let rows = [Some(first), Some(second.clone()), Some(third)];
    assert_eq!(
        series_of(&spans, &rows, 50),
        json!([
            ["Name", "E-mail", "Id", "Attended", "Of", "Share", "2026-03-02", "2026-03-09", "2026-03-16"],
            ["Anna Koval", "anna@example.org", "", 2, 3, 0.667, 60.0, "", 30.0],
            ["Borys", "", "", 1, 3, 0.333, 10.0, 60.0, ""],
        ])
    );
    // Begun again soon: one column. Again in the late evening: two. Of a lost report nothing is said.
    let again = vec![borys("2026-03-09T19:10:00Z", "2026-03-09T19:40:00Z")];
    let close = [spans[1], ("2026-03-09T19:10:00Z", "2026-03-09T19:40:00Z")];
    assert_eq!(
        series_of(&close, &[Some(second.clone()), Some(again.clone())], 50)[1],
        json!(["Borys", "", "", 1, 1, 1.0, 90.0])
    );
    let apart = [spans[1], ("2026-03-09T21:30:00Z", "2026-03-09T22:00:00Z")];
    let late = vec![borys("2026-03-09T21:30:00Z", "2026-03-09T22:00:00Z")];
    let table = series_of(&apart, &[Some(second.clone()), Some(late)], 50);
    assert_eq!(table[0].as_array().unwrap()[6..], [json!("2026-03-09 20:00"), json!("2026-03-09 23:30")]);
    let lost = series_of(&spans[..2], &[None, Some(second)], 50);
    assert_eq!(lost[1], json!(["Borys", "", "", 1, 1, 1.0, "?", 60.0]));
}

#[test]
fn what_could_mean_several_is_unclear_and_nobody_is_guessed() {
    let meeting =
        json!({"start": "2026-03-02T18:00:00Z", "end": "2026-03-02T19:00:00Z", "zone": "Europe/Kyiv"});
    let join = |name: &str, email: &str| json!({"name": name, "email": email, "join": "2026-03-02T18:00:00Z", "leave": "2026-03-02T19:00:00Z", "user_id": name});
    // Two entries of one name, one guest of that name.
    let case = json!({"meeting": meeting, "roster": [
        {"name": "Kim", "emails": ["kim1@a.org"]}, {"name": "Kim", "emails": ["kim2@a.org"]}], "rows": [join("kim", "")]});
    let found = sheet(&rows(&case), &case);
    assert_eq!(
        found.iter().map(|line| line[3].clone()).collect::<Vec<_>>(),
        ["unclear", "unclear", "not listed"]
    );
    // One of them came by her address: the guest is still not the other one.
    let case = json!({"meeting": case["meeting"], "roster": case["roster"], "rows": [join("kim", ""), join("K.", "KIM1@a.org ")]});
    let found = sheet(&rows(&case), &case);
    assert_eq!(
        found.iter().map(|line| line[3].clone()).collect::<Vec<_>>(),
        ["present", "unclear", "not listed"]
    );
    // An account with the addresses of two entries.
    let case = json!({"meeting": case["meeting"], "roster": [{"name": "Ann", "emails": ["ann@a.org"]}, {"name": "Bob", "emails": ["bob@a.org"]}],
        "rows": [{"name": "Room", "id": "u", "email": "ann@a.org", "join": "2026-03-02T18:00:00Z", "leave": "2026-03-02T18:10:00Z", "user_id": "1"},
                 {"name": "Room", "id": "u", "email": "bob@a.org", "join": "2026-03-02T18:20:00Z", "leave": "2026-03-02T18:30:00Z", "user_id": "2"}]});
    let found = sheet(&rows(&case), &case);
    assert_eq!((&found[0][3], &found[1][3]), (&json!("present"), &json!("unclear")));
    assert_eq!(found[1][11], "shares an account with Ann");
}

#[test]
fn hidden_addresses_are_in_no_cell_even_where_people_wrote_them_as_names() {
    let mut case = cases().remove(15);
    assert_eq!(case["case"], "G16");
    case["rows"][1]["name"] = json!("borys@example.org");
    let report = report(&rows(&case), &meeting(&case), None, &options(&case), |_| false);
    let cells = report.people.iter().chain(&report.joins).flatten().map(cell);
    assert!(
        cells.clone().count() > 20 && cells.clone().all(|cell| !cell.to_string().contains('@')),
        "{report:?}"
    );
    assert!(cells.into_iter().any(|cell| cell == "also as borys"));
}

fn any_row() -> impl Strategy<Value = Row> {
    let name = prop::sample::select(vec!["Anna", "anna", "Borys", "iPhone", "", "Kim"]);
    let key = prop::sample::select(vec!["", "", "u1", "u2"]);
    let email = prop::sample::select(vec!["", "", "a@x.org", "B@x.org"]);
    (name, key, email, 0_i64..4_000, -100_i64..3_000, any::<bool>(), 0_u32..50).prop_map(
        |(name, key, email, from, length, waits, user_id)| Row {
            join: Timestamp::from_second(1_772_474_400 + from).unwrap(),
            leave: Some(Timestamp::from_second(1_772_474_400 + from + length).unwrap()),
            name: name.to_owned(),
            account: key.to_owned(),
            email: email.to_owned(),
            registrant: String::new(),
            customer_key: String::new(),
            user_id: user_id.to_string(),
            room: None,
            status: if waits { Status::Waiting } else { Status::InMeeting },
            joined_as: None,
        },
    )
}

fn in_zone(rows: &[Row], zone: &str, roster: Option<&Roster>) -> Report {
    let meeting = Meeting { actual: None, scheduled: None, zone: TimeZone::get(zone).unwrap() };
    report(rows, &meeting, roster, &Options::default(), |_| false)
}

fn total(report: &Report) -> f64 {
    report.people.iter().map(|line| if let Cell::Number(minutes) = line[6] { minutes } else { 0.0 }).sum()
}

proptest! {
    #[test]
    fn the_order_of_rows_and_pages_changes_nothing(
        (rows, shuffled) in prop::collection::vec(any_row(), 0..25)
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        let roster = Roster { entries: vec![
            Entry { name: "Anna".into(), emails: vec!["a@x.org".into()], ..Entry::default() },
            Entry { name: "Kim".into(), aliases: vec!["Borys".into()], ..Entry::default() },
        ] };
        for roster in [None, Some(&roster)] {
            let (one, other) = (in_zone(&rows, "UTC", roster), in_zone(&shuffled, "UTC", roster));
            prop_assert_eq!(&one.people, &other.people);
            prop_assert_eq!(&one.joins, &other.joins);
        }
    }

    #[test]
    fn a_zone_changes_no_sum(rows in prop::collection::vec(any_row(), 0..25)) {
        let sums: Vec<f64> = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"].map(|zone| total(&in_zone(&rows, zone, None))).to_vec();
        prop_assert!(sums.iter().all(|sum| sum.to_bits() == sums[0].to_bits()), "{:?}", sums);
    }

    #[test]
    fn another_device_of_the_same_account_never_lowers_minutes(
        rows in prop::collection::vec(any_row(), 1..25), from in 0_i64..4_000, length in 0_i64..3_000,
    ) {
        let mut keyed = rows;
        keyed.iter_mut().for_each(|row| { row.account = "u1".to_owned(); row.email.clear(); });
        let before = total(&in_zone(&keyed, "UTC", None));
        let join = Timestamp::from_second(1_772_474_400 + from).unwrap();
        let leave = Some(Timestamp::from_second(1_772_474_400 + from + length).unwrap());
        keyed.push(Row { join, leave, user_id: "second".to_owned(), status: Status::InMeeting, ..keyed[0].clone() });
        prop_assert!(total(&in_zone(&keyed, "UTC", None)) >= before);
    }

    #[test]
    fn every_row_belongs_to_one_person(rows in prop::collection::vec(any_row(), 0..40)) {
        let mut unique = rows.clone();
        unique.sort();
        unique.dedup();
        let mut united: Vec<Row> = unite(&rows).into_iter().flat_map(|person| person.rows).collect();
        united.sort();
        prop_assert_eq!(united, unique);
    }
}
