//! The endpoints of the sandbox.

/// The endpoints that can misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// Zoom: `POST /oauth/token`.
    ZoomToken,
    /// Zoom: `GET /users`.
    ZoomUsers,
    /// Zoom: `GET /users/{id}`.
    ZoomUser,
    /// Zoom: `GET /users/{id}/recordings`.
    ZoomUserRecordings,
    /// Zoom: `GET /accounts/me/recordings`.
    ZoomAccountRecordings,
    /// Zoom: `GET /meetings/{uuid}/recordings`.
    ZoomRecording,
    /// Zoom: `DELETE /meetings/{uuid}/recordings` and `.../recordings/{file}`.
    ZoomTrash,
    /// Zoom: `GET /report/meetings/{uuid}/participants`, and the same for webinars.
    ZoomReport,
    /// Zoom: `GET /past_meetings/{uuid}/participants`, and the same for webinars.
    ZoomPastParticipants,
    /// Zoom: `GET /past_meetings/{uuid}`.
    ZoomPastMeeting,
    /// Zoom: `GET /past_meetings/{id}/instances`.
    ZoomInstances,
    /// Zoom: `GET /users/{user}/meetings`.
    ZoomMeetings,
    /// Zoom: `POST /users/{user}/meetings`.
    ZoomMeetingCreate,
    /// Zoom: `PATCH` and `DELETE /meetings/{id}`.
    ZoomMeetingChange,
    /// Zoom: any other API call, such as one meeting.
    ZoomOther,
    /// Zoom: the download URL, which answers with a redirect.
    ZoomDownload,
    /// Zoom: the media host, which sends the bytes.
    ZoomMedia,
    /// Google: the consent screen.
    GoogleConsent,
    /// Google: the token endpoint.
    GoogleToken,
    /// Google: where a consent is taken back.
    GoogleRevoke,
    /// Drive: `GET files/{id}` (metadata).
    DriveGet,
    /// Drive: `GET files/{id}?alt=media`.
    DriveMedia,
    /// Drive: `GET files/{id}/export`.
    DriveExport,
    /// Drive: `GET files?q=`.
    DriveList,
    /// Drive: `GET files/generateIds`.
    DriveIds,
    /// Drive: `POST files` (folders).
    DriveCreate,
    /// Drive: `PATCH files/{id}` and `DELETE files/{id}`.
    DriveUpdate,
    /// Drive: `GET files/{id}/permissions`.
    DrivePermissions,
    /// Drive: `POST files/{id}/permissions`.
    DriveShare,
    /// Drive: `GET about`, `GET drives/{id}`.
    DriveAbout,
    /// Sheets: `GET spreadsheets/{id}`.
    SheetsGet,
    /// Sheets: `POST spreadsheets/{id}:batchUpdate`, and `POST spreadsheets`.
    SheetsUpdate,
    /// Sheets: `POST spreadsheets/{id}/values:batchUpdate`.
    SheetsWrite,
    /// Sheets: `GET spreadsheets/{id}/values/{range}`.
    SheetsRead,
    /// Meet: any `GET`. The subject is path, query and address: `/v2/conferenceRecords?... as ewa@example.pl`.
    Meet,
    /// Directory: `GET users` and `GET users/{id}`. The subject as for Meet.
    Directory,
    /// Calendar: `GET calendars/{id}/events`. The subject as for Meet.
    Calendar,
    /// Gmail: `POST users/me/messages/send`.
    GmailSend,
    /// Upload: `POST /upload/drive/v3/files?uploadType=resumable`.
    UploadStart,
    /// Upload: a `PUT` that carries bytes.
    UploadChunk,
    /// Upload: an empty `PUT` with `bytes */TOTAL`.
    UploadStatus,
    /// Upload: `PATCH /upload/drive/v3/files/{id}?uploadType=media`, the content of a small file.
    UploadSmall,
}
