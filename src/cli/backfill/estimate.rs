//! Prints the recordings and the expected effort before the work begins.

use std::io::Write;

use serde_json::{Value, json};

use super::ask::afterwards;
use crate::backfill::Survey;
use crate::backfill::estimate::{Forecast, Tally};
use crate::backfill::scope::Scope;
use crate::cli::table::{Table, plain};
use crate::config::AfterArchive;
use crate::jobs::amounts::{count, data_size, time};

/// Most users in the table, those with most bytes first; `backfill view` shows all.
const USERS_NAMED_MAX: usize = 20;

/// Google states its limit in decimal gigabytes.
const GIGABYTE: u64 = 1_000_000_000;

/// Prints the estimate.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    out: &mut dyn Write,
    scope: &Scope,
    survey: &Survey,
    forecast: &Forecast,
    after: AfterArchive,
) -> anyhow::Result<()> {
    write_heading(out, scope, survey)?;
    write_users(out, survey)?;
    let mut table = Table::new(&["", "RECORDINGS", "FILES", "BYTES"]);
    let mut row = |name: &str, tally: Tally| {
        table.row([name.to_owned(), count(tally.recordings), count(tally.files), data_size(tally.bytes)]);
    };
    row("at Zoom", survey.all);
    row("to bring over", survey.bring);
    if survey.under_way.recordings > 0 {
        row("under way already", survey.under_way);
    }
    if survey.parked.recordings > 0 {
        row("waiting for a person", survey.parked);
    }
    table.write(out)?;
    write_skipped(out, survey)?;
    write_unseen(out, survey)?;
    write_forecast(out, survey, forecast)?;
    Ok(writeln!(out, "{}", afterwards(after))?)
}

/// Days and users.
pub(super) fn write_heading(out: &mut dyn Write, scope: &Scope, survey: &Survey) -> anyhow::Result<()> {
    let users = survey.users.iter().filter(|user| user.is_listed).count();
    let (days, users) = (scope.days, count(users as u64));
    writeln!(out, "Recordings from {} to {} (UTC) of {users} user(s)", days.from, days.to)?;
    Ok(writeln!(out)?)
}

fn write_users(out: &mut dyn Write, survey: &Survey) -> anyhow::Result<()> {
    let mut users: Vec<_> = survey.users.iter().filter(|user| user.bring.recordings > 0).collect();
    users.sort_by_key(|user| std::cmp::Reverse(user.bring.bytes));
    let mut table = Table::new(&["USER", "STATUS", "TO BRING OVER", "FILES", "BYTES"]);
    for user in users.iter().take(USERS_NAMED_MAX) {
        let Tally { recordings, files, bytes } = user.bring;
        let status = user.status().to_owned();
        table.row([user.user.email.clone(), status, count(recordings), count(files), data_size(bytes)]);
    }
    if users.is_empty() {
        return Ok(());
    }
    table.write(out)?;
    let more = users.len().saturating_sub(USERS_NAMED_MAX);
    if more > 0 {
        writeln!(out, "and {} more user(s); `backfill view` names all", count(more as u64))?;
    }
    Ok(writeln!(out)?)
}

/// Recordings that are left out, with the reason.
pub(super) fn write_skipped(out: &mut dyn Write, survey: &Survey) -> anyhow::Result<()> {
    if survey.skipped.is_empty() {
        return Ok(());
    }
    writeln!(out, "Passed over:")?;
    for (reason, tally) in &survey.skipped {
        writeln!(out, "  {} {}", count(tally.recordings), plain(&reason.to_string()))?;
    }
    Ok(())
}

