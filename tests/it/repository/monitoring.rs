//! The dashboard and the alert rules ask for metrics that exist, and for labels that these have.

use std::collections::BTreeSet;

use serde_json::Value;
use zoom2drive::telemetry::meters::{Kind, METRICS};

const DASHBOARD: &str = include_str!("../../../deploy/monitoring/dashboard.json");
const ALERTS: &str = include_str!("../../../deploy/monitoring/alerts.yml");

/// All names that could be asked for: a histogram is three of them.
fn known() -> BTreeSet<String> {
    let names = METRICS.iter().flat_map(|metric| match metric.kind {
        Kind::Histogram(_) => {
            ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", metric.name)).to_vec()
        }
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
    });
    names.collect()
}

/// Words of a query that are names of ours or of Prometheus' process metrics.
fn asked(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("zoom2drive_") || word.starts_with("process_"));
    ours.map(str::to_owned).collect()
}

fn assert_known(queries: &[String]) {
    let known = known();
    for query in queries {
        let asked = asked(query);
        let unknown: Vec<_> = asked.difference(&known).collect();
        assert!(!asked.is_empty() && unknown.is_empty(), "{query}: {unknown:?}");
        assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
    }
}

#[test]
fn the_dashboard_shows_what_is_measured() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries: Vec<String> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    assert_known(&queries);
    let shown: BTreeSet<String> = queries.iter().flat_map(|query| asked(query)).collect();
    for figure in ["zoom2drive_oldest_unarchived_seconds", "zoom2drive_jobs", "zoom2drive_paused"] {
        assert!(shown.contains(figure), "{figure} is not shown");
    }
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
}

#[test]
fn the_alerts_ask_for_what_is_measured_and_say_what_to_do() {
    let rules: Vec<&str> = ALERTS.split("- alert: ").skip(1).collect();
    let line = |rule: &str, key: &str| {
        let found = rule.lines().find_map(|line| line.trim().strip_prefix(key).map(str::to_owned));
        found.unwrap_or_else(|| panic!("no {key} in {rule}"))
    };
    let queries: Vec<String> = rules.iter().map(|rule| line(rule, "expr: ")).collect();
    let (of_prometheus, ours): (Vec<_>, Vec<_>) =
        queries.into_iter().partition(|query| query.starts_with("up{"));
    assert_eq!(of_prometheus.len(), 1);
    assert_known(&ours);
    for rule in &rules {
        assert!(!line(rule, "summary: ").is_empty() && line(rule, "description: ").len() > 20, "{rule}");
    }
}
