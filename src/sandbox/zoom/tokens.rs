//! Issues tokens, links and page tokens, and checks them.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The purpose of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The API (and, as practice shows, downloads), with these scopes.
    Access(Vec<String>),
    /// The downloads of one event or of one listing.
    Download,
}

/// The result of checking a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// An OAuth token with these scopes.
    Access(Vec<String>),
    /// A download token; the caller compares it with the link's.
    Download,
    /// Issued here, but its time is over.
    Expired,
    /// Never issued here.
    Foreign,
}

#[derive(Debug)]
struct Token {
    purpose: Purpose,
    expires: Instant,
}

/// Makes tokens and remembers every one.
#[derive(Debug)]
pub(super) struct TokenIssuer {
    /// Two sandboxes must not take each other's tokens.
    salt: String,
    count: u64,
    tokens: HashMap<String, Token>,
}

impl Default for TokenIssuer {
    fn default() -> Self {
        Self { salt: rand::random::<u64>().to_string(), count: 0, tokens: HashMap::new() }
    }
}

impl TokenIssuer {
    /// A unique text that cannot be guessed.
    pub(super) fn fresh(&mut self, label: &str) -> String {
        self.count += 1;
        opaque(&[&self.salt, label, &self.count.to_string()])
    }

    /// An OAuth token of 3,599 seconds.
    pub(super) fn access(&mut self, scopes: Vec<String>) -> String {
        let claims = serde_json::json!({"aud": "https://oauth.zoom.us", "ver": 9, "exp": seconds() + 3599});
        self.issue(Purpose::Access(scopes), &claims, Duration::from_secs(3599))
    }

    /// A download token in the shape of a JWT whose `exp` can be read without the key (facts, section 3).
    pub(super) fn download(&mut self, uuid: &str, issuer: &str, ttl: u64) -> String {
        let iat = seconds();
        let claims = serde_json::json!({"iss": issuer, "aud": "WebRecDownload", "mid": uuid,
            "iat": iat, "exp": iat + ttl});
        self.issue(Purpose::Download, &claims, Duration::from_secs(ttl))
    }

    fn issue(&mut self, purpose: Purpose, claims: &serde_json::Value, ttl: Duration) -> String {
        let header = r#"{"typ":"JWT","alg":"ES256","kid":"sandbox"}"#;
        // The signature is junk: only Zoom itself could check it.
        let signature = self.fresh("signature") + &self.fresh("signature");
        let [header, claims] =
            [header.to_owned(), claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
        let token = format!("{header}.{claims}.{signature}");
        self.tokens.insert(token.clone(), Token { purpose, expires: Instant::now() + ttl });
        token
    }

    pub(super) fn check(&self, token: &str) -> Verdict {
        match self.tokens.get(token) {
            None => Verdict::Foreign,
            Some(token) if token.expires <= Instant::now() => Verdict::Expired,
            Some(Token { purpose: Purpose::Access(scopes), .. }) => Verdict::Access(scopes.clone()),
            Some(Token { purpose: Purpose::Download, .. }) => Verdict::Download,
        }
    }

    /// Every token that was ever issued.
    pub(super) fn tokens(&self) -> impl Iterator<Item = &String> {
        self.tokens.keys()
    }

    /// Ends the life of every token issued for the API or, else, for downloads.
    pub(super) fn expire(&mut self, access: bool) {
        let now = Instant::now();
        for token in self.tokens.values_mut() {
            if matches!(token.purpose, Purpose::Access(_)) == access {
                token.expires = now;
            }
        }
    }
}

/// 43 URL-safe characters that depend on these parts only.
pub(super) fn opaque(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(parts.join("|")))
}

/// The time of day: seconds since 1970, as tokens and signatures count.
pub(super) fn seconds() -> u64 {
    milliseconds() / 1000
}

/// Milliseconds since 1970, as `event_ts` counts.
pub(super) fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
