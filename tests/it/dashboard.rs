//! The pages over real HTTP: who comes in, what they say, what can be done, and what attackers get.

mod acts;
mod all_pages;
mod attacks;
mod check;
mod cookies;
mod doctor;
mod events;
mod filled;
mod hosts;
mod live;
mod login;
mod messages;
mod overview;
mod recording;
mod recordings;
mod routes;
mod settings;
mod system;
mod templates;
mod viewer;

use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;

use zoom2drive::store::{Moment, Store};

use crate::support::world::{Life, World};

/// The token of every [`World`].
pub const TOKEN: &str = "an-admin-token-for-tests";

/// A text from outside that tries everything: a script, an attribute, a template, and a turned reading direction.
pub const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{7*7}}\u{202e}";

/// One answer, read whole. Redirects are not followed.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// Where it sends the browser; empty if it does not.
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// The hostile text stands on the page as text, spelled out.
    #[track_caller]
    pub fn assert_harmless(&self) {
        let shown = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#62;&#60;img src=x onerror=alert(2)&#62;{{7*7}}\\u202e";
        assert!(self.body.contains(shown), "it is not shown: {}", self.body);
        for part in ["<script", "<img", "\u{202e}"] {
            assert!(!self.body.contains(part), "{part} is in {}", self.body);
        }
        let bare = self.body.replace(shown, "");
        assert!(!bare.contains("onerror=") && !bare.contains("alert("), "{bare}");
    }

    /// Each of these stands in the page's text.
    #[track_caller]
    pub fn assert_shows(&self, parts: &[&str]) {
        let text = self.text();
        for part in parts {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    /// The page's text as a person reads it: without tags, spaces in a row as one.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut is_tag = false;
        // These stand around text from outside, within sentences.
        for c in self.body.replace("<bdi>", "").replace("</bdi>", "").chars() {
            match c {
                '<' => is_tag = true,
                '>' => {
                    is_tag = false;
                    text.push(' ');
                }
                _ if !is_tag => text.push(c),
                _ => {}
            }
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A browser as far as HTTP goes: it keeps the cookie, and sends the headers of a browser with its forms.
pub struct Browser {
    pub client: reqwest::Client,
    pub url: String,
    /// `name=value`; empty before the login.
    pub cookie: String,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, url: url.to_owned(), cookie: String::new() }
    }

    /// A browser that has logged in by the real form.
    pub async fn logged_in(life: &Life) -> Self {
        let mut browser = Self::new(&life.url);
        let answer = browser.log_in("Ann", TOKEN).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }

    /// Sends the login's form, and keeps the cookie.
    pub async fn log_in(&mut self, name: &str, token: &str) -> Answer {
        let answer = self.post("/dashboard/login", &[("name", name), ("token", token)]).await;
        self.keep_cookie(&answer);
        answer
    }

    fn keep_cookie(&mut self, answer: &Answer) {
        if let Some(cookie) = answer.headers.get(SET_COOKIE) {
            self.cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.url))).await
    }

    /// Sends a form of the page's own.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).form(form);
        self.send(request.header("sec-fetch-site", "same-origin").header("origin", &self.url)).await
    }

    /// Sends any request, with the cookie.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) };
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.unwrap() }
    }
}

/// A running service and a browser that is logged in.
pub async fn opened(settings: &[(&str, &str)]) -> (World, Life, Browser) {
    let world = World::with(settings).await;
    let life = world.live().await;
    let browser = Browser::logged_in(&life).await;
    (world, life, browser)
}

/// The calls of a store that have written since [`count_writes`]. Those of the worker and the housekeeping are not
/// among them.
pub struct Writes(Arc<Mutex<Vec<&'static str>>>);

impl Writes {
    pub fn now(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

/// What a service does by itself.
const BY_ITSELF: [&str; 13] = [
    "acquire_singleton",
    "renew_singleton",
    "end_singleton",
    "shelve_old",
    "blank_old",
    "forget_events",
    "forget_troubles",
    "forget_messages",
    "forget_sessions",
    "wipe_secrets",
    "release_probe",
    "take_probe",
    "claim_job",
];

/// Counts what a store writes from now on.
pub fn count_writes(store: &Store) -> Writes {
    let seen: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let seeing = seen.clone();
    store.hook_commits(Arc::new(move |call, moment| {
        if moment == Moment::After && !BY_ITSELF.contains(&call) {
            seeing.lock().unwrap().push(call);
        }
        Box::pin(async { Ok(()) })
    }));
    Writes(seen)
}
