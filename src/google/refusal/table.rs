//! The table: which of Google's words means what. Pure.

/// What an error answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A server or something on the way failed; it passes.
    Passing,
    /// Too many requests, or too many bytes, at a time.
    Busy,
    /// The project's own limit per day is reached.
    DayUsedUp,
    /// Some quota is used up: storage or a rate. Only Drive's figures tell which.
    Quota,
    /// There is no room for more bytes.
    StorageFull,
    /// There is no room for more files or folders.
    ItemsFull,
    /// The token or the credentials are refused.
    Credentials,
    /// The token lacks a scope.
    Scope,
    /// The API is not enabled in the project, or the project is suspended.
    Disabled,
    /// An admin's policy forbids it.
    Policy,
    /// The account is no member of the shared drive.
    NotMember,
    /// The account's role on this file or folder is too low.
    Role,
    /// Folders are nested too deeply.
    TooDeep,
    /// Google itself says that there is no such file or folder, or that we may not see it.
    NotFound,
    /// 404 or 410 without Google's own words: an upload session that has ended, or a gateway's page.
    Gone,
    /// The reserved id is in use.
    IdInUse,
    /// 400 without a reason: a request that was not understood.
    NotUnderstood,
    /// Anything else: asking again changes nothing.
    Refused,
}

/// Reasons and what they mean. The first row that holds any word of an answer decides: the special before the
/// general. Words are written as [`plain`] writes them, so `RATE_LIMIT_EXCEEDED` is `ratelimitexceeded`.
const TABLE: &[(Meaning, &[&str])] = &[
    (Meaning::StorageFull, &["storagequotaexceeded"]),
    (
        Meaning::ItemsFull,
        &[
            "teamdrivefilelimitexceeded",
            "shareddrivefilelimitexceeded",
            "activeitemcreationlimitexceeded",
            "numchildreninnonrootlimitexceeded",
        ],
    ),
    (
        Meaning::TooDeep,
        &["teamdrivehierarchytoodeep", "shareddrivehierarchytoodeep", "mydrivehierarchydepthlimitexceeded"],
    ),
    (Meaning::NotMember, &["teamdrivemembershiprequired", "shareddrivemembershiprequired"]),
    (Meaning::DayUsedUp, &["dailylimitexceeded", "dailylimitexceededunreg"]),
    (
        Meaning::Disabled,
        &[
            "accessnotconfigured",
            "servicedisabled",
            "billingdisabled",
            "consumersuspended",
            "consumerinvalid",
            "userprojectdenied",
        ],
    ),
    (
        Meaning::Scope,
        &[
            "accesstokenscopeinsufficient",
            "insufficientpermissions",
            "insufficientscope",
            "appnotauthorizedtofile",
        ],
    ),
    (
        Meaning::Policy,
        &[
            "domainpolicy",
            "securitypolicyviolated",
            "orgrestrictionviolation",
            "locationpolicyviolated",
            "userblockedbyadmin",
        ],
    ),
    (Meaning::Role, &["insufficientfilepermissions", "insufficientparentpermissions"]),
    (Meaning::IdInUse, &["fileidinuse"]),
    (
        Meaning::Busy,
        &["ratelimitexceeded", "userratelimitexceeded", "sharingratelimitexceeded", "toomanyrequests"],
    ),
    (Meaning::Quota, &["quotaexceeded", "resourcequotaexceeded"]),
    (Meaning::NotFound, &["notfound", "filenotfound"]),
    (
        Meaning::Credentials,
        &[
            "autherror",
            "accesstokenexpired",
            "accesstokentypeunsupported",
            "accountstateinvalid",
            "credentialsmissing",
            "invalidcredentials",
            "invalidtoken",
            "invalidgrant",
            "invalidclient",
            "unauthorizedclient",
        ],
    ),
    (
        Meaning::Passing,
        &[
            "backenderror",
            "internalerror",
            "internalfailure",
            "transienterror",
            "temporarilyunavailable",
            "servererror",
        ],
    ),
    // Status texts: the least that Google says.
    (Meaning::Busy, &["resourceexhausted"]),
    (Meaning::Credentials, &["unauthenticated"]),
    (Meaning::Passing, &["unavailable", "internal", "deadlineexceeded", "aborted", "cancelled"]),
    // Domains: a limit of a kind that nobody has named yet.
    (Meaning::Quota, &["usagelimits"]),
];

/// The row that holds any of these words, as [`plain`] writes them.
pub(super) fn special(words: &[String]) -> Option<Meaning> {
    let holds_any = |(_, row): &&(Meaning, &[&str])| words.iter().any(|word| row.contains(&word.as_str()));
    TABLE.iter().find(holds_any).map(|(meaning, _)| *meaning)
}

/// A reason as the table spells it: small letters and digits only.
pub(super) fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
