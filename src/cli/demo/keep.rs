//! `--keep`: the service and its sandbox keep running, for requests with curl.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::life::Life;
use super::script;
use crate::sandbox::Sandbox;
use crate::webhook;

/// The body of an event that was not delivered yet.
const EVENT_FILE: &str = "event.json";

/// Prints where everything is and how to send requests, and waits for Ctrl-C.
pub(super) async fn keep(
    out: &mut dyn Write,
    sandbox: &Sandbox,
    life: &Life,
    settings: &BTreeMap<String, String>,
    folder: &Path,
) -> anyhow::Result<()> {
    let encore = script::encore();
    let uuid = encore.uuid.clone();
    sandbox.zoom.add(encore);
    let event = folder.join(EVENT_FILE);
    std::fs::write(&event, sandbox.zoom.event(&uuid, "recording.completed"))?;
    let setting = |name: &str| settings.get(name).map_or("", String::as_str);
    let (url, token, secret) = (&life.url, setting("ADMIN_TOKEN"), setting("ZOOM_WEBHOOK_SECRET_TOKEN"));
    let (path, event, database) = (webhook::PATH, event.display(), setting("DATABASE_URL"));
    write!(
        out,
        "
Everything goes on running until Ctrl-C.
  service         {url}
  Zoom (sandbox)  {zoom}
  Drive (sandbox) {drive}
  pages           {url}/dashboard
  admin token     {token}
  webhook secret  {secret}
  database        {database}

Is it up, and could it store an event?
  curl -s {url}/healthz; curl -s {url}/readyz
What became of each recording?
  curl -s -H 'Authorization: Bearer {token}' {url}/admin/jobs
  DATABASE_URL='{database}' zoom2drive jobs list
Which events came?
  curl -s -H 'Authorization: Bearer {token}' {url}/admin/events
Archive a fourth meeting, as Zoom would announce it:
  at=$(date +%s)
  signature=$( (printf 'v0:%s:' \"$at\"; cat '{event}') | openssl dgst -sha256 -hmac '{secret}' -r | cut -d ' ' -f 1)
  curl -s -H \"x-zm-request-timestamp: $at\" -H \"x-zm-signature: v0=$signature\" --data-binary '@{event}' {url}{path}
",
        zoom = sandbox.zoom.api_url(),
        drive = sandbox.google.url(),
    )?;
    out.flush()?;
    tokio::signal::ctrl_c().await.context("cannot listen for Ctrl-C")
}
