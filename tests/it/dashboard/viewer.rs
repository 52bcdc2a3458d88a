//! People who may only look: by the `VIEWER_TOKEN`, or named by a proxy in front.

use super::routes::routes;
use super::{Answer, Browser, TOKEN};
use crate::support::world::{Life, World};

const VIEWERS: &str = "for-those-who-only-look";
const SECRET: &str = "a-secret-of-the-proxy";
const ANN: &str = "ann@example.org";

async fn viewer(life: &Life) -> Browser {
    let mut browser = Browser::new(&life.url);
    let answer = browser.log_in("Vi", VIEWERS).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    browser
}

#[tokio::test]
async fn a_viewer_sees_pages_without_buttons_and_can_press_none() {
    let world = World::with(&[("VIEWER_TOKEN", VIEWERS)]).await;
    let life = world.live().await;
    let browser = viewer(&life).await;
    let page = browser.get("/dashboard").await.text();
    assert!(page.contains("Vi may only look Log out"), "{page}");
    let written = life.store.audit(None).await.unwrap();
    assert_eq!(written[0].entry.who, "Vi (so named), viewer at the dashboard, from 127.0.0.1");
    for route in routes().into_iter().filter(|route| !route.is_for_all()) {
        let path = route.path();
        if route.has_post {
            let answer = browser.post(&path, &[]).await;
            assert_eq!(answer.status, 403, "POST {}", route.pattern);
        }
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS"] {
            let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
            let request = browser.client.request(method.clone(), format!("{}{path}", life.url));
            assert_eq!(browser.send(request).await.status, 403, "{method} {}", route.pattern);
        }
        if !route.has_get || path == "/dashboard/live" {
            continue;
        }
        let answer = browser.get(&path).await;
        if route.has_post && route.pattern != "/dashboard/{*rest}" {
            assert_eq!(answer.status, 403, "GET {} leads to an act", route.pattern);
        }
        let forms = answer.body.matches("method=\"post\"").count();
        let of_the_frame = answer.body.matches("action=\"/dashboard/logout\"").count();
        assert_eq!(forms, of_the_frame, "{} shows a button: {}", route.pattern, answer.body);
    }
    assert_eq!(life.store.audit(None).await.unwrap(), written, "nothing was even tried");
    let out = browser.post("/dashboard/logout", &[]).await;
    assert_eq!((out.status, browser.get("/dashboard").await.status), (303, 303));
}

