//! Links from messages to the dashboard: behind each command that shows a job, the address of its page.

use super::post::Email;

/// The command before a job's number, as our texts write it, on a line of its own.
const SHOWS_JOB: &str = "  zoom2drive jobs show ";

/// Path of a recording's page, before its number.
const RECORDING: &str = "/dashboard/recordings/";

/// Path of the first page.
const OVERVIEW: &str = "/dashboard";

/// Adds the addresses of pages to a message. `base` has no slash at its end. A number in a line that somebody else
/// wrote leads to one of our own pages at most.
pub fn link(mut email: Email, base: &str) -> Email {
    let mut linked = String::with_capacity(email.text.len() + 100);
    let mut has_job = false;
    for line in email.text.split_inclusive('\n') {
        linked.push_str(line);
        if let Some(job) = job(line) {
            has_job = true;
            linked.push_str(&format!("  {base}{RECORDING}{job}\n"));
        }
    }
    if !has_job {
        let gap = if linked.ends_with('\n') { "" } else { "\n" };
        linked.push_str(&format!("{gap}\n  {base}{OVERVIEW}\n"));
    }
    email.text = linked;
    email
}

/// The number of the job that a whole line shows.
fn job(line: &str) -> Option<u64> {
    let number = line.strip_prefix(SHOWS_JOB)?.strip_suffix('\n')?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::messages::Level;

    fn linked(text: &str) -> String {
        let email = Email {
            id: 1,
            cause: String::new(),
            thread: String::new(),
            level: Level::Info,
            avoids_google: false,
            subject: String::new(),
            text: text.to_owned(),
            created_at: 0,
            count: 1,
        };
        link(email, "https://example.org").text
    }

    #[test]
    fn a_message_about_a_recording_leads_to_its_page() {
        let text = "It waits.\n\n  zoom2drive jobs show 7\n  zoom2drive jobs retry 7     once it is mended\n";
        let expected = "It waits.\n\n  zoom2drive jobs show 7\n  https://example.org/dashboard/recordings/7\n  \
                        zoom2drive jobs retry 7     once it is mended\n";
        assert_eq!(linked(text), expected);
    }

    #[test]
    fn every_other_message_leads_to_the_first_page() {
        assert_eq!(linked("Drive is paused.\n"), "Drive is paused.\n\n  https://example.org/dashboard\n");
        assert_eq!(linked("no end"), "no end\n\n  https://example.org/dashboard\n");
        for other in
            ["  zoom2drive jobs show x\n", "zoom2drive jobs show 7\n", "  zoom2drive jobs show 7 8\n"]
        {
            assert!(!linked(other).contains("recordings"), "{other}");
        }
    }
}
