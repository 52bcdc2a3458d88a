//! The service account's key: made once per process, never written down.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A generated key pair.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) pem: String,
    public: Vec<u8>,
}

/// Making an RSA key takes a good part of a second: all sandboxes of a process share one.
pub(super) fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("2048 bits is a size that aws-lc makes");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("a key that was just made can be written");
        let public = pair.public_key().as_ref().to_vec();
        let id = hex::encode(&Sha256::digest(&public)[..20]);
        Key { id, pem: pem(der.as_ref()), public }
    })
}

/// Was this signed with the service account's key?
pub(super) fn verifies(message: &[u8], signature: &[u8]) -> bool {
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key().public);
    public.verify(message, signature).is_ok()
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let (mut lines, mut rest) = (String::from("-----BEGIN PRIVATE KEY-----\n"), text.as_str());
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        lines.push_str(line);
        lines.push('\n');
        rest = after;
    }
    lines.push_str("-----END PRIVATE KEY-----\n");
    lines
}
