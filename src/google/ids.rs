//! Reserves Drive ids ahead: one call for the folders and files of many recordings.
//!
//! An id that is reserved and not used costs nothing. Google names no end of its life. It may belong to the account that
//! reserved it, so ids are kept no longer than the access token with which they were reserved: an hour, and one identity.

use serde_json::Value;
use tokio::sync::Mutex;

use super::{Drive, GoogleError};
use crate::secret::Secret;

/// Ids per call. Drive reserves at most 1,000.
const IDS_PER_CALL: usize = 100;

/// Most ids that Drive reserves in one call.
const IDS_MAX: usize = 1000;

/// The ids that are left of a call.
#[derive(Debug, Default)]
pub(crate) struct ReservedIds(Mutex<Option<Left>>);

#[derive(Debug)]
struct Left {
    ids: Vec<String>,
    /// The access token at that time.
    token: Secret,
}

impl Drive {
    /// Reserves ids for files that do not exist yet. Callers that come at the same time share a call.
    ///
    /// # Errors
    /// As for every call of Google, or when Drive returns fewer ids than requested.
    pub async fn reserve_ids(&self, count: usize) -> Result<Vec<String>, GoogleError> {
        let mut left = self.ids.0.lock().await;
        let token = self.google.tokens.token().await?;
        let good = left.take().filter(|left| left.token == token);
        let mut ids = good.map_or_else(Vec::new, |left| left.ids);
        while ids.len() < count {
            ids.extend(self.more_ids((count - ids.len()).clamp(IDS_PER_CALL, IDS_MAX)).await?);
        }
        let rest = ids.split_off(count);
        *left = Some(Left { ids: rest, token });
        Ok(ids)
    }

    async fn more_ids(&self, count: usize) -> Result<Vec<String>, GoogleError> {
        let (url, count) = (self.url("/drive/v3/files/generateIds"), count.to_string());
        let parameters = [("count", count.as_str()), ("space", "drive"), ("type", "files")];
        let answer = self.google.json(|client| client.get(&url).query(&parameters)).await?;
        let ids = answer["ids"].as_array().into_iter().flatten();
        let ids: Vec<String> = ids.filter_map(Value::as_str).map(str::to_owned).collect();
        if ids.is_empty() {
            let what = "Drive reserved no ids".to_owned();
            return Err(GoogleError::Unreachable { what, after: None });
        }
        Ok(ids)
    }
}
