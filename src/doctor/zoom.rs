//! Checks Zoom's token endpoint and rate limits: explains each refusal, with its remedy.

use super::finding::{Advice, Check, Finding};
use crate::config::ZoomPlan;
use crate::http::token::NoToken;
use crate::zoom::oauth::TokenFault;
use crate::zoom::rate_limit::{Category, per_second};
use crate::zoom::{Limit, ZoomError};

/// A longer wait is not a matter of rate: the day's limit is used up.
const LONG_WAIT_SECONDS: u64 = 600;

/// The page of the app.
pub(super) const APP: &str = "marketplace.zoom.us > Develop (Manage) > your Server-to-Server OAuth app";

/// Text for checks that need API credentials.
pub(super) const NO_CREDENTIALS: &str = "no ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET are set";

/// The check of the token endpoint.
pub(super) fn token_check(url: &str) -> Check {
    Check::new("zoom.token", format!("asking {url} for a token"), "an access token")
}

/// Working from webhooks alone is allowed, and has disadvantages.
pub(super) fn webhook_only(check: Check) -> Finding {
    check.warning(
        format!(
            "{NO_CREDENTIALS}: only recordings with an event are archived. Late files are not searched for, missed events are \
             not found by a sweep, old recordings cannot be archived, nothing can be trashed at Zoom"
        ),
        "marketplace.zoom.us > Develop > Build App > Server to Server OAuth App; or ignore this",
    )
}

/// Explains a refusal of the token endpoint.
pub(super) fn no_token(refusal: &NoToken) -> Advice {
    let (status, fault) = match refusal {
        NoToken::Passing { what, .. } => {
            let mend = "Check status.zoom.us, and check that this machine can reach zoom.us by https (firewall, proxy, \
                        DNS): `curl -I https://zoom.us`. Then try again";
            return Advice::new(format!("Zoom gives no valid answer: {what}"), mend);
        }
        NoToken::Unsigned(what) => return Advice::new(what.clone(), "Correct the ZOOM_* credentials"),
        NoToken::Refused { status, body, .. } => (status, TokenFault::read(body)),
    };
    let said = format!("{} {} (status {})", fault.error, fault.reason, status.as_u16());
    let said = said.trim();
    match fault.error.as_str() {
        "invalid_client" => Advice::new(
            format!("ZOOM_CLIENT_ID or ZOOM_CLIENT_SECRET is wrong: {said}"),
            format!(
                "{APP} > App Credentials: copy Client ID and Client Secret again; a regenerated secret ends the old one"
            ),
        ),
        "invalid_request" => Advice::new(
            format!("ZOOM_ACCOUNT_ID is wrong, or the app is not activated: {said}"),
            format!(
                "{APP} > App Credentials: copy Account ID again. Then {APP} > Activation > Activate your app"
            ),
        ),
        "unsupported_grant_type" => Advice::new(
            format!("the app is of another kind than Server-to-Server OAuth: {said}"),
            "marketplace.zoom.us > Develop > Build App > Server to Server OAuth App: create one, and use its credentials",
        ),
        _ if status.is_redirection() => Advice::new(
            format!("something between this machine and Zoom redirects the request: {said}"),
            "ZOOM_OAUTH_URL must be https://zoom.us/oauth/token (or that of your government cloud)",
        ),
        _ => Advice::new(
            format!("Zoom refuses: {said}"),
            format!(
                "{APP}: check Activation and App Credentials; the account's owner may have suspended the app"
            ),
        ),
    }
}

/// Explains a failed call of the API.
pub(super) fn no_answer(error: &ZoomError) -> Advice {
    let mend = match error {
        ZoomError::Unreachable { .. } => {
            "Check status.zoom.us, and check that this machine can reach ZOOM_API_URL (firewall, proxy). Then try again"
                .to_owned()
        }
        ZoomError::Busy { .. } => BUSY.to_owned(),
        ZoomError::Credentials(_) => {
            format!("{APP} > Activation: activate the app; deactivating it ends all its tokens at once")
        }
        ZoomError::MissingScope(_) => super::scopes::WHERE.to_owned(),
        ZoomError::NoPermission(_) | ZoomError::Refused(_) => format!(
            "zoom.us > Admin > User Management > Roles: the role of the app's owner needs the rights to view users and \
             cloud recordings; the plan must include cloud recording. {APP} > Scopes"
        ),
        ZoomError::NoRecording(_) | ZoomError::NotListed(_) => "Nothing to do if it was deleted meanwhile: run this again".to_owned(),
    };
    Advice::new(error.to_string(), mend)
}

