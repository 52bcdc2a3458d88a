//! What only PostgreSQL can show: instances that hear of each other at once, and a server that goes away.

use std::time::Duration;

use zoom2drive::secret::Secret;
use zoom2drive::store::{self, StoreError};

use super::{LEASE, accept, claim, is_idle, recording};
use crate::support::server::Scratch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_one_instance_brings_wakes_the_others_at_once() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let there = scratch.open_again().await;
    // Listening begins beside the opening: what is announced before is found by looking.
    accept(&scratch.store, recording("u0", &[("a", 9)]), "first").await;
    tokio::time::timeout(LEASE, there.wait_for_work(LEASE)).await.unwrap();
    claim(&there).await;
    assert!(is_idle(&there).await);
    let waiting = there.wait_for_work(LEASE);
    let bringing = accept(&scratch.store, recording("u1", &[("a", 9)]), "first");
    let (_, accepted) = tokio::join!(waiting, bringing);
    let (job, _) = claim(&there).await;
    assert_eq!(Some(job.id), accepted.job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_leads_nowhere_is_told_without_its_password() {
    let port = crate::support::postgres::free_port();
    for address in [format!("postgres://me:hunter2@127.0.0.1:{port}/x"), "postgres://me:hunter2@[".to_owned()]
    {
        let opened = tokio::time::timeout(LEASE, store::open(&Secret::new(address))).await.unwrap();
        let Err(error) = opened else { panic!("nothing listens there") };
        assert!(matches!(error, StoreError::Refused(_) | StoreError::Database(_)), "{error}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_the_server_cuts_are_made_anew() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let (job, lease) = super::begin(&scratch.store, "u").await;
    crate::support::postgres::execute(
        scratch.address.expose(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    scratch.store.heartbeat(&lease, LEASE).await.unwrap();
    assert_eq!(scratch.store.job(job.id).await.unwrap().id, job.id);
    let other = accept(&scratch.store, recording("u2", &[("a", 9)]), "first").await;
    tokio::time::timeout(Duration::from_secs(30), scratch.store.wait_for_work(LEASE)).await.unwrap();
    assert_eq!(Some(claim(&scratch.store).await.0.id), other.job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_of_the_audit_trail_can_be_changed_or_taken_away() {
    use sqlx::Connection;
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let [who, action, target, outcome] = ["ann", "retry", "job 7", "done"].map(str::to_owned);
    let entry = store::AuditEntry { who, action, target, outcome, begun: None };
    scratch.store.write_audit(&entry).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(scratch.address.expose()).await.unwrap();
    let attacks = [
        "UPDATE audit SET who = 'bob'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO audit VALUES (1, 0, 'bob', 'x', 'x', 'x', NULL) ON CONFLICT (id) DO UPDATE SET who = 'bob'",
        "MERGE INTO audit USING (SELECT 1 AS one) AS other ON id = one WHEN MATCHED THEN UPDATE SET who = 'bob'",
        "MERGE INTO audit USING (SELECT 1 AS one) AS other ON id = one WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM audit RETURNING id) SELECT id FROM gone",
    ];
    for statement in attacks {
        let refused = sqlx::query(statement).execute(&mut connection).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{statement}: {refused}");
    }
    let again = "INSERT INTO audit VALUES (1, 0, 'bob', 'x', 'x', 'x', NULL)";
    assert!(sqlx::query(again).execute(&mut connection).await.is_err(), "an id is given once");
    let trail = scratch.store.audit(None).await.unwrap();
    assert_eq!(trail.iter().map(|record| &record.entry).collect::<Vec<_>>(), [&entry]);
}
