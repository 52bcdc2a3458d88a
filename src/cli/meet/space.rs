//! `meet space`: one room.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::{Common, Session, WhoArgs};
use crate::cli::table::plain;
use crate::config::Reader;
use crate::meet::{MeetingCode, Room, SpaceName};

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet space abc-mnop-xyz
  zoom2drive meet space https://meet.google.com/abc-mnop-xyz --user ewa@example.pl
  zoom2drive meet space spaces/jQCFfuBOdN5z --json";

/// Arguments of `meet space`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The room: its code, its link, or its id
    #[arg(value_name = "CODE|ID", value_parser = room)]
    pub room: Room,
    /// Who asks, by address [default: the login, or GOOGLE_SUBJECT]
    #[arg(long, value_name = "USER", value_parser = super::scope::address)]
    pub user: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

/// A code, a link or an id.
pub(super) fn room(text: &str) -> Result<Room, String> {
    let code: Result<MeetingCode, _> = text.parse();
    // A text with a dash or a dot is a code or a link that is mistyped, and no id.
    let is_code = !text.starts_with("spaces/") && text.contains(['-', '.']);
    let id = || SpaceName::new(text).filter(|_| text.starts_with("spaces/") || text.len() >= 12);
    match code {
        Ok(code) => Ok(Room::Code(code)),
        Err(error) if is_code => Err(error.to_string()),
        Err(error) => {
            id().map(Room::Space).ok_or_else(|| format!("{error}, or an id such as spaces/jQCFfuBOdN5z"))
        }
    }
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common)?;
    let who = WhoArgs { user: args.user.iter().cloned().collect(), all_users: false };
    let asking = who.asking(&session).await?;
    let user = asking.users.first().map(String::as_str).unwrap_or_default();
    let space = session.meet.space(user, &args.room).await?;
    let json = || {
        json!({
            "id": space.name.as_str(),
            "code": space.code.as_ref().map(MeetingCode::as_str),
            "link": space.link,
            "active_conference": space.active.as_ref().map(ToString::to_string),
        })
    };
    session.print(out, json, |out| {
        let code = space.code.as_ref().map(ToString::to_string);
        let active = space.active.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        for (name, value) in [
            ("room", Some(space.name.to_string())),
            ("code", code),
            ("link", Some(space.link.clone()).filter(|link| !link.is_empty())),
            ("on now", Some(active)),
        ] {
            if let Some(value) = value {
                writeln!(out, "{name:8}{}", plain(&value))?;
            }
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
