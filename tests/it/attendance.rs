//! Who was at a meeting stands beside its recording, once; the archive never waits for it.
//!
//! Holds *Attendance* of `docs/architecture.md`.

mod sheet;
mod sheet_crash;
mod sheet_refused;
