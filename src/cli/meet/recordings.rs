//! `meet recordings`: what Meet has recorded, and whether it is archived. It begins nothing.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::archive::{Archive, Listed, State};
use super::{Common, ScopeArgs, view};
use crate::cli::known_store;
use crate::cli::table::{Table, plain};
use crate::config::{self, Reader};
use crate::meet::{Artifact, MeetingCode};
use crate::store::Access;
use crate::sweep::meet::FoundConference;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet recordings
  zoom2drive meet recordings --all-users --since 2026-11-01
  zoom2drive meet recordings --code abc-mnop-xyz --json

Exit codes: 0 all users were asked, 1 some could not be asked, 2 wrong usage or settings.";

/// Arguments of `meet recordings`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub scope: ScopeArgs,
    #[command(flatten)]
    pub common: Common,
}

/// Lists the recordings.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let archive = Archive::open(reader, &args.common)?;
    let database = config::read_database_url(reader)?;
    let store = known_store(&database, Access::Read).await?;
    let listed = archive.list(&args.scope, None, store.as_ref()).await;
    if let Some(store) = store {
        store.close().await;
    }
    let listed = listed?;
    archive.session.print(out, || json(&listed, &archive), |out| write(out, &listed, &archive))?;
    Ok(listed.exit_code())
}

/// One row for each file.
pub(super) fn write(out: &mut dyn Write, listed: &Listed, archive: &Archive) -> anyhow::Result<()> {
    if listed.rows.is_empty() {
        writeln!(out, "No recordings.")?;
    } else {
        let zone = &archive.session.zone;
        let mut table = Table::new(&["START", "CODE", "TITLE", "HOST", "FILE", "STATE", "ARCHIVED"]);
        for (found, state) in &listed.rows {
            for artifact in &found.artifacts {
                table.row([
                    view::minute(found.conference.start, zone),
                    code(found),
                    found.facts.title.clone(),
                    found.facts.organiser.clone(),
                    artifact.kind.word().to_owned(),
                    artifact.state.word().to_owned(),
                    state.to_string(),
                ]);
            }
        }
        table.write(out)?;
    }
    write_rest(out, listed)
}

/// Notes, and the users who could not be asked.
pub(super) fn write_rest(out: &mut dyn Write, listed: &Listed) -> anyhow::Result<()> {
    for note in &listed.notes {
        writeln!(out, "note: {}", plain(note))?;
    }
    listed.asked().write_failures(out)
}

fn code(found: &FoundConference) -> String {
    found.facts.code.as_ref().map(MeetingCode::to_string).unwrap_or_default()
}

/// The same for scripts.
pub(super) fn json(listed: &Listed, archive: &Archive) -> Value {
    json!({
        "conferences": listed.rows.iter().map(|(found, state)| row(found, state, archive)).collect::<Vec<_>>(),
        "notes": listed.notes,
        "users": listed.users,
        "failed": listed.asked().failures_json(),
    })
}

fn row(found: &FoundConference, state: &State, archive: &Archive) -> Value {
    let (conference, zone) = (&found.conference, &archive.session.zone);
    let file = |artifact: &Artifact| {
        json!({
            "kind": artifact.kind.word(),
            "state": artifact.state.word(),
            "drive_id": artifact.drive_id,
            "link": artifact.link,
        })
    };
    json!({
        "conference": conference.name.as_str(),
        "code": found.facts.code.as_ref().map(MeetingCode::to_string),
        "title": found.facts.title,
        "host": found.facts.organiser,
        "start": view::iso(conference.start, zone),
        "end": conference.end.map(|end| view::iso(end, zone)),
        "kept_until": view::forgotten(conference.expires, conference.end).map(|at| view::iso(at, zone)),
        "seen_by": found.facts.seen_by,
        "files": found.artifacts.iter().map(file).collect::<Vec<_>>(),
        "archive": state.word(),
        "job": state.job(),
    })
}
