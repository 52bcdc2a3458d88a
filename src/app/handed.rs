//! What the pages get from modules that they do not know: settings, the doctor, and the machine.

use std::path::Path;
use std::sync::Arc;

use futures::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Origin, Reader, ShownSetting, Visibility, shown_settings};
use crate::dashboard::doctor::{Doctor, FindingState, FindingView};
use crate::dashboard::settings::{SettingValue, SettingView};
use crate::dashboard::system::{LookAtMachine, MachineView};
use crate::doctor::{self, Finding, State, Subject};
use crate::health::machine::Machine;

/// The doctor that the pages call. It examines with the settings that the service was started with, reads files anew,
/// and ends when the service stops.
pub(super) fn doctor(config: &Config, stopping: &CancellationToken) -> Doctor {
    let (source, stopping) = (config.source.clone(), stopping.clone());
    Doctor::new(Arc::new(move |findings| {
        let (reader, stopping) = (source.clone(), stopping.clone());
        let runtime = Handle::current();
        // On a thread of its own: the doctor is written for a command, and its future stays on one thread.
        let work =
            move || runtime.block_on(stopping.run_until_cancelled(examine(reader, findings))).is_some();
        tokio::task::spawn_blocking(work).map(|ended| ended.unwrap_or(false)).boxed()
    }))
}

async fn examine(mut reader: Reader, findings: UnboundedSender<FindingView>) {
    // It fails only if nobody reads the findings.
    let mut report = move |finding| drop(findings.send(finding_view(finding)));
    doctor::examine(&mut reader, Subject::Service, &mut report).await;
}

fn finding_view(finding: Finding) -> FindingView {
    let Finding { id, state, tried, found, expected, mend } = finding;
    let state = match state {
        State::Ok => FindingState::Ok,
        State::Warning => FindingState::Warning,
        State::Broken => FindingState::Broken,
        State::NotTried => FindingState::NotTried,
    };
    FindingView { id, state, tried, found, expected, mend }
}

/// The settings as the service was started with them.
pub(super) fn settings(config: &Config) -> Vec<SettingView> {
    shown_settings(&config.source).into_iter().map(setting_view).collect()
}

fn setting_view(setting: ShownSetting) -> SettingView {
    let ShownSetting { section, name, meaning, default, value, origin, visibility, file, is_replaceable } =
        setting;
    let place = match &origin {
        Origin::Nowhere | Origin::Default => String::new(),
        Origin::Environment => "from the environment".to_owned(),
        Origin::EnvFile => "from .env".to_owned(),
        Origin::File(path) => format!("from {}", path.display()),
    };
    // The path to a secret file is more useful than where the path is written.
    let place = match (file, visibility) {
        (Some(file), Visibility::Hidden) => format!("from {file}"),
        _ => place,
    };
    let value = match (origin, value, visibility) {
        (Origin::Nowhere, ..) => SettingValue::NotSet,
        (Origin::Default, ..) => SettingValue::Default,
        (_, Some(value), _) => SettingValue::Shown(value),
        (_, None, Visibility::Hidden) => SettingValue::Hidden,
        (_, None, Visibility::Shown) => SettingValue::NotSet,
    };
    SettingView { section, name, meaning, value, origin: place, default, is_replaceable }
}

/// Looks at the machine that this instance runs on.
pub(super) fn machine(config: &Config) -> LookAtMachine {
    let database = config.database_file();
    Arc::new(move || {
        let Machine { database_bytes, disk_free, memory, .. } = Machine::look(database.as_deref());
        MachineView { database_bytes, disk_free, memory }
    })
}

/// The kind of the database. Its address may contain a password.
pub(super) fn database(file: Option<&Path>) -> &'static str {
    if file.is_some() { "SQLite" } else { "PostgreSQL" }
}
