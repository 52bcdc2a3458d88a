//! Paths that a proxy and the program could read differently: the program answers none of them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::program::Program;
use crate::support::world::World;

/// Each leads to a path that exists, for somebody who reads it otherwise.
const SPELLINGS: [&str; 36] = [
    "//healthz",
    "/./healthz",
    "/../healthz",
    "/.../healthz",
    "/healthz/.",
    "/healthz/..",
    "/healthz/",
    "/healthz//",
    "/healthz/../readyz",
    "/admin/../healthz",
    "/admin/./jobs",
    "/admin//jobs",
    "/admin/jobs/../jobs",
    "/admin/jobs/..%2f..%2fhealthz",
    "/admin/jobs/..%2F..%2Fhealthz",
    "/admin/..%5chealthz",
    "/admin/..%255chealthz",
    "/admin/%2e%2e/healthz",
    "/admin/%2E%2E/healthz",
    "/admin/.%2e/healthz",
    "/admin/%252e%252e/healthz",
    "/admin/%c0%ae%c0%ae/healthz",
    "/admin/%uff0e%uff0e/healthz",
    "/admin\\..\\healthz",
    "/admin/..\\healthz",
    "\\healthz",
    "/\\healthz",
    "/%2fhealthz",
    "/%68ealthz",
    "/healthz%00",
    "/healthz%20",
    "/healthz%3f",
    "/healthz;x=y",
    "/admin/..;/healthz",
    "/healthz\u{ff0f}..",
    "http://x/admin/../healthz",
];

async fn answer(program: &Program, target: &str) -> String {
    let mut stream = TcpStream::connect(program.url.strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!(
        "GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer an-admin-token-for-tests\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_has_one_spelling() {
    let world = World::with(&[]).await;
    let program = Program::serve(&world).await;
    for spelling in SPELLINGS {
        let answer = answer(&program, spelling).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 400") || head.starts_with("HTTP/1.1 404"), "{spelling}: {answer}");
        assert_eq!(body, "", "{spelling}");
    }
    // Behind the question mark nothing is a path.
    for target in ["/healthz?x=/../%2e%2e//", "http://x/healthz", "/admin/jobs", "/admin/jobs/"] {
        let answer = answer(&program, target).await;
        let is_found = !answer.starts_with("HTTP/1.1 400") && answer.contains("\r\n\r\n{");
        assert!(is_found, "{target}: {answer}");
    }
    program.stop().await;
}
