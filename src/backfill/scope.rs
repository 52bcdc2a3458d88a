//! Selects recordings: days, users, and exclusions. Pure.

use super::classification::Reason;
use crate::recording::Recording;
use crate::rules::{Glob, Rules};
use crate::zoom::{Days, User};

/// The selection of one backfill.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The days of the meetings, UTC, both ends included.
    pub days: Days,
    /// Addresses or ids of users; empty for all.
    pub users: Vec<String>,
    /// Hosts and topics that this run leaves out.
    pub skip: Vec<Glob>,
    /// The service's rules, which always apply.
    pub rules: Rules,
}

impl Scope {
    /// True if the selection includes this user.
    pub fn includes(&self, user: &User) -> bool {
        let is_named = |name: &String| *name == user.id || name.eq_ignore_ascii_case(&user.email);
        self.users.is_empty() || self.users.iter().any(is_named)
    }

    /// True if the selection includes this recording's host, who need not be a user.
    pub fn includes_host(&self, recording: &Recording) -> bool {
        let Recording { host_id, host_email, .. } = recording;
        let is_named = |name: &String| name == host_id || name.eq_ignore_ascii_case(host_email);
        self.users.is_empty() || self.users.iter().any(is_named)
    }

    /// Selected users that the account does not have.
    pub fn unknown<'s>(&'s self, users: &[User]) -> Vec<&'s str> {
        let is_known =
            |name: &str| users.iter().any(|user| name == user.id || name.eq_ignore_ascii_case(&user.email));
        self.users.iter().map(String::as_str).filter(|name| !is_known(name)).collect()
    }

    /// Checks a recording by the command's patterns, then by the rules.
    ///
    /// # Errors
    /// The reason to leave it out.
    pub fn wanted(&self, recording: &Recording) -> Result<(), Reason> {
        let fits = |skip: &&Glob| skip.matches(&recording.host_email) || skip.matches(&recording.topic);
        if let Some(skip) = self.skip.iter().find(fits) {
            return Err(Reason::Unwanted(format!("--skip {skip}")));
        }
        match self.rules.decide(recording).skip {
            Some(reason) => Err(Reason::Unwanted(reason.to_string())),
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
            skip: skip.iter().map(|text| Glob::new(text)).collect(),
            rules: Rules::default(),
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
    }

    #[test]
    fn users_are_named_by_address_or_id() {
        let user = User {
            id: "x1Y".into(),
            email: "ann@example.com".into(),
            is_licensed: true,
            status: UserStatus::Inactive,
        };
        for (names, includes) in
            [(&[][..], true), (&["ANN@example.com"], true), (&["x1Y"], true), (&["x1y"], false)]
        {
            assert_eq!(scope(names, &[]).includes(&user), includes, "{names:?}");
        }
        assert_eq!(scope(&["Ann@example.com", "bob@example.com"], &[]).unknown(&[user]), ["bob@example.com"]);
    }
}
