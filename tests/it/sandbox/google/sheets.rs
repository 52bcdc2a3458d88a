//! Spreadsheets: made by Drive, changed as a whole or not at all, and strict about ranges.

use super::*;

const SHEET: &str = "application/vnd.google-apps.spreadsheet";

impl Drive {
    async fn sheet_in(&self, parent: &str) -> Response {
        self.create(&json!({"name": "attendance", "mimeType": SHEET, "parents": [parent]})).await
    }

    async fn sheet(&self) -> String {
        let answer = self.sheet_in(&self.google.root_folder()).await;
        assert_eq!(answer.status(), 200);
        let made = body(answer).await;
        // What Google keeps itself has no bytes to compare.
        assert!(made["size"].is_null() && made["md5Checksum"].is_null() && made["sha256Checksum"].is_null());
        made["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, body: &Value) -> Response {
        self.call(Method::POST, &format!("/v4/spreadsheets/{path}")).json(body).send().await.unwrap()
    }

    async fn update(&self, id: &str, requests: Value) -> Response {
        self.post(&format!("{id}:batchUpdate"), &json!({ "requests": requests })).await
    }

    async fn write(&self, id: &str, input: &str, range: &str, values: Value) -> Response {
        let data = json!([{"range": range, "values": values}]);
        let body = json!({"valueInputOption": input, "data": data});
        self.post(&format!("{id}/values:batchUpdate"), &body).await
    }

    async fn read(&self, id: &str, range: &str, option: &str) -> Value {
        let path = format!("/v4/spreadsheets/{id}/values/{range}?valueRenderOption={option}");
        body(self.get(&path).await).await["values"].clone()
    }
}

async fn said(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    (status, body(response).await["error"]["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_new_spreadsheet_has_one_tab_in_its_owners_language() {
    let drive = drive().await;
    let id = drive.sheet().await;
    let grid = json!({"rowCount": 1000, "columnCount": 26});
    let tab = json!({"sheetId": 0, "title": "Аркуш1", "index": 0, "gridProperties": grid});
    for fields in [
        "sheets(properties(sheetId,title,index,gridProperties))",
        "sheets.properties(sheetId,title,index,gridProperties)",
    ] {
        let known = body(drive.get(&format!("/v4/spreadsheets/{id}?fields={fields}")).await).await;
        assert_eq!(known, json!({"sheets": [{"properties": tab}]}));
    }
    assert_eq!(drive.get("/v4/spreadsheets/none?fields=spreadsheetId").await.status(), 404);
    drive.assert_no_violations();
}

#[tokio::test]
async fn structure_is_changed_as_a_whole_or_not_at_all() {
    let drive = drive().await;
    let id = drive.sheet().await;
    let rename = json!({"updateSheetProperties": {"fields": "title,gridProperties(rowCount,frozenRowCount)",
        "properties": {"sheetId": 0, "title": "One", "gridProperties": {"rowCount": 2, "frozenRowCount": 1}}}});
    let add = json!({"addSheet": {"properties": {"sheetId": 7, "title": "Two"}}});
    let same = json!({"addSheet": {"properties": {"sheetId": 8, "title": "two"}}});
    let answer = said(drive.update(&id, json!([rename, add, same])).await).await;
    assert_eq!(answer.0, 400);
    assert!(
        answer.1.contains("requests[2].addSheet: A sheet with the name \"two\" already exists"),
        "{}",
        answer.1
    );
    assert_eq!(drive.google.spreadsheet(&id).unwrap().tabs.len(), 1);
    let bold = json!({"repeatCell": {"range": {"sheetId": 0, "endRowIndex": 1}, "fields": "userEnteredFormat.textFormat.bold",
        "cell": {"userEnteredFormat": {"textFormat": {"bold": true}}}}});
    let wide = json!({"autoResizeDimensions": {"dimensions": {"sheetId": 7, "dimension": "COLUMNS", "endIndex": 2}}});
    assert_eq!(drive.update(&id, json!([rename, add, bold, wide])).await.status(), 200);
    let book = drive.google.spreadsheet(&id).unwrap();
    let (one, two) = (book.tab("One").unwrap(), book.tab("Two").unwrap());
    assert_eq!((one.rows, one.columns, one.frozen_rows, two.rows), (2, 26, 1, 1000));
    assert_eq!(one.format(0, 25, "userEnteredFormat.textFormat.bold"), Some(&json!(true)));
    assert_eq!(one.format(1, 0, "userEnteredFormat.textFormat.bold"), None);
    assert!(two.sized_columns.iter().eq(&[0, 1]));
}

#[tokio::test]
async fn requests_that_google_refuses_are_refused() {
    let drive = drive().await;
    let id = drive.sheet().await;
    let grid = |grid: Value| {
        json!([{"updateSheetProperties": {"properties": {"sheetId": 0, "gridProperties": grid},
        "fields": "gridProperties.rowCount,gridProperties.frozenRowCount"}}])
    };
    let bold = |range: Value, fields: &str| {
        json!([{"repeatCell": {"range": range, "fields": fields,
        "cell": {"userEnteredFormat": {"textFormat": {"bold": true}}}}}])
    };
    for (requests, part) in [
        (json!([]), "at least one request"),
        (json!([{}]), "No request set"),
        (
            json!([{"updateSheetProperties": {"properties": {"titel": "x"}, "fields": "title"}}]),
            "Unknown name \"titel\"",
        ),
        (
            json!([{"updateSheetProperties": {"properties": {"title": "x"}, "fields": ""}}]),
            "At least one field",
        ),
        (
            json!([{"updateSheetProperties": {"properties": {"sheetId": 5, "title": "x"}, "fields": "title"}}]),
            "No grid with id: 5",
        ),
        (grid(json!({"rowCount": 1, "frozenRowCount": 1})), "can't freeze all"),
        (grid(json!({"rowCount": 0})), "can't delete all"),
        (grid(json!({"rowCount": 10_000_000})), "above the limit"),
        (
            bold(json!({"sheetId": 0, "endRowIndex": 1001}), "userEnteredFormat.textFormat.bold"),
            "after last row in grid[1000]",
        ),
        (bold(json!({"sheetId": 0}), ""), "At least one field"),
    ] {
        let (status, message) = said(drive.update(&id, requests).await).await;
        assert!(status == 400 && message.contains(part), "{part}: {status} {message}");
    }
}

#[tokio::test]
async fn raw_texts_stay_and_typed_ones_are_run() {
    let drive = drive().await;
    let id = drive.sheet().await;
    let formula = r#"=HYPERLINK("https://evil.example","click")"#;
    let row = json!([[formula, "+1", "'a", 0.5, 7, ""]]);
    assert_eq!(drive.write(&id, "RAW", "A1:F1", row.clone()).await.status(), 200);
    assert_eq!(drive.read(&id, "A1:F1", "UNFORMATTED_VALUE").await, json!([[formula, "+1", "'a", 0.5, 7]]));
    assert_eq!(drive.read(&id, "A1:F1", "FORMULA").await, json!([[formula, "+1", "'a", 0.5, 7]]));
    assert_eq!(drive.write(&id, "USER_ENTERED", "A2:F2", row).await.status(), 200);
    assert_eq!(drive.read(&id, "A2:F2", "UNFORMATTED_VALUE").await, json!([["click", 1, "a", 0.5, 7]]));
    assert_eq!(drive.read(&id, "A2:A2", "FORMULA").await, json!([[formula]]));
    assert_eq!(drive.read(&id, "D1:E1", "FORMATTED_VALUE").await, json!([["0.5", "7"]]));
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_null_leaves_a_cell_and_an_empty_text_empties_it() {
    let drive = drive().await;
    let id = drive.sheet().await;
    assert_eq!(drive.write(&id, "RAW", "A1:B1", json!([["x", "y"]])).await.status(), 200);
    assert_eq!(drive.write(&id, "RAW", "A1:B1", json!([[null, ""]])).await.status(), 200);
    assert_eq!(drive.read(&id, "A1:B1", "UNFORMATTED_VALUE").await, json!([["x"]]));
}

#[tokio::test]
async fn a_range_ends_where_it_says_and_a_tab_where_its_grid_does() {
    let drive = drive().await;
    let id = drive.sheet().await;
    for (range, values, part) in [
        ("A1:B1", json!([["a", "b", "c"]]), "column [C]"),
        ("A1:B1", json!([["a"], ["b"]]), "row [2]"),
        ("A1:AA1", json!([["a"]]), "exceeds grid limits"),
        ("A1001:A1001", json!([["a"]]), "exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Joins!A1:B1", json!([["a"]]), "Unable to parse range: Joins!A1:B1"),
        ("A1:B1", json!([["a", {"x": 1}]]), "Invalid values[0][1]"),
        ("A1:B1", json!([["x".repeat(50_001)]]), "50000 characters"),
    ] {
        let (status, message) = said(drive.write(&id, "RAW", range, values).await).await;
        assert!(status == 400 && message.contains(part), "{range}: {status} {message}");
    }
    let (status, message) = said(drive.write(&id, "", "A1:B1", json!([["a"]])).await).await;
    assert!(status == 400 && message.contains("valueInputOption"), "{message}");
    // A smaller grid has lost what was outside of it.
    drive.write(&id, "RAW", "A1:B2", json!([["a", "b"], ["c", "d"]])).await;
    let cut = |rows: usize| {
        json!([{"updateSheetProperties": {"fields": "gridProperties.rowCount",
        "properties": {"gridProperties": {"rowCount": rows}}}}])
    };
    assert_eq!(drive.update(&id, cut(1)).await.status(), 200);
    assert_eq!(drive.update(&id, cut(5)).await.status(), 200);
    assert_eq!(drive.read(&id, "Аркуш1", "UNFORMATTED_VALUE").await, json!([["a", "b"]]));
}

#[tokio::test]
async fn a_service_account_has_a_place_for_spreadsheets_only_in_a_shared_drive() {
    let drive = drive().await;
    let (status, reason) = reason(drive.sheet_in(&drive.google.my_drive_folder()).await).await;
    assert_eq!((status, reason.as_str()), (403, "storageQuotaExceeded"));
    let answer = drive.call(Method::POST, "/v4/spreadsheets").json(&json!({})).send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn the_api_can_be_off_and_has_limits() {
    let drive = drive().await;
    let id = drive.sheet().await;
    let path = format!("/v4/spreadsheets/{id}?fields=spreadsheetId");
    drive.google.set_sheets_enabled(false);
    let (status, message) = said(drive.get(&path).await).await;
    assert!(
        status == 403 && message.contains("https://console.developers.google.com/apis/api/sheets"),
        "{message}"
    );
    drive.google.set_sheets_enabled(true);
    drive.google.set_sheets_per_minute(2);
    let mut statuses = Vec::new();
    for _call in 0..3 {
        statuses.push(drive.get(&path).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(drive.write(&id, "RAW", "A1", json!([["x"]])).await.status(), 200, "writes are counted apart");
}

#[tokio::test]
async fn the_narrow_scope_opens_only_what_the_app_has_made() {
    let mut drive = drive().await;
    let ours = drive.sheet().await;
    let theirs = drive.google.add_spreadsheet("of a person");
    let get = |id: &str| format!("/v4/spreadsheets/{id}?fields=spreadsheetId");
    assert_eq!(drive.get(&get(&theirs)).await.status(), 200);
    let assertion = drive.assertion(|claims| {
        claims["scope"] = json!("https://www.googleapis.com/auth/drive.file");
    });
    drive.token = body(drive.grant(&assertion).await).await["access_token"].as_str().unwrap().to_owned();
    assert_eq!(drive.get(&get(&ours)).await.status(), 200);
    assert_eq!(drive.get(&get(&theirs)).await.status(), 404);
}

#[tokio::test]
async fn a_lost_answer_has_had_its_effect() {
    let drive = drive().await;
    let id = drive.sheet().await;
    drive.once(Route::SheetsWrite, Fault::CutAfter);
    let data = json!({"valueInputOption": "RAW", "data": [{"range": "A1", "values": [["x"]]}]});
    let path = format!("/v4/spreadsheets/{id}/values:batchUpdate");
    drive.call(Method::POST, &path).json(&data).send().await.unwrap_err();
    assert_eq!(drive.read(&id, "A1", "UNFORMATTED_VALUE").await, json!([["x"]]));
}
