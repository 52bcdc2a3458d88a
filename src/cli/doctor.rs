//! `zoom2drive doctor`: prints problems and their remedies, as text or JSON.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::write_json;
use crate::config::Reader;
use crate::doctor::{self, Finding, State, Subject};
use crate::untrusted::escape_untrusted;

/// The end of `--help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive doctor                    # with the settings of this folder's .env
  zoom2drive doctor --verbose          # what was tried and expected, also where all is well
  zoom2drive doctor --meet             # only what Google Meet needs, without settings of Zoom
  zoom2drive doctor --json | jq '.checks[] | select(.state == \"broken\")'

Exit codes: 0 nothing is broken (there may be warnings), 1 something is.";

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON: `checks`, each with id, state, tried, found, expected, mend, and a `summary`
    #[arg(long)]
    pub json: bool,
    /// Show for every check what was tried and expected
    #[arg(long, short, conflicts_with = "json")]
    pub verbose: bool,
    /// Check only what Google Meet needs: settings of Zoom, a folder and a database may be missing
    #[arg(long)]
    pub meet: bool,
}

/// Number of findings of each state.
#[derive(Debug, Default, Clone, Copy, Serialize)]
struct Summary {
    ok: usize,
    warning: usize,
    broken: usize,
    not_tried: usize,
}

#[derive(Serialize)]
struct Report<'a> {
    checks: &'a [Finding],
    summary: Summary,
}

/// Runs all checks.
///
/// # Errors
/// When nothing can be printed.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let colours = io::stdout().is_terminal() && !reader.is_given("NO_COLOR");
    let mut findings = Vec::new();
    let mut printed = Ok(());
    let subject = if args.meet { Subject::Meet } else { Subject::Service };
    doctor::examine(reader, subject, &mut |finding: Finding| {
        // Each finding is printed when it is ready. The first failure to print is returned at the end.
        if !args.json && printed.is_ok() {
            printed = print(out, &finding, args.verbose, colours);
        }
        findings.push(finding);
    })
    .await;
    printed?;
    let summary = Summary::of(&findings);
    if args.json {
        write_json(out, &Report { checks: &findings, summary })?;
    } else {
        writeln!(out, "\n{}", summary.told())?;
    }
    Ok(if summary.broken > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Summary {
    fn of(findings: &[Finding]) -> Self {
        let count = |state| findings.iter().filter(|finding| finding.state == state).count();
        Self {
            ok: count(State::Ok),
            warning: count(State::Warning),
            broken: count(State::Broken),
            not_tried: count(State::NotTried),
        }
    }

    fn told(self) -> String {
        let Self { ok, warning, broken, not_tried } = self;
        let counted = format!("{ok} ok, {warning} warning(s), {broken} broken, {not_tried} not tried.");
        let verdict = match (broken, warning) {
            (0, 0) => "All is well.",
            (0, _) => "It works; read the warnings.",
            _ => "Fix what is BROKEN, from the top, and run this again.",
        };
        format!("{counted} {verdict}")
    }
}

/// Prints one line if all is well; else also what was tried, the expected result, and the remedy.
fn print(out: &mut dyn Write, finding: &Finding, verbose: bool, colours: bool) -> io::Result<()> {
    let (word, colour) = match finding.state {
        State::Ok => ("ok", "32"),
        State::Warning => ("warning", "33"),
        State::Broken => ("BROKEN", "31"),
        State::NotTried => ("not tried", "2"),
    };
    let word = format!("{word:<9}");
    let word = if colours { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word };
    // A check that was not tried has a reason; its full text is in the finding that prevents it.
    let because = if finding.state == State::NotTried { "because " } else { "" };
    writeln!(
        out,
        "{word}  {:<18}  {because}{}",
        escape_untrusted(&finding.id),
        escape_untrusted(&finding.found)
    )?;
    let is_long = verbose || matches!(finding.state, State::Warning | State::Broken);
    let lines = [("tried", &finding.tried), ("expected", &finding.expected), ("mend", &finding.mend)];
    for (name, text) in lines.into_iter().filter(|(_, text)| is_long && !text.is_empty()) {
        writeln!(out, "           {name:<9} {}", escape_untrusted(text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_is_coloured_and_only_where_colours_are_wanted() {
        let finding = Finding {
            id: "x".into(),
            state: State::Broken,
            tried: "t".into(),
            found: "f\u{1b}[32m".into(),
            expected: String::new(),
            mend: "m".into(),
        };
        let printed = |colours| {
            let mut out = Vec::new();
            print(&mut out, &finding, false, colours).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(printed(true).starts_with("\u{1b}[31mBROKEN   \u{1b}[0m  x "), "{:?}", printed(true));
        assert_eq!(printed(true).matches('\u{1b}').count(), 2);
        assert!(!printed(false).contains('\u{1b}') && printed(false).contains("mend      m"));
        assert!(!printed(false).contains("expected"), "an empty line says nothing");
    }
}
