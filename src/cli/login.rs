//! `zoom2drive login`: gets a person's consent in a browser, so that the service can act for them in Drive.
//!
//! For people who cannot create a service account, or cannot share a drive with one. The browser may run on another
//! machine: then its last address is pasted here. The first answer counts.

mod redirect;
mod save;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use tokio::sync::mpsc;

use super::CliError;
use crate::config::{self, LoginConfig, Reader, credentials};
use crate::google::auth::SCOPE_GMAIL_SEND;
use crate::google::consent::{
    BrowserResponse, Consent, ConsentRequest, DriveScope, Permissions, SCOPE_DRIVE_FILE, loss_without,
};
use crate::google::who_is_logged_in;
use crate::untrusted::escape_untrusted;
use redirect::{Redirect, RedirectRequest};

/// Capacity for unread answers: there are two sources, and a few invalid answers.
const HEARD_MAX: usize = 8;

const EXAMPLES: &str = "\
Examples:
  zoom2drive login --client client_secret.json
  zoom2drive login --client client_secret.json --out /etc/zoom2drive/google-user.json --no-browser
  zoom2drive login --client client_secret.json --meet --force     # adds Google Meet to the login that is there

Over SSH: open the printed address at your desk. The browser ends at a page that it cannot show; paste the
address of that page into the terminal.

Exit codes: 0 logged in; 1 refused, not allowed in full, not answered in time, or Google not reached; 2 usage
or settings. Nothing is saved unless the login is complete; only scopes of Meet may be missing in a saved one.";

const OWN_FILES: &str = "
With drive.file the service reaches only folders that this client itself has made: a folder that was made in
Drive by hand is refused as DRIVE_FOLDER_ID, and shared drives cannot be looked up.";

const OUT_OF_TESTING: &str = "\
To fix that, choose the user type Internal, or \"Publish app\", at console.cloud.google.com under Google Auth
Platform, Audience, and log in again: a login that was made in Testing keeps its end.";

/// Arguments of `login`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The OAuth client of type Desktop app: the JSON file from Google's Cloud console
    #[arg(long, value_name = "FILE")]
    pub client: std::path::PathBuf,
    /// Where to write the login [default: the file in GOOGLE_APPLICATION_CREDENTIALS, or google-user.json]
    #[arg(long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    pub force: bool,
    /// Only print the address, and open no browser
    #[arg(long)]
    pub no_browser: bool,
    /// The part of Drive to ask for [default: drive]
    #[arg(long, value_enum)]
    pub scope: Option<Scope>,
    /// Also ask for permission to send mail as this person
    #[arg(long)]
    pub gmail: bool,
    /// Also ask for permission to read this person's meetings, calendar and recordings of Google Meet. A login that
    /// is replaced keeps its other permissions
    #[arg(long)]
    pub meet: bool,
    /// Note in the file that the consent screen is in status Testing, where logins end after 7 days
    #[arg(long)]
    pub testing: bool,
    /// How long to wait for the answer: 90s, 10m
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    pub wait: Duration,
}

/// The part of Drive to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Everything that the person can reach
    #[value(name = "drive")]
    Drive,
    /// Only files and folders that this app created
    #[value(name = "drive.file")]
    DriveFile,
}

fn duration(text: &str) -> Result<Duration, String> {
    config::duration(text)
        .filter(|wait| !wait.is_zero())
        .ok_or_else(|| "expected a duration, such as 10m".to_owned())
}

/// Asks, waits, exchanges the code, and saves the login.
///
/// # Errors
/// When any step of the login fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let settings = LoginConfig::read(reader)?;
    let client = credentials::read_client(&args.client)
        .map_err(|fault| CliError::Usage(format!("--client {fault}: {}", args.client.display())))?;
    let file = args.out.clone().unwrap_or_else(|| settings.file.clone());
    // Checked before the person is asked: a consent that cannot be saved is useless.
    if !args.force && file.symlink_metadata().is_ok() {
        let why =
            format!("{} exists: name another file with --out, or replace it with --force", file.display());
        return Err(CliError::Usage(why).into());
    }
    let permissions = permissions(args, &credentials::consented_scopes(&file));
    let redirect = Redirect::bind().await.context("cannot listen on 127.0.0.1")?;
    let question = ConsentRequest::new(client, redirect.uri.clone(), permissions.scopes());
    let question = Arc::new(question);
    introduce(&question, args, settings.has_display, out)?;

    let (hearing, heard) = mpsc::channel(HEARD_MAX);
    redirect::read_pasted(question.clone(), hearing.clone());
    let listening = redirect.listen(question.clone(), hearing);
    let answer = tokio::time::timeout(args.wait, answer(heard, out)).await;
    // The browser's last page goes out meanwhile.
    let answer = answer.map_err(|_| anyhow!("no answer came in time; nothing was saved"))?;
    let consent = exchange(&question, answer?).await;
    listening.end().await;
    let consent = consent?;

    save::save(&file, &consent.file(args.testing), args.force)
        .with_context(|| format!("cannot write {}", file.display()))?;
    conclude(&consent, &file, args, permissions, &settings, out).await
}

