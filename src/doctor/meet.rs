//! Checks what Google Meet needs: a user to ask as, a token for each scope, and one harmless GET of each API.
//!
//! One user is asked for all: each further one would be refused for the same reasons, or for their own, which
//! `meet past --all-users` names.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Client;

use super::finding::{Check, Finding, State};
use super::google::{self, ScopeSet};
use super::google_says::GoogleIdentity;
use super::meet_calls::Calls;
use super::meet_says;
use super::{NO_GOOGLE, PATIENCE, client, now, settings, within};
use crate::config::{GoogleConfig, MeetConfig, Reader, read_meet_access};
use crate::google::auth::{GoogleTokens, SCOPE_CALENDAR, SCOPE_DIRECTORY, SCOPE_MEET_FILES, SCOPE_MEET_READ};
use crate::google::consent::loss_without;
use crate::google::{Api, NoAnswer};
use crate::secret::Secret;

/// True if the settings say that Meet is used.
pub(super) fn is_wanted(config: &MeetConfig) -> bool {
    config.bring || config.admin_subject.is_some() || !config.users.is_empty()
}

/// Checks if the service looks at Meet by itself, where it should. `every` is `SWEEP_EVERY`.
pub(super) fn rhythm(config: &MeetConfig, every: Duration) -> Option<Finding> {
    let check = Check::new("meet.sweep", "reading MEET_BRING and SWEEP_EVERY", "a sweep, if Meet is brought");
    (config.bring && every.is_zero()).then(|| {
        let found = "SWEEP_EVERY=0s: the service looks at nothing by itself, in spite of MEET_BRING=yes";
        check.broken(
            found,
            "Set SWEEP_EVERY=1h. Or set MEET_BRING=no, and run `zoom2drive meet bring` by hand",
        )
    })
}

/// A scope with its API, as one user.
#[derive(Debug, Clone)]
struct Part {
    api: Api,
    set: ScopeSet,
    /// True if Meet cannot be used as the settings say without it.
    is_needed: bool,
}

/// Every check as not tried.
pub(super) fn not_tried(why: &str) -> Vec<Finding> {
    let parts = parts(None, GivenUsers(0), false);
    let checks = parts.iter().flat_map(|part| [google::token_check(&part.set, "Google"), part.api.check()]);
    [user_check()].into_iter().chain(checks).map(|check| check.not_tried(why)).collect()
}

/// Runs the checks alone: they need neither Zoom nor an archive.
pub(super) async fn examine_alone(reader: &mut Reader, report: &mut dyn FnMut(Finding)) {
    let read = read_meet_access(reader);
    let key = reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    let (access, faults) = match read {
        Ok(access) => (Some(access), Vec::new()),
        Err(error) => (None, error.into_faults()),
    };
    settings::judge(&faults, reader.warnings()).into_iter().for_each(&mut *report);
    let client = match client(PATIENCE) {
        Ok(client) => client,
        Err(finding) => return report(*finding),
    };
    let config = access.as_ref().map(|access| &access.google);
    let who = config.map(|config| google::who(config, key.as_deref()));
    google::key(who.as_ref(), key.as_deref()).into_iter().for_each(&mut *report);
    let (Some(config), Some(who)) = (config, who) else {
        return not_tried(NO_GOOGLE).into_iter().for_each(report);
    };
    within("meet", examine(&client, config, &who, now())).await.into_iter().for_each(report);
}

/// Runs the checks.
pub(super) async fn examine(
    client: &Client,
    config: &GoogleConfig,
    who: &GoogleIdentity,
    now: Timestamp,
) -> Vec<Finding> {
    let Some(asked) = asked(config, who) else {
        let why = "there is nobody to ask as; see meet.user";
        let broken = user_check().broken(
            "a service account takes part in no meeting, so Google shows it none",
            "Set GOOGLE_SUBJECT or MEET_USERS to users of your company, and grant delegation: docs/google-meet.md \
             has each step. Or log in as a person: `zoom2drive login --client client_secret.json --meet`",
        );
        return [vec![broken], not_tried(why).split_off(1)].concat();
    };
    let found = asked.subject.as_deref().map_or("the person who has logged in is asked".to_owned(), |user| {
        format!("{user} is asked for the test ({})", asked.named_in)
    });
    let mut findings = vec![user_check().ok(found)];
    let users = GivenUsers(config.meet.users.len());
    for mut part in parts(Some((&asked, lister(config, &asked))), users, who.is_person) {
        let who =
            GoogleIdentity { subject: part.set.subject.clone(), named_in: part.set.named_in, ..who.clone() };
        part.set.subject.clone_from(&who.subject);
        let check = PartCheck { client, config, who, part, now };
        findings.extend(check.run().await);
    }
    findings
}

fn user_check() -> Check {
    let tried = "reading GOOGLE_SUBJECT, MEET_USERS and GOOGLE_ADMIN_SUBJECT";
    Check::new("meet.user", tried, "a user as whom Meet can be asked")
}

/// A user to act for, and the setting with the address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    /// `None` for a person's login.
    subject: Option<String>,
    named_in: &'static str,
}

