//! `zoom2drive messages list|test`: shows the messages to people, and tests the channels.

use std::io::Write;
use std::process::ExitCode;

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::table::{Table, plain};
use super::{CliError, with_store, write_json};
use crate::config::{Config, Reader};
use crate::jobs::Millis;
use crate::jobs::messages::{Message, MessageState};
use crate::notify;
use crate::store::messages::MessageFilter;
use crate::store::{Access, LIST_MAX, Store};

/// Arguments of `messages`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// Subcommands of `messages`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List messages, newest first: waiting, sent and given up
    ///
    /// Works on the database directly, with the service running or not. If several messages were sent in one email,
    /// each names the first of them. Messages are kept for 90 days.
    #[command(after_help = "Examples:\n  zoom2drive messages list --state given-up\n\nExit codes: 0 done, \
                            1 the database failed, 2 usage or settings")]
    List {
        /// Only messages in this state: waiting, sent, given-up (no channel accepted it for a day), taken-back (it
        /// was over before it was sent)
        #[arg(long, value_parser = state)]
        state: Option<MessageState>,
        /// Only messages with smaller numbers: for the next page
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
    },
    /// Send a test message over every channel, and print which channels work
    ///
    /// Reads the settings as `serve` does: NOTIFY_EMAIL_TO (by Gmail, or by SMTP_URL) and NOTIFY_WEBHOOK_URL. Each
    /// channel is tried once, even if another one fails.
    #[command(
        after_help = "Examples:\n  zoom2drive messages test\n\nExit codes: 0 every channel accepted it, 1 one did \
                            not, 2 usage or settings, or no channel is set"
    )]
    Test,
}

fn state(name: &str) -> Result<MessageState, String> {
    MessageState::from_name(name)
        .ok_or_else(|| format!("expected one of: {}", MessageState::ALL.map(MessageState::name).join(", ")))
}

/// Runs one subcommand.
///
/// # Errors
/// When the settings are wrong, or the store cannot be opened or fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::List { state, before } => {
            let filter = MessageFilter { state: *state, before: *before };
            let listing = async |store: &Store, _: &mut Reader| list(store, filter, args.json, out).await;
            with_store(reader, Access::Read, listing).await.map(|()| ExitCode::SUCCESS)
        }
        Action::Test => test(&Config::read(reader)?, args.json, out).await,
    }
}

/// A page of messages, newest first.
#[derive(Debug, Serialize)]
struct MessagePage {
    messages: Vec<MessageView>,
    /// For `--before` of the next page; null on the last.
    next_before: Option<i64>,
}

/// A message as it is printed.
#[derive(Debug, Serialize)]
struct MessageView {
    id: i64,
    state: &'static str,
    level: &'static str,
    cause: String,
    subject: String,
    text: String,
    created_at: String,
    attempts: u32,
    /// Null unless it waits.
    next_attempt_at: Option<String>,
    sent_at: Option<String>,
    /// The channel that accepted it; null before that.
    channel: Option<String>,
    last_error: Option<String>,
    /// The first message in the same email.
    sent_with: Option<i64>,
}

impl MessageView {
    fn new(message: Message) -> Self {
        let is_waiting = message.state == MessageState::Waiting;
        let unless_empty = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: message.id,
            state: message.state.name(),
            level: message.level.name(),
            created_at: time(message.created_at),
            attempts: message.attempts,
            next_attempt_at: is_waiting.then(|| time(message.next_attempt_at)),
            sent_at: message.sent_at.map(time),
            channel: unless_empty(message.channel),
            last_error: unless_empty(message.last_error),
            sent_with: message.sent_with,
            cause: message.cause,
            subject: message.subject,
            text: message.text,
        }
    }
}

fn time(at: Millis) -> String {
    Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

async fn list(store: &Store, filter: MessageFilter, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let messages = store.messages(filter).await?;
    let is_full = i64::try_from(messages.len()).is_ok_and(|count| count >= LIST_MAX);
    let next_before = messages.last().map(|message| message.id).filter(|_| is_full);
    let page = MessagePage { messages: messages.into_iter().map(MessageView::new).collect(), next_before };
    if json {
        return write_json(out, &page);
    }
    if page.messages.is_empty() {
        return Ok(writeln!(out, "No messages.")?);
    }
    let mut table =
        Table::new(&["ID", "STATE", "LEVEL", "WRITTEN", "SENT", "BY", "TRIES", "SUBJECT", "LAST ERROR"]);
    for view in page.messages {
        let seconds = |at: String| at.split('.').next().unwrap_or_default().trim_end_matches('Z').to_owned();
        table.row([
            view.id.to_string(),
            view.state.to_owned(),
            view.level.to_owned(),
            seconds(view.created_at),
            view.sent_at.map(seconds).unwrap_or_default(),
            view.channel.unwrap_or_default(),
            view.attempts.to_string(),
            view.subject,
            view.last_error.unwrap_or_default(),
        ]);
    }
    table.write(out)?;
    if let Some(before) = page.next_before {
        writeln!(out, "More: zoom2drive messages list --before {before}")?;
    }
    Ok(())
}

/// Result for one channel.
#[derive(Debug, Serialize)]
struct ChannelResult {
    channel: &'static str,
    sent: bool,
    /// Null if the channel works.
    error: Option<String>,
}

async fn test(config: &Config, json: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let channels = notify::channels(config)?;
    if channels.is_empty() {
        return Err(CliError::NoChannel.into());
    }
    let letter = notify::test_letter();
    let mut tried = Vec::new();
    for channel in &channels {
        let error = channel.send(&letter).await.err().map(|error| error.to_string());
        tried.push(ChannelResult { channel: channel.name(), sent: error.is_none(), error });
    }
    if json {
        write_json(out, &tried)?;
    } else {
        for ChannelResult { channel, error, .. } in &tried {
            match error {
                None => writeln!(out, "{channel}: sent")?,
                Some(error) => writeln!(out, "{channel}: NOT SENT: {}", plain(error))?,
            }
        }
    }
    let all = tried.iter().all(|tried| tried.sent);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
