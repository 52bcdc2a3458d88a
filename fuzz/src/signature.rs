//! A request's signature headers and body: nothing is let in that no secret has signed, and all that one has.
//! Input: the timestamp, a line end, the signature, a line end, the body.
#![no_main]

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use zoom2drive::secret::Secret;
use zoom2drive::webhook::signature::{
    FRESH_WITHIN, Refusal, SIGNATURE_HEADER, Signed, TIMESTAMP_HEADER, signature,
};

/// When the seeds were signed, and with what.
const NOW: i64 = 1_720_705_455;
const SECRET: &str = "4fv1RkqGQUq5sWbEz6hA5A";

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let [timestamp, given, body] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let mut headers = HeaderMap::new();
    for (name, value) in [(TIMESTAMP_HEADER, timestamp), (SIGNATURE_HEADER, given)] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    let secrets = [Secret::new(""), Secret::new("another"), Secret::new(SECRET)];
    let now = Timestamp::from_second(NOW).expect("a time of this century");
    let verified = Signed::from_headers(&headers)
        .and_then(|signed| signed.verify(body, &secrets, now).map(|secret| (signed, secret)));
    if let Ok((signed, secret)) = verified {
        assert!(!secret.expose().is_empty());
        assert_eq!(
            signed.check_headers(now),
            Ok(()),
            "the first look refuses nothing that the second lets in"
        );
        assert_eq!(signature(secret, signed.timestamp, body), signed.signature);
        let digits: i64 = signed.timestamp.parse().expect("only digits are let through");
        let seconds = if signed.timestamp.len() == 13 { digits / 1000 } else { digits };
        assert!(seconds.abs_diff(NOW) <= FRESH_WITHIN.as_secs() + 1);
    }
    // Signed now, any body is let in; with one more byte it is not.
    let timestamp = NOW.to_string();
    let genuine = signature(&secrets[2], &timestamp, body);
    let signed = Signed { timestamp: &timestamp, signature: &genuine };
    assert_eq!(signed.verify(body, &secrets, now).map(Secret::expose), Ok(SECRET));
    let longer = [body, b" "].concat();
    assert_eq!(signed.verify(&longer, &secrets, now).err(), Some(Refusal::Signature));
});