fn asked(config: &GoogleConfig, who: &GoogleIdentity) -> Option<Asked> {
    if who.is_person {
        return Some(Asked { subject: None, named_in: "" });
    }
    let named = [
        (config.subject.as_ref(), "GOOGLE_SUBJECT"),
        (config.meet.users.first(), "MEET_USERS"),
        (config.meet.admin_subject.as_ref(), "GOOGLE_ADMIN_SUBJECT"),
    ];
    let mut given = named.into_iter().filter_map(|(user, named_in)| Some((user?, named_in)));
    given.next().map(|(user, named_in)| Asked { subject: Some(user.clone()), named_in })
}

/// The user that lists the users.
fn lister(config: &GoogleConfig, asked: &Asked) -> Asked {
    let admin = config.meet.admin_subject.clone();
    admin.map_or_else(
        || asked.clone(),
        |admin| Asked { subject: Some(admin), named_in: "GOOGLE_ADMIN_SUBJECT" },
    )
}

/// The number of addresses in `MEET_USERS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct GivenUsers(usize);

/// The parts, with the users that they act for. A person's login acts for nobody else, so it needs no directory.
fn parts(users: Option<(&Asked, Asked)>, given: GivenUsers, is_person: bool) -> Vec<Part> {
    let nobody = Asked { subject: None, named_in: "" };
    let (asked, lister) = users.map_or((nobody.clone(), nobody), |(asked, lister)| (asked.clone(), lister));
    let part = |api, name, scope, as_whom: &Asked, is_needed| Part {
        api,
        set: ScopeSet { name, scope, subject: as_whom.subject.clone(), named_in: as_whom.named_in },
        is_needed,
    };
    let directory = part(Api::Directory, "directory", SCOPE_DIRECTORY, &lister, given.0 == 0);
    [part(Api::Meet, "meet", SCOPE_MEET_READ, &asked, true)]
        .into_iter()
        .chain((!is_person).then_some(directory))
        .chain([
            part(Api::Calendar, "calendar", SCOPE_CALENDAR, &asked, false),
            part(Api::Drive, "meet-files", SCOPE_MEET_FILES, &asked, true),
        ])
        .collect()
}

/// The checks of one part.
struct PartCheck<'a> {
    client: &'a Client,
    config: &'a GoogleConfig,
    who: GoogleIdentity,
    part: Part,
    now: Timestamp,
}

impl PartCheck<'_> {
    async fn run(&self) -> Vec<Finding> {
        let (set, credentials) = (&self.part.set, self.config.credentials.clone());
        let tokens = GoogleTokens::new(self.client.clone(), credentials, set.subject.clone(), set.scope);
        let issued = tokens.ask().await;
        let uri = self.config.credentials.now();
        let token = google::token(set, uri.token_uri(), &self.who, &issued);
        let api = match &issued {
            Ok(issued) if token.state == State::Ok => self.api(&issued.token).await,
            _ => self.part.api.check().not_tried(format!("there is no token; see {}", token.id)),
        };
        [token, api].into_iter().map(|finding| self.weighed(finding)).collect()
    }

    /// Without some parts the others work.
    fn weighed(&self, finding: Finding) -> Finding {
        if self.part.is_needed || finding.state != State::Broken {
            return finding;
        }
        let loss = loss_without(self.part.set.scope)
            .unwrap_or("`--all-users` knows only MEET_USERS, and participants have no addresses");
        let mend = format!(
            "Until this is mended, {loss}. If you can do without, ignore this. Else: {}",
            finding.mend
        );
        Finding { state: State::Warning, mend, ..finding }
    }

    async fn api(&self, token: &Secret) -> Finding {
        let (check, acting) = (self.part.api.check(), self.who.acting());
        let calls = Calls { client: self.client, config: self.config, token };
        match self.part.api {
            Api::Meet => match calls.has_met().await {
                Ok(true) => check.ok(format!("meetings of {acting} can be read")),
                Ok(false) => {
                    check.ok(format!("the Meet API answers; {acting} has had no meeting for 30 days"))
                }
                Err(answer) => self.refused(check, &answer),
            },
            Api::Directory => self.directory(&calls).await,
            Api::Calendar => match calls.next_event(self.now).await {
                Ok(()) => check.ok(format!("the calendar of {acting} can be read")),
                Err(answer) => self.refused(check, &answer),
            },
            Api::Drive => match calls.no_file().await {
                Ok(()) => check.ok("the Drive API answers: files that Meet has made can be read"),
                Err(answer) => self.refused(check, &answer),
            },
        }
    }

    fn refused(&self, check: Check, answer: &NoAnswer) -> Finding {
        check.explained(
            State::Broken,
            meet_says::refused(self.part.api, answer, &self.who, self.part.set.scope),
        )
    }

    /// As the program lists users: as an admin, then as any user of the domain, then not at all.
    async fn directory(&self, calls: &Calls<'_>) -> Finding {
        let (check, acting) = (self.part.api.check(), self.who.acting());
        let answer = match calls.users(None).await {
            Ok(()) => return check.ok(format!("{acting} may list all users")),
            Err(answer) => answer,
        };
        if !meet_says::is_denied(&answer) {
            return self.refused(check, &answer);
        }
        match calls.users(Some("domain_public")).await {
            Ok(()) => check.ok(format!(
                "{acting} is no admin for users: the list that every user of the domain sees is read"
            )),
            Err(other) if !meet_says::is_denied(&other) => self.refused(check, &other),
            Err(_) => {
                let given = self.config.meet.users.len();
                let state = if given == 0 { State::Broken } else { State::Warning };
                check.explained(state, meet_says::no_directory(&answer, &self.who, given))
            }
        }
    }
}
