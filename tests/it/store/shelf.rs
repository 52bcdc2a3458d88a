//! The list of recordings: what is found, in which order, and what is counted.

use serde_json::json;
use zoom2drive::jobs::shelf::{ShelfState, TOPIC_BYTES_MAX, words};
use zoom2drive::jobs::{JobId, Stage, Standing, ZoomCopy};
use zoom2drive::recording::{Recording, listing};
use zoom2drive::store::RunEnd;
use zoom2drive::store::shelf::{PAGE_ROWS, ShelfFilter};

use super::{Store, accept, claim, ending, finish_one, plan_one};

/// A recording of this host, with one file of 9 bytes.
fn play(uuid: &str, topic: &str, host: &str, start: &str) -> Recording {
    let file = json!({"id": "a", "file_type": "MP4", "file_extension": "MP4", "file_size": 9,
        "download_url": "https://zoom.us/rec/download/a"});
    let object = json!({"uuid": uuid, "id": 7, "topic": topic, "host_email": host, "start_time": start,
        "recording_files": [file]});
    listing::read(&object).unwrap()
}

async fn found(store: &Store, filter: &ShelfFilter) -> Vec<String> {
    let page = store.shelf(filter).await.unwrap();
    page.rows.iter().map(|row| row.job.recording.uuid.to_string()).collect()
}

fn search(text: &str) -> ShelfFilter {
    ShelfFilter { words: words(text).unwrap(), ..ShelfFilter::default() }
}

fn in_state(state: ShelfState) -> ShelfFilter {
    ShelfFilter { state: Some(state), ..ShelfFilter::default() }
}

pub async fn a_recording_is_found_by_words_of_its_topic_and_host(store: &Store) {
    accept(store, play("h", "Hamlet, ACT 2", "Ann@drama.example", "2026-03-03T19:30:00Z"), "h").await;
    accept(store, play("f", "Fakultätsrat ÖFFENTLICH", "dean@uni.example", "2026-03-02T10:00:00Z"), "f")
        .await;
    accept(store, play("r", "100 % Rehearsal_16!", "ann@drama.example", "2026-03-01T19:30:00Z"), "r").await;
    assert_eq!(found(store, &search("")).await, ["h", "f", "r"], "the newest is first");
    for (text, uuids) in [
        ("hamlet", &["h"][..]),
        ("ann", &["h", "r"]),
        ("  DRAMA act ", &["h"]),
        ("öffentlich", &["f"]),
        ("ÖFFENTLICH dean", &["f"]),
        ("%", &["r"]),
        ("l_16!", &["r"]),
        ("_", &["r"]),
        ("hamlet dean", &[]),
        ("'; DROP TABLE jobs", &[]),
        ("\\", &[]),
    ] {
        assert_eq!(found(store, &search(text)).await, uuids, "{text}");
    }
    let of_host = ShelfFilter { host: Some("ann@drama.example".to_owned()), ..ShelfFilter::default() };
    assert_eq!(found(store, &of_host).await, ["h", "r"]);
    let day = |text: &str| Some(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let monday = ShelfFilter {
        from: day("2026-03-02T00:00:00Z"),
        until: day("2026-03-03T00:00:00Z"),
        ..ShelfFilter::default()
    };
    assert_eq!(found(store, &monday).await, ["f"]);
}

pub async fn a_page_begins_where_the_last_one_ended(store: &Store) {
    // Many happened at the same moment: the id decides.
    for index in 0..PAGE_ROWS + 3 {
        let start = if index % 2 == 0 { "2026-03-03T19:30:00Z" } else { "2026-03-02T19:30:00Z" };
        accept(store, play(&format!("u{index}"), "A play", "ann@drama.example", start), "first").await;
    }
    let first = store.shelf(&search("play")).await.unwrap();
    assert_eq!(first.rows.len(), PAGE_ROWS);
    let rest = ShelfFilter { before: first.next, ..search("play") };
    let second = store.shelf(&rest).await.unwrap();
    assert_eq!((second.rows.len(), second.next), (3, None));
    let ids: Vec<JobId> = first.rows.iter().chain(&second.rows).map(|row| row.job.id).collect();
    let unique: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), PAGE_ROWS + 3);
    let places: Vec<_> = first.rows.iter().chain(&second.rows).map(|row| (row.sort_at, row.job.id)).collect();
    assert!(places.is_sorted_by(|one, next| one > next));
}

pub async fn every_state_is_found_and_counted(store: &Store) {
    let start = "2026-03-03T19:30:00Z";
    for uuid in ["done", "empty", "parked", "late", "off", "new"] {
        accept(store, play(uuid, "A play", "ann@drama.example", start), "first").await;
    }
    let (job, lease) = claim(store).await;
    finish_one(store, &job, &lease).await;
    let (_, lease) = claim(store).await;
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let (_, lease) = claim(store).await;
    let reason = "no role on the folder 12".to_owned();
    store.finish(&lease, &RunEnd { reason, ..ending(Standing::Parked) }).await.unwrap();
    let (job, lease) = claim(store).await;
    plan_one(store, &job, &lease).await;
    for steps in [Stage::Planned, Stage::Transferred, Stage::Verified].windows(2) {
        store.advance(&lease, steps[0], steps[1]).await.unwrap();
    }
    let (off, _) = claim(store).await;
    store.cancel(off.id).await.unwrap();
    for (state, uuid) in ShelfState::ALL.into_iter().zip(["parked", "new", "late", "done", "empty", "off"]) {
        let page = store.shelf(&in_state(state)).await.unwrap();
        assert_eq!(page.rows.len(), 1, "{state:?}");
        assert_eq!(page.rows[0].job.recording.uuid.as_str(), uuid);
        assert_eq!(page.rows[0].state(), state);
    }
    let done = &store.shelf(&in_state(ShelfState::Archived)).await.unwrap().rows[0];
    assert_eq!((done.proved_files, done.proved_bytes), (1, 9));
    let counts = store.shelf_counts(1).await.unwrap();
    assert_eq!((counts.recordings, counts.archived, counts.files, counts.bytes), (6, 1, 1, 9));
    assert_eq!((counts.left_out, counts.called_off, counts.unshelved), (1, 1, 0));
    let later = store.shelf_counts(i64::MAX).await.unwrap();
    assert_eq!((later.recordings, later.left_out, later.called_off), (6, 0, 0));
    let hosts = store.hosts().await.unwrap();
    assert_eq!(hosts.len(), 1);
    assert_eq!((hosts[0].host.as_str(), hosts[0].recordings, hosts[0].archived), ("ann@drama.example", 6, 1));
    assert_eq!((hosts[0].on_the_way, hosts[0].needs_you, hosts[0].bytes), (1, 1, 9));
    assert!(hosts[0].oldest_at.is_some());
    assert_eq!((hosts[0].put_away_bytes, hosts[0].in_trash_bytes), (0, 0));
}

