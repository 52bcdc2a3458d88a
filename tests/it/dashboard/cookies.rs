//! The session's cookie: bound to this host and to https, except on this machine.

use std::time::Duration;

use super::{Answer, Browser, TOKEN};
use crate::support::world::{Life, World};

const OVER_HTTPS: &str = "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=604800";
const ON_LOOPBACK: &str = "HttpOnly; SameSite=Lax; Path=/; Max-Age=604800";

async fn log_in(life: &Life, host: &str, more: &[(&str, &str)]) -> Answer {
    let browser = Browser::new(&life.url);
    let request = browser.client.post(format!("{}/dashboard/login", life.url)).form(&[("token", TOKEN)]);
    let mut request = request.header("host", host).header("sec-fetch-site", "same-origin");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    browser.send(request).await
}

/// Name, value and attributes of the only cookie.
fn cookie(answer: &Answer) -> (String, String, String) {
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    let cookie = cookies.next().unwrap_or_else(|| panic!("no cookie: {}", answer.text())).to_str().unwrap();
    assert!(cookies.next().is_none());
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    (name.to_owned(), value.to_owned(), attributes.to_owned())
}

#[tokio::test]
async fn the_cookie_is_for_https_everywhere_but_on_this_machine() {
    let world = World::new().await;
    let life = world.live().await;
    let https = ("x-forwarded-proto", "https");
    let http = ("x-forwarded-proto", "http");
    for (host, more, is_loopback) in [
        ("localhost", None, true),
        ("localhost:8080", None, true),
        ("127.0.0.1", None, true),
        ("127.0.0.1:8080", Some(http), true),
        ("127.1.2.3:1", None, true),
        ("[::1]", None, true),
        ("[::1]:8080", None, true),
        // A proxy on this machine that passes its own name on.
        ("localhost:8080", Some(https), false),
        ("hooks.example.org", Some(https), false),
        ("hooks.example.org", None, false),
        ("hooks.example.org:8443", None, false),
        ("localhost.example.org", None, false),
        ("127.0.0.1.example.org", None, false),
        ("notlocalhost", None, false),
        ("192.168.1.7:8080", Some(http), false),
        ("10.0.0.1", None, false),
        ("[fd00::1]:8080", None, false),
        ("[::1", None, true),
        ("0.0.0.0", None, false),
    ] {
        let answer = log_in(&life, host, more.as_slice()).await;
        assert_eq!(answer.status, 303, "{host}");
        let (name, value, mut attributes) = cookie(&answer);
        attributes = sorted(&attributes);
        let expected = if is_loopback { ("z2d", ON_LOOPBACK) } else { ("__Host-z2d", OVER_HTTPS) };
        assert_eq!((&*name, attributes), (expected.0, sorted(expected.1)), "{host} {more:?}");
        assert!(value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()), "{value}");
        // It is shown under the same name, and taken away under it.
        let browser = Browser { cookie: format!("{name}={value}"), ..Browser::new(&life.url) };
        let with = |request: reqwest::RequestBuilder| {
            let request = request.header("host", host).header("sec-fetch-site", "same-origin");
            more.iter().fold(request, |request, (name, value)| request.header(*name, *value))
        };
        let page = with(browser.client.get(format!("{}/dashboard", life.url)));
        assert_eq!(browser.send(page).await.status, 200, "{host}");
        let out = browser.send(with(browser.client.post(format!("{}/dashboard/logout", life.url)))).await;
        let (gone, value, attributes) = cookie(&out);
        assert_eq!((&*gone, &*value), (expected.0, ""), "{host}");
        assert_eq!(attributes.contains("Secure"), !is_loopback, "{host}: browsers refuse it otherwise");
        assert!(attributes.contains("Max-Age=0") && attributes.contains("Path=/"), "{attributes}");
    }
}

fn sorted(attributes: &str) -> String {
    let mut attributes: Vec<&str> = attributes.split("; ").collect();
    attributes.sort_unstable();
    attributes.join("; ")
}

#[tokio::test]
async fn a_browser_that_kept_no_cookie_is_told_what_to_do() {
    let world = World::new().await;
    let life = world.live().await;
    let answer = log_in(&life, "192.168.1.7:8080", &[]).await;
    assert_eq!(answer.location(), "/dashboard/login?in=1&next=/dashboard");
    let page = Browser::new(&life.url).get(answer.location()).await;
    let text = page.text();
    assert!(text.contains("the browser did not keep the session's cookie"), "{text}");
    assert!(text.contains("https") && text.contains("ssh -L"), "{text}");
}

#[tokio::test]
async fn a_session_lasts_for_seven_days_from_the_login_however_often_it_is_used() {
    let world = World::new().await;
    let life = world.live().await;
    let browser = Browser::logged_in(&life).await;
    let before = life.store.sessions().await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let page = browser.get("/dashboard").await;
    assert!(!page.headers.contains_key("set-cookie"), "a page renews nothing");
    let after = life.store.sessions().await.unwrap();
    assert_eq!(after, before);
    assert_eq!(after[0].ends_at - after[0].began_at, 7 * 24 * 3_600_000);
}
