//! The Workspace: tokens for each user and scope, and the Directory.

use serde_json::{Value, json};
use zoom2drive::sandbox::google::User;

use super::{Drive, body, drive, reason};

pub(super) const MEET: &str = "https://www.googleapis.com/auth/meetings.space.readonly";
pub(super) const DIRECTORY: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";
const EWA: &str = "ewa@theatre.example";

impl Drive {
    /// Asks for a token of the service account that acts for somebody: status, error and text of a refusal.
    async fn delegated(&self, subject: &str, scope: &str) -> (u16, Value) {
        let assertion = self.assertion(|claims| {
            claims["sub"] = json!(subject);
            claims["scope"] = json!(scope);
        });
        let answer = self.grant(&assertion).await;
        (answer.status().as_u16(), body(answer).await)
    }

    /// Acts for this user with this scope from now on.
    pub(super) async fn act_for(&mut self, subject: &str, scope: &str) {
        let (status, answer) = self.delegated(subject, scope).await;
        assert_eq!(status, 200, "{answer}");
        self.token = answer["access_token"].as_str().unwrap().to_owned();
    }

    async fn users(&self, query: &str) -> (u16, Value) {
        let answer = self.get(&format!("/admin/directory/v1/users?customer=my_customer&{query}")).await;
        (answer.status().as_u16(), body(answer).await)
    }
}

fn emails(page: &Value) -> Vec<&str> {
    let users = page["users"].as_array().into_iter().flatten();
    users.map(|user| user["primaryEmail"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_token_is_for_one_user_and_for_granted_scopes_only() {
    let drive = drive().await;
    drive.google.add_user(User::new(EWA, "Ewa Nowak"));
    assert_eq!(drive.delegated(EWA, MEET).await.0, 200);
    drive.google.withdraw_scope(Some(EWA), DIRECTORY);
    let (status, answer) = drive.delegated(EWA, &format!("{MEET} {DIRECTORY}")).await;
    assert_eq!((status, &answer["error"]), (401, &json!("unauthorized_client")));
    assert_eq!(drive.delegated(drive.google.owner_email(), DIRECTORY).await.0, 200);
    drive.google.withdraw_scope(None, MEET);
    assert_eq!(drive.delegated(EWA, MEET).await.0, 401);
    drive.google.grant_scope(None, MEET);
    assert_eq!(drive.delegated(EWA, MEET).await.0, 200);
    let no_such = "https://www.googleapis.com/auth/meetings.readonly";
    assert_eq!(drive.delegated(EWA, no_such).await.0, 401);
    let (status, answer) = drive.delegated("nobody@theatre.example", MEET).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    assert_eq!(answer["error_description"], "Invalid email or User ID");
    assert_eq!(drive.delegated("eve@elsewhere.example", MEET).await.0, 401);
    drive.google.forget_user(EWA);
    assert_eq!(drive.delegated(EWA, MEET).await.0, 400);
    assert_eq!(drive.google.tokens_asked(EWA, MEET), 4);
    drive.assert_no_violations();
}

#[tokio::test]
async fn admins_list_users_page_by_page_and_others_the_public_view() {
    let mut drive = drive().await;
    drive.google.add_user(User::new(EWA, "Ewa Nowak").id("111"));
    drive.google.add_user(User::new("jan@theatre.example", "Jan Kowalski").archived());
    drive.google.add_user(User::new("old@theatre.example", "Old Hand").suspended());
    let owner = drive.google.owner_email();
    drive.act_for(owner, DIRECTORY).await;
    let (_, all) = drive.users("orderBy=email").await;
    assert_eq!(emails(&all), [owner, EWA, "jan@theatre.example", "old@theatre.example"]);
    let query = "query=isSuspended=false&orderBy=email&maxResults=2&fields=nextPageToken,users(primaryEmail)";
    let (_, first) = drive.users(query).await;
    assert_eq!(first["users"], json!([{"primaryEmail": owner}, {"primaryEmail": EWA}]));
    let token = first["nextPageToken"].as_str().unwrap();
    let (_, last) = drive.users(&format!("{query}&pageToken={token}")).await;
    assert_eq!(last, json!({"users": [{"primaryEmail": "jan@theatre.example"}]}));
    let other = drive.get("/admin/directory/v1/users/111?fields=primaryEmail,name/fullName").await;
    assert_eq!(body(other).await, json!({"primaryEmail": EWA, "name": {"fullName": "Ewa Nowak"}}));
    drive.act_for(EWA, DIRECTORY).await;
    assert_eq!(drive.users("").await.0, 403);
    let (_, public) = drive.users("viewType=domain_public").await;
    assert_eq!(emails(&public), [owner, EWA, "jan@theatre.example"]);
    assert!(public["users"][0].get("suspended").is_none());
    drive.google.set_domain_public(false);
    assert_eq!(drive.users("viewType=domain_public").await.0, 403);
    drive.google.set_directory_enabled(false);
    let (status, answer) = drive.users("").await;
    assert_eq!((status, &answer["error"]["details"][0]["reason"]), (403, &json!("SERVICE_DISABLED")));
    drive.assert_no_violations();
}

#[tokio::test]
async fn mistakes_in_a_question_to_the_directory_are_refused() {
    let mut drive = drive().await;
    drive.act_for(drive.google.owner_email(), DIRECTORY).await;
    for query in ["maxResults=501", "query=isSuspended%20eq%20false", "orderBy=name", "viewType=all"] {
        assert_eq!(drive.users(query).await.0, 400, "{query}");
    }
    assert_eq!(reason(drive.get("/admin/directory/v1/users").await).await, (400, "badRequest".to_owned()));
    drive.act_for(drive.google.owner_email(), MEET).await;
    let refused = drive.get("/admin/directory/v1/users?customer=my_customer").await;
    let answer = body(refused).await;
    assert_eq!(answer["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    assert_eq!(answer["error"]["details"][0]["metadata"]["service"], "admin.googleapis.com");
}
