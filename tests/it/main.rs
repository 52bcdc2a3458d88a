//! The one integration test binary.

mod sandbox_google;
mod sandbox_zoom;
