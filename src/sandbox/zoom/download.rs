//! Download URLs: the tokens that they accept, and the redirect to the media host.

use hyper::Method;
use hyper::header::LOCATION;

use super::super::faults::Canned;
use super::Zoom;
use super::reply::{self, Reply};
use super::request::Asked;
use super::tokens::Verdict;
use super::world::Link;

impl Zoom {
    /// The kind of a request's token, for the transcript.
    pub(super) fn token_kind(&self, asked: &Asked) -> &'static str {
        match asked.bearer().map(|token| self.world().issuer.check(token)) {
            None => "no token",
            Some(Verdict::Access(_)) => "the account's token",
            Some(Verdict::Download) => "a download token",
            Some(Verdict::Expired) => "an expired token",
            Some(Verdict::Foreign) => "a foreign token",
        }
    }

    /// `/rec/webhook_download/...` and `/rec/download/...`: 302 to a fresh signed link.
    ///
    /// Zoom fails in web pages here: a login page with status 200 for a token that is not good, and a 404
    /// page for a file that is gone or whose sibling was deleted since the URL was listed.
    pub(super) fn download(&self, asked: &Asked, opaque: &str) -> Reply {
        if asked.method != Method::GET && asked.method != Method::HEAD {
            self.violation(format!("a download is no {}", asked.method));
            return Err(Canned::html(404));
        }
        if asked.param("access_token").is_some() {
            // `note_violations` has noted the parameter; this one also leaks into every log on the way.
            self.violation("a token in the address of a download");
            return Err(Canned::zoom(401, 124, "Invalid access token."));
        }
        let mut world = self.world();
        let is_right = |link: &&Link| asked.path == format!("/rec/{}/{opaque}", link.path);
        let Some(link) = world.links.get(opaque).filter(is_right).cloned() else {
            return Err(Canned::html(404));
        };
        let Some(token) = asked.bearer() else {
            self.violation("a download without a bearer token");
            return Err(Canned::html(200));
        };
        match world.issuer.check(token) {
            Verdict::Access(_) => {}
            Verdict::Download if link.token.as_deref() == Some(token) => {}
            Verdict::Download => {
                self.violation("a download token was used with an address of another event or listing");
                return Err(Canned::html(200));
            }
            // `note_violations` has noted foreign ones.
            Verdict::Expired | Verdict::Foreign => return Err(Canned::html(200)),
        }
        let found = world.stored(&link.uuid, link.key).filter(|(kept, stored)| {
            stored.is_present()
                && kept.epoch == link.epoch
                // An event's URLs work although the API does not show the recording yet.
                && !(kept.is_processing && link.path == "download")
                && !stored.file.is_processing()
        });
        let Some((_, stored)) = found else { return Err(Canned::html(404)) };
        let stored = stored.clone();
        let location = world.sign(&link.uuid, &stored, link.path);
        let mut response = reply::empty(302);
        reply::set(&mut response, LOCATION, &location);
        Ok(response)
    }
}
