//! Reads each section of the settings. A fault is recorded, and its setting is `None`.

use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::{
    AfterArchive, GoogleConfig, GoogleCredentials, Reader, RelayConfig, ServiceConfig, UPLOAD_STEP,
    ZoomConfig, ZoomCredentials, ZoomPlan, credentials, dashboard, meet, text, values,
};
use crate::jobs::amounts::Price;
use crate::live::Live;
use crate::recording::names::{Naming, Template};
use crate::rules;
use crate::secret::Secret;
use crate::secret::keyring::Keyring;

/// Largest chunk: a request of 1 GiB on a slow line still ends within a token's lifetime.
const CHUNK_MAX: u64 = 1024 * 1024 * 1024;

/// Largest window. The memory is windows times transfers.
const WINDOW_MAX: u64 = 256 * 1024 * 1024;

/// Most files that are transferred at the same time.
const TRANSFERS_MAX: u64 = 64;

pub(super) fn webhook_secrets(reader: &mut Reader) -> Vec<Secret> {
    const NAME: &str = "ZOOM_WEBHOOK_SECRET_TOKEN";
    let Some(list) = reader.required(NAME).map(Secret::new) else { return Vec::new() };
    let parts = list.expose().split(',').map(text::trimmed).filter(|one| !one.is_empty());
    let secrets: Vec<Secret> = parts.map(Secret::new).collect();
    for one in &secrets {
        reader.check_exact(NAME, one.expose());
    }
    if secrets.is_empty() {
        reader.fault(NAME, "is empty: expected the app's Secret Token");
    }
    secrets
}

pub(super) fn zoom(reader: &mut Reader) -> Option<ZoomConfig> {
    let webhook_secrets = webhook_secrets(reader);
    zoom_api(reader, webhook_secrets)
}

/// The settings of Zoom's API. Webhooks are verified with the given secrets.
pub(super) fn zoom_api(reader: &mut Reader, webhook_secrets: Vec<Secret>) -> Option<ZoomConfig> {
    let webhook_secrets = Live::new(Keyring::new(webhook_secrets));
    let credentials = zoom_credentials(reader).map(Live::new);
    let api_url = reader.parsed("ZOOM_API_URL", "an https address", values::base_url);
    let oauth_url = reader.parsed("ZOOM_OAUTH_URL", "an https address", values::base_url);
    let download_hosts =
        reader.parsed("ZOOM_DOWNLOAD_HOSTS", "host names, `*.` allowed in front", values::host_rules);
    let plan = reader.parsed("ZOOM_PLAN", "`free`, `pro` or `business`", |text| match text {
        "free" => Some(ZoomPlan::Free),
        "pro" => Some(ZoomPlan::Pro),
        "business" => Some(ZoomPlan::Business),
        _ => None,
    });
    let storage_price = reader.parsed("ZOOM_PRICE_PER_GB", "a price", Price::parse);
    let user = reader.exact("ZOOM_USER");
    Some(ZoomConfig {
        webhook_secrets,
        credentials,
        api_url: api_url?,
        oauth_url: oauth_url?,
        download_hosts: download_hosts?,
        plan: plan?,
        storage_price,
        user: user?,
    })
}

pub(super) fn zoom_credentials(reader: &mut Reader) -> Option<ZoomCredentials> {
    let account_id = reader.exact("ZOOM_ACCOUNT_ID");
    let client_id = reader.exact("ZOOM_CLIENT_ID");
    let client_secret = reader.secret("ZOOM_CLIENT_SECRET");
    let given = [
        ("ZOOM_ACCOUNT_ID", account_id.is_some()),
        ("ZOOM_CLIENT_ID", client_id.is_some()),
        ("ZOOM_CLIENT_SECRET", client_secret.is_some()),
    ];
    if given.iter().any(|(_, given)| *given) {
        for (name, _) in given.iter().filter(|(_, given)| !given) {
            reader.fault(name, "is missing: expected all three Zoom credentials, or none");
        }
    }
    Some(ZoomCredentials { account_id: account_id?, client_id: client_id?, client_secret: client_secret? })
}

