//! Plans: what Zoom gets, and what is refused before any call.

use super::*;

fn plan() -> Plan {
    Plan {
        topic: Some("Bible study".to_owned()),
        start: Some("2026-12-01T17:00:00Z".parse().unwrap()),
        zone: Some("Europe/Kiev"),
        minutes: Some(90),
        ..Plan::default()
    }
}

#[test]
fn a_new_meeting_is_sent_with_every_setting_that_matters() {
    let sent = plan().create_body(&TimeZone::UTC);
    let expected = json!({"topic": "Bible study", "type": 2, "start_time": "2026-12-01T17:00:00Z", "timezone": "Europe/Kiev",
        "duration": 90, "agenda": "", "default_password": true, "settings": {"host_video": true, "participant_video": true,
        "join_before_host": true, "jbh_time": 0, "waiting_room": false, "mute_upon_entry": true, "auto_recording": "none",
        "approval_type": 2, "audio": "both", "use_pmi": false, "meeting_authentication": false}});
    assert_eq!(sent, expected);
    let waits = Plan { waiting_room: Some(true), recorded: Some(Recorded::Cloud), zone: None, ..plan() };
    let sent = waits.create_body(&TimeZone::UTC);
    assert_eq!(sent["settings"]["join_before_host"], false);
    assert_eq!(sent["settings"]["auto_recording"], "cloud");
    assert_eq!(sent.get("timezone"), None);
}

#[test]
fn a_change_sends_what_was_given_and_nothing_else() {
    let change = Plan { topic: Some("New".to_owned()), ..Plan::default() };
    assert_eq!(change.update_body(&TimeZone::UTC), json!({"topic": "New"}));
    // The zone goes with a start only.
    let change = Plan { zone: Some("Europe/Kiev"), muted: Some(false), ..Plan::default() };
    assert_eq!(change.update_body(&TimeZone::UTC), json!({"settings": {"mute_upon_entry": false}}));
    let hosts = vec!["a@x.org".to_owned(), "b@x.org".to_owned()];
    let change = Plan { alternative_hosts: hosts, ..Plan::default() };
    assert_eq!(
        change.update_body(&TimeZone::UTC),
        json!({"settings": {"alternative_hosts": "a@x.org;b@x.org"}})
    );
}

#[test]
fn the_rules_of_zoom_are_held_before_any_call() {
    assert_eq!(plan().check(), Ok(()));
    let with = |change: fn(&mut Plan)| {
        let mut plan = plan();
        change(&mut plan);
        plan.check()
    };
    assert_eq!(with(|plan| plan.topic = Some("ü".repeat(200))), Ok(()));
    assert_eq!(with(|plan| plan.topic = Some("ü".repeat(201))), Err(PlanError::Topic(201)));
    assert_eq!(with(|plan| plan.topic = Some("  ".to_owned())), Err(PlanError::NoTopic));
    assert_eq!(with(|plan| plan.agenda = Some("a".repeat(2_000))), Ok(()));
    assert_eq!(with(|plan| plan.agenda = Some("a".repeat(2_001))), Err(PlanError::Agenda(2_001)));
    assert_eq!(with(|plan| plan.minutes = Some(1)), Ok(()));
    assert_eq!(with(|plan| plan.minutes = Some(1_440)), Ok(()));
    assert_eq!(with(|plan| plan.minutes = Some(0)), Err(PlanError::Minutes(0)));
    assert_eq!(with(|plan| plan.minutes = Some(1_441)), Err(PlanError::Minutes(1_441)));
    for (code, is_fine) in [
        ("aB3@-_*xyz", true),
        ("12345678901", false),
        ("a b", false),
        ("", false),
        ("p!", false),
        ("ü", false),
    ] {
        let plan = Plan { passcode: Some(Secret::new(code)), ..plan() };
        assert_eq!(plan.check().is_ok(), is_fine, "{code}");
    }
    let both = |plan: &mut Plan| (plan.waiting_room, plan.join_before_host) = (Some(true), Some(true));
    assert_eq!(with(both), Err(PlanError::WaitingRoom));
    for host in ["ann", "a@b;c@d", "a@b@c", "@b", "a b@c"] {
        let plan = Plan { alternative_hosts: vec![host.to_owned()], ..plan() };
        assert_eq!(plan.check(), Err(PlanError::AlternativeHost(host.to_owned())));
    }
}

#[test]
fn one_occurrence_takes_only_what_zoom_changes_there() {
    assert_eq!(Plan::default().check_change(false), Err(PlanError::Nothing));
    let topic = Plan { topic: Some("New".to_owned()), ..Plan::default() };
    assert_eq!(topic.check_change(false), Ok(()));
    assert_eq!(topic.check_change(true), Err(PlanError::WholeSeries("the topic")));
    let later = Plan { minutes: Some(30), muted: Some(true), ..Plan::default() };
    assert_eq!(later.check_change(true), Ok(()));
}
