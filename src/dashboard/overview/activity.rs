//! The files that move, the newest proofs, and the bytes of the last day.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;

use super::super::outside::Outside;
use super::super::when::{When, length};
use super::super::{Dashboard, links};
use super::seen::{MovingNow, Seen};
use crate::jobs::amounts::{count, data_size};
use crate::jobs::outlook::clock;
use crate::jobs::pause::daily::Uploaded;
use crate::jobs::shelf::HOST_BYTES_MAX;
use crate::jobs::{FileState, Millis, age};
use crate::store::ActiveFile;

/// Hours of the small chart.
const HOURS: usize = 24;

const HOUR: Millis = 3600 * 1000;

/// Longest topic in a list, in characters.
const TOPIC_CHARS_MAX: usize = 80;

/// Height of the chart, in its own units.
const CHART_HEIGHT: u64 = 40;

/// Characters at each end of a shortened digest.
const DIGEST_ENDS: usize = 4;

/// Files in motion.
#[derive(Default, Template)]
#[template(path = "parts/moving.html")]
pub(super) struct MovingPart {
    /// All together, in one line.
    total: String,
    files: Vec<MovingView>,
    /// Said if nothing moves.
    idle: String,
}

struct MovingView {
    topic: Outside,
    host: Outside,
    name: Outside,
    job: i64,
    /// Percent that Drive keeps, and percent that are passed on.
    kept: String,
    sent: String,
    /// `412 MiB of 980 MiB`.
    amount: String,
    speed: String,
    left: String,
}

/// Its template has escaped what is in it.
impl HtmlSafe for MovingPart {}

impl MovingPart {
    pub(super) fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        if seen.moving.is_empty() {
            return Self { idle: idle(dashboard, seen), ..Self::default() };
        }
        let files = u64::try_from(seen.moving.len()).unwrap_or(u64::MAX);
        let speed: u64 = seen.moving.iter().filter_map(|file| file.rate).sum();
        let left: u64 = seen.moving.iter().map(|file| file.total.saturating_sub(file.sent)).sum();
        let mut total = vec![format!("{} {}", count(files), if files == 1 { "file" } else { "files" })];
        if let Some(seconds) = left.checked_div(speed) {
            total.push(format!("{} together", per_second(speed)));
            total.push(format!("{} left", length(Duration::from_secs(seconds))));
        }
        let files = seen.moving.iter().map(MovingView::new).collect();
        Self { total: total.join(" \u{b7} "), files, idle: String::new() }
    }
}

/// The last proof and the next look at Zoom.
fn idle(dashboard: &Dashboard, seen: &Seen) -> String {
    let mut parts = vec!["Nothing moves.".to_owned()];
    let last = seen.proofs.first().and_then(|proof| proof.file.proved_at);
    parts.extend(last.map(|at| format!("Last proof {} ago.", length(age(at, seen.now)))));
    parts.extend(seen.next_look_at.map(|at| match at > seen.now {
        true => format!("Next look at Zoom {}.", clock(at, seen.now, &dashboard.zone)),
        false => "The next look at Zoom is due.".to_owned(),
    }));
    parts.join(" ")
}

impl MovingView {
    fn new(now: &MovingNow) -> Self {
        let MovingNow { file, total, sent, confirmed, rate: speed, checked_ago } = now;
        let left = speed.and_then(|speed| total.saturating_sub(*sent).checked_div(speed));
        let speed = speed.map(per_second);
        Self {
            topic: Outside::cut(&file.topic, TOPIC_CHARS_MAX),
            host: Outside::address(&file.host, HOST_BYTES_MAX),
            name: Outside::new(file.file.name.as_str()),
            job: file.job.0,
            kept: percent(*confirmed, *total),
            sent: percent(*sent, *total),
            amount: format!("{} of {}", data_size(*sent), data_size(*total)),
            speed: match (speed, checked_ago) {
                (Some(speed), None) => speed,
                (Some(speed), Some(ago)) => format!("about {speed}, {} ago", length(*ago)),
                // Between two tries, or on another machine.
                (None, Some(_)) => "rate not known yet".to_owned(),
                (None, None) => String::new(),
            },
            left: left.map(|seconds| length(Duration::from_secs(seconds))).unwrap_or_default(),
        }
    }
}

/// A rate.
fn per_second(bytes: u64) -> String {
    format!("{}/s", data_size(bytes))
}

