//! The client of Zoom's API for these commands, and its errors in words for people.

use std::time::Duration;

use anyhow::Context;

use crate::config::ZoomConfig;
use crate::http;
use crate::zoom::{BatchError, FindError, Zoom, ZoomError};

/// A call without a byte for this time has failed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes the client.
///
/// # Errors
/// When TLS cannot be set up.
pub(super) fn zoom(config: &ZoomConfig) -> anyhow::Result<Zoom> {
    Zoom::new(http::client(Some(IDLE_TIMEOUT))?, config).context("there are no Zoom API credentials")
}

/// Says when a used-up limit is free again.
pub(super) fn explain(error: BatchError) -> anyhow::Error {
    match &error {
        BatchError::Zoom(ZoomError::Busy { after: Some(after), .. }) => {
            let minutes = after.as_secs().div_ceil(60).max(1);
            let wait =
                if minutes < 120 { format!("{minutes} min") } else { format!("{} h", minutes.div_ceil(60)) };
            anyhow::anyhow!("{error}; ask again in {wait}")
        }
        _ => error.into(),
    }
}

pub(super) fn explain_find(error: FindError) -> anyhow::Error {
    match error {
        FindError::Batch(error) => explain(error),
        other => other.into(),
    }
}