/// The identity at Google, and the user to act for.
pub(super) fn google_identity(reader: &mut Reader) -> (Option<GoogleCredentials>, Option<String>) {
    const NAME: &str = "GOOGLE_APPLICATION_CREDENTIALS";
    let path: Option<PathBuf> = reader.required(NAME).map(PathBuf::from);
    let credentials = path.and_then(|path| {
        reader.note_file(NAME, &path);
        credentials::read(&path).map_err(|fault| reader.fault(NAME, &fault.to_string())).ok()
    });
    let subject = reader.exact("GOOGLE_SUBJECT");
    if let (Some(GoogleCredentials::AuthorizedUser { .. }), Some(_)) = (&credentials, &subject) {
        reader.fault(
            "GOOGLE_SUBJECT",
            "needs a service-account key: a person's login cannot act for another user",
        );
    }
    (credentials, subject)
}

pub(super) fn google(reader: &mut Reader) -> Option<GoogleConfig> {
    let google = google_without_folder(reader);
    reader.required("DRIVE_FOLDER_ID");
    google
}

/// As [`google`], for commands that need no archive: the folder's id is empty if it is not set.
pub(super) fn google_without_folder(reader: &mut Reader) -> Option<GoogleConfig> {
    let (credentials, subject) = google_identity(reader);
    let meet = meet::meet(reader, credentials.as_ref());
    let api_url = reader.parsed("GOOGLE_API_URL", "an https address", values::base_url);
    let sheets_api_url = reader.parsed("SHEETS_API_URL", "an https address", values::base_url);
    let folder_id = reader.text("DRIVE_FOLDER_ID");
    if let Some(id) = folder_id.as_deref().filter(|id| !rules::is_drive_id(id)) {
        let hint = if id.contains('/') { ": give only the last part of the folder's address" } else { "" };
        reader.fault("DRIVE_FOLDER_ID", &format!("is not a Drive id (letters, digits, - and _){hint}"));
    }
    let limit = reader.parsed("DAILY_UPLOAD_LIMIT", "a size, or 0 for no limit", values::size);
    Some(GoogleConfig {
        credentials: Live::new(credentials?),
        subject,
        api_url: api_url?,
        sheets_api_url: sheets_api_url?,
        // If it is missing, there is a fault; `doctor` checks the rest.
        folder_id: folder_id.unwrap_or_default(),
        daily_upload_limit: limit.map(|limit| Some(limit).filter(|limit| *limit > 0))?,
        meet: meet?,
    })
}

pub(super) fn service(reader: &mut Reader) -> Option<ServiceConfig> {
    let listen_addr = reader.parsed("LISTEN_ADDR", "an address and port", values::socket);
    let public_url = public_url(reader);
    let head_timeout = reader.parsed("HEAD_TIMEOUT", "a duration above zero", |text| {
        values::duration(text).filter(|timeout| !timeout.is_zero())
    });
    let admin_token = dashboard::admin_token(reader).map(Live::new);
    let viewer_token = dashboard::viewer_token(reader).map(Live::new);
    let proxy_login = dashboard::proxy_login(reader);
    let is_any_way_in = admin_token.is_some() || viewer_token.is_some() || proxy_login.is_some();
    let dashboard_url = reader
        .parsed("DASHBOARD_URL", "an https address without query", values::base_url)
        .or_else(|| public_url.clone())
        .filter(|_| is_any_way_in);
    let after_archive = reader.parsed("AFTER_ARCHIVE", "`keep`, `trash` or `delete`", |text| match text {
        "keep" => Some(AfterArchive::Keep),
        "trash" => Some(AfterArchive::Trash),
        "delete" => Some(AfterArchive::Delete),
        _ => None,
    });
    let settle_for = reader.parsed("SETTLE_FOR", "a duration", values::duration);
    let meeting_file = reader.parsed("MEETING_FILE", "`yes` or `no`", |text| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let lease_for = reader.parsed("LEASE_FOR", "a duration of at least one second", |text| {
        values::duration(text).filter(|lease| *lease >= Duration::from_secs(1))
    });
    let stop_within = reader.parsed("STOP_WITHIN", "a duration", values::duration);
    let sweep_every = sweep_every(reader);
    let verify_every = reader.parsed("VERIFY_EVERY", "a duration", values::duration);
    let sweep_back = reader.parsed("SWEEP_BACK", "a duration", values::duration);
    let keep_events = reader.parsed("KEEP_EVENTS", "a duration", values::duration);
    let rotate_every = reader.parsed("ROTATE_EVERY", "a duration", values::duration);
    Some(ServiceConfig {
        listen_addr: listen_addr?,
        dashboard_url,
        public_url,
        head_timeout: head_timeout?,
        admin_token,
        viewer_token,
        proxy_login,
        after_archive: after_archive?,
        settle_for: settle_for?,
        meeting_file: meeting_file?,
        lease_for: lease_for?,
        stop_within: stop_within?,
        sweep_every: sweep_every?,
        verify_every: verify_every?,
        sweep_back: sweep_back?,
        keep_events: keep_events.map(|keep| Some(keep).filter(|keep| !keep.is_zero()))?,
        rotate_every: rotate_every?,
    })
}

/// The address may have a path, for a proxy's prefix; the webhook's path is appended.
pub(super) fn public_url(reader: &mut Reader) -> Option<Url> {
    reader.parsed("PUBLIC_URL", "an https address without query, such as Zoom calls", values::base_url)
}

pub(super) fn sweep_every(reader: &mut Reader) -> Option<Duration> {
    reader.parsed("SWEEP_EVERY", "a duration", values::duration)
}

pub(super) fn naming(reader: &mut Reader) -> Option<Naming> {
    let mut template = |name: &'static str| {
        let text = reader.text(name).unwrap_or_default();
        Template::parse(&text)
            .map_err(|error| reader.fault(name, &format!("is not a template: {error}")))
            .ok()
    };
    let folder = template("FOLDER_TEMPLATE");
    let file = template("FILE_TEMPLATE");
    let zone = time_zone(reader);
    Some(Naming { folder: folder?, file: file?, zone: zone? })
}

