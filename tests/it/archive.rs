//! Every file of a recording reaches Drive once, byte for byte, under a usable name in its own folder.
//!
//! Holds the promises *Nothing is doubled* and *An error page is never archived as a video* of `docs/architecture.md`
//! where no process ends, and what lies beside the files: `meeting.json`, the index, access for hosts.

mod companions;
mod end_to_end;
mod folder_names;
mod identity_collisions;
mod sharing;
mod unexpected_content;
