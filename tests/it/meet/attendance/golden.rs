//! The golden cases, from participants and sessions to the cells of the sheet.

use serde_json::{Value, json};
use zoom2drive::sandbox::google::{Conference, Participant, User};

use super::{CODE, EWA, Stage, at, hour, on};

/// A golden case of attendance.
fn case(name: &str) -> Value {
    let cases: Vec<Value> =
        serde_json::from_str(include_str!("../../../../src/attendance/golden.json")).unwrap();
    cases.into_iter().find(|case| case["case"] == name).unwrap()
}

/// The conference of a case: rows of one account are one participant.
fn conference(case: &Value) -> Conference {
    let moment = |value: &Value| at(value.as_str().unwrap());
    let meeting = &case["meeting"];
    let mut conference =
        Conference::new(EWA, CODE, moment(&meeting["start"])).id("g17").ended(moment(&meeting["end"]));
    for row in case["rows"].as_array().unwrap() {
        let (name, join, leave) =
            (row["name"].as_str().unwrap(), moment(&row["join"]), moment(&row["leave"]));
        let person = match (row["id"].as_str(), row["email"].as_str()) {
            (Some(_), Some(email)) => Participant::user(email, name),
            (Some(id), None) => Participant::outsider(id.strip_prefix("users/").unwrap(), name),
            (None, _) if name.starts_with('+') => Participant::phone(name),
            (None, _) => Participant::anonymous(name),
        };
        let known = conference
            .participants
            .iter_mut()
            .find(|known| row["id"].is_string() && known.identity == person.identity);
        match known {
            Some(known) => known.sessions.push((join, Some(leave))),
            None => conference = conference.participant(person.session(join, leave)),
        }
    }
    conference
}

/// Cells as the sheet has them: numbers have one form, and empty cells at the end are left out.
fn cells(row: &Value) -> Vec<Value> {
    let number = |cell: &Value| cell.as_f64().map_or_else(|| cell.clone(), |number| json!(number));
    let mut cells: Vec<Value> = row.as_array().unwrap().iter().map(number).collect();
    while cells.last() == Some(&json!("")) {
        cells.pop();
    }
    cells
}

#[tokio::test]
async fn companion_mode_guests_and_telephones_are_counted_as_in_the_golden_case() {
    let stage = Stage::new().await;
    let case = case("G17");
    stage.add(conference(&case));
    let record = "conferenceRecords/g17";
    let said = stage.good(&[record, "--window", "actual", "--write", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&told["record"], &told["people"], &told["is_new"]),
        (&json!(record), &json!(4), &json!(true))
    );
    let (id, book) = stage.sheet();
    assert!(told["link"].as_str().unwrap().contains(&id));
    let expected: Vec<Vec<Value>> = case["sheet"].as_array().unwrap().iter().map(cells).collect();
    let table = book.tabs[0].table();
    let written: Vec<Vec<Value>> = table[1..].iter().map(|row| cells(&json!(row))).collect();
    assert_eq!(written, expected);
    // How people came is told where the list of people has no column for it.
    let joins = book.tabs[1].table();
    let places: Vec<(&Value, &Value)> = joins[1..].iter().map(|row| (&row[0], &row[5])).collect();
    assert!(places.contains(&(&json!("Gosc"), &json!("meeting, not signed in"))), "{places:?}");
    assert!(places.contains(&(&json!("+48 ... 21"), &json!("meeting, by phone"))), "{places:?}");
    assert!(places.contains(&(&json!("Sala 3"), &json!("meeting"))), "{places:?}");
    let facts = book.tabs[2].table();
    let fact = |name: &str| facts.iter().find(|row| row[0] == name).unwrap().get(1).cloned();
    assert_eq!(fact("Source"), Some(json!("Google Meet")));
    assert_eq!((fact("Record"), fact("Code")), (Some(json!(record)), Some(json!(CODE))));
    assert!(!json!(facts).to_string().contains("Zoom"), "{facts:?}");
    stage.assert_good();
}

