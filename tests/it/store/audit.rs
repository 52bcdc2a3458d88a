//! The audit trail is added to and read.

use futures::future::join_all;
use zoom2drive::store::{AuditEntry, LIST_MAX};

use super::Store;

fn entry(action: &str, outcome: &str, begun: Option<i64>) -> AuditEntry {
    let [who, target] = ["ann", "job 7"].map(str::to_owned);
    AuditEntry { who, action: action.to_owned(), target, outcome: outcome.to_owned(), begun }
}

pub async fn the_audit_trail_is_read_in_pages(store: &Store) {
    let before = store.now().await.unwrap();
    let begun = store.write_audit(&entry("retry", "begun", None)).await.unwrap();
    let done = store.write_audit(&entry("retry", "done", Some(begun))).await.unwrap();
    let trail = store.audit(None).await.unwrap();
    assert_eq!(trail.iter().map(|record| record.id).collect::<Vec<_>>(), [done, begun]);
    assert_eq!(trail[0].entry, entry("retry", "done", Some(begun)));
    assert!(trail.iter().all(|record| record.at >= before));
    for _ in 0..LIST_MAX {
        store.write_audit(&entry("cancel", "begun", None)).await.unwrap();
    }
    let page = store.audit(None).await.unwrap();
    let rest = store.audit(page.last().map(|record| record.id)).await.unwrap();
    assert_eq!((page.len(), rest), (usize::try_from(LIST_MAX).unwrap(), trail));
}

pub async fn many_writers_lose_no_line(store: &Store) {
    let entry = entry("replay", "begun", None);
    let written = join_all((0..20).map(|_| store.write_audit(&entry))).await;
    let mut ids: Vec<i64> = written.into_iter().map(Result::unwrap).collect();
    ids.sort_unstable();
    let mut trail: Vec<i64> = store.audit(None).await.unwrap().iter().map(|record| record.id).collect();
    trail.reverse();
    assert_eq!(trail, ids);
}
