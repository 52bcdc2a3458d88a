//! `files.list`: the search language, the corpora, the pages.

use super::*;

async fn furnished() -> (Drive, String) {
    let drive = drive().await;
    let root = drive.google.root_folder();
    for (name, kind, key) in
        [("it's", FOLDER, "1"), ("back\\slash", FOLDER, "2"), ("note", "text/plain", "1")]
    {
        let metadata = json!({"name": name, "mimeType": kind, "parents": [root],
            "appProperties": {"zoom": key}, "createdTime": "2026-01-02T03:04:05+01:00"});
        assert_eq!(drive.create(&metadata).await.status(), 200);
    }
    (drive, root)
}

#[tokio::test]
async fn searches_find_what_they_say() {
    let (drive, root) = furnished().await;
    let folder = format!("mimeType = '{FOLDER}'");
    let all: &[&str] = &["back\\slash", "it's", "note"];
    let cases: &[(String, &[&str])] = &[
        (format!("'{root}' in parents"), all),
        (format!("'{root}' in parents and trashed = false"), all),
        (format!("'{root}' in parents and trashed=true"), &[]),
        (format!("'{root}' in parents and {folder}"), &["back\\slash", "it's"]),
        (format!("'{root}' in parents and mimeType != '{FOLDER}'"), &["note"]),
        ("name='it\\'s'".to_owned(), &["it's"]),
        ("name = 'back\\\\slash'".to_owned(), &["back\\slash"]),
        ("name contains 'sla'".to_owned(), &["back\\slash"]),
        ("name contains 'lash'".to_owned(), &[]),
        ("appProperties has { key='zoom' and value='1' }".to_owned(), &["it's", "note"]),
        (format!("not {folder} and 'root' in parents"), &[]),
        (format!("'{root}' in parents and not {folder}"), &["note"]),
        (format!("'{root}' in parents and (name='note' or name='it\\'s')"), &["it's", "note"]),
        (format!("name='note' or ({folder} and name='it\\'s')"), &["it's", "note"]),
        (format!("('{root}' in parents or 'root' in parents) and name='note'"), &["note"]),
        ("createdTime = '2026-01-02T02:04:05'".to_owned(), all),
        ("createdTime > '2026-01-02T02:04:05Z' and name='note'".to_owned(), &[]),
    ];
    for (q, names) in cases {
        assert_eq!(drive.list(q).await, *names, "{q}");
    }
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_search_of_undocumented_order_or_length_is_noted() {
    let (drive, root) = furnished().await;
    drive.list("name='note' or trashed = true and name='it\\'s'").await;
    let many = vec![format!("'{root}' in parents"); 101].join(" or ");
    drive.list(&many).await;
    drive.assert_violation("mixes `and` with `or`");
    drive.assert_violation("more than 100 folders");
}

#[tokio::test]
async fn what_is_no_search_is_refused() {
    let (drive, root) = furnished().await;
    for q in [
        "name",
        "name = 'open",
        "name = 'bad \\n escape'",
        "name = \"double\"",
        "name > 'a'",
        "title = 'v2'",
        "trashed = maybe",
        "trashed < true",
        "(trashed = false",
        "trashed = false)",
        "trashed = false and",
        "'x' in owners2",
        "appProperties has { key='zoom' }",
        "appProperties has { key='zoom' and value=1 }",
        "createdTime > 'yesterday'",
        "name = 'a' name = 'b'",
        "name = 'a' & name = 'b'",
    ] {
        let answer = drive.search(q).await;
        assert_eq!(answer.status(), 400, "{q}");
        let error = body(answer).await["error"].clone();
        assert_eq!(
            (&error["message"], &error["errors"][0]["location"]),
            (&json!("Invalid Value"), &json!("q"))
        );
    }
    // An apostrophe that was forgotten to be escaped is the most common of them.
    assert_eq!(drive.search(&format!("'{root}' in parents and name = 'it's'")).await.status(), 400);
}

#[tokio::test]
async fn shared_drives_are_searched_only_on_request() {
    let (drive, root) = furnished().await;
    let names = async |query: &str| {
        let answer = drive.get(&format!("/drive/v3/files?{query}")).await;
        assert_eq!(answer.status(), 200, "{query}");
        body(answer).await["files"].as_array().unwrap().len()
    };
    let both = "supportsAllDrives=true&includeItemsFromAllDrives=true";
    let shared = drive.google.shared_drive();
    assert_eq!(names("").await, 1, "only the folder that the human shared");
    assert_eq!(names(both).await, 5);
    assert_eq!(names(&format!("corpora=drive&driveId={shared}&{both}")).await, 4);
    assert_eq!(names(&format!("corpora=allDrives&{both}")).await, 5);
    drive.assert_no_violations();
    for wrong in [
        "includeItemsFromAllDrives=true".to_owned(),
        format!("corpora=drive&{both}"),
        format!("driveId={shared}&{both}"),
        format!("corpora=drive&driveId={shared}&supportsAllDrives=true"),
        "corpora=everything".to_owned(),
        "supportsAllDrives=yes".to_owned(),
        "pageSize=1001".to_owned(),
        "orderBy=colour".to_owned(),
        "pageToken=2".to_owned(),
    ] {
        assert_eq!(drive.get(&format!("/drive/v3/files?{wrong}")).await.status(), 400, "{wrong}");
    }
    let hidden = drive.get(&format!("/drive/v3/files?q='{root}'+in+parents")).await;
    assert_eq!(reason(hidden).await, (404, "notFound".to_owned()));
    drive.assert_violation("list in a shared drive");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let (drive, root) = furnished().await;
    let base = format!(
        "/drive/v3/files?supportsAllDrives=true&includeItemsFromAllDrives=true&q='{root}'+in+parents\
         &pageSize=2&orderBy=folder,name+desc"
    );
    let first = body(drive.get(&base).await).await;
    let name = |page: &Value, at: usize| page["files"][at]["name"].as_str().unwrap().to_owned();
    assert_eq!((name(&first, 0), name(&first, 1)), ("it's".to_owned(), "back\\slash".to_owned()));
    let token = first["nextPageToken"].as_str().unwrap();
    let second = body(drive.get(&format!("{base}&pageToken={token}")).await).await;
    assert_eq!(name(&second, 0), "note");
    assert!(second.get("nextPageToken").is_none());
    let silent = body(drive.get(&format!("{base}&fields=files(id)")).await).await;
    assert!(silent.get("nextPageToken").is_none(), "a page token must be asked for");
    drive.assert_no_violations();
}
