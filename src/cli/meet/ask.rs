//! The result of asking many users, for people and for scripts.

use std::io::Write;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::table::plain;
use crate::google::{Answers, MeetError};

/// Most failures that are listed for people. JSON has all.
const SHOWN_MAX: usize = 20;

impl<T> Answers<T> {
    /// 1 if any user could not be asked.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Tells which users could not be asked, and why.
    ///
    /// # Errors
    /// When the output is closed.
    pub(crate) fn write_failures(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let (failed, all) = (self.failures.len(), self.failures.len() + self.answers.len());
        if failed == 0 {
            return Ok(());
        }
        let plural = if all == 1 { "user" } else { "users" };
        write!(out, "{failed} of {all} {plural} could not be asked:")?;
        match self.failures.as_slice() {
            [(user, error)] => writeln!(out, " {} ({})", plain(user), plain(&error.reason()))?,
            failures => {
                writeln!(out)?;
                for (user, error) in failures.iter().take(SHOWN_MAX) {
                    writeln!(out, "  {} ({})", plain(user), plain(&error.reason()))?;
                }
                if failures.len() > SHOWN_MAX {
                    writeln!(out, "  and {} more: --json lists all", failures.len() - SHOWN_MAX)?;
                }
            }
        }
        Ok(())
    }

    /// The same for JSON.
    pub(crate) fn failures_json(&self) -> Value {
        let one = |(user, error): &(String, MeetError)| json!({"user": user, "reason": error.reason()});
        self.failures.iter().map(one).collect()
    }
}
