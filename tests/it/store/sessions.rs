//! Sessions of the pages: found by their digest until they end, and never more than their limit.

use std::time::Duration;

use zoom2drive::store::NewSession;
use zoom2drive::store::sessions::SESSIONS_MAX;

use super::Store;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

fn new(digest: &str, role: &str) -> NewSession {
    let [name, key_tag] = ["Ann \u{e4}\u{1f3ad}", "a tag"].map(str::to_owned);
    NewSession { digest: digest.to_owned(), name, role: role.to_owned(), key_tag }
}

async fn numbers(store: &Store) -> Vec<i64> {
    store.sessions().await.unwrap().into_iter().map(|session| session.id).collect()
}

pub async fn a_session_is_found_by_its_digest_until_it_is_ended(store: &Store) {
    let before = store.now().await.unwrap();
    let first = store.open_session(&new("first", "admin"), WEEK).await.unwrap();
    let second = store.open_session(&new("second", "viewer"), WEEK).await.unwrap();
    let found = store.session("first").await.unwrap().unwrap();
    assert_eq!((found.id, &*found.name, &*found.role), (first, "Ann \u{e4}\u{1f3ad}", "admin"));
    assert_eq!((&*found.key_tag, found.ends_at - found.began_at), ("a tag", 7 * 24 * 3_600_000));
    assert!(found.began_at >= before);
    assert_eq!(numbers(store).await, [second, first]);
    for nothing in ["", "firs", "FIRST", "first ", "first\0"] {
        let found = store.session(nothing).await;
        assert!(!matches!(found, Ok(Some(_))), "{nothing:?}");
    }
    assert!(store.end_session(first).await.unwrap());
    assert!(!store.end_session(first).await.unwrap(), "it is gone");
    assert_eq!(store.session("first").await.unwrap(), None);
    assert_eq!(numbers(store).await, [second]);
    // A number is never given twice: the audit trail names sessions by it.
    assert!(store.end_session(second).await.unwrap());
    assert!(store.open_session(&new("third", "admin"), WEEK).await.unwrap() > second);
}

pub async fn one_session_too_many_ends_the_oldest_of_its_role(store: &Store) {
    let first_admin = store.open_session(&new("admin", "admin"), WEEK).await.unwrap();
    let mut viewers = Vec::new();
    for number in 0..SESSIONS_MAX {
        viewers.push(store.open_session(&new(&format!("viewer {number}"), "viewer"), WEEK).await.unwrap());
    }
    viewers.reverse();
    let all = [&viewers[..], &[first_admin]].concat();
    assert_eq!(numbers(store).await, all, "the limit is reached, and nobody has gone");
    let one_more = store.open_session(&new("one more", "viewer"), WEEK).await.unwrap();
    assert_eq!(store.session("viewer 0").await.unwrap(), None, "the oldest went");
    assert!(store.session("viewer 1").await.unwrap().is_some());
    assert!(store.session("admin").await.unwrap().is_some(), "viewers end no session of an admin");
    assert_eq!(numbers(store).await.len(), usize::try_from(SESSIONS_MAX).unwrap() + 1);
    assert_eq!(numbers(store).await[0], one_more);
}

pub async fn a_session_ends_by_itself_and_is_cleared_away(store: &Store) {
    store.open_session(&new("stays", "admin"), WEEK).await.unwrap();
    store.open_session(&new("ends", "admin"), Duration::ZERO).await.unwrap();
    assert_eq!(store.session("ends").await.unwrap(), None);
    assert_eq!(numbers(store).await.len(), 1);
    assert_eq!(store.forget_sessions().await.unwrap(), 1);
    assert_eq!(store.forget_sessions().await.unwrap(), 0);
    assert!(store.session("stays").await.unwrap().is_some());
    // A login clears as well.
    store.open_session(&new("ends too", "admin"), Duration::ZERO).await.unwrap();
    store.open_session(&new("another", "admin"), WEEK).await.unwrap();
    assert_eq!(store.forget_sessions().await.unwrap(), 0);
}

pub async fn no_two_sessions_share_a_digest(store: &Store) {
    let first = store.open_session(&new("same", "viewer"), WEEK).await.unwrap();
    assert!(store.open_session(&new("same", "admin"), WEEK).await.is_err());
    let found = store.session("same").await.unwrap().unwrap();
    assert_eq!((found.id, &*found.role), (first, "viewer"));
}
