//! The archive is asked for what was proved about it: what is missing, changed or moved is found, told with its remedy,
//! and forgotten once it is mended; what cannot be asked never counts as good.

mod budget;
mod faults;
mod looks;
mod passes;
mod recover;

use std::fmt::Write;

use zoom2drive::recording::listing;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::google::DriveFile;

use crate::support::command::{Ran, run};
use crate::support::world::{World, usual_meeting};

const UUID: &str = "/verify/+AAAAAAAAAAA==";

/// Waits of seconds become milliseconds.
const SOON: (&str, &str) = ("RETRY_WAIT", "1ms");

/// A world with one archived recording of four files, whose copy at Zoom is in the trash. Nothing runs.
async fn archived(settings: &[(&str, &str)]) -> World {
    let world = World::with(&[&[SOON], settings].concat()).await;
    archive(&world, UUID).await;
    world
}

async fn archive(world: &World, uuid: &str) {
    world.sandbox.zoom.add(usual_meeting(uuid));
    let life = world.live().await;
    world.deliver(&life, uuid).await;
    life.finish(world).await;
    life.stop().await;
}

async fn verify(world: &World, arguments: &[&str]) -> Ran {
    run(world, &[], &[&["verify"], arguments].concat()).await
}

/// A copy of the archive whose name contains this text.
fn copy(world: &World, name: &str) -> DriveFile {
    let found = world.archive().into_values().find(|file| file.name.contains(name));
    found.unwrap_or_else(|| panic!("no {name} in {:?}", world.archive().keys()))
}

/// Number of calls that the sandbox has answered.
fn count(world: &World, route: Route) -> usize {
    world.sandbox.transcript.count(route)
}

fn rule(route: Route, skip: u32, times: u32, fault: Fault) -> Rule {
    Rule { route, subject: String::new(), skip, times, fault }
}

/// Puts recordings into the archive without running anything: `recordings` of them with `each` files, `together` in one
/// folder. They were proved long ago. Returns the folders.
async fn fill(world: &World, recordings: usize, each: usize, together: usize) -> Vec<String> {
    world.open_store().await.close().await;
    let recording = listing::read(&serde_json::json!({
        "uuid": "sample", "topic": "Sample", "host_email": "ann@example.com",
        "recording_files": [{"id": "a", "file_type": "MP4", "file_size": 9}],
    }));
    let recording = serde_json::to_value(recording.unwrap()).unwrap();
    let (whole, file) = (recording.to_string(), recording["files"][0].to_string());
    let google = &world.sandbox.google;
    let (mut folders, mut statements) = (Vec::new(), String::from("BEGIN;\n"));
    for job in 1..=recordings {
        if (job - 1) % together == 0 {
            folders.push(google.add_folder(&google.root_folder(), &format!("folder {job}")));
        }
        let folder = folders.last().unwrap();
        writeln!(
            statements,
            "INSERT INTO jobs (id, meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at,
               planned_revision) VALUES ({job}, 'meeting-{job}', '{whole}', 'retired', 'finished', 1, 1, 1, 1);"
        )
        .unwrap();
        for number in 0..each {
            let DriveFile { id, name, size, sha256, .. } =
                google.add_copy(folder, &format!("{job}-{number}.mp4"), format!("{job} {number}").as_bytes());
            writeln!(
                statements,
                "INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, size, sha256,
                   proved_at) VALUES ({job}, 'f{number}', 1, '{file}', '{name}', '{folder}', '{id}', 'verified', {size},
                   '{sha256}', 1);"
            )
            .unwrap();
        }
    }
    statements.push_str("COMMIT;");
    execute(world, statements).await;
    folders
}

async fn execute(world: &World, statements: String) {
    let path = world.folder.path().join("zoom2drive.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}
