//! `doctor`: checks everything outside this program that the service needs, with the service's own clients, and
//! explains it to people who know neither Zoom's nor Google's back end.
//!
//! One file per family of checks; each returns [`Finding`]s. Pure functions interpret the answers. A check that
//! depends on a failed one is reported as not tried; all others run. A running service is not disturbed: the doctor
//! writes only a heartbeat to its database, deletes nothing at Zoom, and moves its one test file in Drive to the
//! trash.
//!
//! From the webhook's module it uses the path and the signing, to call the public address as Zoom does.

mod account;
mod attendance;
mod clock;
mod finding;
mod google;
mod google_says;
mod meet;
mod meet_calls;
mod meet_says;
mod recording;
mod root;
mod scopes;
mod settings;
mod sharing;
mod store;
mod upload;
mod webhook;
mod zoom;

use std::future::Future;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::Client;

use crate::config::{AfterArchive, GoogleConfig, Parts, Reader, SettingError, ZoomConfig};
use crate::download::Downloads;
use crate::google::Drive;
use crate::google::auth::GoogleTokens;
use crate::http;
use crate::http::token::{IssuedToken, NoToken};
use crate::jobs::Sweeping;
use crate::store::{Access, Store, open_as_it_is};
use crate::zoom::Zoom;
use crate::zoom::oauth::ZoomTokens;

pub use finding::{Finding, State};

/// A connection without progress for this time is closed, if `IDLE_TIMEOUT` is not shorter: a person is waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// Time limit for one family of checks.
const FAMILY_WITHIN: Duration = Duration::from_secs(180);

/// Why nothing of Google is tried.
const NO_GOOGLE: &str = "the settings of Google cannot be used; see settings.*";

type TokenResult = Result<IssuedToken, NoToken>;

/// The settings and connections under test.
struct Case {
    parts: Parts,
    faults: Vec<SettingError>,
    client: Client,
    idle: Duration,
}

/// The subject of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// All that the service needs. Google Meet is included if the settings name it.
    Service,
    /// What the commands about Google Meet need.
    Meet,
}

/// Runs all checks, and reports each finding when it is ready. Every wait has a limit.
pub async fn examine(reader: &mut Reader, subject: Subject, report: &mut dyn FnMut(Finding)) {
    match subject {
        Subject::Service => examine_service(reader, report).await,
        Subject::Meet => meet::examine_alone(reader, report).await,
    }
}

async fn examine_service(reader: &mut Reader, report: &mut dyn FnMut(Finding)) {
    let (parts, faults) = Parts::read(reader);
    settings::judge(&faults, reader.warnings())
        .into_iter()
        .chain(settings::proxy(parts.proxy))
        .for_each(&mut *report);
    let idle = parts.relay.map_or(PATIENCE, |relay| relay.idle_timeout.min(PATIENCE));
    let client = match client(idle) {
        Ok(client) => client,
        Err(finding) => return report(*finding),
    };
    let case = Case { parts, faults, client, idle };
    let (zoom, google) = futures::join!(case.ask_zoom(), case.ask_google());
    case.clocks(zoom.as_ref(), &google).into_iter().for_each(&mut *report);
    let mut store = None;
    let looked = async {
        let (findings, opened) = case.store().await;
        store = opened;
        findings
    };
    within("store", looked).await.into_iter().for_each(&mut *report);
    within("zoom", case.zoom(zoom.as_ref(), store.as_ref())).await.into_iter().for_each(&mut *report);
    case.sharing().into_iter().for_each(&mut *report);
    report(case.webhook().await);
    report(webhook::last_event(store.as_ref()).await);
    if let Some(store) = store {
        store.close().await;
    }
    case.google(&google, report).await;
}

fn client(idle: Duration) -> Result<Client, Box<Finding>> {
    http::client(Some(idle)).map_err(|error| {
        let check = finding::Check::new("connections", "setting up TLS", "outgoing connections");
        let mend = "Install the system's root certificates (Debian: apt-get install ca-certificates)";
        Box::new(check.broken(error.to_string(), mend))
    })
}

fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

/// Ends a family of checks at its time limit, and reports that.
async fn within(family: &str, work: impl Future<Output = Vec<Finding>>) -> Vec<Finding> {
    tokio::time::timeout(FAMILY_WITHIN, work).await.unwrap_or_else(|_| {
        let check = finding::Check::new(format!("{family}.time"), "waiting for these checks", "an end");
        let found = format!("they did not finish within {}s", FAMILY_WITHIN.as_secs());
        vec![check.broken(found, "Check the speed of this machine's network, and run this again")]
    })
}