pub async fn what_was_put_away_is_known_with_its_time(store: &Store) {
    accept(store, play("u", "A play", "ann@drama.example", "2026-03-03T19:30:00Z"), "first").await;
    let (job, lease) = claim(store).await;
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &super::streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(&lease, &file, &super::streamed(9)).await.unwrap();
    for steps in Stage::ALL[1..5].windows(2) {
        store.advance(&lease, steps[0], steps[1]).await.unwrap();
    }
    let before = store.now().await.unwrap();
    store.retired(&lease, ZoomCopy::PutAway).await.unwrap();
    let row = store.shelf_row(job.id).await.unwrap();
    assert!(row.put_away_at.is_some_and(|at| at >= before));
    let host = &store.hosts().await.unwrap()[0];
    assert_eq!((host.put_away_bytes, host.in_trash_bytes), (9, 9));
}

pub async fn a_topic_of_a_megabyte_is_accepted(store: &Store) {
    // Random enough that no database makes it small before it measures it.
    let mut state = 7_u64;
    let topic: String = (0..1 << 20)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'A' + u8::try_from((state >> 33) % 26).unwrap())
        })
        .collect();
    let host = format!("{}@drama.example", "x".repeat(1 << 20));
    let mut longest = play("u", "", "", "2026-03-03T19:30:00Z");
    (longest.topic, longest.host_email) = (topic.clone(), host);
    let accepted = accept(store, longest, "first").await;
    let row = store.shelf_row(accepted.job.unwrap()).await.unwrap();
    assert_eq!(row.job.recording.topic.len(), 1 << 20);
    assert_eq!(found(store, &search(&topic[..150])).await, ["u"]);
    assert!(found(store, &search(&topic[TOPIC_BYTES_MAX..TOPIC_BYTES_MAX + 100])).await.is_empty());
    // Its characters in lower case may have more bytes than before.
    let wide = "Ⱥ".repeat(1 << 10);
    accept(store, play("w", &wide, "\0", "2026-03-03T19:30:00Z"), "first").await;
    assert_eq!(found(store, &search("ⱥⱥ")).await, ["w"]);
}

pub async fn nothing_happened_after_it_was_accepted(store: &Store) {
    let future = accept(store, play("f", "A play", "a", "9999-01-01T00:00:00Z"), "first").await;
    let ancient = accept(store, play("a", "A play", "a", "1970-01-01T00:00:00Z"), "first").await;
    let future = store.shelf_row(future.job.unwrap()).await.unwrap();
    assert_eq!(future.sort_at, future.job.accepted_at);
    assert_eq!(store.shelf_row(ancient.job.unwrap()).await.unwrap().sort_at, 1);
    assert_eq!(found(store, &search("")).await, ["f", "a"]);
    assert_eq!(store.shelve_old(100).await.unwrap(), 0);
}

pub async fn parked_jobs_are_grouped_by_their_reasons(store: &Store) {
    for (uuid, reason) in
        [("a", "no role on folder 1"), ("b", "no role on folder 22"), ("c", "gave up after 40 attempts")]
    {
        accept(store, play(uuid, "A play", "ann@drama.example", "2026-03-03T19:30:00Z"), "first").await;
        let (_, lease) = claim(store).await;
        let end = RunEnd { reason: reason.to_owned(), ..ending(Standing::Parked) };
        store.finish(&lease, &end).await.unwrap();
    }
    let groups = store.parked_groups(10).await.unwrap();
    let sizes: Vec<u64> = groups.iter().map(|group| group.jobs).collect();
    assert_eq!(sizes, [2, 1]);
    assert_eq!(groups[0].example.reason, "no role on folder 1");
    let alike = ShelfFilter { alike: Some(groups[0].alike.clone()), ..ShelfFilter::default() };
    assert_eq!(found(store, &alike).await, ["b", "a"]);
    let jobs = store.parked_alike(&groups[0].alike).await.unwrap();
    assert_eq!(jobs.len(), 2);
    store.retry(jobs[0]).await.unwrap();
    assert_eq!(found(store, &alike).await, ["b"]);
    assert_eq!(store.parked_groups(1).await.unwrap().len(), 1);
    let other = groups[1].alike.as_str();
    assert_eq!(store.retry_alike(other, 100).await.unwrap(), 1);
    assert_eq!(store.retry_alike(other, 100).await.unwrap(), 0);
    let resumed = super::job(store, groups[1].example.id).await;
    assert_eq!((resumed.standing, resumed.reason.as_str()), (Standing::Active, ""));
    assert_eq!(found(store, &in_state(ShelfState::NeedsYou)).await, ["b"], "the others stay parked");
}
