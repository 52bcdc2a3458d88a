//! One harmless GET of any of Google's APIs with a given token, for `doctor`: tried once, and refused with the reason.

use reqwest::Client;
use serde_json::Value;
use url::Url;

use super::{ErrorResponse, NoAnswer, read_json, unreachable};
use crate::http;
use crate::secret::Secret;

/// Sends one GET, and returns the answer.
///
/// # Errors
/// See [`NoAnswer`].
pub async fn look(
    client: &Client,
    base: &Url,
    path: &str,
    parameters: &[(&str, &str)],
    access_token: &Secret,
) -> Result<Value, NoAnswer> {
    let address = format!("{}{path}", base.as_str().trim_end_matches('/'));
    let request = client.get(address).query(parameters).bearer_auth(access_token.expose());
    let response = request.timeout(http::CALL_TIMEOUT).send().await.map_err(unreachable);
    let response = response.map_err(NoAnswer::Error)?;
    if !response.status().is_success() {
        return Err(NoAnswer::of(ErrorResponse::read(response).await));
    }
    read_json(response).await.map_err(NoAnswer::Error)
}
