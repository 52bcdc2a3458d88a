//! Whatever fails, the work continues and ends in the same archive.
//!
//! Holds the promises *Nothing is lost*, *Nothing is doubled* and *It resumes at both ends* of `docs/architecture.md`:
//! faults of Zoom and Google, crashes before and after each commit, `kill -9`, several processes, a database that is in
//! trouble or lost.

mod backup;
mod crash;
mod database_trouble;
mod drive_not_found;
mod faults;
mod google_refusals;
mod instances;
mod kills;
mod lost_database;
mod pauses;
mod presence;
mod replays;
mod requests;
mod resume;
mod schedules;
mod shared_commit;
mod two_processes;
