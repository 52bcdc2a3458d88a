//! Verifies that a request comes from Zoom: HMAC-SHA256 over the raw body, and a fresh timestamp.
//!
//! Pure: headers, bytes, secrets and the time go in. The bytes must be the received ones. Zoom escapes some
//! characters and not others, so a body that was parsed and serialized again has another signature.

use std::time::Duration;

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::secret::Secret;

/// Largest difference between a request's timestamp and our clock, in either direction. Zoom signs each retry anew,
/// and its clock was within 15 seconds of ours. Five minutes lose no event and leave little time for a replay.
pub const FRESH_WITHIN: Duration = Duration::from_secs(300);

/// The header with the signature: `v0=` and the digest.
pub const SIGNATURE_HEADER: &str = "x-zm-signature";

/// The header with the time of sending.
pub const TIMESTAMP_HEADER: &str = "x-zm-request-timestamp";

/// The only scheme that Zoom uses.
const SCHEME: &str = "v0";

/// Hex digits of an HMAC-SHA256.
const DIGEST_DIGITS: usize = 64;

/// Why a request is refused. Only the log shows it; the sender gets 401 without a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is missing, repeated, or not text.
    #[error("a signature header is missing, repeated or unreadable")]
    Headers,
    /// The timestamp is neither ten digits (seconds) nor thirteen (milliseconds).
    #[error("the timestamp is not a number of seconds or milliseconds")]
    Timestamp,
    /// The signature is not `v0=` and 64 lower-case hex digits.
    #[error("the signature does not have the form v0=<64 hex digits>")]
    Form,
    /// None of the secrets makes this signature.
    #[error("the signature matches none of the Secret Tokens")]
    Signature,
    /// The signature is valid, but the timestamp is too old or too far ahead.
    #[error("the timestamp is more than {}s from now", FRESH_WITHIN.as_secs())]
    Stale,
}

/// The two headers of a signed request, unparsed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'h> {
    /// The timestamp's text is part of the signed text.
    pub timestamp: &'h str,
    /// `v0=` and 64 hex digits.
    pub signature: &'h str,
}

impl Refusal {
    /// The kind of refusal in one word, for counters.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Headers => "headers",
            Self::Timestamp => "timestamp",
            Self::Form => "form",
            Self::Signature => "signature",
            Self::Stale => "stale",
        }
    }
}

impl<'h> Signed<'h> {
    /// Reads the two headers. Each must be there exactly once.
    ///
    /// # Errors
    /// When a header is missing, repeated, or not text.
    pub fn from_headers(headers: &'h HeaderMap) -> Result<Self, Refusal> {
        let only = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => value.to_str().map_err(|_| Refusal::Headers),
                _ => Err(Refusal::Headers),
            }
        };
        Ok(Self { timestamp: only(TIMESTAMP_HEADER)?, signature: only(SIGNATURE_HEADER)? })
    }

    /// Checks what needs no body: the form of both headers, and the timestamp.
    ///
    /// # Errors
    /// The [`Refusal`], which holds for any body.
    pub fn check_headers(&self, now: Timestamp) -> Result<(), Refusal> {
        check_fresh(milliseconds(self.timestamp).ok_or(Refusal::Timestamp)?, now)?;
        let digits = self.signature.strip_prefix(SCHEME).and_then(|rest| rest.strip_prefix('='));
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_formed = |digits: &str| digits.len() == DIGEST_DIGITS && digits.bytes().all(is_digit);
        if digits.is_some_and(is_formed) { Ok(()) } else { Err(Refusal::Form) }
    }

    /// Verifies signature and timestamp. Returns the secret that matches: the answer to Zoom's challenge needs the
    /// same one.
    ///
    /// # Errors
    /// The [`Refusal`].
    pub fn verify<'s>(
        &self,
        body: &[u8],
        secrets: &'s [Secret],
        now: Timestamp,
    ) -> Result<&'s Secret, Refusal> {
        let sent_at = milliseconds(self.timestamp).ok_or(Refusal::Timestamp)?;
        let fits = |secret: &&Secret| {
            let expected = signature(secret, self.timestamp, body);
            // `ct_eq` compares the lengths first: a signature's length is no secret.
            bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes()))
        };
        // With an empty key anyone could sign. The configuration refuses an empty secret, and so does this
        // function.
        let mut usable = secrets.iter().filter(|secret| !secret.expose().is_empty());
        let secret = usable.find(fits).ok_or(Refusal::Signature)?;
        check_fresh(sent_at, now).map(|()| secret)
    }
}

fn check_fresh(sent_at: i64, now: Timestamp) -> Result<(), Refusal> {
    let distance = now.as_millisecond().abs_diff(sent_at);
    if u128::from(distance) <= FRESH_WITHIN.as_millis() { Ok(()) } else { Err(Refusal::Stale) }
}

/// The signature that Zoom sends for this body: `v0=` and lower-case hex.
pub fn signature(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let digest = hmac(secret, &[SCHEME.as_bytes(), b":", timestamp.as_bytes(), b":", body]);
    format!("{SCHEME}={digest}")
}

/// The answer to Zoom's challenge: the HMAC of the token under the app's secret, in lower-case hex.
pub fn encrypted_token(secret: &Secret, plain_token: &str) -> String {
    hmac(secret, &[plain_token.as_bytes()])
}

