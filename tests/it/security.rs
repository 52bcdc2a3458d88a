//! An event or an answer decides neither which bytes are a recording nor where tokens and bytes go.
//!
//! Holds the promise *It lets nobody in* of `docs/architecture.md` for outgoing calls and for the log, and *Zoom's own
//! list says which bytes are a recording*.

mod disallowed_hosts;
mod forged_events;
mod secrets_in_log;
mod upload_origin;
