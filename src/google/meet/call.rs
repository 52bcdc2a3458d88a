//! Calls that only read: with one user's token, sent again while Google asks to wait, to the last page of a list.

use std::collections::HashSet;
use std::time::Duration;

use rand::Rng;
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tracing::debug;

use super::error::{Asked, Identity, MeetError};
use crate::google::{ErrorResponse, GoogleClient, GoogleUsers, read_json, unreachable};
use crate::http;
use crate::secret::Secret;

/// Most times that a call is sent.
const TRIES_MAX: u32 = 5;

/// Longest wait before the next try.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Most pages of one list. It ends a list that never reports a last page.
const PAGES_MAX: usize = 10_000;

/// Parameters of an address.
pub(crate) type Parameters<'a> = [(&'a str, &'a str)];

impl GoogleUsers {
    /// Reads one answer.
    ///
    /// # Errors
    /// See [`MeetError`].
    pub(crate) async fn get(
        &self,
        url: &str,
        parameters: &Parameters<'_>,
        asked: Asked<'_>,
    ) -> Result<Value, MeetError> {
        let client = self.client(asked.user, asked.scope);
        let mut wait = self.wait;
        for left in (0..TRIES_MAX).rev() {
            let error = match self.get_once(&client, url, parameters, asked).await {
                Err(error) if error.may_pass() => error,
                done => return done,
            };
            // Without jitter, all that were refused together would come back together.
            let jittered = wait.mul_f64(rand::rng().random_range(0.5..1.5));
            let next = error.after().unwrap_or(jittered);
            if left == 0 || next > WAIT_MAX {
                return Err(error);
            }
            debug!(%error, ?next, "a call of Meet failed; trying again");
            tokio::time::sleep(next).await;
            wait *= 2;
        }
        Err(MeetError::Refused("no try was made".to_owned()))
    }

    /// Reads all rows of a list. A page may be shorter than asked for, or empty: only a missing token ends the list.
    ///
    /// # Errors
    /// As [`Self::get`]. A part is never taken for the whole.
    pub(crate) async fn list(
        &self,
        url: &str,
        parameters: &Parameters<'_>,
        field: &str,
        asked: Asked<'_>,
    ) -> Result<Vec<Value>, MeetError> {
        let (mut rows, mut turned, mut page) = (Vec::new(), HashSet::new(), String::new());
        loop {
            let token = Some(("pageToken", page.as_str())).filter(|(_, token)| !token.is_empty());
            let all: Vec<(&str, &str)> = parameters.iter().copied().chain(token).collect();
            let mut answer = self.get(url, &all, asked).await?;
            // Google leaves an empty list out.
            if let Some(Value::Array(found)) = answer.get_mut(field).map(Value::take) {
                rows.extend(found);
            }
            match answer["nextPageToken"].as_str().filter(|next| !next.is_empty()) {
                None => return Ok(rows),
                Some(next) => page = next.to_owned(),
            }
            if turned.len() >= PAGES_MAX || !turned.insert(page.clone()) {
                let what = format!("an incomplete list: it does not end after {} pages", turned.len());
                return Err(MeetError::Unreachable { what, after: None });
            }
        }
    }

    fn identity(&self) -> Identity {
        Identity { is_person: self.is_person(), client_id: self.delegation_id() }
    }

    /// A token of this client, kept for its hour.
    ///
    /// # Errors
    /// Why there is none, as for every call.
    pub(crate) async fn token(&self, client: &GoogleClient, asked: Asked<'_>) -> Result<Secret, MeetError> {
        let token = client.tokens.token_or_refusal().await;
        token.map_err(|refusal| MeetError::of_token(refusal, asked, &self.identity()))
    }

    async fn get_once(
        &self,
        client: &GoogleClient,
        url: &str,
        parameters: &Parameters<'_>,
        asked: Asked<'_>,
    ) -> Result<Value, MeetError> {
        let mut response = self.send_once(client, url, parameters, asked).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            response = self.send_once(client, url, parameters, asked).await?;
        }
        if response.status().is_success() {
            return Ok(read_json(response).await?);
        }
        let fault = ErrorResponse::read(response).await;
        Err(MeetError::of_answer(&fault, asked, &self.identity()))
    }

    /// Sends the request. A token that is refused is discarded, so the next call fetches a fresh one.
    async fn send_once(
        &self,
        client: &GoogleClient,
        url: &str,
        parameters: &Parameters<'_>,
        asked: Asked<'_>,
    ) -> Result<Response, MeetError> {
        let token = self.token(client, asked).await?;
        let request = client.client.get(url).query(parameters).bearer_auth(token.expose());
        let response = request.timeout(http::CALL_TIMEOUT).send().await.map_err(unreachable)?;
        if response.status() == StatusCode::UNAUTHORIZED {
            client.tokens.discard(&token).await;
        }
        Ok(response)
    }
}
