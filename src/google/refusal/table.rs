//! The table of Google's reasons and their meanings. Pure.

/// What an error answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A temporary failure of a server or of the network.
    Passing,
    /// Too many requests, or too many bytes, at a time.
    Busy,
    /// The project's own limit per day is reached.
    DayUsedUp,
    /// A quota is used up: storage or a rate. Only Drive's storage figures tell which.
    Quota,
    /// No storage is left for more bytes.
    StorageFull,
    /// The limit of files and folders is reached.
    ItemsFull,
    /// The token or the credentials are refused.
    Credentials,
    /// The token lacks a scope.
    Scope,
    /// The API is not enabled in the project, or the project is suspended.
    Disabled,
    /// An admin's policy forbids it.
    Policy,
    /// The account is not a member of the shared drive.
    NotMember,
    /// The account's role on this file or folder is too low.
    Role,
    /// Folders are nested too deeply.
    TooDeep,
    /// Google itself says that the file or folder does not exist, or that the account cannot see it.
    NotFound,
    /// 404 or 410 without a reason of Google's: an upload session that has ended, or a gateway's page.
    Gone,
    /// The reserved id is in use.
    IdInUse,
    /// 400 without a reason: Google did not understand the request.
    NotUnderstood,
    /// Any other refusal. A repeated request would fail as well.
    Refused,
}

/// Reasons and their meanings. The first row with any word of the answer decides, so special reasons come before
/// general ones. Words are written as [`plain`] writes them: `RATE_LIMIT_EXCEEDED` is `ratelimitexceeded`.
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
    // Status texts: the least specific words.
    (Meaning::Busy, &["resourceexhausted"]),
    (Meaning::Credentials, &["unauthenticated"]),
    (Meaning::Passing, &["unavailable", "internal", "deadlineexceeded", "aborted", "cancelled"]),
    // Domains: a limit of an unknown kind.
    (Meaning::Quota, &["usagelimits"]),
];

/// The meaning of the first row with any of these words, normalized by [`plain`].
pub(super) fn special(words: &[String]) -> Option<Meaning> {
    let holds_any = |(_, row): &&(Meaning, &[&str])| words.iter().any(|word| row.contains(&word.as_str()));
    TABLE.iter().find(holds_any).map(|(meaning, _)| *meaning)
}

/// Normalizes a reason as the table spells it: small letters and digits only.
pub(super) fn plain(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