/// With one digit after the point; never more than 100.
fn percent(part: u64, whole: u64) -> String {
    let tenths = u128::from(part.min(whole)) * 1000 / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The newest proofs.
#[derive(Default, Template)]
#[template(path = "parts/proofs.html")]
pub(super) struct ProofsPart {
    proofs: Vec<ProofView>,
}

struct ProofView {
    at: When,
    topic: Outside,
    job: i64,
    name: Outside,
    size: String,
    digest: String,
    is_export: bool,
    link: Option<String>,
}

/// Its template has escaped what is in it.
impl HtmlSafe for ProofsPart {}

impl ProofsPart {
    pub(super) fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        let view = |file: &ActiveFile| {
            let at = file.file.proved_at?;
            let sent = match &file.file.state {
                FileState::Transferred(sent) | FileState::Verified(sent) => sent,
                FileState::Wanted | FileState::Skipped(_) => return None,
            };
            let is_today = age(at, seen.now) < Duration::from_secs(20 * 3600);
            Some(ProofView {
                at: if is_today {
                    When::clock(at, &dashboard.zone)
                } else {
                    When::minute(at, &dashboard.zone)
                },
                topic: Outside::cut(&file.topic, TOPIC_CHARS_MAX),
                job: file.job.0,
                name: Outside::new(file.file.name.as_str()),
                size: data_size(sent.size),
                digest: short(&sent.sha256),
                is_export: file.file.file.is_export(),
                link: links::file(&file.file.drive_id),
            })
        };
        Self { proofs: seen.proofs.iter().filter_map(view).collect() }
    }
}

/// The ends of a digest.
fn short(digest: &str) -> String {
    if digest.len() <= 2 * DIGEST_ENDS || !digest.is_ascii() {
        return digest.to_owned();
    }
    format!("{}\u{2026}{}", &digest[..DIGEST_ENDS], &digest[digest.len() - DIGEST_ENDS..])
}

/// The bytes of the last day.
#[derive(Default, Template)]
#[template(path = "parts/day.html")]
pub(super) struct DayPart {
    bars: Vec<Bar>,
    total: String,
    limit: Option<String>,
}

/// A bar of the chart, in its own units.
struct Bar {
    x: usize,
    y: u64,
    height: u64,
}

/// Its template has escaped what is in it.
impl HtmlSafe for DayPart {}

impl DayPart {
    pub(super) fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        let hours = hours(&seen.day, seen.now);
        let most = hours.iter().copied().max().unwrap_or_default().max(1);
        let bar = |(hour, bytes): (usize, &u64)| {
            // An hour with few bytes is not an hour without any.
            let height = (bytes.saturating_mul(CHART_HEIGHT) / most).max(u64::from(*bytes > 0) * 2).max(1);
            Bar { x: hour * 10, y: CHART_HEIGHT - height, height }
        };
        Self {
            bars: hours.iter().enumerate().map(bar).collect(),
            total: data_size(hours.iter().sum()),
            limit: dashboard.daily_upload_limit.map(gigabytes),
        }
    }
}

/// Bytes of each of the last hours, the current one last.
fn hours(day: &[Uploaded], now: Millis) -> [u64; HOURS] {
    let mut hours = [0; HOURS];
    let this = now - now.rem_euclid(HOUR);
    for uploaded in day {
        let ago = this.saturating_sub(uploaded.hour_at) / HOUR;
        let index = usize::try_from(ago).ok().and_then(|ago| (HOURS - 1).checked_sub(ago));
        if let Some(index) = index {
            hours[index] = uploaded.bytes;
        }
    }
    hours
}

/// Google counts in thousands.
fn gigabytes(bytes: u64) -> String {
    format!("{} GB", count(bytes / 1_000_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_are_exact_and_end_at_a_hundred() {
        let percents = [(0, 0), (1, 3), (412, 980), (980, 980), (990, 980), (u64::MAX, u64::MAX)];
        let percents = percents.map(|(part, whole)| percent(part, whole));
        assert_eq!(percents, ["0.0", "33.3", "42.0", "100.0", "100.0", "100.0"]);
    }

    #[test]
    fn each_hour_of_the_day_has_its_place() {
        let now = 100 * HOUR + 5;
        let day = [(99, 7), (100, 9), (77, 3), (76, 1)];
        let day = day.map(|(hour, bytes)| Uploaded { hour_at: hour * HOUR, bytes });
        let hours = hours(&day, now);
        assert_eq!((hours[23], hours[22], hours[0], hours.iter().sum::<u64>()), (9, 7, 3, 19));
    }

    #[test]
    fn a_digest_shows_its_ends() {
        assert_eq!(short("3fa9000000c01d"), "3fa9\u{2026}c01d");
        assert_eq!(short("3fa9c01d"), "3fa9c01d");
    }
}
