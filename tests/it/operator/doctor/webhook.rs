//! What can stand between Zoom and the service.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, Redirect};
use axum::routing::post;

use super::{assert_clean, at_rest, examine, healthy};
use crate::support::server::TestServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_instead_of_the_service_is_told_apart() {
    let world = at_rest(&[]).await;
    let stranger = Router::new()
        .route("/401/webhooks/zoom", post(async || StatusCode::UNAUTHORIZED))
        .route("/413/webhooks/zoom", post(async || StatusCode::PAYLOAD_TOO_LARGE))
        .route("/502/webhooks/zoom", post(async || (StatusCode::BAD_GATEWAY, Html("<html>"))))
        .route("/301/webhooks/zoom", post(async || Redirect::permanent("https://www.example.org/")))
        .route("/page/webhooks/zoom", post(async || Html("<!DOCTYPE html>Please sign in")))
        .route("/stall/webhooks/zoom", post(std::future::pending::<StatusCode>));
    let server = TestServer::open(stranger).await;
    for (path, found, mend) in [
        ("/401", "status 401", "another ZOOM_WEBHOOK_SECRET_TOKEN"),
        ("/404", "status 404", "POST /webhooks/zoom must reach LISTEN_ADDR"),
        ("/413", "status 413", "client_max_body_size"),
        ("/502", "status 502 with a web page", "does not reach the service"),
        ("/301", "status 308", "follows no redirects"),
        ("/page", "status 200 with a web page", "That is not this service"),
        ("/stall", "no answer came in time", "firewall"),
    ] {
        let examined = examine(&world, &[("PUBLIC_URL", &server.url(path))]).await;
        examined.assert_only_broken(&["webhook.reached"]);
        examined.assert("webhook.reached", "broken", found, mend);
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let tls = server.url("").replace("http:", "https:");
    for (url, found, mend) in [
        (format!("http://{nobody}"), "connection is refused", "Start the proxy"),
        (tls, "the TLS handshake fails", "certificate"),
    ] {
        let examined = examine(&world, &[("PUBLIC_URL", &url)]).await;
        examined.assert_only_broken(&["webhook.reached"]);
        examined.assert("webhook.reached", "broken", found, mend);
    }
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_with_another_secret_is_recognised() {
    let (world, life) = healthy().await;
    let url = [("PUBLIC_URL", life.url.as_str())];
    examine(&world, &url).await.assert("webhook.reached", "ok", "it answered the challenge", "");
    let other = [url[0], ("ZOOM_WEBHOOK_SECRET_TOKEN", "another")];
    let examined = examine(&world, &other).await;
    examined.assert_only_broken(&["webhook.reached"]);
    examined.assert("webhook.reached", "broken", "status 401", "another ZOOM_WEBHOOK_SECRET_TOKEN");
    // While secrets are rotated, either will do: the service has the first, we ask with it.
    let secret = world.sandbox.zoom.webhook_secret();
    let both = format!("{secret},another");
    let examined = examine(&world, &[url[0], ("ZOOM_WEBHOOK_SECRET_TOKEN", &both)]).await;
    assert_eq!(examined.state("webhook.reached"), "ok");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_public_address_and_without_events_it_warns() {
    let (world, life) = healthy().await;
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("webhook.reached", "warning", "was not checked", "Set PUBLIC_URL");
    assert_eq!(examined.state("webhook.last-event"), "ok");
    world.sql("UPDATE events SET received_at = received_at - 864000000").await;
    let examined = examine(&world, &[]).await;
    examined.assert("webhook.last-event", "warning", "10 days ago", "Event Subscriptions");
    world.sql("DELETE FROM events").await;
    let examined = examine(&world, &[]).await;
    examined.assert("webhook.last-event", "warning", "no event has ever come from Zoom", "Record a minute");
    life.stop().await;
}
