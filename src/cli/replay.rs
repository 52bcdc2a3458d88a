//! `zoom2drive replay EVENT`: begins an event again from its stored bytes.

use std::io::Write;
use std::process::ExitCode;

use super::{open_store, user, write_json};
use crate::admin::audit::audited;
use crate::admin::replay;
use crate::admin::view::{JobView, ReplayView};
use crate::config::Reader;
use crate::jobs::EventId;

/// What `replay` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The event's number
    pub event: i64,
    /// Print JSON, in the admin API's shape
    #[arg(long)]
    pub json: bool,
}

/// Replays one event.
///
/// # Errors
/// When there is no such event, when it holds no recording, or when the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let store = open_store(reader).await?;
    let id = EventId(args.event);
    let replaying = replay::replay(store.as_ref(), id);
    let job = audited(store.as_ref(), &user::who(), "replay", &format!("event {id}"), replaying).await?;
    let view = ReplayView { event: args.event, job: JobView::new(&store.job(job).await?) };
    store.close().await;
    if args.json {
        write_json(out, &view)?;
    } else {
        writeln!(out, "Event {} is replayed: job {job} is due now.", args.event)?;
    }
    Ok(ExitCode::SUCCESS)
}