impl Case {
    fn is_faulty(&self, names: &[&str]) -> bool {
        self.faults.iter().any(|fault| names.contains(&fault.name.trim_end_matches("_FILE")))
    }

    async fn ask_zoom(&self) -> Option<TokenResult> {
        let config = self.parts.zoom.as_ref()?;
        let credentials = config.credentials.clone()?;
        Some(ZoomTokens::new(self.client.clone(), config.oauth_url.clone(), credentials).ask().await)
    }

    /// One result for each set of scopes; empty without settings.
    async fn ask_google(&self) -> Vec<TokenResult> {
        let Some(config) = &self.parts.google else { return Vec::new() };
        let ask = async |set: google::ScopeSet| {
            let credentials = config.credentials.clone();
            GoogleTokens::new(self.client.clone(), credentials, set.subject, set.scope).ask().await
        };
        futures::future::join_all(self.scope_sets().into_iter().map(ask)).await
    }

    fn scope_sets(&self) -> Vec<google::ScopeSet> {
        google::scope_sets(self.parts.google.as_ref(), self.parts.notify.as_ref())
    }

    fn clocks(&self, zoom: Option<&TokenResult>, google: &[TokenResult]) -> Vec<Finding> {
        let of = |server: &str, asked: Option<&TokenResult>| {
            let why = match asked {
                None => format!("{server} was not asked for a token"),
                Some(_) => format!("{server} sent no time"),
            };
            clock::judge(server, asked.and_then(clock::skew), &why)
        };
        vec![of("Zoom", zoom), of("Google", google.first())]
    }

    /// Opens the store for later checks only if its schema is current, because opening an older one migrates it.
    async fn store(&self) -> (Vec<Finding>, Option<Store>) {
        let address = &self.parts.database_url;
        let (findings, is_current) = store::examine(address, !self.is_faulty(&["DATABASE_URL"])).await;
        let opened = if is_current { open_as_it_is(address, Access::Read).await.ok() } else { None };
        (findings, opened)
    }

    async fn zoom(&self, asked: Option<&TokenResult>, store: Option<&Store>) -> Vec<Finding> {
        let url = self.parts.zoom.as_ref().map_or("Zoom", |config| config.oauth_url.as_str());
        let (check, url) = (zoom::token_check(url), url);
        let names = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"];
        let (Some(config), false) = (&self.parts.zoom, self.is_faulty(&names)) else {
            let why = "the ZOOM_* settings cannot be used; see settings.*";
            return [vec![check.not_tried(why)], zoom_not_tried(why)].concat();
        };
        match asked {
            None => [vec![zoom::webhook_only(check)], zoom_not_tried(zoom::NO_CREDENTIALS)].concat(),
            Some(Err(refusal)) => {
                let token = check.explained(State::Broken, zoom::no_token(refusal));
                [vec![token], zoom_not_tried("there is no token from Zoom; see zoom.token")].concat()
            }
            Some(Ok(fresh)) => {
                let found = format!("{url} gave one for {} min", fresh.lives_for.as_secs().div_ceil(60));
                [vec![check.ok(found)], self.with_token(config, fresh, store).await].concat()
            }
        }
    }

    async fn with_token(
        &self,
        config: &ZoomConfig,
        fresh: &IssuedToken,
        store: Option<&Store>,
    ) -> Vec<Finding> {
        let service = self.parts.service.as_ref();
        let every = service.map_or(Duration::ZERO, |service| service.sweep_every);
        let sweeps = matches!(crate::config::sweeping(every, true), Sweeping::Every(_));
        let after = service.map_or(AfterArchive::Keep, |service| service.after_archive);
        let features = scopes::Features {
            sweeps,
            asks_for_hosts: self.parts.rules.name_hosts() || self.parts.rules.shares(),
            after_archive: after,
            attendance: self.parts.write_attendance(),
        };
        let mut findings = vec![
            scopes::judge(&scopes::needs(features), &fresh.scope),
            scopes::judge_recover(after, &fresh.scope),
        ];
        let download_client = http::download_client(&config.download_hosts, self.idle);
        let (Some(zoom), Ok(client)) = (Zoom::new(self.client.clone(), config), download_client) else {
            return [findings, zoom_not_tried("no connection could be set up")].concat();
        };
        let downloads = Downloads::new(client, config.download_hosts.clone(), self.idle);
        let may_list = sweeps || scopes::may_list(&fresh.scope);
        // Only the day matters here.
        let now = now();
        let looked = recording::examine(&zoom, &downloads, store, now, may_list).await;
        findings.push(zoom::limits(config.plan, &zoom.limits(), looked.busy.as_ref()));
        findings.extend(looked.findings);
        findings.push(account::examine(&zoom, now, may_list).await);
        findings
    }

