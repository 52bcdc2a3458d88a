//! Forms of other sites, and forms that are not as ours.

use zoom2drive::admin::audit::BEGUN;

use super::super::routes::routes;
use super::super::{Browser, TOKEN, opened};
use super::assert_closed;
use crate::support::world::{Life, World};

/// What browsers say of a form that is not the page's own.
const ELSEWHERE: [&[(&str, &str)]; 8] = [
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
    &[("sec-fetch-site", "same-site"), ("origin", "https://sibling.example.test")],
    &[("sec-fetch-site", "cross-site"), ("origin", "null")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("origin", "https://evil.test")],
    &[("origin", "null")],
    &[("origin", "file://")],
];

/// What acts leave behind.
async fn traces(life: &Life) -> (usize, usize) {
    let begun =
        life.store.audit(None).await.unwrap().iter().filter(|record| record.entry.outcome == BEGUN).count();
    (begun, life.store.sessions().await.unwrap().len())
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_and_does_nothing() {
    let (_world, life, browser) = opened(&[]).await;
    let before = traces(&life).await;
    let mut tried = 0;
    for route in routes().into_iter().filter(|route| route.has_post) {
        let url = format!("{}{}", browser.url, route.path());
        for headers in ELSEWHERE {
            let mut request = browser.client.post(&url).form(&[("token", TOKEN)]);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{} {headers:?}", route.pattern);
            assert_closed(&answer, &route.pattern);
            assert!(!answer.headers.contains_key("set-cookie"), "{}", route.pattern);
            tried += 1;
        }
    }
    assert!(tried >= 2 * ELSEWHERE.len());
    assert_eq!(traces(&life).await, before);
    assert_eq!(browser.get("/dashboard").await.status, 200, "nobody was logged out");
    // A browser that does not tell the site, and one whose user pressed reload.
    for headers in [&[("origin", &*browser.url)][..], &[("sec-fetch-site", "none")], &[]] {
        let mut request = browser.client.post(format!("{}/dashboard/no/such/page", browser.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(browser.send(request).await.status, 404, "{headers:?}");
    }
}

#[tokio::test]
async fn after_the_login_nobody_is_sent_elsewhere() {
    let (_world, life, ann) = opened(&[]).await;
    let nobody = Browser::new(&life.url);
    for next in [
        "//evil",
        "/\\evil",
        "https:evil",
        "https://evil/dashboard",
        "/dashboard/../..//evil",
        "%2f%2fevil",
        "/dashboard%2f..%2f",
        "/dashboard\r\nset-cookie: a=b",
        "/dashboard\nlocation: //evil",
        "javascript:alert(1)",
        "/dashboard?next=//evil",
        "\u{202e}/dashboard",
        "/admin/jobs",
        "/dashboard/logout",
    ] {
        let answer = nobody.post("/dashboard/login", &[("token", TOKEN), ("next", next)]).await;
        assert_eq!(
            (answer.status, answer.location()),
            (303, "/dashboard/login?in=1&next=/dashboard"),
            "{next:?}"
        );
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1);
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let answer = ann.get(&format!("/dashboard/login?{query}")).await;
        assert_eq!((answer.status, answer.location()), (303, "/dashboard"), "{next:?}");
        let form = nobody.get(&format!("/dashboard/login?{query}")).await;
        assert!(form.body.contains("name=\"next\" value=\"/dashboard\""), "{next:?}");
    }
}

#[tokio::test]
async fn hostile_names_are_text_and_huge_or_odd_forms_are_refused() {
    let world = World::new().await;
    let life = world.live().await;
    let nobody = Browser::new(&life.url);
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}}",
        "javascript:alert(1)",
        "\u{202e}nnA\u{0}\u{7}",
        "' autofocus onfocus='alert(1)",
    ] {
        let mut browser = Browser::new(&life.url);
        assert_eq!(browser.log_in(name, TOKEN).await.status, 303, "{name}");
        let refused = nobody.post("/dashboard/login", &[("name", name), ("token", "wrong")]).await;
        for body in [browser.get("/dashboard").await.body, refused.body] {
            for raw in ["<script>alert", "<img", "\u{202e}", "\u{7}", "\0", ">49<", "' autofocus"] {
                assert!(!body.contains(raw), "{name}: {raw}: {body}");
            }
        }
    }
    let mebibyte = "x".repeat(1024 * 1024);
    for (form, status) in [
        (vec![("name", &*mebibyte), ("token", TOKEN)], 413),
        (vec![("name", "Ann"), ("token", &*mebibyte)], 413),
        (vec![("name", "Ann")], 422),
        (vec![("token", TOKEN), ("token", TOKEN)], 422),
        (vec![("token", TOKEN), ("role<b>\u{202e}", "admin")], 422),
    ] {
        let answer = nobody.post("/dashboard/login", &form).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_closed(&answer, "a form");
        assert!(!answer.body.contains("<b>") && !answer.body.contains('\u{202e}'), "{}", answer.body);
        assert!(!answer.headers.contains_key("set-cookie") && !answer.body.contains(TOKEN));
    }
    let url = format!("{}/dashboard/login", life.url);
    let bodies: [(&str, Vec<u8>, u16); 6] = [
        ("application/json", format!("{{\"token\":\"{TOKEN}\"}}").into_bytes(), 415),
        ("multipart/form-data; boundary=x", format!("--x\r\n\r\n{TOKEN}\r\n--x--").into_bytes(), 415),
        ("text/plain", format!("token={TOKEN}").into_bytes(), 415),
        ("", format!("token={TOKEN}").into_bytes(), 415),
        ("application/x-www-form-urlencoded", b"token=\xff\xfe".to_vec(), 401),
        ("application/x-www-form-urlencoded", b"token=%ff%fe&name=%00".to_vec(), 401),
    ];
    for (kind, body, status) in bodies {
        let mut request = nobody.client.post(&url).body(body);
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        let answer = nobody.send(request).await;
        assert_eq!(answer.status, status, "{kind}: {}", answer.text());
        assert_closed(&answer, kind);
    }
}
