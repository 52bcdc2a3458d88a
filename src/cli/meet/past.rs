//! `meet past`: the conferences of the last thirty days.

use std::io::Write;
use std::process::ExitCode;

use super::details::{self, Detailed, Wanted};
use super::scope::Asking;
use super::{Common, ScopeArgs, Session, past_view};
use crate::config::Reader;
use crate::google::{Answers, ask_all};
use crate::meet::{self, SeenConference, sittings};

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet past
  zoom2drive meet past --user ewa@example.pl --since 2026-11-01 --until 2026-11-03
  zoom2drive meet past --all-users --code abc-mnop-xyz
  zoom2drive meet past --all-users --brief --json

Exit codes: 0 all users were asked, 1 some could not be asked, 2 wrong usage or settings.";

/// Arguments of `meet past`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// One row for each conference; otherwise those of a room that are at most 15 minutes apart are one meeting
    #[arg(long)]
    pub apart: bool,
    /// Neither titles nor people nor recordings: fewer calls
    #[arg(long)]
    pub brief: bool,
    #[command(flatten)]
    pub common: Common,
}

/// What was found.
pub(super) struct Past {
    pub meetings: Vec<Detailed>,
    pub asked: Answers<()>,
    pub notes: Vec<String>,
    /// True if a part of the details is missing.
    pub is_incomplete: bool,
    /// True if the meetings may be anybody's of the company: private titles are hidden then.
    pub is_company: bool,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common)?;
    let filter = args.scope.filter(&session.zone)?;
    let asking = args.scope.who.asking(&session).await?;
    let Listed { seen, asked } = list(&session, &asking, &filter).await?;
    let is_company = asking.is_company;
    // Only then there is nobody else who may see a conference.
    let is_whole = asking.is_whole && asked.failures.is_empty() && asking.users.len() > 1;
    let sittings = sittings(seen, args.apart);
    let mut notes = asking.notes;
    notes.extend(args.scope.note(&session.zone, session.now));
    let wanted = Wanted { is_whole, is_brief: args.brief, code: args.scope.code.as_ref() };
    let found = details::read(&session, sittings, wanted).await?;
    notes.extend(found.notes);
    let is_incomplete = found.is_incomplete;
    let past = Past { meetings: found.meetings, asked, notes, is_incomplete, is_company };
    if session.is_json {
        past_view::write_json(&past, &session, out)?;
    } else {
        past_view::write_table(&past, args, &session, out)?;
    }
    Ok(if past.is_incomplete { ExitCode::FAILURE } else { past.asked.exit_code() })
}

/// The conferences of all users, each once, and who could not be asked.
pub(crate) struct Listed {
    pub seen: Vec<SeenConference>,
    pub asked: Answers<()>,
}

/// Asks each user for their conferences, and unites the answers.
///
/// # Errors
/// A failure that every user would have.
pub(crate) async fn list(
    session: &Session,
    asking: &Asking,
    filter: &meet::ConferenceFilter,
) -> anyhow::Result<Listed> {
    let listed =
        ask_all(&asking.users, async |user: String| session.meet.records(&user, filter).await).await?;
    let Answers { answers, failures } = listed;
    let users = answers.iter().map(|(user, _)| (user.clone(), ())).collect();
    Ok(Listed { seen: meet::unite(answers), asked: Answers { answers: users, failures } })
}
