//! `backfill --from`: estimates, asks for consent, and runs the work.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use super::follow::{BackfillRun, follow};
use super::screen::Screen;
use super::{Args, ScopeArgs, ask, estimate, listing, own_store, start_log};
use crate::backfill::Walk;
use crate::backfill::calls::Habits;
use crate::backfill::scope::Scope;
use crate::backfill::{self, Survey, estimate as figures};
use crate::cli::style::Style;
use crate::cli::{known_store, write_json};
use crate::config::{Config, Reader};
use crate::jobs::{SWEEP_SINGLETON, rate};
use crate::store::{Access, Store};

/// Period over which the transfer rate is measured.
const MEASURED_OVER: Duration = Duration::from_secs(14 * 24 * 3600);

/// Estimates, asks for consent, and runs the work. Exits with 1 unless everything is archived.
///
/// # Errors
/// When the settings or arguments are wrong, Zoom cannot be reached, or the store fails.
pub(super) async fn run(
    args: &Args,
    what: &ScopeArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let config = Config::read_with_zoom(reader)?;
    let scope = what.scope((*config.rules.now()).clone())?;
    let after = config.service.after_archive;
    // Before the listing, which may take long.
    let can_be_asked = std::io::stdin().is_terminal() && !what.json;
    let is_agreed = args.dry_run || ask::is_agreed(args.yes.as_deref(), after, can_be_asked)?;
    let mut screen = Screen::new(Style::here(reader), what.json, out);
    start_log(reader, &screen.bars())?;
    let store = match args.dry_run {
        true => known_store(&config.database_url, Access::Read).await?,
        false => Some(own_store(&config.database_url).await?),
    };
    let task = Task { config: &config, scope, is_json: what.json, is_dry: args.dry_run, is_agreed };
    let done = task.run(store.clone(), &mut screen).await;
    if let Some(store) = store {
        store.close().await;
    }
    done
}

/// The command after the store is open.
struct Task<'a> {
    config: &'a Config,
    scope: Scope,
    is_json: bool,
    is_dry: bool,
    /// True if `--yes` has given the consent.
    is_agreed: bool,
}

impl Task<'_> {
    async fn run(self, store: Option<Store>, screen: &mut Screen<'_>) -> anyhow::Result<ExitCode> {
        let Self { config, scope, is_json, is_dry, is_agreed } = self;
        let began_at = match &store {
            Some(store) => store.now().await?,
            None => 0,
        };
        let walk = backfill::walk(&config.zoom, config.relay.retry_wait)?;
        let (survey, object) = count(is_json, config, &scope, &walk, store.as_ref(), screen).await?;
        let is_whole = survey.unseen == 0 && survey.unknown_users.is_empty();
        let code = |is_well: bool| if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        let Some(store) = store.filter(|_| !is_dry) else {
            if is_json {
                write_json(screen.out(), &object)?;
            }
            return Ok(code(is_whole));
        };
        if !survey.targets.is_empty() && !is_agreed {
            let after = config.service.after_archive;
            if !ask::ask(screen.out(), &mut std::io::stdin().lock(), after)? {
                screen.note("Nothing was started.")?;
                return Ok(ExitCode::FAILURE);
            }
        }
        let survey = Arc::new(survey);
        let (backfill, days) = (store.clone(), scope.clone());
        let backfill = BackfillRun { config, store: backfill, walk, scope, survey: survey.clone() };
        let outcome = follow(backfill, screen).await?;
        let proved = match outcome.is_begun() {
            true => backfill::proved(&days, &survey, began_at, outcome.unseen),
            false => None,
        };
        let covered = match proved {
            Some(days) => store.note_backfill(SWEEP_SINGLETON, days).await?,
            None => None,
        };
        match is_json {
            true => outcome.write_json(screen.out(), object)?,
            false => outcome.write(screen.out(), &survey, covered.as_ref())?,
        }
        Ok(code(outcome.is_well() && is_whole))
    }
}

/// Counts the recordings and prints the estimate. Returns the estimate for scripts.
async fn count(
    is_json: bool,
    config: &Config,
    scope: &Scope,
    walk: &Walk,
    store: Option<&Store>,
    screen: &mut Screen<'_>,
) -> anyhow::Result<(Survey, serde_json::Value)> {
    let plan = config.zoom.plan;
    let survey = listing::read(walk, scope, store, plan, screen).await?;
    let moved = match store {
        Some(store) => store.recent_transfers(MEASURED_OVER).await?,
        None => Vec::new(),
    };
    let forecast = figures::forecast(
        survey.to_do(),
        rate::measured(&moved),
        config.google.daily_upload_limit,
        plan,
        Habits::of(config),
    );
    if !is_json {
        estimate::write(screen.out(), scope, &survey, &forecast, config.service.after_archive)?;
    }
    let object = estimate::json(scope, &survey, Some(&forecast));
    Ok((survey, object))
}
