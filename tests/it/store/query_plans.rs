//! A hundred thousand finished jobs: no statement that runs all the time reads a whole table.

use sqlx::{Connection, PgConnection, SqliteConnection};
use zoom2drive::store::QueryPlan;

use super::{Store, accept, recording};
use crate::support::server::Scratch;

/// The tables that grow.
const LARGE: [&str; 4] = ["jobs", "files", "events", "diary"];

/// Reads from the newest event backwards until one is Zoom's: mostly the first, and never from an index.
const FROM_THE_END: &str = "SELECT received_at, id FROM events";

/// Sums over every row, which a page keeps for a minute. PostgreSQL reads the table or the index, whichever is smaller;
/// SQLite reads the index.
const SUMS_ON_POSTGRES: [&str; 2] = ["SELECT count(*) AS recordings", "SELECT host, count(*) AS recordings"];

fn whole_tables(plans: &[QueryPlan], is_whole: impl Fn(&str, &str) -> bool) -> Vec<&QueryPlan> {
    assert!(plans.len() >= 15);
    let reads = |plan: &&QueryPlan| {
        let is_whole = |step: &String| LARGE.iter().any(|table| is_whole(step.trim(), table));
        !plan.statement.starts_with(FROM_THE_END) && plan.steps.iter().any(is_whole)
    };
    plans.iter().filter(reads).collect()
}

/// What every row of the filling is copied from: recording, file, body. Small, so that a test stays quick.
fn sample() -> [String; 3] {
    let recording = recording("sample", &[("a", 9)]);
    let json = |value: &serde_json::Value| value.to_string();
    let whole = serde_json::to_value(&recording).unwrap();
    [json(&whole), json(&whole["files"][0]), "{}".to_owned()]
}

const SAMPLE: &str = "CREATE TEMPORARY TABLE sample (recording TEXT, file TEXT, body TEXT)";
const SAMPLED: &str = "INSERT INTO sample VALUES ($1, $2, $3)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hot_statement_reads_a_whole_table_on_sqlite() {
    let scratch = Scratch::open().await;
    let mut filling =
        SqliteConnection::connect(&format!("sqlite://{}", scratch.path().display())).await.unwrap();
    sqlx::raw_sql(SAMPLE).execute(&mut filling).await.unwrap();
    let [one, two, three] = sample();
    sqlx::query(SAMPLED).bind(one).bind(two).bind(three).execute(&mut filling).await.unwrap();
    let fill = format!("BEGIN; {} COMMIT;", include_str!("../data/fill-sqlite.sql"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut filling).await.unwrap();
    filling.close().await.unwrap();
    let store = Store::sqlite(&scratch.path()).await.unwrap();
    let plans = store.plans().await.unwrap();
    let whole = whole_tables(&plans, |step, table| step.starts_with(&format!("SCAN {table}")));
    assert!(whole.is_empty(), "{whole:#?}");
    let searches = plans.iter().filter(|plan| plan.statement.contains("topic LIKE"));
    let by_index = |plan: &&QueryPlan| {
        plan.steps.iter().any(|step| step.contains("SEARCH jobs USING COVERING INDEX jobs_shelf"))
    };
    assert_eq!(searches.filter(by_index).count(), 2, "{plans:#?}");
    assert_parked_have_their_index(&plans);
    assert_works(&scratch.store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hot_statement_reads_a_whole_table_on_postgres() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let mut filling = PgConnection::connect(scratch.address.expose()).await.unwrap();
    sqlx::raw_sql(SAMPLE).execute(&mut filling).await.unwrap();
    let [one, two, three] = sample();
    sqlx::query(SAMPLED).bind(one).bind(two).bind(three).execute(&mut filling).await.unwrap();
    sqlx::raw_sql(include_str!("../data/fill-postgres.sql")).execute(&mut filling).await.unwrap();
    filling.close().await.unwrap();
    let store = Store::postgres(&scratch.address).await.unwrap();
    let plans = store.plans().await.unwrap();
    let mut whole = whole_tables(&plans, |step, table| {
        step.split("Seq Scan on ").nth(1).is_some_and(|rest| rest.split(' ').next() == Some(table))
    });
    whole.retain(|plan| !SUMS_ON_POSTGRES.iter().any(|sum| plan.statement.starts_with(sum)));
    assert!(whole.is_empty(), "{whole:#?}");
    assert_parked_have_their_index(&plans);
    assert_works(&scratch.store).await;
}

/// The search for recordings that need a person reads no others, also when the database has statistics.
fn assert_parked_have_their_index(plans: &[QueryPlan]) {
    let is_search = |plan: &&QueryPlan| {
        plan.statement.contains("topic LIKE")
            && plan.statement.contains("AND standing = 'parked' AND alike >= ''")
    };
    let plan = plans.iter().find(is_search).unwrap();
    assert!(plan.steps.iter().any(|step| step.contains("jobs_parked")), "{plan:#?}");
}

/// What is new among so many is found and counted.
async fn assert_works(store: &Store) {
    let accepted = accept(store, recording("new", &[("a", 9)]), "first").await;
    let (job, _lease) = super::claim(store).await;
    assert_eq!(Some(job.id), accepted.job);
    let backlog = store.backlog().await.unwrap();
    assert_eq!((backlog.unarchived, backlog.parked), (1, 0));
}