pub(super) fn time_zone(reader: &mut Reader) -> Option<TimeZone> {
    reader.parsed("TIMEZONE", "a zone of the IANA database", |text| TimeZone::get(text).ok())
}

pub(super) fn relay(reader: &mut Reader) -> Option<RelayConfig> {
    let chunk_size = reader.parsed("CHUNK_SIZE", "a multiple of 256KiB, at most 1GiB", |text| {
        values::size(text).filter(|size| (UPLOAD_STEP..=CHUNK_MAX).contains(size) && size % UPLOAD_STEP == 0)
    });
    let adapts_requests = reader.parsed("REQUEST_SIZE", "adaptive or fixed", |text| match text {
        "adaptive" => Some(true),
        "fixed" => Some(false),
        _ => None,
    });
    let window_size = reader.parsed("WINDOW_SIZE", "a size from 512KiB to 256MiB", |text| {
        values::size(text).filter(|size| (2 * UPLOAD_STEP..=WINDOW_MAX).contains(size))
    });
    let transfers = reader.parsed("TRANSFERS", "a number from 1 to 64", |text| {
        text.parse()
            .ok()
            .filter(|count| (1..=TRANSFERS_MAX).contains(count))
            .and_then(|count| usize::try_from(count).ok())
    });
    let idle_timeout = reader.parsed("IDLE_TIMEOUT", "a duration above zero", |text| {
        values::duration(text).filter(|timeout| !timeout.is_zero())
    });
    let retry_wait = retry_wait(reader);
    Some(RelayConfig {
        chunk_size: chunk_size?,
        adapts_requests: adapts_requests?,
        window_size: window_size?,
        transfers: transfers?,
        idle_timeout: idle_timeout?,
        retry_wait: retry_wait?,
    })
}

pub(super) fn retry_wait(reader: &mut Reader) -> Option<Duration> {
    reader.parsed("RETRY_WAIT", "a duration above zero, at most 1h", |text| {
        values::duration(text).filter(|wait| !wait.is_zero() && *wait <= Duration::from_secs(3600))
    })
}

/// A secret, because an address of PostgreSQL contains a password.
pub(super) fn database_url(reader: &mut Reader) -> Secret {
    let url = reader.exact("DATABASE_URL").unwrap_or_default();
    let is_usable = match url.split_once("://") {
        Some(("sqlite" | "postgres" | "postgresql", place)) => !place.is_empty(),
        _ => false,
    };
    if !is_usable {
        reader.fault(
            "DATABASE_URL",
            "expected sqlite:// and a path, or postgres://user:password@host/database",
        );
    }
    Secret::new(url)
}
