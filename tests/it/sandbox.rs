//! The imitations of Zoom and Google are as strict as the originals, and fail in the same ways.
//!
//! All other tests rely on them. A plain HTTP client holds them to what Zoom and Google document.

mod google;
mod zoom;
