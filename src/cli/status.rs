//! `zoom2drive jobs status`: prints how much is not archived yet, as far as that is known.

use std::io::Write;

use super::table::plain;
use super::write_json;
use crate::admin::status::{GapView, StatusView, SweepView, status};
use crate::jobs::Sweeping;
use crate::store::Store;

/// Prints the figures.
pub(super) async fn run(
    store: &Store,
    sweeping: Sweeping,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let view = status(store, sweeping).await?;
    if json { write_json(out, &view) } else { write_status(out, &view) }
}

fn write_status(out: &mut dyn Write, view: &StatusView) -> anyhow::Result<()> {
    let unarchived = match (view.unarchived, &view.why) {
        (Some(count), _) => count.to_string(),
        (None, why) => format!("unknown: {}", why.as_deref().unwrap_or_default()),
    };
    let parked = view.parked.to_string();
    let oldest = view.oldest_at.as_deref().unwrap_or_default();
    let gap = view.sweep.gap.as_ref().map(|gap| {
        let GapView { from, to, fill } = gap;
        format!("{from} to {to}: nobody has looked for recordings of these days; `{fill}` does")
    });
    let facts = [
        ("not archived", unarchived.as_str()),
        ("not seen", view.not_seen.as_deref().unwrap_or_default()),
        ("oldest", oldest),
        ("zoom deletes", view.zoom_deletes_on.as_deref().unwrap_or_default()),
        ("parked", &parked),
        ("last event", view.last_event_at.as_deref().unwrap_or_default()),
        ("covered from", view.sweep.covered_from.as_deref().unwrap_or_default()),
        ("gap", gap.as_deref().unwrap_or_default()),
        ("swept well", view.sweep.succeeded_at.as_deref().unwrap_or_default()),
        ("last sweep", view.sweep.tried_at.as_deref().unwrap_or_default()),
        ("", &view.sweep.note),
        ("sweeping now", &view.sweep.progress),
    ];
    let meet = view.meet.as_ref();
    let of_meet = |part: fn(&SweepView) -> &str| meet.map(part).unwrap_or_default();
    let facts = facts.into_iter().chain([
        ("Meet covered", of_meet(|meet| meet.covered_from.as_deref().unwrap_or_default())),
        ("Meet read", of_meet(|meet| meet.succeeded_at.as_deref().unwrap_or_default())),
        ("last at Meet", of_meet(|meet| meet.tried_at.as_deref().unwrap_or_default())),
        ("", of_meet(|meet| &meet.note)),
    ]);
    let verified = verified(view);
    let names = ["verified", "not as proved", "not verified"];
    let facts = facts.chain(names.into_iter().zip(verified.iter().map(String::as_str)));
    let facts: Vec<_> = facts.collect();
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:<14}{}", plain(value))?;
    }
    Ok(())
}

/// The last look at the whole archive, what it found, and why there is none; empty texts where there is nothing to say.
fn verified(view: &StatusView) -> [String; 3] {
    let Some(seen) = &view.verification else { return <[String; 3]>::default() };
    let ended = seen.ended_at.as_ref().map(|at| format!("{at}, {} file(s)", seen.files));
    let looked = seen.looked.map(|looked| format!("under way, {looked} file(s) so far"));
    let wrong: Vec<String> = seen.wrong.iter().map(|(fault, files)| format!("{files} {fault}")).collect();
    let failure = seen.failing_since.as_ref().zip(seen.failure.as_ref());
    [
        ended.into_iter().chain(looked).collect::<Vec<_>>().join("; "),
        wrong.join(", "),
        failure.map(|(since, why)| format!("since {since}: {why}")).unwrap_or_default(),
    ]
}
