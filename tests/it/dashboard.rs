//! The pages over real HTTP: who comes in, what they say, what can be done, and what attackers get.

mod all_pages;
mod attacks;
mod cookies;
mod login;
mod routes;
mod templates;
mod viewer;

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::support::world::{Life, World};

/// The token of every [`World`].
pub const TOKEN: &str = "an-admin-token-for-tests";

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

    /// The page's text as a person reads it: without tags, spaces in a row as one.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut is_tag = false;
        for c in self.body.chars() {
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
