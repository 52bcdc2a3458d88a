//! However a body is split, cut and sent again: the checksums are those of the body.

use proptest::prelude::*;

use super::*;

/// One thing that a client does with the next bytes.
#[derive(Debug, Clone)]
enum SingletonState {
    /// A chunk of so many steps arrives whole.
    Whole(usize),
    /// A chunk of so many steps breaks off after so many bytes.
    Broken(usize, usize),
    /// The last step that is held is sent once more, with the next ones.
    Again(usize),
    /// Only so many bytes of a chunk are kept.
    Short(usize, usize),
}

fn turn() -> impl Strategy<Value = SingletonState> {
    prop_oneof![
        (1..4usize).prop_map(SingletonState::Whole),
        (1..4usize, 0..3 * STEP).prop_map(|(steps, sent)| SingletonState::Broken(steps, sent)),
        (1..4usize).prop_map(SingletonState::Again),
        (1..4usize, 0..3 * STEP).prop_map(|(steps, kept)| SingletonState::Short(steps, kept)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_ends_in_the_right_checksums(
        total in 1..6 * STEP,
        turns in prop::collection::vec(turn(), 0..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(upload(total, turns));
    }
}

async fn upload(total: usize, turns: Vec<SingletonState>) {
    let drive = drive().await;
    let content = bytes(total);
    let session = drive.session("a", Some(total)).await;
    let mut at = 0;
    for turn in turns {
        if !drive.google.files().is_empty() {
            break;
        }
        at = take(&drive, &session, &content, at, turn).await;
    }
    let mut answer = drive.status(&session, total).await;
    if answer.status() == 308 {
        let range = format!("bytes {at}-{}/{total}", total - 1);
        answer = drive.put(&session, &range, &content[at..]).await;
    }
    assert_eq!(answer.status(), 200);
    let file = body(answer).await;
    assert_eq!(file["sha256Checksum"], sha256(&content));
    if total <= 4 * STEP {
        let id = file["id"].as_str().unwrap();
        let path = format!("/drive/v3/files/{id}?alt=media&supportsAllDrives=true");
        assert_eq!(drive.get(&path).await.bytes().await.unwrap(), content);
    }
    assert_eq!(drive.only_file().size, total as u64);
    drive.assert_no_violations();
}

/// Does one turn, and asks where the upload stands then.
async fn take(drive: &Drive, session: &str, content: &[u8], at: usize, turn: SingletonState) -> usize {
    let total = content.len();
    let (SingletonState::Whole(steps)
    | SingletonState::Broken(steps, _)
    | SingletonState::Again(steps)
    | SingletonState::Short(steps, _)) = turn;
    let from = if matches!(turn, SingletonState::Again(_)) { at.saturating_sub(STEP) } else { at };
    let to = (from + steps * STEP).min(total);
    let range = format!("bytes {from}-{}/{total}", to - 1);
    match turn {
        SingletonState::Broken(_, sent) => {
            let part = &content[from..(from + sent).min(to - 1)];
            drive.hang_up(session, &range, to - from, part).await;
        }
        SingletonState::Short(_, kept) => {
            drive.once(Route::UploadChunk, Fault::KeepOnly(kept as u64));
            assert_eq!(drive.put(session, &range, &content[from..to]).await.status(), 308);
        }
        SingletonState::Whole(_) | SingletonState::Again(_) => {
            let answer = drive.put(session, &range, &content[from..to]).await;
            assert_eq!(answer.status(), if to == total { 200 } else { 308 });
        }
    }
    let status = drive.status(session, total).await;
    self::range(&status).map_or(0, |range| range.rsplit('-').next().unwrap().parse::<usize>().unwrap() + 1)
}
