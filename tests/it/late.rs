//! Late files, new versions and events in any order join the archive before Zoom's copy goes.
//!
//! Holds *Late files and new versions* of `docs/architecture.md`, and what is done while Zoom does not list a recording
//! yet.

mod event_order;
mod file_kinds;
mod listings;
mod unlisted;
mod versions;