    fn sharing(&self) -> Option<Finding> {
        let can_ask = self.parts.zoom.as_ref().is_some_and(ZoomConfig::can_be_asked);
        let rules = &self.parts.rules;
        rules.shares().then(|| sharing::judge(can_ask, rules.has_share_domains()))
    }

    async fn webhook(&self) -> Finding {
        match &self.parts.service {
            Some(service) if !self.is_faulty(&["PUBLIC_URL"]) => {
                webhook::call(self.parts.zoom.as_ref(), service.public_url.as_ref(), &self.client).await
            }
            _ => webhook::not_tried(
                "PUBLIC_URL or other settings of the service cannot be used; see settings.*",
            ),
        }
    }

    async fn google(&self, asked: &[TokenResult], report: &mut dyn FnMut(Finding)) {
        let path = self.parts.google_key.as_deref();
        let who = self.parts.google.as_ref().map(|config| google::who(config, path));
        google::key(who.as_ref(), path).into_iter().for_each(&mut *report);
        let (Some(config), Some(who)) = (&self.parts.google, who) else {
            let not_tried = |set| google::token_check(&set, "Google").not_tried(NO_GOOGLE);
            self.scope_sets().into_iter().map(not_tried).for_each(&mut *report);
            return google_not_tried("", NO_GOOGLE).into_iter().for_each(report);
        };
        let mut may_use_drive = false;
        for (set, asked) in self.scope_sets().into_iter().zip(asked) {
            let finding = google::token(&set, config.credentials.now().token_uri(), &who, asked);
            may_use_drive |= set.scope == crate::google::auth::SCOPE_DRIVE && finding.state == State::Ok;
            report(finding);
        }
        let id = &config.folder_id;
        let why = if self.is_faulty(&["DRIVE_FOLDER_ID"]) {
            Some("there is no folder to check; see settings.DRIVE_FOLDER_ID")
        } else if !may_use_drive {
            Some("there is no token for Drive; see google.token.drive")
        } else {
            None
        };
        match why {
            Some(why) => google_not_tried(id, why).into_iter().for_each(&mut *report),
            None => self.drive(config, &who, report).await,
        }
        if meet::is_wanted(&config.meet) {
            let looked = meet::examine(&self.client, config, &who, now());
            within("meet", looked).await.into_iter().for_each(&mut *report);
            let every = self.parts.service.as_ref().map(|service| service.sweep_every);
            every.and_then(|every| meet::rhythm(&config.meet, every)).into_iter().for_each(report);
        }
    }

    async fn drive(
        &self,
        config: &GoogleConfig,
        who: &google_says::GoogleIdentity,
        report: &mut dyn FnMut(Finding),
    ) {
        // Uploads get an idle limit here too: the test file is small enough to be sent within it.
        let drive = Drive::new(self.client.clone(), self.client.clone(), config);
        let mut may_add = false;
        let looked = async {
            let (findings, may) = root::examine(&drive, &config.folder_id, who).await;
            may_add = may;
            findings
        };
        within("drive", looked).await.into_iter().for_each(&mut *report);
        let proved = if may_add {
            upload::prove(&drive, &config.folder_id, who).await
        } else {
            upload::not_tried("nothing can be put into the root folder; see drive.root and drive.role")
        };
        proved.into_iter().for_each(&mut *report);
        if self.parts.write_sheets() {
            within("sheets", attendance::examine(&drive, &config.folder_id, who))
                .await
                .into_iter()
                .for_each(report);
        }
    }
}

/// Every check of Zoom that needs a token.
fn zoom_not_tried(why: &str) -> Vec<Finding> {
    let checks = [scopes::check(&[]), scopes::recover_check(), zoom::limits_check("?")];
    let first = checks.map(|check| check.not_tried(why)).to_vec();
    [first, recording::not_tried(why), vec![account::not_tried(why)]].concat()
}

/// Every check of Drive.
fn google_not_tried(id: &str, why: &str) -> Vec<Finding> {
    [root::not_tried(id, why), upload::not_tried(why)].concat()
}
