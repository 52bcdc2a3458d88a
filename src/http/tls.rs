//! Which servers are trusted: those that the system's certificates vouch for.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::ClientError;

/// The settings of TLS connections of HTTP/1.1.
///
/// # Errors
/// When TLS cannot be set up, even with the bundled root certificates.
pub(super) fn config() -> Result<ClientConfig, ClientError> {
    let provider =
        CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError(error.to_string()))?;
    let mut config = match Verifier::new(provider) {
        Ok(system) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(system)).with_no_client_auth()
        }
        // A minimal image has no system certificates. Then the bundled ones are used.
        Err(_) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
