//! An upload session must be at the origin of `GOOGLE_API_URL`.
//!
//! The session's address comes from a `Location` header, and the access token and the recording's bytes go there.
//! So scheme, host and port must be those of Drive's API. Google's sessions always have them.

use reqwest::header::{HeaderMap, LOCATION};
use url::Url;

use super::drive::Drive;
use super::upload::UploadError;
use crate::secret::SecretUrl;

impl Drive {
    /// The session in an answer's `Location`, if it has one.
    pub(crate) fn session_in(&self, headers: &HeaderMap) -> Result<Option<SecretUrl>, UploadError> {
        let Some(location) = headers.get(LOCATION).filter(|location| !location.is_empty()) else {
            return Ok(None);
        };
        let location = location.to_str().unwrap_or_default();
        session_at(&self.api_url, location).map(Some)
    }

    /// True if a session is at the current origin. A stored session may belong to another `GOOGLE_API_URL`.
    pub fn is_own_session(&self, session: &SecretUrl) -> bool {
        session_at(&self.api_url, session.expose()).is_ok()
    }

    /// Fails before anything is sent to a session at another origin.
    pub(crate) fn check_session(&self, session: &SecretUrl) -> Result<(), UploadError> {
        session_at(&self.api_url, session.expose()).map(drop)
    }
}

/// Completes a session's address. It is a secret; the error for a refused one contains only its origin.
fn session_at(api: &Url, location: &str) -> Result<SecretUrl, UploadError> {
    let url = api.join(location).map_err(|_| elsewhere(api, "an address that cannot be read"))?;
    let is_bare = url.username().is_empty() && url.password().is_none();
    if url.origin() != api.origin() || !is_bare {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        return Err(elsewhere(api, &format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or("?"))));
    }
    Ok(SecretUrl::new(url))
}

fn elsewhere(api: &Url, place: &str) -> UploadError {
    UploadError::OtherOrigin(format!(
        "Google's answer names an upload session at {place}, but GOOGLE_API_URL is at {}: neither the token nor any byte \
         was sent there. Look for a proxy that changes answers, and at GOOGLE_API_URL",
        api.origin().ascii_serialization()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(api: &str, location: &str) -> Result<String, String> {
        let api = Url::parse(api).unwrap();
        let session = session_at(&api, location);
        session.map(|session| session.expose().to_owned()).map_err(|error| error.to_string())
    }

    const GOOGLE: &str = "https://www.googleapis.com/";

    #[test]
    fn a_session_is_where_drive_is() {
        for own in [
            "https://www.googleapis.com/upload/drive/v3/files?upload_id=AB",
            "https://WWW.googleapis.com:443/upload/drive/v3/files?upload_id=AB",
            "/upload/drive/v3/files?upload_id=AB",
            "//www.googleapis.com/upload/drive/v3/files?upload_id=AB",
        ] {
            let expected = "https://www.googleapis.com/upload/drive/v3/files?upload_id=AB";
            assert_eq!(seen(GOOGLE, own).as_deref(), Ok(expected), "{own}");
        }
        assert!(seen("http://127.0.0.1:8080/google", "http://127.0.0.1:8080/elsewhere").is_ok());
    }

    #[test]
    fn a_session_elsewhere_is_refused_and_its_address_not_shown() {
        for foreign in [
            "https://evil.example/upload?upload_id=hunter2",
            "http://www.googleapis.com/upload?upload_id=hunter2",
            "https://www.googleapis.com:444/upload?upload_id=hunter2",
            "https://www.googleapis.com.evil.example/?upload_id=hunter2",
            "https://www.googleapis.com@evil.example/?upload_id=hunter2",
            "https://user:hunter2@www.googleapis.com/upload",
            "https://www.googleapis.com./upload?upload_id=hunter2",
            "//evil.example/upload?upload_id=hunter2",
            "\\\\evil.example\\upload?upload_id=hunter2",
            "https:\\\\evil.example/?upload_id=hunter2",
            "file:///etc/passwd?upload_id=hunter2",
            "data:text/plain,hunter2",
            "https://[hunter2/",
        ] {
            let said = seen(GOOGLE, foreign).unwrap_err();
            assert!(
                said.contains("GOOGLE_API_URL is at https://www.googleapis.com") && !said.contains("hunter2"),
                "{said}"
            );
        }
    }
}
