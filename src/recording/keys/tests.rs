//! Keys by example and by property.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::recording::{Recording, RecordingFile, listing};

fn read(files: &[Value], participants: &[Value]) -> Recording {
    listing::read(&json!({"uuid": "u", "recording_files": files, "participant_audio_files": participants}))
        .unwrap()
}

/// Each file's key, with the test's name for its address.
fn keys(recording: &Recording) -> Vec<(String, String)> {
    let of = |file: &RecordingFile| {
        let address = file.download.as_ref().map_or("", |download| download.url.expose());
        (address.rsplit('/').next().unwrap_or_default().to_owned(), file.key.to_string())
    };
    let mut keys: Vec<(String, String)> = recording.files.iter().map(of).collect();
    keys.sort();
    keys
}

fn key_of(recording: &Recording, address: &str) -> String {
    keys(recording).into_iter().find(|(known, _)| known == address).unwrap().1
}

fn chat(address: &str, size: u64) -> Value {
    json!({"file_type": "CHAT", "recording_type": "chat_file", "recording_start": "2020-01-01T10:00:00Z",
        "file_size": size, "download_url": format!("https://zoom.us/rec/{address}")})
}

fn voice(name: &str, address: &str, size: u64) -> Value {
    json!({"id": "same", "file_type": "M4A", "file_name": name, "file_size": size,
        "download_url": format!("https://zoom.us/rec/{address}")})
}

const CHAT_KEY: &str = "CHAT:chat_file:2020-01-01T10:00:00Z:";

#[test]
fn a_file_alone_is_called_by_its_id_or_its_description() {
    assert_eq!(key_of(&read(&[chat("a", 5)], &[]), "a"), CHAT_KEY);
    assert_eq!(key_of(&read(&[], &[voice("Ann", "a", 5)]), "a"), "participant:same");
}

#[test]
fn two_chats_without_ids_are_two_files_in_any_order() {
    for files in [[chat("a", 100), chat("b", 200)], [chat("b", 200), chat("a", 100)]] {
        let read = read(&files, &[]);
        assert_eq!((key_of(&read, "a"), key_of(&read, "b")), (CHAT_KEY.into(), format!("{CHAT_KEY}#2")));
    }
}

#[test]
fn two_voices_of_one_name_and_one_id_are_two_files() {
    let same_size = read(&[], &[voice("Ann", "a", 100), voice("Ann", "b", 100)]);
    let found: BTreeSet<String> = same_size.files.iter().map(|file| file.key.to_string()).collect();
    assert_eq!(found, BTreeSet::from(["participant:same".to_owned(), "participant:same#2".to_owned()]));
    assert!(same_size.files.iter().all(|file| same_size.is_ambiguous(file)), "nothing but an address tells");
    let sized = read(&[], &[voice("Ann", "a", 100), voice("Ann", "b", 101)]);
    assert!(!sized.files.iter().any(|file| sized.is_ambiguous(file)));
    let unsized_twin = read(&[], &[voice("Ann", "a", 100), voice("Ann", "b", 0)]);
    assert!(unsized_twin.files.iter().all(|file| unsized_twin.is_ambiguous(file)));
}

#[test]
fn what_is_listed_twice_in_the_same_words_is_one_file() {
    assert_eq!(read(&[chat("a", 5), chat("a", 5), chat("a", 5)], &[]).files.len(), 1);
    assert_eq!(read(&[chat("a", 5), chat("b", 5)], &[]).files.len(), 2, "another address");
    let mut later = chat("a", 5);
    later["recording_end"] = "2020-01-01T11:00:00Z".into();
    assert_eq!(read(&[chat("a", 5), later], &[]).files.len(), 2, "another end");
}

#[test]
fn ids_that_differ_in_case_are_two() {
    let file = |id: &str| json!({"id": id, "file_type": "MP4", "download_url": "https://zoom.us/rec/x"});
    let read = read(&[file("aB"), file("Ab")], &[]);
    assert_eq!((read.files[0].key.as_str(), read.files[1].key.as_str()), ("aB", "Ab"));
}

