//! Asks many users, some at a time. One user's failure never hides the others.

use std::io::Write;
use std::process::ExitCode;

use futures::{StreamExt, stream};
use serde_json::{Value, json};

use super::scope::Answers;
use crate::cli::table::plain;
use crate::google::MeetError;

/// Most calls at once, whatever they are for.
pub(crate) const AT_ONCE: usize = 8;

/// Asks each user. The answers are in the order of the users.
///
/// # Errors
/// A failure that every user would have, such as an API that is off: the others are not asked then.
pub(crate) async fn ask_all<T, F>(
    users: &[String],
    ask: impl Fn(String) -> F,
) -> Result<Answers<T>, MeetError>
where
    F: Future<Output = Result<T, MeetError>>,
{
    let asked = users.iter().map(|user| {
        let answer = ask(user.clone());
        async move { (user.clone(), answer.await) }
    });
    let mut asked = stream::iter(asked).buffered(AT_ONCE);
    let (mut answers, mut failures) = (Vec::new(), Vec::new());
    while let Some((user, answer)) = asked.next().await {
        match answer {
            Ok(answer) => answers.push((user, answer)),
            Err(error) if error.is_about_all() => return Err(error),
            Err(error) => failures.push((user, error)),
        }
    }
    Ok(Answers { answers, failures })
}

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
            [(user, error)] => writeln!(out, " {}: {}", plain(user), plain(&error.to_string()))?,
            failures => {
                writeln!(out)?;
                for (user, error) in failures {
                    writeln!(out, "  {}: {}", plain(user), plain(&error.to_string()))?;
                }
            }
        }
        Ok(())
    }

    /// The same for JSON.
    pub(crate) fn failures_json(&self) -> Value {
        let one = |(user, error): &(String, MeetError)| json!({"user": user, "reason": error.to_string()});
        self.failures.iter().map(one).collect()
    }
}
