//! The durable state of the program: events, jobs, files, folders, pauses, messages, backfills.
//!
//! A [`Store`] keeps it in SQLite for one machine, or in PostgreSQL for several instances that share the work. Each
//! statement is written once, beside the function that runs it (`events`, `leases`, `files`, ...). `database`
//! translates the few words that differ between the two databases; `sqlite` and `postgres` open them. Every call is
//! one transaction. A write for a worker takes its [`Lease`] and fails with [`StoreError::LeaseLost`] after another
//! worker, an operator or time has ended the lease: a worker without a lease can change nothing. The database's clock
//! is the only clock, so that several machines agree.

mod activity;
pub mod attendance_sheets;
mod audit;
pub mod backfills;
mod backlog;
mod blanking;
mod changes;
mod commits;
pub mod companions;
mod database;
mod diary;
mod error;
mod events;
pub mod examine;
mod files;
mod first_events;
mod folders;
mod group_commit;
mod leases;
mod lifetime;
pub mod messages;
mod opening;
pub mod pauses;
mod planning;
mod postgres;
mod presence;
mod query_plans;
mod records;
mod release;
pub mod renewal;
mod retention;
mod rows;
pub mod sessions;
pub mod shelf;
mod singletons;
mod sqlite;
pub mod verification;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

pub use activity::ActiveFile;
pub use attendance_sheets::{AttendanceClaim, AttendanceCounts, AttendanceFile, AttendanceSheet};
pub use audit::{AuditEntry, AuditRecord};
pub use commits::{CommitHook, Moment};
pub use companions::{Archived, FileCursor, MeetingFile};
pub use diary::Story;
pub use error::StoreError;
pub use files::Confirmed;
pub use opening::{Access, Store, is_worked_on, open, open_as_it_is, open_when_up};
pub use postgres::ConnectionSecurity;
pub use query_plans::QueryPlan;
pub use records::{
    Accepted, Claim, FolderNames, FolderRecord, JobFilter, Lease, NewEvent, Repeated, RunEnd, StoredEvent,
};
pub use sessions::{NewSession, Session};
pub use singletons::{SingletonClaim, SingletonLease};
pub use verification::{ArchiveFilter, ArchivePlace, ArchivedFile};

/// Maximum number of rows in a list, so that no page grows with the archive.
pub const LIST_MAX: i64 = 200;

/// The numbers of these migrations.
fn numbers(steps: &[(i64, &'static str, &'static str)]) -> Vec<i64> {
    steps.iter().map(|(number, ..)| *number).collect()
}

/// A migrator for these migrations.
fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let step = |&(number, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(step).collect())
}