#[test]
fn a_row_that_is_still_being_made_takes_no_finished_files_key() {
    let done =
        json!({"id": "a", "file_type": "MP4", "file_size": 9, "download_url": "https://zoom.us/rec/done"});
    let busy = json!({"id": "a", "file_type": "", "status": "processing", "download_url": "https://zoom.us/rec/busy"});
    for files in [[done.clone(), busy.clone()], [busy.clone(), done.clone()]] {
        let read = read(&files, &[]);
        assert_eq!(key_of(&read, "done"), "a");
        assert_ne!(key_of(&read, "busy"), "a");
    }
    // The file alone, first in processing and then finished, is the same file.
    let before = read(&[busy], &[]);
    assert_eq!(key_of(&read(&[done], &[]).keyed_like(&before.files), "done"), "a");
}

#[test]
fn a_later_listing_follows_the_keys_that_are_known() {
    // Keys of an earlier version of this program: the first listed file has the plain key.
    let mut known = read(&[], &[voice("Bob", "event-b", 200), voice("Ann", "event-a", 100)]);
    for file in &mut known.files {
        let is_bob = file.participant.as_deref() == Some("Bob");
        file.key =
            super::FileKey::new(if is_bob { "participant:same" } else { "participant:same:M4A:::Ann" });
    }
    let listed = read(&[], &[voice("Ann", "a", 100), voice("Bob", "b", 200)]).keyed_like(&known.files);
    assert_eq!(key_of(&listed, "b"), "participant:same");
    assert_eq!(key_of(&listed, "a"), "participant:same:M4A:::Ann");
    // A part of the list, and an unknown file.
    let only_ann = read(&[], &[voice("Ann", "a", 100)]).keyed_like(&known.files);
    assert_eq!(key_of(&only_ann, "a"), "participant:same:M4A:::Ann");
    let carl = read(&[], &[voice("Carl", "c", 100)]).keyed_like(&known.files);
    assert_eq!(key_of(&carl, "c"), "participant:same:M4A:::Carl");
}

#[test]
fn a_twin_that_comes_late_does_not_take_the_first_ones_key() {
    let known = read(&[chat("event", 200)], &[]);
    let listed = read(&[chat("small", 100), chat("first", 200)], &[]).keyed_like(&known.files);
    assert_eq!(key_of(&listed, "first"), CHAT_KEY);
    assert_eq!(key_of(&listed, "small"), format!("{CHAT_KEY}#2"));
}

#[test]
fn facts_that_are_missing_in_one_listing_do_not_make_other_files() {
    let told = json!({"id": "a", "file_type": "MP4", "download_url": "https://zoom.us/rec/event"});
    let listed = json!({"id": "a", "file_type": "MP4", "recording_type": "gallery_view", "file_size": 9,
        "recording_start": "2020-01-01T10:00:00Z", "download_url": "https://zoom.us/rec/api"});
    let known = read(&[told], &[]);
    assert_eq!(key_of(&read(&[listed], &[]).keyed_like(&known.files), "api"), "a");
    // Without sizes too: twins keep their two keys, in the order of the listing.
    let sized = read(&[chat("a", 100), chat("b", 200)], &[]);
    let unsized_twins = read(&[chat("x", 0), chat("y", 0)], &[]).keyed_like(&sized.files);
    assert_eq!(
        (key_of(&unsized_twins, "x"), key_of(&unsized_twins, "y")),
        (CHAT_KEY.into(), format!("{CHAT_KEY}#2"))
    );
}

#[test]
fn a_key_that_looks_like_a_made_one_is_nobody_elses() {
    let plain =
        json!({"id": format!("{CHAT_KEY}#2"), "file_type": "MP4", "download_url": "https://zoom.us/rec/odd"});
    let read = read(&[chat("a", 1), chat("b", 2), plain], &[]);
    let found: BTreeSet<String> = read.files.iter().map(|file| file.key.to_string()).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(key_of(&read, "odd"), format!("{CHAT_KEY}#2"));
}

#[test]
fn two_thousand_twins_are_keyed_in_time() {
    let files: Vec<Value> = (0..2_000).map(|at| chat(&at.to_string(), 7)).collect();
    let first = read(&files, &[]);
    let again = read(&files, &[]).keyed_like(&first.files);
    let found: BTreeSet<String> = again.files.iter().map(|file| file.key.to_string()).collect();
    assert_eq!(found.len(), 2_000);
    assert_eq!(keys(&first), keys(&again), "their addresses tell");
}

#[derive(Debug, Clone)]
struct Item {
    id: Option<u8>,
    kind: u8,
    name: Option<u8>,
    start: u8,
    size: u64,
}

