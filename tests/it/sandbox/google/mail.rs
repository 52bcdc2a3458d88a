//! Gmail's sending: its scope, its mailbox, and what is no message.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

use super::*;

const SEND: &str = "/gmail/v1/users/me/messages/send";
const MAIL: &str = "From: a@example.com\r\nTo: b@example.com\r\nSubject: =?utf-8?b?w5xi?=\r\n =?utf-8?q?er_uns?=\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=\r\n=C3=9Fe\r\n";

async fn send(drive: &Drive, raw: &str) -> Response {
    drive.call(Method::POST, SEND).json(&json!({"raw": raw})).send().await.unwrap()
}

/// With a token for mail, for this mailbox.
async fn mailer(subject: Option<&str>) -> Drive {
    let mut drive = drive().await;
    let assertion = drive.assertion(|claims| {
        claims["scope"] = json!("https://www.googleapis.com/auth/gmail.send");
        if let Some(subject) = subject {
            claims["sub"] = json!(subject);
        }
    });
    drive.token = body(drive.grant(&assertion).await).await["access_token"].as_str().unwrap().to_owned();
    drive
}

#[tokio::test]
async fn a_mail_is_sent_from_the_mailbox_and_read_back() {
    let drive = mailer(Some("ada@theatre.example")).await;
    for raw in [URL_SAFE.encode(MAIL), URL_SAFE_NO_PAD.encode(MAIL)] {
        let sent = body(send(&drive, &raw).await).await;
        assert_eq!(sent["labelIds"], json!(["SENT"]));
    }
    let mails = drive.google.mails();
    assert_eq!((mails.len(), mails[0].account.as_str()), (2, "ada@theatre.example"));
    assert_eq!((mails[0].header("subject"), mails[0].body()), ("Über uns", "Grüße\n"));
    drive.assert_no_violations();
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let drive = mailer(Some("ada@theatre.example")).await;
    let without_to = MAIL.replace("To: b@example.com\r\n", "");
    for raw in ["", "+/+/", &URL_SAFE.encode("hello"), &URL_SAFE.encode(without_to)] {
        assert_eq!(send(&drive, raw).await.status(), 400, "{raw}");
    }
    assert!(drive.google.mails().is_empty());
    drive.assert_violation("/messages/send: 400");
}

#[tokio::test]
async fn a_service_account_has_no_mailbox_and_a_drive_token_sends_no_mail() {
    let drive = mailer(None).await;
    let refused = reason(send(&drive, &URL_SAFE.encode(MAIL)).await).await;
    assert_eq!(refused, (400, "failedPrecondition".to_owned()));
    let drive = super::drive().await;
    let refused = reason(send(&drive, &URL_SAFE.encode(MAIL)).await).await;
    assert_eq!(refused, (403, "insufficientPermissions".to_owned()));
}