/// What the person is asked for. With `--meet`, the permissions of the login that is replaced stay: nobody remembers
/// how it was made.
fn permissions(args: &Args, replaced: &[String]) -> Permissions {
    let had = |scope: &str| args.meet && replaced.iter().any(|one| one == scope);
    let only_own = args.scope.map_or(had(SCOPE_DRIVE_FILE), |scope| scope == Scope::DriveFile);
    Permissions {
        drive: if only_own { DriveScope::OwnFiles } else { DriveScope::Drive },
        mail: args.gmail || had(SCOPE_GMAIL_SEND),
        meet: args.meet,
    }
}

/// Prints the address, and opens it in a browser if possible.
fn introduce(
    question: &ConsentRequest,
    args: &Args,
    has_display: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let address = question.address();
    writeln!(out, "Open this address in a browser, on this machine or another, and allow everything:\n")?;
    writeln!(out, "{address}\n")?;
    writeln!(out, "If the browser ends at a page that it cannot show, paste that page's address here.")?;
    out.flush()?;
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !args.no_browser && has_display && is_terminal && !open_browser(&address) {
        writeln!(out, "(No browser could be opened on this machine.)")?;
    }
    Ok(())
}

fn open_browser(address: &str) -> bool {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    // The browser may run long: only this thread waits for it, and the thread ends with the process.
    std::thread::spawn(move || child.wait());
    true
}

/// Returns the first valid answer; prints a line for each other one.
async fn answer(
    mut heard: mpsc::Receiver<RedirectRequest>,
    out: &mut dyn Write,
) -> anyhow::Result<BrowserResponse> {
    loop {
        match heard.recv().await {
            Some(RedirectRequest::BrowserResponse(answer)) => return Ok(answer),
            Some(RedirectRequest::Strange(way, fault)) => {
                writeln!(out, "Ignored {way}: {fault}. Still waiting.")?
            }
            // The listener holds the sender during the wait.
            None => bail!("no answer can arrive any more; nothing was saved"),
        }
        out.flush()?;
    }
}

async fn exchange(question: &ConsentRequest, answer: BrowserResponse) -> anyhow::Result<Consent> {
    let told = |what: String| anyhow!("{}; nothing was saved", escape_untrusted(&what));
    match answer {
        BrowserResponse::Code(code) => {
            question.exchange(&code).await.map_err(|error| told(error.to_string()))
        }
        BrowserResponse::No(error) if error == "access_denied" => {
            Err(told("the person refused at the consent screen".to_owned()))
        }
        BrowserResponse::No(error) => Err(told(format!("Google returned the error {error}"))),
    }
}

/// Prints whose login it is, what it means for the service, and when it ends.
async fn conclude(
    consent: &Consent,
    file: &Path,
    args: &Args,
    permissions: Permissions,
    settings: &LoginConfig,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let who = who_is_logged_in(&settings.api_url, &consent.access_token).await;
    match &who {
        Ok(who) => writeln!(out, "\n{} is logged in.", escape_untrusted(who))?,
        Err(_) => writeln!(out, "\nThe login succeeded.")?,
    }
    let place = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let shown = place.display();
    let and_meet = if permissions.meet { ", and read their meetings" } else { "" };
    writeln!(
        out,
        "{shown} contains the login.\nAnyone who has this file can act as that person in Drive{and_meet}: keep it \
         secret."
    )?;
    if settings.is_in_use && settings.file == file {
        writeln!(
            out,
            "From now on the service acts for this person; a running service reloads the file by itself."
        )?;
    } else {
        writeln!(out, "To let the service act for this person, set GOOGLE_APPLICATION_CREDENTIALS={shown}")?;
    }
    if settings.has_subject {
        writeln!(out, "Remove GOOGLE_SUBJECT: a person's login cannot act for another user.")?;
    }
    if permissions.drive == DriveScope::OwnFiles {
        writeln!(out, "{OWN_FILES}")?;
    }
    if args.testing {
        let end = consent.testing_ends_at();
        writeln!(out, "\nThe consent screen is in status \"Testing\": Google ends this login at {end:.0}.")?;
    } else {
        writeln!(
            out,
            "\nIf the consent screen is in status \"Testing\", Google ends this login after 7 days."
        )?;
    }
    writeln!(out, "{OUT_OF_TESTING}")?;
    if let Err(error) = who {
        let error = error.to_string();
        bail!("the login is saved, but Drive does not accept it yet: {}", escape_untrusted(&error));
    }
    match without(&consent.unticked) {
        Some(losses) => bail!("the login is saved, but not everything was allowed. {losses}"),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// What does not work without these scopes, and how to add them.
fn without(unticked: &[&str]) -> Option<String> {
    let loss = |scope: &&str| format!("Without {scope}, {}.", loss_without(scope).unwrap_or("nothing works"));
    let losses: Vec<String> = unticked.iter().map(loss).collect();
    let mend = "To add what is missing, log in again with --meet --force, and tick every box";
    (!losses.is_empty()).then(|| format!("{} {mend}", losses.join(" ")))
}
