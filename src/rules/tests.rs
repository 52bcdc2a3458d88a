//! Rules by example and by property.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jobs::is_rules_reason;
use crate::recording::{MeetingKind, listing};

const EXAMPLE: &str = include_str!("../../rules.example.toml");

fn rules(text: &str) -> Rules {
    read(text).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

fn meeting(fields: &Value) -> Recording {
    let mut object = json!({"uuid": "u", "id": 85_123_456_780_u64, "topic": "[REC] Act 1", "type": 2, "duration": 60,
        "host_id": "h1", "host_email": "ann@drama.example.org", "recording_files": [
            {"id": "video", "file_type": "MP4", "recording_type": "shared_screen_with_speaker_view"},
            {"id": "gallery", "file_type": "MP4", "recording_type": "gallery_view"},
            {"id": "line", "file_type": "TIMELINE"}],
        "participant_audio_files": [{"id": "voice", "file_type": "M4A", "file_name": "Audio only - Ann"}]});
    for (name, value) in fields.as_object().unwrap() {
        object[name] = value.clone();
    }
    listing::read(&object).unwrap()
}

/// Why the whole recording is skipped, as text; empty if it is not.
fn skipped(rules: &Rules, fields: &Value) -> String {
    rules.decide(&meeting(fields)).skip.map(|reason| reason.to_string()).unwrap_or_default()
}

fn skipped_files(rules: &Rules) -> Vec<String> {
    let recording = meeting(&json!({}));
    let decision = rules.decide(&recording);
    let told =
        |file: &RecordingFile| decision.skips(&file.key).map(|reason| format!("{}: {reason}", file.key));
    recording.files.iter().filter_map(told).collect()
}

/// Line numbers of the example change with every comment.
fn unnumbered(text: &str) -> &str {
    text.split(RULE_LINE_MARK).next().unwrap_or_default()
}

#[test]
fn the_example_means_what_its_comments_say() {
    let rules = rules(EXAMPLE);
    assert_eq!(skipped(&rules, &json!({})), "");
    let cases = [
        (json!({"host_email": "eve@example.org"}), "host is not on the only list"),
        (json!({"topic": "Act 1"}), "topic has no tag `[REC]`"),
        (json!({"topic": "[rec] Daily STANDUP, all"}), "topic matches skip list `*standup*`"),
        (json!({"id": 85_123_456_789_u64}), "meeting id matches skip list `85123456789`"),
        (json!({"duration": 1}), "it lasted 1 min, less than 2"),
        (json!({"type": 99}), "meeting type is not on the only list"),
    ];
    for (fields, reason) in cases {
        assert_eq!(unnumbered(&skipped(&rules, &fields)), reason, "{fields}");
    }
    assert_eq!(skipped(&rules, &json!({"type": 5, "host_email": "Principal@Example.org"})), "");
    let files = skipped_files(&rules);
    assert_eq!(
        files.iter().map(|file| unnumbered(file)).collect::<Vec<_>>(),
        [
            "gallery: view matches skip list `gallery_view`",
            "line: file type is not on the only list",
            "participant:voice: participants' audio is not archived",
        ]
    );
    let place = |fields: Value| rules.decide(&meeting(&fields)).place;
    assert_eq!(place(json!({})), Destination::default());
    let principal = place(json!({"host_email": "principal@example.org", "topic": "[REC] Rehearsal"}));
    assert_eq!(principal.folder_id.as_deref(), Some("1ZyXwVuTsRqPoNmLkJiHgFeDcBa"));
    assert_eq!(principal.folder, None, "only the first that matches holds");
    let rehearsal = place(json!({"topic": "[REC] Stellprobe"}));
    assert_eq!(rehearsal.folder, Template::parse("Rehearsals/{year}/{topic}").ok());
    assert!(rehearsal.folder_id.is_none() && rehearsal.file.is_some() && rehearsal.line > principal.line);
}

#[test]
fn without_rules_everything_is_archived() {
    for rules in [Rules::default(), rules(""), rules("# nothing\n")] {
        assert_eq!(rules, Rules::default());
        assert_eq!((skipped(&rules, &json!({})), skipped_files(&rules)), (String::new(), Vec::new()));
    }
}

#[test]
fn a_skipped_recordings_files_are_skipped_for_its_reason() {
    let rules = rules("participant_audio = false\n[skip]\ntopics = [\n  'x',\n  '*act*',\n]\n");
    let reason = "topic matches skip list `*act*` (rules, line 5)";
    assert_eq!(skipped(&rules, &json!({})), reason);
    let files = skipped_files(&rules);
    assert!(files.len() == 4 && files.iter().all(|file| file.ends_with(reason)), "{files:?}");
}

#[test]
fn hosts_that_no_rule_names_may_be_skipped() {
    let rules = rules("other_hosts = 'skip'\n[[where]]\nhosts = ['*@drama.*']\nshare_with_host = true\n");
    assert_eq!(skipped(&rules, &json!({})), "");
    assert!(rules.decide(&meeting(&json!({}))).place.share_with_host);
    let others = skipped(&rules, &json!({"host_email": "eve@else.org"}));
    assert_eq!(others, "no rule names its host (rules, line 1)");
}

#[test]
fn hosts_are_known_by_address_or_id() {
    let rules = rules("[only]\nhosts = ['H1']");
    assert_eq!(skipped(&rules, &json!({"host_email": ""})), "");
    assert_ne!(skipped(&rules, &json!({"host_id": "", "host_email": ""})), "");
}

#[test]
fn what_zoom_does_not_tell_skips_nothing() {
    let rules = rules("[only]\nminimum_minutes = 5\nmeeting_types = ['webinar']");
    assert_eq!(skipped(&rules, &json!({"duration": null, "type": null})), "");
    assert_eq!(
        skipped(&rules, &json!({"duration": 0, "type": 5})),
        "it lasted 0 min, less than 5 (rules, line 2)"
    );
}

#[test]
fn a_tag_may_also_keep_out() {
    let rules = rules("[skip]\ntag = '[off]'");
    assert_eq!(skipped(&rules, &json!({})), "");
    let reason = skipped(&rules, &json!({"topic": "Talk [OFF]"}));
    assert_eq!(reason, "topic has the tag `[off]`, which skips it (rules, line 2)");
}

#[test]
fn participants_audio_counts_as_a_view_of_its_own() {
    let others = rules("[only]\nviews = ['shared*', 'gallery_view']");
    assert_eq!(skipped_files(&others).len(), 2);
    let voices = rules("[only]\nviews = ['audio_only_each_participant']");
    assert!(skipped_files(&voices).iter().all(|file| !file.starts_with("participant:")));
}

#[test]
fn every_fault_is_told_with_its_line() {
    let text = "other_host = 'skip'
share_with_host = 'yes'
[only]
hosts = []
participant_audio = false
minimum_minutes = -1
topics = ['ok', 7]
meeting_types = ['seminar']
[skip]
colour = 'red'
[[where]]
hosts = ['a@b.c']
[[where]]
folder_id = 'https://drive.google.com/drive/folders/x'
folder_template = '{topik}'
[[where]]
topics = 'x'
file_template = '{topic}'
";
    let faults = read(text).unwrap_err().iter().map(|fault| format!("{fault}\n")).collect::<String>();
    insta::assert_snapshot!(faults, @r#"
    line 1: key "other_host" is not known: did you mean `other_hosts`?
    line 2: share_with_host: expected true or false
    line 4: hosts: expected a list such as ["this", "that*"], with at least one entry
    line 5: key "participant_audio" is not known in [only]: it belongs above the first line with brackets
    line 6: minimum_minutes: expected a whole number
    line 7: topics: expected texts in quotes
    line 8: meeting_types: expected "meeting", "webinar" or "upload"
    line 10: key "colour" is not known in [skip]: expected hosts, topics, tag, meeting_ids, meeting_types, file_types, views
    line 11: this [[where]] has no effect: expected one of folder_id, folder_template, file_template, share_with_host, attendance, roster
    line 14: folder_id is not a Drive id, expected letters, digits, - and _: only the last part of the folder's address
    line 15: folder_template is not a template: `{topik}` is not known; known are {host}, {host_name}, {topic}, {meeting_id}, {year}, {month}, {day}, {date}, {time}, {zone}, {view}, {id}
    line 16: this [[where]] is never reached: the one in line 13 matches everything; expected that one last
    line 17: topics: expected a list such as ["this", "that*"], with at least one entry
    "#);
}

#[test]
fn what_is_not_toml_is_told_beside_the_rest() {
    let faults = read("other_hosts = skip\n[only\n[skip]\ntopic = ['x']\n").unwrap_err();
    let faults = faults.iter().map(|fault| format!("{fault}\n")).collect::<String>();
    insta::assert_snapshot!(faults, @r#"
    line 1: this is not TOML: string values must be quoted, expected literal string
    line 2: this is not TOML: unclosed table, expected `]`
    line 4: key "topic" is not known in [skip]: did you mean `topics`?
    "#);
}

#[test]
fn two_words_on_other_hosts_contradict_each_other() {
    let faults = read("other_hosts = 'archive'\n[only]\nhosts = ['a']").unwrap_err();
    assert!(faults.len() == 1 && faults[0].line == 1, "{faults:?}");
    let rules = rules("other_hosts = 'skip'\n[only]\nhosts = ['h1']");
    assert_eq!(skipped(&rules, &json!({})), "");
}

#[test]
fn attendance_is_set_by_the_first_rule_that_matches() {
    let text = "[[where]]
topics = ['*class*']
attendance = 'csv'
roster = 'class.csv'
[[where]]
topics = ['*']
attendance = 'no'
";
    let rules = rules(text);
    assert_eq!(rules.rosters().collect::<Vec<_>>(), ["class.csv"]);
    assert_eq!(rules.attendance().collect::<Vec<_>>(), [Output::Csv, Output::No]);
    let roster = Roster::read(b"name\nAnna Koval\n").unwrap();
    let rules = rules.with_rosters(|_| Ok(roster.clone())).unwrap();
    let class = rules.decide(&meeting(&json!({"topic": "Class 7b"}))).place;
    assert_eq!((class.attendance, class.roster.as_deref()), (Some(Output::Csv), Some(&roster)));
    let other = rules.decide(&meeting(&json!({}))).place;
    assert_eq!((other.attendance, other.roster), (Some(Output::No), None));
    let faults = rules.with_rosters(|path| Err(format!("{path}: line 3: wrong"))).unwrap_err();
    assert_eq!(faults[0].to_string(), "line 4: roster: class.csv: line 3: wrong");
    let faults = read("[[where]]\ntopics = ['x']\nattendance = 'xlsx'\n").unwrap_err();
    assert_eq!(faults[0].to_string(), "line 3: attendance: expected `sheet`, `csv` or `no`, in quotes");
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c*?]{0,4}", any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_lines_that_it_has(text in any::<String>()) {
        if let Err(faults) = read(&text) {
            let lines = text.split('\n').count();
            prop_assert!(!faults.is_empty() && faults.iter().all(|fault| (1..=lines).contains(&fault.line)));
        }
    }

    #[test]
    fn an_example_with_a_line_taken_out_or_garbled_never_panics(line in 0_usize..80, with in "[ -~]{0,12}") {
        let lines = EXAMPLE.lines().enumerate().map(|(at, text)| if at == line { with.as_str() } else { text });
        if let Err(faults) = read(&lines.collect::<Vec<_>>().join("\n")) {
            prop_assert!(!faults.is_empty());
        }
    }

    #[test]
    fn skip_wins_over_only_and_every_reason_is_known_again(
        only in names(), skip in names(), topic in any::<String>(), host in any::<String>(),
    ) {
        // JSON's texts are valid TOML texts, except for one character.
        let list = |text: &str| Value::from(format!("x{text}")).to_string().replace('\u{7f}', "\\u007f");
        let text = format!("[only]\ntopics = [{}, '*']\n[skip]\ntopics = [{}]\n", list(&only), list(&skip));
        let rules = rules(&text);
        let recording = meeting(&json!({"topic": topic, "host_email": host}));
        let decision = rules.decide(&recording);
        let is_skipped = glob::Glob::new(&format!("x{skip}")).matches(&recording.topic);
        prop_assert_eq!(decision.skip.is_some(), is_skipped);
        prop_assert_eq!(&decision, &rules.decide(&recording), "it depends on nothing else");
        for file in &recording.files {
            let reason = decision.skips(&file.key).map(ToString::to_string);
            prop_assert_eq!(reason.is_some(), is_skipped);
            prop_assert!(reason.is_none_or(|reason| is_rules_reason(&reason)));
        }
    }
}

#[test]
fn other_reasons_are_no_rules() {
    for text in
        ["", "Zoom gives no download address", "(rules, line )", "topic (rules, line x)", "a (rules, line 3"]
    {
        assert!(!is_rules_reason(text), "{text}");
    }
    assert_eq!(MeetingKind::ALL.map(MeetingKind::name), ["meeting", "webinar", "upload"]);
}
