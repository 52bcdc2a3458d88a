//! Attacks on the door: forms of other sites, planted and old cookies, guessed tokens, hostile forms.

mod forms;
mod guesses;
mod sessions;

use super::{Answer, Browser, TOKEN, opened};

/// Headers of every answer, with a part of their value.
const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", "frame-ancestors 'none'"),
    ("content-security-policy", "default-src 'none'"),
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

/// Holds what is promised of every answer but that of a file.
fn assert_closed(answer: &Answer, what: &str) {
    for (name, part) in HEADERS {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{what}: {name}");
        assert!(values[0].to_str().unwrap().contains(part), "{what}: {name}: {values:?}");
    }
    assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
    for name in ["etag", "last-modified", "accept-ranges", "access-control-allow-origin"] {
        assert!(!answer.headers.contains_key(name), "{what}: {name}");
    }
}

#[tokio::test]
async fn no_answer_can_be_framed_kept_or_asked_for_in_parts() {
    let (_world, _life, browser) = opened(&[]).await;
    let nobody = Browser::new(&browser.url);
    let paths = [
        "/",
        "/dashboard",
        "/dashboard/",
        "/dashboard/login",
        "/dashboard/login?unknown=1",
        "/dashboard/logout",
        "/dashboard/no/such/page",
        "/dashboard/assets/nothing.css",
        "/dashboard/assets/style.css",
        "/dashboard/assets/style.css?v=another",
    ];
    for path in paths {
        for (who, of) in [("Ann", &browser), ("nobody", &nobody)] {
            assert_closed(&of.get(path).await, &format!("{path} for {who}"));
            let request = of.client.get(format!("{}{path}", of.url));
            let request = request.header("range", "bytes=0-3").header("if-none-match", "*");
            let part = of.send(request.header("if-modified-since", "Tue, 01 Jan 2030 00:00:00 GMT")).await;
            assert!(![206, 304, 416].contains(&part.status), "{path} for {who}: {}", part.status);
            let wrong = of.send(of.client.delete(format!("{}{path}", of.url))).await;
            assert_closed(&wrong, &format!("DELETE {path} for {who}"));
            assert!([303, 405, 404].contains(&wrong.status), "{path} for {who}: {}", wrong.status);
        }
    }
    let page = browser.get("/dashboard").await.body;
    let style =
        page.split("href=\"").find(|part| part.starts_with("/dashboard/assets/style.css?v=")).unwrap();
    let style = nobody.get(style.split('"').next().unwrap()).await;
    assert_eq!(style.headers["cache-control"], "public, max-age=31536000, immutable");
    assert!(style.status == 200 && style.headers["x-frame-options"] == "DENY");
}

#[tokio::test]
async fn the_apis_token_opens_no_page_and_a_cookie_opens_no_route_of_the_api() {
    let (_world, life, browser) = opened(&[]).await;
    for path in ["/admin/jobs", "/admin/status", "/admin/audit", "/admin/nothing"] {
        assert_eq!(browser.get(path).await.status, 401, "{path}");
    }
    assert_eq!(browser.post("/admin/jobs/1/retry", &[]).await.status, 401);
    let nobody = Browser::new(&life.url);
    for path in ["/dashboard", "/dashboard/system", "/dashboard/no/such/page"] {
        let bearer = nobody.client.get(format!("{}{path}", life.url)).bearer_auth(TOKEN);
        assert_eq!(nobody.send(bearer).await.status, 303, "{path}");
        let basic = nobody.client.get(format!("{}{path}", life.url)).basic_auth("admin", Some(TOKEN));
        assert_eq!(nobody.send(basic).await.status, 303, "{path}");
        assert_eq!(nobody.get(&format!("{path}?token={TOKEN}")).await.status, 303, "{path}");
    }
}
