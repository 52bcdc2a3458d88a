//! The audit trail of actions, and the limit of wrong tokens.

use serde_json::{Value, json};

use super::Api;
use crate::support::server::completed;

/// The audit trail without times, oldest first.
async fn trail(api: &Api) -> Vec<Value> {
    let (status, mut page) = api.get("/admin/audit").await;
    assert_eq!(status, 200);
    let mut entries = page["entries"].as_array_mut().unwrap().split_off(0);
    entries.reverse();
    for entry in &mut entries {
        assert!(!entry.as_object_mut().unwrap().remove("at").unwrap().as_str().unwrap().is_empty());
    }
    entries
}

#[tokio::test]
async fn every_action_is_written_down_before_it_is_done_and_with_its_outcome() {
    let api = Api::open().await;
    api.accept(&completed("u", "x")).await;
    for path in ["/admin/jobs/1/cancel", "/admin/jobs/1/retry", "/admin/events/1/replay"] {
        assert_eq!(api.post(path).await.0, 200, "{path}");
    }
    assert_eq!(api.post("/admin/jobs/9/retry").await.0, 404);
    assert_eq!(api.post("/admin/pauses/drive/probe").await.0, 200);
    // Looking is no action, and neither is what cannot be asked for.
    assert_eq!(api.post("/admin/pauses/nothing/probe").await.0, 404);
    for path in ["/admin/jobs", "/admin/jobs/1", "/admin/pauses", "/admin/status", "/admin/audit"] {
        api.get(path).await;
    }
    let entry = |id: i64, action: &str, target: &str, outcome: &str, begun: Option<i64>| json!({"id": id, "who": "admin from 127.0.0.1", "action": action, "target": target, "outcome": outcome, "begun": begun});
    assert_eq!(
        trail(&api).await,
        [
            entry(1, "cancel", "job 1", "begun", None),
            entry(2, "cancel", "job 1", "done", Some(1)),
            entry(3, "retry", "job 1", "begun", None),
            entry(4, "retry", "job 1", "done", Some(3)),
            entry(5, "replay", "event 1", "begun", None),
            entry(6, "replay", "event 1", "done", Some(5)),
            entry(7, "retry", "job 9", "begun", None),
            entry(8, "retry", "job 9", "failed: there is no job 9", Some(7)),
            entry(9, "probe", "drive", "begun", None),
            entry(10, "probe", "drive", "done", Some(9)),
        ]
    );
    assert_eq!(api.get("/admin/audit?before=2").await.1["entries"].as_array().unwrap().len(), 1);
    assert_eq!(api.get("/admin/audit?after=2").await.0, 400);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let api = Api::open().await;
    let accepted = api.accept(&completed("u", "x")).await;
    let before = api.scratch.store.job(accepted.job.unwrap()).await.unwrap();
    let address = format!("sqlite://{}", api.scratch.path().display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&address).await.unwrap();
    let trap = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(trap).execute(&mut connection).await.unwrap();
    let actions =
        ["/admin/jobs/1/cancel", "/admin/jobs/1/retry", "/admin/events/1/replay", "/admin/pauses/zoom/probe"];
    for path in actions {
        assert_eq!(api.post(path).await.0, 503, "{path}");
    }
    let after = api.scratch.store.job(before.id).await.unwrap();
    assert_eq!((after.standing, after.revision), (before.standing, before.revision));
}

#[tokio::test]
async fn a_right_token_is_let_in_at_once_while_somebody_guesses() {
    let api = Api::open().await;
    let guess = || api.server.client.get(api.server.url("/admin/jobs")).bearer_auth("a-wrong-token").send();
    let guesses = futures::future::join_all((0..120).map(|_| guess()));
    let (guessed, right) = tokio::join!(guesses, api.get("/admin/jobs"));
    assert_eq!(right.0, 200);
    let guessed: Vec<_> = guessed.into_iter().map(Result::unwrap).collect();
    let too_many = guessed.iter().filter(|answer| answer.status() == 429).count();
    assert!(guessed.iter().all(|answer| matches!(answer.status().as_u16(), 401 | 429)));
    assert!(too_many > 40, "{too_many}");
    let late = guessed.iter().find(|answer| answer.status() == 429).unwrap();
    assert_eq!(late.headers()["retry-after"], "2");
    assert_eq!(late.headers()["content-type"], "application/problem+json");
}
