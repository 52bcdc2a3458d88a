//! `zoom2drive replay EVENT`: processes an event again from its stored body.

use std::io::Write;
use std::process::ExitCode;

use super::{user, with_store, write_json};
use crate::admin::audit::audited;
use crate::admin::replay;
use crate::admin::view::{JobView, ReplayView};
use crate::config::Reader;
use crate::jobs::EventId;
use crate::store::{Access, Store};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The event's number
    pub event: i64,
    /// Print JSON, in the format of the admin API
    #[arg(long)]
    pub json: bool,
}

/// Replays one event.
///
/// # Errors
/// When there is no such event, when it has no recording, or when the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let id = EventId(args.event);
    let replaying = async |store: &Store, _: &mut Reader| {
        let replaying = replay::replay(store, id);
        let job = audited(store, &user::who(), "replay", &format!("event {id}"), replaying).await?;
        Ok(ReplayView { event: args.event, job: JobView::new(&store.job(job).await?) })
    };
    let view = with_store(reader, Access::Write, replaying).await?;
    if args.json {
        write_json(out, &view)?;
    } else {
        writeln!(out, "Event {id} is replayed: job {} is due now.", view.job.id)?;
    }
    Ok(ExitCode::SUCCESS)
}
