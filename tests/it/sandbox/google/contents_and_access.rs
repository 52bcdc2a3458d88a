//! Small files whose content is replaced, and who may read what.

use super::*;

impl Drive {
    async fn empty_file(&self) -> String {
        let id = self.mint().await;
        let metadata = json!({"id": id, "name": "a.json", "mimeType": "application/json", "parents": [self.google.root_folder()]});
        assert_eq!(self.create(&metadata).await.status(), 200);
        id
    }

    async fn replace(&self, path: &str, content: &[u8]) -> Response {
        let call = self.call(Method::PATCH, &format!("/upload/drive/v3/files/{path}"));
        call.header("content-type", "application/json").body(content.to_vec()).send().await.unwrap()
    }

    async fn invite(&self, id: &str, permission: &Value) -> Response {
        let path =
            format!("/drive/v3/files/{id}/permissions?sendNotificationEmail=false&supportsAllDrives=true");
        self.call(Method::POST, &path).json(permission).send().await.unwrap()
    }
}

const MEDIA: &str = "?uploadType=media&supportsAllDrives=true";

#[tokio::test]
async fn content_is_replaced_as_a_whole() {
    let drive = drive().await;
    let id = drive.empty_file().await;
    for content in [&b"{\"first\":1}"[..], b"{}"] {
        let answer = drive.replace(&format!("{id}{MEDIA}&fields=size,sha256Checksum"), content).await;
        let held = body(answer).await;
        assert_eq!(held, json!({"size": content.len().to_string(), "sha256Checksum": sha256(content)}));
        assert_eq!(drive.google.content_of(&id).unwrap(), content);
    }
    drive.assert_no_violations();
    assert_eq!(drive.replace(&format!("none{MEDIA}"), b"{}").await.status(), 404);
    let too_large = drive.replace(&format!("{id}{MEDIA}"), &vec![b' '; 5_000_001]).await;
    assert_eq!(reason(too_large).await, (413, "uploadTooLarge".to_owned()));
}

#[tokio::test]
async fn what_replaces_content_says_how() {
    let drive = drive().await;
    let id = drive.empty_file().await;
    assert_eq!(drive.replace(&format!("{id}?uploadType=media"), b"{}").await.status(), 404);
    drive.assert_violation("supportsAllDrives");
    assert_eq!(drive.replace(&format!("{id}?supportsAllDrives=true"), b"{}").await.status(), 400);
    let folder = drive.google.root_folder();
    assert_eq!(drive.replace(&format!("{folder}{MEDIA}"), b"{}").await.status(), 400);
    let call = drive.call(Method::PATCH, &format!("/upload/drive/v3/files/{id}{MEDIA}"));
    let nameless = call.body("{}").send().await.unwrap();
    assert_eq!(reason(nameless).await, (400, "badContent".to_owned()));
}

#[tokio::test]
async fn readers_of_a_folder_read_what_is_in_it() {
    let drive = drive().await;
    let (root, file) = (drive.google.root_folder(), drive.empty_file().await);
    let reader = json!({"type": "user", "role": "reader", "emailAddress": "Ann@example.com"});
    for _again in 0..2 {
        assert_eq!(drive.invite(&root, &reader).await.status(), 200);
    }
    assert_eq!(drive.google.shared_with(&root), ["ann@example.com"]);
    assert_eq!(drive.google.shared_with(&file), Vec::<String>::new());
    assert_eq!(drive.google.readers_of(&file), ["ann@example.com"]);
    let path = format!(
        "/drive/v3/files/{file}/permissions?supportsAllDrives=true&fields=permissions(emailAddress,role)"
    );
    let listed = body(drive.get(&path).await).await;
    let ann = json!({"emailAddress": "ann@example.com", "role": "reader"});
    assert!(listed["permissions"].as_array().unwrap().contains(&ann), "{listed}");
    drive.assert_no_violations();
}

#[tokio::test]
async fn an_invitation_is_complete_or_refused() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    drive.google.without_account("eve@example.com");
    let unknown = json!({"type": "user", "role": "reader", "emailAddress": "eve@example.com"});
    assert_eq!(reason(drive.invite(&root, &unknown).await).await, (400, "invalidSharingRequest".to_owned()));
    drive.assert_no_violations();
    for incomplete in [
        json!({"role": "reader", "emailAddress": "ann@example.com"}),
        json!({"type": "anyone", "role": "reader", "emailAddress": "ann@example.com"}),
        json!({"type": "user", "emailAddress": "ann@example.com"}),
        json!({"type": "user", "role": "king", "emailAddress": "ann@example.com"}),
        json!({"type": "user", "role": "reader"}),
    ] {
        assert_eq!(drive.invite(&root, &incomplete).await.status(), 400, "{incomplete}");
    }
    let path = format!("/drive/v3/files/{root}/permissions?supportsAllDrives=true");
    let reader = json!({"type": "user", "role": "reader", "emailAddress": "ann@example.com"});
    drive.call(Method::POST, &path).json(&reader).send().await.unwrap();
    drive.assert_violation("sent by mail");
}