const BUSY: &str = "Find out which other app of the account uses up the limit (zoom.us > Admin > Advanced > App \
    Marketplace, and the API call logs under marketplace.zoom.us > Manage), and set ZOOM_PLAN to the plan that you \
    have. The day's limit is reset at 00:00 UTC";

/// The check of the limits of this plan.
pub(super) fn limits_check(plan: &str) -> Check {
    let tried = "reading the X-RateLimit headers of Zoom's answers";
    Check::new("zoom.limits", tried, format!("calls are left, and ZOOM_PLAN={plan} is the plan"))
}

/// Judges the rate limits that Zoom reported. `busy` is the refusal by a limit, if there was one.
pub(super) fn limits(plan: ZoomPlan, seen: &[Limit], busy: Option<&ZoomError>) -> Finding {
    let name = match plan {
        ZoomPlan::Free => "free",
        ZoomPlan::Pro => "pro",
        ZoomPlan::Business => "business",
    };
    let check = limits_check(name);
    if let Some(ZoomError::Busy { what, after }) = busy {
        let wait = after.map_or(0, |after| after.as_secs());
        let is_daily = seen.iter().any(|limit| limit.kind.to_ascii_lowercase().contains("daily"));
        if is_daily || wait >= LONG_WAIT_SECONDS {
            let found =
                format!("the day's limit of the account is used up for {} min more: {what}", wait / 60);
            return check.broken(found, BUSY);
        }
        return check.warning(format!("Zoom asks us to slow down ({wait}s): {what}"), BUSY);
    }
    let lower = |limit: &&Limit| {
        let category = match limit.category.to_ascii_uppercase().as_str() {
            "LIGHT" => Category::Light,
            "MEDIUM" => Category::Medium,
            "HEAVY" => Category::Heavy,
            _ => return false,
        };
        let is_by_second = limit.kind.eq_ignore_ascii_case("qps");
        is_by_second && limit.allowed.is_some_and(|allowed| allowed < per_second(plan, category))
    };
    if let Some(limit) = seen.iter().find(lower) {
        let allowed = limit.allowed.unwrap_or_default();
        let found =
            format!("Zoom allows {allowed} {} calls a second, fewer than plan {name} has", limit.category);
        return check.warning(found, "Set ZOOM_PLAN to the plan that you have: free, pro or business");
    }
    let told: Vec<String> = seen.iter().map(told).collect();
    let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
    check.ok(format!(
        "Zoom reports these limits: {told}; the service uses at most half of those of plan {name}"
    ))
}

fn told(limit: &Limit) -> String {
    let left = limit.left.map(|left| format!(" ({left} left)")).unwrap_or_default();
    let allowed = limit.allowed.map(|allowed| format!(" {allowed} {}", limit.kind)).unwrap_or_default();
    format!("{}{allowed}{left}", limit.category)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::State;

    fn limit(kind: &str, allowed: u64) -> Limit {
        Limit { category: "MEDIUM".into(), kind: kind.into(), allowed: Some(allowed), left: Some(1) }
    }

    #[test]
    fn a_plan_that_is_set_too_high_is_noticed() {
        let state = |plan, allowed| limits(plan, &[limit("QPS", allowed)], None).state;
        assert_eq!(state(ZoomPlan::Pro, 20), State::Ok);
        assert_eq!(state(ZoomPlan::Business, 20), State::Warning);
        assert_eq!(state(ZoomPlan::Free, 60), State::Ok);
        assert_eq!(limits(ZoomPlan::Pro, &[limit("Daily-limit", 1)], None).state, State::Ok);
    }

    #[test]
    fn a_used_up_day_is_broken_and_a_hurried_second_is_not() {
        let busy =
            |seconds| ZoomError::Busy { what: "429".into(), after: Some(Duration::from_secs(seconds)) };
        let state =
            |kind: &str, seconds| limits(ZoomPlan::Pro, &[limit(kind, 1)], Some(&busy(seconds))).state;
        assert_eq!(state("QPS", 1), State::Warning);
        assert_eq!(state("Daily-limit", 1), State::Broken);
        assert_eq!(state("", 7200), State::Broken);
    }
}