#[tokio::test]
async fn the_viewers_token_reads_the_api_and_changes_nothing_there() {
    let world = World::with(&[("VIEWER_TOKEN", VIEWERS)]).await;
    let life = world.live().await;
    let client = Browser::new(&life.url);
    let call = async |method: reqwest::Method, path: &str, token: &str| {
        let request = client.client.request(method, format!("{}{path}", life.url)).bearer_auth(token);
        client.send(request).await
    };
    for path in ["/admin/jobs", "/admin/events", "/admin/status", "/admin/pauses", "/admin/audit"] {
        assert_eq!(call(reqwest::Method::GET, path, VIEWERS).await.status, 200, "{path}");
        assert_eq!(call(reqwest::Method::HEAD, path, VIEWERS).await.status, 200, "{path}");
    }
    let acts = [
        "/admin/jobs/1/retry",
        "/admin/jobs/1/cancel",
        "/admin/events/1/replay",
        "/admin/pauses/drive/probe",
    ];
    for path in acts {
        for method in [reqwest::Method::POST, reqwest::Method::PUT, reqwest::Method::DELETE] {
            let answer = call(method.clone(), path, VIEWERS).await;
            assert_eq!(answer.status, 403, "{method} {path}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
    }
    assert_eq!(call(reqwest::Method::POST, acts[3], TOKEN).await.status, 200);
    let trail = life.store.audit(None).await.unwrap();
    assert_eq!(trail.len(), 2, "what was refused is no act: {trail:#?}");
    assert_eq!(trail[0].entry.who, "admin from 127.0.0.1");
}

#[tokio::test]
async fn without_an_admins_token_everybody_can_only_look() {
    let world = World::with(&[("ADMIN_TOKEN", ""), ("VIEWER_TOKEN", VIEWERS)]).await;
    let life = world.live().await;
    let browser = viewer(&life).await;
    assert_eq!(browser.get("/dashboard").await.status, 200);
    assert_eq!(browser.post("/dashboard/no/such/page", &[]).await.status, 403);
    let mut other = Browser::new(&life.url);
    for token in ["", " ", TOKEN] {
        assert_eq!(other.log_in("Ann", token).await.status, 401, "{token:?}");
    }
    let none = World::with(&[("ADMIN_TOKEN", "")]).await;
    let life = none.live().await;
    let nobody = Browser::new(&life.url);
    for path in ["/", "/dashboard", "/dashboard/login", "/admin/jobs"] {
        assert_eq!(nobody.get(path).await.status, 404, "{path}: without a token there is no such page");
    }
}

/// A request as a proxy, or somebody who plays one, would send it.
async fn as_proxy(browser: &Browser, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = browser.client.request(method, format!("{}{path}", browser.url));
    let request = request.header("sec-fetch-site", "same-origin");
    browser.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_proxy_that_proves_itself_says_who_somebody_is() {
    let world = World::with(&[
        ("DASHBOARD_USER_HEADER", "X-Forwarded-Email"),
        ("DASHBOARD_PROXY_SECRET", SECRET),
        ("DASHBOARD_ADMINS", "ann@example.org, cy@example.org"),
    ])
    .await;
    let life = world.live().await;
    let browser = Browser::new(&life.url);
    let proxy = ("X-Zoom2drive-Proxy", SECRET);
    let by = |name| ("X-Forwarded-Email", name);
    let ann = as_proxy(&browser, "GET", "/dashboard", &[proxy, by(ANN)]).await;
    assert!(ann.status == 200 && ann.text().contains(ANN), "{}", ann.text());
    assert!(!ann.text().contains("may only look") && !ann.text().contains("Log out"), "{}", ann.text());
    assert!(!ann.headers.contains_key("set-cookie"));
    assert_eq!(as_proxy(&browser, "POST", "/dashboard/no/such/page", &[proxy, by(ANN)]).await.status, 404);
    let bo = as_proxy(&browser, "GET", "/dashboard", &[proxy, by("bo@example.org")]).await;
    assert!(bo.status == 200 && bo.text().contains("bo@example.org may only look"), "{}", bo.text());
    let pressed = as_proxy(&browser, "POST", "/dashboard/no/such/page", &[proxy, by("bo@example.org")]).await;
    assert_eq!(pressed.status, 403);
    let hostile = "<script>alert(1)</script>\"><img>";
    let page = as_proxy(&browser, "GET", "/dashboard", &[proxy, by(hostile)]).await;
    assert!(page.status == 200 && !page.body.contains("<script>a") && !page.body.contains("<img"));

    let [wrong, empty] = ["a-secret-of-the-pro", ""].map(|secret| ("X-Zoom2drive-Proxy", secret));
    for headers in [
        &[by(ANN)][..],
        &[by(ANN), wrong],
        &[by(ANN), empty],
        &[by(ANN), proxy, proxy],
        &[by(ANN), proxy, wrong],
        &[by(ANN), by("bo@example.org"), proxy],
        &[by(""), proxy],
        &[proxy],
        &[("X-Forwarded-User", ANN), proxy],
        &[("authorization", "Bearer a-secret-of-the-proxy"), by(ANN)],
    ] {
        for path in ["/dashboard", "/dashboard/no/such/page"] {
            let with = as_proxy(&browser, "GET", path, headers).await;
            let without = browser.get(path).await;
            assert_eq!((with.status, with.location()), (303, without.location()), "{headers:?}");
            assert_eq!(with.body, without.body);
            let posted = as_proxy(&browser, "POST", path, headers).await;
            assert_eq!((posted.status, posted.location()), (303, "/dashboard/login?again=1"), "{headers:?}");
        }
    }
    // A form of another site is refused as well: the proxy's cookie comes by itself.
    let request = browser.client.post(format!("{}/dashboard/no/such/page", life.url));
    let request = request.header("sec-fetch-site", "cross-site").header(proxy.0, proxy.1);
    assert_eq!(browser.send(request.header("X-Forwarded-Email", ANN)).await.status, 403);
    assert_eq!(as_proxy(&browser, "GET", "/admin/jobs", &[proxy, by(ANN)]).await.status, 401);
    // Whom the proxy calls a viewer may still log in with the token.
    let mut bo = Browser::new(&life.url);
    let form = as_proxy(&bo, "GET", "/dashboard/login", &[proxy, by("bo@example.org")]).await;
    assert_eq!(form.status, 200);
    bo.log_in("Bo", TOKEN).await;
    let page = as_proxy(&bo, "GET", "/dashboard", &[proxy, by("bo@example.org")]).await;
    assert!(page.text().contains("Bo Log out"), "{}", page.text());
}

#[tokio::test]
async fn a_proxy_alone_is_enough_and_opens_no_api() {
    let world = World::with(&[
        ("ADMIN_TOKEN", ""),
        ("DASHBOARD_USER_HEADER", "X-Forwarded-Email"),
        ("DASHBOARD_PROXY_SECRET", SECRET),
    ])
    .await;
    let life = world.live().await;
    let browser = Browser::new(&life.url);
    let headers = [("x-zoom2drive-proxy", SECRET), ("x-forwarded-email", ANN)];
    assert_eq!(as_proxy(&browser, "GET", "/dashboard", &headers).await.status, 200);
    assert_eq!(
        as_proxy(&browser, "POST", "/dashboard/x", &headers).await.status,
        403,
        "nobody was named an admin"
    );
    assert_eq!(as_proxy(&browser, "GET", "/admin/jobs", &headers).await.status, 404);
    assert_eq!(browser.post("/dashboard/login", &[("token", SECRET)]).await.status, 401);
}
