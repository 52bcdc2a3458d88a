//! Keys, logins and tokens, as tests hand them out and take them away.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Google, keys, token};

impl Google {
    /// The key file of a service account that is content manager of the shared drive.
    pub fn service_account_key(&self) -> Value {
        let key = keys::key();
        json!({
            "type": "service_account",
            "project_id": "sandbox-project",
            "private_key_id": key.id,
            "private_key": key.pem,
            "client_email": token::SERVICE_EMAIL,
            "client_id": "100000000000000000001",
            "token_uri": format!("{}/token", self.url()),
        })
    }

    /// The credentials file of the human, as a login with OAuth leaves it.
    pub fn authorized_user(&self) -> Value {
        json!({
            "type": "authorized_user",
            "client_id": token::CLIENT_ID,
            "client_secret": self.tokens.client_secret,
            "refresh_token": self.tokens.refresh_token,
            "token_uri": format!("{}/token", self.url()),
        })
    }

    /// Makes every access token issued so far answer 401.
    pub fn expire_tokens(&self) {
        self.tokens.expire();
    }

    /// Sets the lifetime of future tokens (an hour by default).
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.tokens.live_for(lifetime);
    }

    /// Sets the lifetime that the token endpoint announces, in seconds, whatever the real one is.
    pub fn set_announced_life(&self, seconds: Option<u64>) {
        self.tokens.announce(seconds);
    }

    /// Makes every unfinished upload session answer 404.
    pub fn expire_sessions(&self) {
        self.sessions.expire();
    }

    /// Every credential that was ever issued here: tokens and the ids of upload sessions. None of them may be
    /// seen in a log.
    pub fn handed_out(&self) -> Vec<String> {
        [self.tokens.handed_out(), self.consents().handed_out(), self.sessions.ids()].concat()
    }
}