/// Users and parts of the account that could not be listed: with any of them the figures are incomplete.
pub(super) fn write_unseen(out: &mut dyn Write, survey: &Survey) -> anyhow::Result<()> {
    for name in &survey.unknown_users {
        writeln!(out, "NO SUCH USER: {}", plain(name))?;
    }
    for user in survey.users.iter().filter(|user| !user.unlisted.is_empty()) {
        writeln!(out, "NOT LISTED: {}: {}", plain(&user.user.email), plain(&user.unlisted))?;
    }
    if !survey.unlisted.is_empty() {
        writeln!(out, "NOT SEEN: {}", plain(&survey.unlisted))?;
    }
    if survey.unseen > 0 {
        writeln!(out, "NOT SEEN: {} part(s) of the account; the log says which.", survey.unseen)?;
    }
    Ok(())
}

fn write_forecast(out: &mut dyn Write, survey: &Survey, forecast: &Forecast) -> anyhow::Result<()> {
    let to_do = survey.to_do();
    if to_do.recordings == 0 {
        return Ok(());
    }
    writeln!(out)?;
    let bytes = data_size(to_do.bytes);
    match (forecast.rate, forecast.moving) {
        (Some(rate), Some(moving)) => {
            writeln!(
                out,
                "{bytes} take {} at {}/s, the rate of the last two weeks",
                time(moving),
                data_size(rate)
            )?;
        }
        _ => writeln!(out, "{bytes}: the time is unknown until some files have moved; it is shown then")?,
    }
    if let (Some(limit), Some(days)) = (forecast.daily_limit, forecast.days) {
        // As Google writes it, in decimal units.
        let (whole, days) = (count(limit / GIGABYTE), count(days));
        writeln!(out, "Google accepts {whole} GB a day (DAILY_UPLOAD_LIMIT): {days} day(s)")?;
    }
    let (calls, calling) = (count(forecast.calls), time(forecast.calling));
    writeln!(out, "Zoom gets up to {calls} calls: {calling} at half of its limits")?;
    let (calls, calling) = (count(forecast.drive_calls), time(forecast.drive_calling));
    writeln!(out, "Google gets about {calls} calls: {calling} at its limits")?;
    if let Some(least) = forecast.at_least() {
        writeln!(out, "In all at least {}", time(least))?;
    }
    Ok(())
}

/// The estimate for scripts.
pub(super) fn json(scope: &Scope, survey: &Survey, forecast: Option<&Forecast>) -> Value {
    let tally =
        |tally: Tally| json!({"recordings": tally.recordings, "files": tally.files, "bytes": tally.bytes});
    let users = survey.users.iter().map(|one| {
        json!({
            "id": one.user.id, "email": one.user.email, "status": one.status(),
            "recordings": one.all.recordings, "files": one.all.files, "bytes": one.all.bytes,
            "to_bring_over": tally(one.bring), "known": one.known, "archived": one.archived,
            "not_listed": Some(&one.unlisted).filter(|why| !why.is_empty()),
        })
    });
    let skipped = survey.skipped.iter().map(|(reason, count)| {
        let mut object = tally(*count);
        object["reason"] = json!(reason.to_string());
        object
    });
    let mut object = json!({
        "from": scope.days.from.to_string(),
        "to": scope.days.to.to_string(),
        "users": users.collect::<Vec<_>>(),
        "unknown_users": survey.unknown_users,
        "at_zoom": tally(survey.all),
        "to_bring_over": tally(survey.bring),
        "under_way": tally(survey.under_way),
        "parked": tally(survey.parked),
        "passed_over": skipped.collect::<Vec<_>>(),
        "unseen": survey.unseen,
        "not_seen": Some(&survey.unlisted).filter(|whom| !whom.is_empty()),
    });
    if let Some(forecast) = forecast {
        object["estimate"] = json!({
            "bytes_per_second": forecast.rate,
            "moving_seconds": forecast.moving.map(|moving| moving.as_secs()),
            "daily_upload_limit": forecast.daily_limit,
            "days_by_limit": forecast.days,
            "zoom_calls_at_most": forecast.calls,
            "zoom_seconds": forecast.calling.as_secs(),
            "google_calls": forecast.drive_calls,
            "google_seconds": forecast.drive_calling.as_secs(),
            "at_least_seconds": forecast.at_least().map(|least| least.as_secs()),
        });
    }
    object
}