fn item() -> impl Strategy<Value = Item> {
    (proptest::option::of(0_u8..2), 0_u8..2, proptest::option::of(0_u8..2), 0_u8..2, 0_u64..4)
        .prop_map(|(id, kind, name, start, size)| Item { id, kind, name, start, size })
}

/// The item as Zoom lists it. `place` identifies the content, and `at` distinguishes the addresses of two listings.
fn listed(item: &Item, place: usize, at: &str) -> Value {
    let kind = if item.kind == 0 { "CHAT" } else { "M4A" };
    json!({"id": item.id.map(|id| format!("id-{id}")), "file_type": kind,
        "file_name": item.name.map(|name| format!("name-{name}")), "file_size": item.size,
        "recording_start": format!("2020-01-01T1{}:00:00Z", item.start),
        "download_url": format!("https://zoom.us/{at}/{place}")})
}

fn recording(items: &[(usize, Item)], at: &str) -> Recording {
    let of = |is_voice: bool| -> Vec<Value> {
        let own = items.iter().filter(|(_, item)| item.name.is_some() == is_voice);
        own.map(|(place, item)| listed(item, *place, at)).collect()
    };
    read(&of(false), &of(true))
}

/// True if every two items differ in more than their addresses.
fn are_distinguishable(items: &[(usize, Item)]) -> bool {
    let facts: BTreeSet<String> = items.iter().map(|(_, item)| format!("{item:?}")).collect();
    facts.len() == items.len() && items.iter().all(|(_, item)| item.size > 0)
}

proptest! {
    #[test]
    fn nothing_that_is_listed_vanishes(items in proptest::collection::vec(item(), 0..8), repeats in 0_usize..3) {
        let items: Vec<(usize, Item)> = items.into_iter().enumerate().collect();
        let mut rows = items.clone();
        for _ in 0..repeats {
            rows.extend(items.clone());
        }
        let recording = recording(&rows, "a");
        prop_assert_eq!(recording.files.len(), items.len(), "repeats are no files of their own");
        let found: BTreeSet<String> = recording.files.iter().map(|file| file.key.to_string()).collect();
        prop_assert_eq!(found.len(), items.len());
    }

    #[test]
    fn keys_do_not_depend_on_the_order(
        (items, shuffled) in proptest::collection::vec(item(), 0..8)
            .prop_map(|items| items.into_iter().enumerate().collect::<Vec<_>>())
            .prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle()))
    ) {
        let (first, second) = (recording(&items, "a"), recording(&shuffled, "b"));
        let set = |recording: &Recording| recording.files.iter().map(|file| file.key.to_string()).collect::<BTreeSet<_>>();
        prop_assert_eq!(set(&first), set(&second));
        if are_distinguishable(&items) {
            prop_assert_eq!(keys(&first), keys(&second));
        }
    }

    #[test]
    fn a_part_of_a_listing_keeps_the_keys_of_the_whole(
        (items, part) in proptest::collection::vec(item(), 1..8)
            .prop_map(|items| items.into_iter().enumerate().collect::<Vec<_>>())
            .prop_flat_map(|items| (Just(items.clone()), proptest::sample::subsequence(items.clone(), 0..=items.len())))
    ) {
        let whole = recording(&items, "a");
        let part = recording(&part, "b").keyed_like(&whole.files);
        let found: BTreeSet<String> = part.files.iter().map(|file| file.key.to_string()).collect();
        prop_assert_eq!(found.len(), part.files.len());
        if are_distinguishable(&items) {
            let whole = keys(&whole);
            for pair in keys(&part) {
                prop_assert!(whole.contains(&pair), "{:?} is not in {:?}", pair, whole);
            }
        }
    }

    #[test]
    fn a_listing_that_grows_keeps_the_keys_that_are_known(items in proptest::collection::vec(item(), 1..8), cut in 0_usize..8) {
        let items: Vec<(usize, Item)> = items.into_iter().enumerate().collect();
        prop_assume!(are_distinguishable(&items));
        let known = recording(&items[..cut.min(items.len())], "a");
        let grown = recording(&items, "b").keyed_like(&known.files);
        let later = keys(&grown);
        for pair in keys(&known) {
            prop_assert!(later.contains(&pair), "{:?} is not in {:?}", pair, later);
        }
        prop_assert_eq!(later.iter().map(|(_, key)| key).collect::<BTreeSet<_>>().len(), items.len());
    }
}
