//! `zoom2drive demo`: runs the whole service against a Zoom and a Google on loopback.
//!
//! The service is the real one, with its own settings, database and HTTP; only the addresses point to the sandbox.
//! In order: `script` defines Zoom's recordings and the faults, `play` plays it on a `life` of the service, `watch`
//! shows it on a `screen`, `evidence` collects the final state, `judge` compares it with the promises, and `report`
//! prints it.

mod audience;
mod class;
mod conference;
mod evidence;
mod judge;
mod keep;
mod life;
mod measure;
mod play;
mod report;
mod screen;
mod script;
mod watch;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::sync::mpsc;

use super::style::Style;
use crate::config::{self, Config, Reader};
use crate::sandbox::Sandbox;
use crate::secret::{Secret, random_token};
use crate::{store, telemetry};
use audience::Audience;
use evidence::Evidence;
use measure::Disk;
use play::{Play, Played, Staging};
use screen::Screen;
use script::Scale;
use watch::ProgressView;

/// Longest duration of the demo. On two slow cores it takes less than a minute.
const WITHIN: Duration = Duration::from_secs(600);

/// The same for an audience, who must find the page and log in first.
const WITHIN_FOR_AUDIENCE: Duration = Duration::from_secs(3600);

/// The service's log file, unless `LOG` is set: log lines on the screen would break the bars.
const LOG_FILE: &str = "zoom2drive.log";

/// Bytes per file in sockets and buffers when a connection breaks.
const IN_FLIGHT_MAX: u64 = 16 * 1024 * 1024;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A few seconds with 24 MiB instead of more than 1 GiB
    #[arg(long)]
    pub fast: bool,
    /// Leave the service and its sandbox running afterwards, and say how to talk to them
    #[arg(long)]
    pub keep: bool,
    /// Watch it in a browser: the demo waits for a login, moves bytes slowly, and leaves everything running
    #[arg(long)]
    pub browser: bool,
}

/// Plays, reports, and fails if a promise was broken.
///
/// # Errors
/// When the demo does not finish: too slow, interrupted, or a job that needs a person.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    // Other commands succeed when their output is closed early. A demo without complete output proves nothing, so
    // this is a failure.
    show(args, reader, out).await.map_err(|error| match error.is::<std::io::Error>() {
        true => anyhow!("{error:#}"),
        false => error,
    })
}

async fn show(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("zoom2drive-demo-").tempdir()?;
    let style = start_log(reader, folder.path())?;
    let scale = if args.fast { Scale::Fast } else { Scale::Full };
    let written_before = measure::bytes_written();

    let sandbox = Sandbox::start().await.context("cannot start the sandbox")?;
    script::record(&sandbox, scale);
    conference::hold(&sandbox, scale);
    script::plan_faults(&sandbox, scale);
    let mut settings = settings(&sandbox, scale, folder.path())?;
    let audience = args.browser.then(|| Audience::invite(&mut settings)).transpose()?;
    if audience.is_some() {
        Audience::slow_down(&sandbox, scale);
    }
    let config = Config::read(&mut Reader::from_pairs(settings.clone()))?;
    writeln!(
        out,
        "Three meetings go from a Zoom to a Google Drive, and one from a Google Meet: all of them this demo's own.\n"
    )?;

    let screen = Screen::new(style, &mut *out);
    let staging = Staging { sandbox: &sandbox, settings: &settings, scale, audience };
    let played = play(staging, screen, folder.path()).await?;
    let store = store::open(&config.database_url).await?;
    let disk = Disk::style(folder.path())?;
    let mut evidence = Evidence::gather(&sandbox, &store, &played, disk).await?;
    evidence.again_max = again_max(&config);
    evidence.written = measure::bytes_written().zip(written_before).map(|(now, before)| now - before);
    store.close().await;

    report::write(out, &evidence, &played, scale)?;
    let broken = judge::broken(&evidence);
    report::write_verdict(out, &broken)?;
    if args.keep || args.browser {
        keep::keep(out, &sandbox, &played.life, &settings, folder.path()).await?;
    }
    played.life.stop().await?;
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the log, and chooses the style: bars only in a terminal.
fn start_log(reader: &mut Reader, folder: &Path) -> anyhow::Result<Style> {
    let log = config::read_log(reader)?;
    if reader.is_given("LOG") {
        telemetry::start_beside(&log);
        return Ok(Style::Lines);
    }
    telemetry::start_in_file(&log, File::create(folder.join(LOG_FILE))?);
    Ok(Style::here(reader))
}

/// The sandbox's addresses and keys, and the demo's settings.
fn settings(sandbox: &Sandbox, scale: Scale, folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut settings: BTreeMap<String, String> = sandbox.environment(folder)?.into_iter().collect();
    let own = scale.settings().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    settings.extend(own);
    settings.insert("RULES_FILE".to_owned(), class::write_files(folder)?);
    settings.insert("ADMIN_TOKEN".to_owned(), random_token());
    Ok(settings)
}

/// Plays and shows the progress, within the demo's time limit.
async fn play(staging: Staging<'_>, screen: Screen<'_>, folder: &Path) -> anyhow::Result<Played> {
    let address = staging.settings.get("DATABASE_URL").context("the sandbox names a database")?;
    let store = store::open(&Secret::new(address.as_str())).await?;
    let within = if staging.audience.is_some() { WITHIN_FOR_AUDIENCE } else { WITHIN };
    let (notes, heard) = mpsc::unbounded_channel();
    let playing = Play::new(staging, store.clone(), notes).run();
    let watching = ProgressView::new(store.clone(), screen).run(heard);
    let both = async { tokio::join!(playing, watching) };
    let ended = tokio::select! {
        ended = tokio::time::timeout(within, both) => ended,
        _ = tokio::signal::ctrl_c() => bail!("interrupted"),
    };
    let failed = match ended {
        Ok((Ok(played), shown)) => {
            store.close().await;
            return shown.map(|()| played).context("cannot show what happens");
        }
        Ok((Err(error), _)) => format!("{error:#}"),
        Err(_) => format!("not finished within {within:?}"),
    };
    let stuck = play::stuck(&store).await.join("\n  ");
    bail!("the demo did not finish: {failed}\n  {stuck}\nThe log's warnings:\n{}", warnings(folder));
}

/// The last warnings and errors of the log.
fn warnings(folder: &Path) -> String {
    const LINES: usize = 20;
    let log = std::fs::read_to_string(folder.join(LOG_FILE)).unwrap_or_default();
    let lines: Vec<&str> =
        log.lines().filter(|line| line.contains(" WARN ") || line.contains("ERROR ")).collect();
    lines.iter().skip(lines.len().saturating_sub(LINES)).map(|line| format!("  {line}\n")).collect()
}

/// Bytes that the interruptions may transfer again: a chunk and the bytes in flight, for the cut, for the 503, and
/// for every file that was moving when the service was killed.
fn again_max(config: &Config) -> u64 {
    let relay = config.relay;
    let transfers = u64::try_from(relay.transfers).unwrap_or(u64::MAX);
    (transfers + 2).saturating_mul(relay.chunk_size + relay.window_size + IN_FLIGHT_MAX)
}
