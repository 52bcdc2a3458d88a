//! Drive v3, one file at a time.

use super::*;

fn at(id: &str, query: &str) -> String {
    format!("/drive/v3/files/{id}?supportsAllDrives=true{query}")
}

#[tokio::test]
async fn answers_hold_what_was_asked_for() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let plain = body(drive.get(&at(&root, "")).await).await;
    assert_eq!(plain, json!({"kind": "drive#file", "id": root, "name": "Recordings", "mimeType": FOLDER}));
    let fields =
        "&fields=id,driveId,trashed,capabilities(canAddChildren,canTrashChildren),capabilities/canDelete";
    let some = body(drive.get(&at(&root, fields)).await).await;
    assert_eq!(some["trashed"], false);
    assert_eq!(some["driveId"], drive.google.shared_drive());
    assert!(some.get("name").is_none());
    drive.assert_no_violations();
    let wrong = drive.get(&at(&root, "&fields=id,checksum")).await;
    let error = body(wrong).await["error"].clone();
    assert_eq!(error["message"], "Invalid field selection checksum");
    assert_eq!(error["errors"][0]["reason"], "invalidParameter");
    assert_eq!(error["errors"][0]["location"], "fields");
    for wrong in ["id,,name", "capabilities(canFly)", "name(first)", "files(id"] {
        let answer = drive.get(&at(&root, &format!("&fields={wrong}"))).await;
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn preflight_sees_rights_and_trash() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let folder = drive.folder("host", &root).await;
    let path = at(&folder, "&fields=trashed,explicitlyTrashed,capabilities(canAddChildren)");
    drive.google.set_can_add_children(&folder, false);
    let seen = body(drive.get(&path).await).await;
    assert_eq!(seen["capabilities"], json!({"canAddChildren": false}));
    drive.google.trash(&root);
    let seen = body(drive.get(&path).await).await;
    assert_eq!((&seen["trashed"], &seen["explicitlyTrashed"]), (&json!(true), &json!(false)));
    drive.google.remove(&root);
    assert_eq!(drive.get(&path).await.status(), 404);
}

#[tokio::test]
async fn a_shared_drive_hides_from_those_who_do_not_ask_for_it() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let answer = drive.get(&format!("/drive/v3/files/{root}")).await;
    assert_eq!(reason(answer).await, (404, "notFound".to_owned()));
    drive.assert_violation("supportsAllDrives");
    let mine = drive.google.my_drive_folder();
    assert_eq!(drive.get(&format!("/drive/v3/files/{mine}")).await.status(), 200);
}

#[tokio::test]
async fn ids_are_minted_and_used_once() {
    let drive = drive().await;
    let answer = body(drive.get("/drive/v3/files/generateIds?count=3&space=drive&type=files").await).await;
    assert_eq!(answer["kind"], "drive#generatedIds");
    assert_eq!(answer["ids"].as_array().unwrap().len(), 3);
    let id = answer["ids"][0].as_str().unwrap();
    let folder = json!({"id": id, "name": "a", "mimeType": FOLDER, "parents": [drive.google.root_folder()]});
    assert_eq!(body(drive.create(&folder).await).await["id"], id);
    assert_eq!(reason(drive.create(&folder).await).await, (409, "fileIdInUse".to_owned()));
    drive.assert_no_violations();
    let sheet = json!({"id": answer["ids"][1], "mimeType": "application/vnd.google-apps.spreadsheet"});
    assert_eq!(drive.create(&sheet).await.status(), 400, "native types take no reserved id");
    assert_eq!(drive.get("/drive/v3/files/generateIds?count=1001").await.status(), 400);
}

#[tokio::test]
async fn the_same_name_twice_is_two_folders() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let (a, b) = (drive.folder("twin", &root).await, drive.folder("twin", &root).await);
    assert_ne!(a, b);
    let inner = drive.folder("2026", &a).await;
    assert_eq!(drive.google.path_of(&inner), "twin/2026");
}

#[tokio::test]
async fn properties_are_limited_merged_and_removed() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let fits = json!({"name": "a", "mimeType": FOLDER, "parents": [root],
        "appProperties": {"k": "v".repeat(123), "z": "1"}});
    let made = body(drive.create(&fits).await).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["appProperties"]["z"], "1");
    let change = json!({"appProperties": {"k": null, "n": "2"}});
    let path = at(id, "&fields=appProperties");
    let patched = drive.call(Method::PATCH, &path).json(&change).send().await.unwrap();
    assert_eq!(body(patched).await, json!({"appProperties": {"z": "1", "n": "2"}}));
    drive.assert_no_violations();
    let long = json!({"name": "a", "appProperties": {"k": "v".repeat(124)}});
    assert_eq!(reason(drive.create(&long).await).await, (403, "propertyLengthLimitExceeded".to_owned()));
    let many: serde_json::Map<_, _> = (0..31).map(|n| (n.to_string(), json!("v"))).collect();
    assert_eq!(drive.create(&json!({"appProperties": many})).await.status(), 403);
}

