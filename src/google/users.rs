//! Identities at Google: one client for each user and scope, with tokens that are kept for their hour.
//!
//! A service account acts for a user by domain-wide delegation. Google refuses a token as a whole if one of its scopes
//! is not granted, so each token has one scope: the refusal then names the scope that is missing. A person's login has
//! one identity, whatever user is asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;

use super::GoogleClient;
use super::auth::GoogleTokens;
use crate::config::{GoogleConfig, GoogleCredentials};
use crate::live::Live;

/// Longest wait after a first failure: somebody may wait for the command.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// The clients of all users.
#[derive(Debug)]
pub struct GoogleUsers {
    client: Client,
    credentials: Live<GoogleCredentials>,
    subject: Option<String>,
    /// Wait after a first failure; doubled after each further one.
    pub(crate) wait: Duration,
    clients: Mutex<HashMap<(String, &'static str), Arc<GoogleClient>>>,
}

impl GoogleUsers {
    /// Makes the clients' factory. `calls` has an idle limit.
    pub fn new(calls: Client, config: &GoogleConfig) -> Self {
        Self {
            client: calls,
            credentials: config.credentials.clone(),
            subject: config.subject.clone(),
            wait: config.meet.retry_wait.min(WAIT_MAX),
            clients: Mutex::default(),
        }
    }

    /// True if the credentials are a person's login, which acts for nobody else.
    pub fn is_person(&self) -> bool {
        matches!(*self.credentials.now(), GoogleCredentials::AuthorizedUser { .. })
    }

    /// `GOOGLE_SUBJECT`.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The service account's numeric id, which an administrator needs for delegation; empty for a person's login.
    pub fn delegation_id(&self) -> String {
        match &*self.credentials.now() {
            GoogleCredentials::ServiceAccount { client_id, .. } => client_id.clone(),
            GoogleCredentials::AuthorizedUser { .. } => String::new(),
        }
    }

    /// The client that acts for a user with one scope. The same one is returned every time, so its token is fetched
    /// once an hour.
    pub(crate) fn client(&self, user: &str, scope: &'static str) -> Arc<GoogleClient> {
        let subject = Some(user.to_owned()).filter(|_| !self.is_person());
        let key = (subject.clone().unwrap_or_default(), scope);
        // A panic in between cannot leave the map half changed.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients.entry(key).or_insert_with(|| {
            let tokens = GoogleTokens::new(self.client.clone(), self.credentials.clone(), subject, scope);
            Arc::new(GoogleClient { client: self.client.clone(), tokens, about: None })
        });
        client.clone()
    }
}