#[tokio::test]
async fn the_list_and_json_say_how_people_came() {
    let stage = Stage::new().await;
    stage.add(conference(&case("G17")));
    let table = stage.good(&[CODE, "--day", "2026-03-02", "--joins"]).await;
    for line in [
        "abc-mnop-xyz, 2026-03-02 19:00 to 20:00 (Europe/Warsaw)",
        "4 people: 4 present.",
        "Gosc        present  19:20:00  19:30:00     10.0  16.7%  not signed in",
        "+48 ... 21  present  19:00:00  20:00:00     60.0   100%  by phone",
        "Ewa Nowak   present  19:00:00  19:55:00     55.0  91.7%  2 devices at once",
    ] {
        assert!(table.contains(line), "{line}\n{table}");
    }
    assert!(!table.contains("Zoom"), "{table}");
    let said = stage.good(&["conferenceRecords/g17", "--json", "--joins"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    let meeting = &told["meeting"];
    assert_eq!((&meeting["code"], &meeting["record"]), (&json!(CODE), &json!("conferenceRecords/g17")));
    assert_eq!(meeting["records"], json!(["conferenceRecords/g17"]));
    assert_eq!(meeting["source"], "Google Meet");
    let came: Vec<(&Value, &Value)> = told["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| (&person["name"], &person["joined_as"]))
        .collect();
    assert_eq!(came[0], (&json!("+48 ... 21"), &json!(["by phone"])));
    assert_eq!(came[1], (&json!("Ewa Nowak"), &json!(["signed in"])));
    assert_eq!(told["joins"].as_array().unwrap().len(), 5);
    let csv = stage.good(&["conferenceRecords/g17", "--csv"]).await;
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.starts_with("Name,E-mail,Id,Status,First join,Last leave,Minutes,Share,"), "{csv}");
}

#[tokio::test]
async fn fractions_of_seconds_are_cut_before_anything_is_added() {
    let stage = Stage::new().await;
    let (from, to) = (on("09:00:12.999"), on("09:10:12.001"));
    let person = Participant::user(EWA, "Ewa").session(from, to);
    stage.add(Conference::new(EWA, CODE, from).id("m5").ended(to).participant(person));
    let said = stage.good(&["conferenceRecords/m5", "--json", "--joins"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["joins"][0]["seconds"], &told["people"][0]["minutes"]), (&json!(600.0), &json!(10.0)));
    assert_eq!(told["people"][0]["share"], json!(1.0));
}

#[tokio::test]
async fn a_person_with_two_devices_has_the_longer_of_both_and_a_share_of_one_at_most() {
    let stage = Stage::new().await;
    let early = Participant::user(EWA, "Ewa").session(on("17:50:00"), on("19:10:00"));
    let guest = Participant::user(JAN_ID, "Jan").session(on("18:00:00"), on("18:30:00"));
    stage.add(hour("h").participant(early.session(on("18:10:00"), on("18:20:00"))).participant(guest));
    let said = stage.good(&["conferenceRecords/h", "--json"]).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    let figures = |person: usize| (&told["people"][person]["minutes"], &told["people"][person]["share"]);
    assert_eq!(figures(0), (&json!(80.0), &json!(1.0)));
    assert_eq!(figures(1), (&json!(30.0), &json!(0.5)));
}

/// The address of the second user.
const JAN_ID: &str = super::JAN;

#[tokio::test]
async fn six_hundred_people_are_read_over_short_and_empty_pages() {
    let stage = Stage::new().await;
    let google = &stage.world.sandbox.google;
    google.set_empty_pages(true);
    let mut conference = hour("crowd");
    for number in 1..=612_u32 {
        let join = on(&format!("18:{:02}:{:02}", number / 60, number % 60));
        let name = format!("Person {number:03}");
        let person = match number % 3 {
            0 => Participant::anonymous(&name),
            1 => {
                let email = format!("p{number:03}@example.pl");
                google.add_user(User::new(&email, &name));
                Participant::user(&email, &name)
            }
            _ => Participant::outsider(&format!("9{number:05}"), &name),
        };
        conference = conference.participant(person.session(join, on("19:00:00")));
    }
    stage.add(conference);
    stage.good(&["conferenceRecords/crowd", "--write"]).await;
    let table = stage.sheet().1.tabs[0].table();
    assert_eq!(table.len(), 613);
    assert_eq!((&table[1][0], &table[1][1]), (&json!("Person 001"), &json!("p001@example.pl")));
    let minutes: f64 = table[1..].iter().map(|row| (row[6].as_f64().unwrap() * 10.0).round()).sum();
    assert_eq!(minutes, 335_988.0);
    stage.assert_good();
}

#[tokio::test]
async fn a_roster_and_limits_work_as_for_zoom() {
    let stage = Stage::new().await;
    let roster = stage.world.folder.path().join("class.csv");
    std::fs::write(
        &roster,
        "name,email\nEwa Nowak,ewa@example.pl\nJan Kowalski,jan@example.pl\nGosc,\nOla,\n",
    )
    .unwrap();
    let ewa = Participant::user(EWA, "E. N.").session(on("18:20:00"), on("19:00:00"));
    let guest = Participant::anonymous("gosc").session(on("18:00:00"), on("18:15:00"));
    let bot = Participant::anonymous("Otter.ai").session(on("18:00:00"), on("19:00:00"));
    let phone = Participant::phone("+48 ... 21").session(on("18:00:00"), on("19:00:00"));
    stage.add(hour("h").participant(ewa).participant(guest).participant(bot).participant(phone));
    let roster = roster.to_str().unwrap();
    let limits = ["--late-after", "10m", "--min-share", "50"];
    let arguments = [&["conferenceRecords/h", "--roster", roster, "--json"][..], &limits].concat();
    let told: Value = serde_json::from_str(&stage.good(&arguments).await).unwrap();
    let statuses: Vec<(&str, &str)> = told["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| (person["name"].as_str().unwrap(), person["status"].as_str().unwrap()))
        .collect();
    let expected = [
        ("Ewa Nowak", "late"),
        ("Jan Kowalski", "absent"),
        ("Gosc", "short"),
        ("Ola", "absent"),
        ("+48 ... 21", "not listed"),
    ];
    assert_eq!(statuses, expected);
    assert_eq!(told["ignored"], 1);
}