#[tokio::test]
async fn a_content_manager_trashes_and_moves_but_does_not_delete() {
    let mut drive = drive().await;
    let root = drive.google.root_folder();
    let (a, b) = (drive.folder("a", &root).await, drive.folder("b", &root).await);
    let patch = |path: String, change: Value| drive.call(Method::PATCH, &path).json(&change).send();
    let moved = patch(at(&b, &format!("&addParents={a}&removeParents={root}")), json!({})).await.unwrap();
    assert_eq!(moved.status(), 200);
    assert_eq!(drive.google.path_of(&b), "a/b");
    let linked = patch(at(&b, &format!("&addParents={root}")), json!({})).await.unwrap();
    assert_eq!(reason(linked).await, (403, "cannotAddParent".to_owned()));
    let renamed = patch(at(&b, ""), json!({"name": "c", "trashed": true})).await.unwrap();
    assert_eq!(body(renamed).await["name"], "c");
    assert!(drive.google.folders().iter().any(|folder| folder.name == "c" && folder.trashed));
    let deleted = drive.call(Method::DELETE, &at(&b, "")).send().await.unwrap();
    assert_eq!(reason(deleted).await, (403, "insufficientFilePermissions".to_owned()));
    drive.assert_no_violations();
    let fixed = patch(at(&b, ""), json!({"size": "3"})).await.unwrap();
    assert_eq!(reason(fixed).await, (403, "fieldNotWritable".to_owned()));
    drive.token = drive.service_token(Some(drive.google.owner_email())).await;
    assert_eq!(drive.call(Method::DELETE, &at(&b, "")).send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn media_is_read_back_in_parts() {
    let drive = drive().await;
    let session = drive.session("a", Some(10)).await;
    let file = body(drive.put(&session, "bytes 0-9/10", b"0123456789").await).await;
    let path = at(file["id"].as_str().unwrap(), "&alt=media");
    assert_eq!(drive.get(&path).await.text().await.unwrap(), "0123456789");
    for (range, text, shown) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
    ] {
        let part = drive.call(Method::GET, &path).header("range", range).send().await.unwrap();
        assert_eq!((part.status().as_u16(), part.headers()["content-range"].to_str().unwrap()), (206, shown));
        assert_eq!(part.text().await.unwrap(), text);
    }
    let none = drive.call(Method::GET, &path).header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(none.status(), 416);
    drive.assert_no_violations();
}

#[tokio::test]
async fn large_contents_are_kept_only_on_request() {
    let drive = drive().await;
    for (keep, status) in [(false, 501), (true, 200)] {
        if keep {
            drive.google.retain_all();
        }
        let content = bytes(5 * STEP);
        let session = drive.session("a", Some(5 * STEP)).await;
        let file =
            body(drive.put(&session, &format!("bytes 0-{}/{}", 5 * STEP - 1, 5 * STEP), &content).await)
                .await;
        let media = drive.get(&at(file["id"].as_str().unwrap(), "&alt=media")).await;
        assert_eq!(media.status().as_u16(), status);
    }
}

#[tokio::test]
async fn about_and_drives() {
    let drive = drive().await;
    let about = body(drive.get("/drive/v3/about?fields=user(emailAddress),storageQuota").await).await;
    assert_eq!(about["user"]["emailAddress"], drive.google.service_account_key()["client_email"]);
    let id = drive.google.shared_drive();
    let shared = body(drive.get(&format!("/drive/v3/drives/{id}")).await).await;
    assert_eq!(shared, json!({"kind": "drive#drive", "id": id, "name": "Theatre"}));
    assert_eq!(drive.get("/drive/v3/drives/0AXX").await.status(), 404);
    drive.assert_no_violations();
    assert_eq!(reason(drive.get("/drive/v3/about").await).await, (400, "required".to_owned()));
}

#[tokio::test]
async fn what_google_does_not_know_is_noted() {
    let drive = drive().await;
    let mine = drive.google.my_drive_folder();
    assert_eq!(drive.get(&format!("/drive/v3/files/{mine}?supportAllDrives=true")).await.status(), 200);
    drive.assert_violation("undocumented parameter supportAllDrives");
    assert_eq!(drive.get("/drive/v2/files").await.status(), 404);
    drive.assert_violation("/drive/v2/files");
    let resumable = drive.call(Method::POST, "/resumable/upload/drive/v3/files").send().await.unwrap();
    assert_eq!(resumable.status(), 404);
}
