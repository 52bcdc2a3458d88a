//! What was answered, after how long: for people, and for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{ANSWER_WITHIN, Answer, Door, Outcome};

/// Prints a line for each kind of answer, and gives the same back by name.
pub fn answers(outcomes: &[Option<Outcome>]) -> Value {
    let mut kinds: BTreeMap<Answer, Vec<Duration>> = BTreeMap::new();
    for outcome in outcomes.iter().flatten() {
        kinds.entry(outcome.answer.clone()).or_default().push(outcome.took);
    }
    let mut figures = Map::new();
    for (answer, times) in &mut kinds {
        times.sort_unstable();
        let at = |part: f64| millis(times[((times.len() - 1) as f64 * part) as usize]);
        let (key, name) = match answer {
            Answer::Status(status) => (status.to_string(), format!("answered {status}")),
            Answer::Closed => ("closed".to_owned(), "closed without an answer".to_owned()),
            Answer::Late => ("late".to_owned(), format!("no answer within {ANSWER_WITHIN:?}")),
        };
        println!(
            "  {name:<26} {:>6}   p50 {:>7.1} ms, p99 {:>7.1} ms, longest {:>7.1} ms",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
        figures
            .insert(key, json!({"count": times.len(), "p50": at(0.5), "p99": at(0.99), "longest": at(1.0)}));
    }
    figures.into()
}

/// The same for the other doors, which are summed up for programs.
pub fn doors(seen: &BTreeMap<&'static str, Door>) -> Value {
    for (path, Door { asked, failed, slowest }) in seen {
        println!("  {path:<26} {asked:>6}   {failed} failed, longest {:.1} ms", millis(*slowest));
    }
    let sum = |of: fn(&Door) -> usize| seen.values().map(of).sum::<usize>();
    let longest = seen.values().map(|door| door.slowest).max().unwrap_or_default();
    json!({"asked": sum(|door| door.asked), "failed": sum(|door| door.failed), "longest": millis(longest)})
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
