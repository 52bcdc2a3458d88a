//! Zoom's copy is removed only if every file is proved, and what people remove or recover there is respected.
//!
//! Holds the promise *Nothing is trashed without proof* of `docs/architecture.md`, and *When people remove recordings
//! at Zoom*.

mod removed_at_zoom;
mod zoom_copy_kept;
