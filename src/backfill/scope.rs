//! Which recordings are asked for: days, people, and what is to be left out. Pure.

use globset::{Glob, GlobBuilder, GlobMatcher};

use super::fate::Reason;
use crate::recording::Recording;
use crate::zoom::{Days, User};

/// What one backfill is about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The days of the meetings, UTC, both included.
    pub days: Days,
    /// Addresses or ids of users; empty for all.
    pub users: Vec<String>,
    /// What is left out.
    pub skip: Vec<Skip>,
}

/// A pattern of hosts or topics that are left out.
#[derive(Debug, Clone)]
pub struct Skip {
    text: String,
    matcher: GlobMatcher,
}

impl Skip {
    /// Reads a pattern: `*`, `?`, `[ab]`, in upper or lower case alike. It must fit the whole address or topic.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn new(text: &str) -> Result<Self, String> {
        let built = GlobBuilder::new(text).case_insensitive(true).literal_separator(false).build();
        let matcher = built.as_ref().map(Glob::compile_matcher).map_err(|error| error.kind().to_string())?;
        Ok(Self { text: text.to_owned(), matcher })
    }

    fn fits(&self, recording: &Recording) -> bool {
        self.matcher.is_match(&recording.host_email) || self.matcher.is_match(&recording.topic)
    }
}

impl Scope {
    /// Whether this user's recordings are asked for.
    pub fn includes(&self, user: &User) -> bool {
        let is_named = |name: &String| *name == user.id || name.eq_ignore_ascii_case(&user.email);
        self.users.is_empty() || self.users.iter().any(is_named)
    }

    /// The users that were named and that the account does not have.
    pub fn unknown<'s>(&'s self, users: &[User]) -> Vec<&'s str> {
        let is_known =
            |name: &str| users.iter().any(|user| name == user.id || name.eq_ignore_ascii_case(&user.email));
        self.users.iter().map(String::as_str).filter(|name| !is_known(name)).collect()
    }

    /// Whether a recording is wanted at all, whatever is known of it. The one place for other rules to say no.
    ///
    /// # Errors
    /// Why it is not.
    pub fn wanted(&self, recording: &Recording) -> Result<(), Reason> {
        match self.skip.iter().find(|skip| skip.fits(recording)) {
            Some(skip) => Err(Reason::Unwanted(format!("--skip {}", skip.text))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::listing;
    use crate::zoom::UserStatus;

    fn scope(users: &[&str], skip: &[&str]) -> Scope {
        let day = "2026-01-01".parse().unwrap();
        Scope {
            days: Days { from: day, to: day },
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            skip: skip.iter().map(|text| Skip::new(text).unwrap()).collect(),
        }
    }

    #[test]
    fn patterns_fit_whole_hosts_and_topics_in_any_case() {
        let recording =
            listing::read(&json!({"uuid": "u", "topic": "Weekly Stand-up", "host_email": "Ann@Example.com"}));
        let recording = recording.unwrap();
        for (skip, is_wanted) in [
            ("*@example.com", false),
            ("weekly*", false),
            ("*stand-up", false),
            ("stand-up", true),
            ("*@example", true),
        ] {
            let verdict = scope(&[], &["none", skip]).wanted(&recording);
            assert_eq!(verdict.is_ok(), is_wanted, "{skip}");
            assert!(is_wanted || verdict == Err(Reason::Unwanted(format!("--skip {skip}"))));
        }
        assert!(Skip::new("[").is_err());
    }

    #[test]
    fn users_are_named_by_address_or_id() {
        let user = User { id: "x1Y".into(), email: "ann@example.com".into(), status: UserStatus::Inactive };
        for (names, includes) in
            [(&[][..], true), (&["ANN@example.com"], true), (&["x1Y"], true), (&["x1y"], false)]
        {
            assert_eq!(scope(names, &[]).includes(&user), includes, "{names:?}");
        }
        assert_eq!(scope(&["Ann@example.com", "bob@example.com"], &[]).unknown(&[user]), ["bob@example.com"]);
    }
}