fn hmac(secret: &Secret, parts: &[&[u8]]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Parses the timestamp's header. Ten digits are seconds; thirteen, found in old captures from Zoom, are
/// milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => number.checked_mul(1000),
        13 => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_720_705_455;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn verify(timestamp: &str, signature: &str, secrets: &[&str]) -> Result<String, Refusal> {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new(*text)).collect();
        Signed { timestamp, signature }
            .verify(b"{}", &secrets, at(NOW))
            .map(|secret| secret.expose().to_owned())
    }

    fn signed(timestamp: &str) -> String {
        signature(&Secret::new("key"), timestamp, b"{}")
    }

    #[test]
    fn the_window_is_five_minutes_both_ways() {
        let at = |seconds: i64| {
            let timestamp = seconds.to_string();
            verify(&timestamp, &signed(&timestamp), &["key"])
        };
        assert_eq!(at(NOW - 300), Ok("key".to_owned()));
        assert_eq!(at(NOW + 300), Ok("key".to_owned()));
        assert_eq!(at(NOW - 301), Err(Refusal::Stale));
        assert_eq!(at(NOW + 301), Err(Refusal::Stale));
    }

    #[test]
    fn thirteen_digits_are_milliseconds_and_all_else_is_no_time() {
        let millis = format!("{NOW}123");
        assert_eq!(verify(&millis, &signed(&millis), &["key"]), Ok("key".to_owned()));
        let old = format!("{}999", NOW - 301);
        assert_eq!(verify(&old, &signed(&old), &["key"]), Err(Refusal::Stale));
        for text in
            ["", "0", "+172070545", "-172070545", "172070545.", "17207054551", "١٧٢٠٧٠٥٤٥٥", " 1720705455"]
        {
            assert_eq!(verify(text, &signed(text), &["key"]), Err(Refusal::Timestamp), "{text:?}");
        }
    }

    #[test]
    fn every_secret_is_tried_and_the_one_that_fits_is_told() {
        let (timestamp, signature) = (NOW.to_string(), signed(&NOW.to_string()));
        assert_eq!(verify(&timestamp, &signature, &["new", "key", "old"]), Ok("key".to_owned()));
        assert_eq!(verify(&timestamp, &signature, &["new", "old"]), Err(Refusal::Signature));
        assert_eq!(verify(&timestamp, &signature, &[]), Err(Refusal::Signature));
        let empty = super::signature(&Secret::new(""), &timestamp, b"{}");
        assert_eq!(verify(&timestamp, &empty, &[""]), Err(Refusal::Signature));
    }

    #[test]
    fn a_signature_must_fit_to_the_letter() {
        let (timestamp, signature) = (NOW.to_string(), signed(&NOW.to_string()));
        let digits = &signature[3..];
        for bad in ["", "v0=", digits, &signature[..66], &format!("{signature}0"), &format!("v1={digits}")] {
            assert_eq!(verify(&timestamp, bad, &["key"]), Err(Refusal::Signature), "{bad:?}");
        }
    }

    #[test]
    fn what_needs_no_body_is_checked_without_one() {
        let check = |timestamp: &str, signature: &str| Signed { timestamp, signature }.check_headers(at(NOW));
        let (now, digits) = (NOW.to_string(), "0a".repeat(32));
        assert_eq!(check(&now, &format!("v0={digits}")), Ok(()));
        assert_eq!(check(&now, &signed(&now)), Ok(()));
        assert_eq!(check("1720705455 ", &signed(&now)), Err(Refusal::Timestamp));
        assert_eq!(check(&(NOW - 301).to_string(), &signed(&now)), Err(Refusal::Stale));
        assert_eq!(check(&(NOW + 301).to_string(), &signed(&now)), Err(Refusal::Stale));
        let upper = digits.to_uppercase();
        for bad in [
            "",
            "v0",
            "v0=",
            &digits,
            &format!("v0={upper}"),
            &format!("v1={digits}"),
            &format!("v0={digits}0"),
        ] {
            assert_eq!(check(&now, bad), Err(Refusal::Form), "{bad:?}");
        }
    }

    #[test]
    fn each_header_comes_once() {
        let mut headers = HeaderMap::new();
        assert_eq!(Signed::from_headers(&headers).err(), Some(Refusal::Headers));
        headers.append(TIMESTAMP_HEADER, "1".parse().unwrap());
        assert_eq!(Signed::from_headers(&headers).err(), Some(Refusal::Headers));
        headers.append(SIGNATURE_HEADER, "v0=".parse().unwrap());
        assert!(Signed::from_headers(&headers).is_ok());
        headers.append(SIGNATURE_HEADER, "v0=".parse().unwrap());
        assert_eq!(Signed::from_headers(&headers).err(), Some(Refusal::Headers));
    }

    proptest! {
        #[test]
        fn no_text_passes_without_the_secret(timestamp in ".*", signature in ".*") {
            prop_assert!(verify(&timestamp, &signature, &["key"]).is_err());
        }

        #[test]
        fn no_header_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = axum::http::HeaderValue::from_bytes(&bytes) {
                headers.append(TIMESTAMP_HEADER, value.clone());
                headers.append(SIGNATURE_HEADER, value);
            }
            if let Ok(signed) = Signed::from_headers(&headers) {
                let secrets = [Secret::new("key")];
                prop_assert!(signed.verify(b"{}", &secrets, at(NOW)).is_err(), "unsigned");
            }
        }

        #[test]
        fn one_changed_byte_is_noticed(body in proptest::collection::vec(any::<u8>(), 1..200), at_byte in any::<prop::sample::Index>()) {
            let secret = Secret::new("key");
            let timestamp = NOW.to_string();
            let signature = signature(&secret, &timestamp, &body);
            let signed = Signed { timestamp: &timestamp, signature: &signature };
            let secrets = [secret];
            prop_assert!(signed.verify(&body, &secrets, at(NOW)).is_ok());
            prop_assert_eq!(signed.check_headers(at(NOW)), Ok(()));
            let mut forged = body;
            let index = at_byte.index(forged.len());
            forged[index] ^= 1;
            prop_assert_eq!(signed.verify(&forged, &secrets, at(NOW)).err(), Some(Refusal::Signature));
        }
    }
}
