//! Uploads a small file in the same way as recordings (session, chunk, status query, end, checksum), and moves it
//! to Drive's trash. Only a real upload shows some faults: storage, a role, a proxy that changes bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::finding::{Advice, Check, Finding, State};
use super::google_says::GoogleIdentity;
use super::root;
use crate::config::UPLOAD_STEP;
use crate::google::upload::{Chunk, ChunkResponse, UploadError};
use crate::google::{Drive, DriveFile, GoogleError, NewFile};
use crate::jobs::pause::PauseCause;

/// The test file's name tells everyone that the file can be deleted.
pub(super) const NAME: &str = "zoom2drive doctor: test file, may be deleted.txt";

/// A little more than Drive's step size: the smallest file that takes two chunks.
const SIZE: u64 = UPLOAD_STEP + 1_111;

/// The file's content is this line, repeated.
const LINE: &[u8] =
    b"zoom2drive doctor has written this file to see whether files arrive. It may be deleted.\n";

/// Most chunks and queries; two of each are enough when all is well.
const ROUNDS_MAX: u32 = 6;

/// Time limit for the upload: 264 KB on a slow line.
const WITHIN: Duration = Duration::from_secs(90);

/// Time limit for the removal.
const CLEAN_WITHIN: Duration = Duration::from_secs(30);

fn upload_check() -> Check {
    let tried = "uploading a small file into the root folder like a recording: resumable session, first chunk, \
                 status query, last chunk, metadata";
    Check::new("drive.upload", tried, "a file of the same size and SHA-256")
}

fn clean_check() -> Check {
    Check::new("drive.cleanup", "moving the test file to Drive's trash", "it is in the trash")
}

/// Both checks as not tried.
pub(super) fn not_tried(why: &str) -> Vec<Finding> {
    [upload_check(), clean_check()].map(|check| check.not_tried(why)).to_vec()
}

/// Uploads the file, and removes it in any case.
pub(super) async fn prove(drive: &Drive, root: &str, who: &GoogleIdentity) -> Vec<Finding> {
    let id = match drive.reserve_ids(1).await.map(|mut ids| ids.pop()) {
        Ok(Some(id)) => id,
        Ok(None) => return not_tried("Drive reserved no id"),
        Err(error) => {
            let said = explain(&UploadError::Google(error), who);
            return vec![
                upload_check().explained(State::Broken, said),
                clean_check().not_tried("nothing was sent"),
            ];
        }
    };
    let content: Vec<u8> =
        LINE.iter().copied().cycle().take(usize::try_from(SIZE).unwrap_or_default()).collect();
    let sent = tokio::time::timeout(WITHIN, send(drive, root, &id, &content)).await;
    let uploaded = match sent {
        Err(_) => upload_check().broken(
            format!("it did not finish within {}s", WITHIN.as_secs()),
            "Check the speed of this machine's connection to Google, and check for proxies that delay requests",
        ),
        Ok(Err(error)) => upload_check().explained(State::Broken, explain(&error, who)),
        Ok(Ok(file)) => judge(&file, &content),
    };
    vec![uploaded, clean(drive, &id).await]
}

async fn send(drive: &Drive, root: &str, id: &str, content: &[u8]) -> Result<DriveFile, UploadError> {
    let file = NewFile {
        id: id.to_owned(),
        name: NAME.to_owned(),
        mime_type: "text/plain".to_owned(),
        parent: root.to_owned(),
        app_properties: BTreeMap::from([("zoom2driveDoctor".to_owned(), "test".to_owned())]),
        created_time: None,
        description: "Written by zoom2drive doctor. It may be deleted.".to_owned(),
    };
    let mut session = drive.open_session(&file, SIZE).await?;
    let mut offset = 0;
    for _round in 0..ROUNDS_MAX {
        let end = (offset + UPLOAD_STEP).min(SIZE);
        let slice = |at: u64| usize::try_from(at).unwrap_or(content.len()).min(content.len());
        let body = content[slice(offset)..slice(end)].to_vec().into();
        let mut answer = drive.send_chunk(&session, Chunk { start: offset, end, body }, SIZE).await?;
        if let ChunkResponse::Holds { moved: Some(moved), .. } = &answer {
            session = moved.clone();
        }
        if !matches!(answer, ChunkResponse::Complete(_)) {
            // Drive reports its position when it is asked.
            answer = drive.ask_position(&session, SIZE).await?;
        }
        match answer {
            ChunkResponse::Holds { held, .. } => offset = held,
            ChunkResponse::HoldsNothing => offset = 0,
            // Requested again, as the service does: the answer may be old or empty.
            ChunkResponse::Complete(_) => return Ok(drive.get(id).await?),
        }
    }
    let what = format!("after {ROUNDS_MAX} chunks Drive has {offset} of {SIZE} bytes");
    Err(GoogleError::Unreachable { what, after: None }.into())
}

fn judge(file: &DriveFile, content: &[u8]) -> Finding {
    let ours = hex::encode(Sha256::digest(content));
    let something = "Something between this machine and Google changes bytes, or Drive made an error: remove TLS-inspecting \
                     proxies, and run this again";
    match (file.size, &file.sha256) {
        (Some(size), _) if size != SIZE => {
            upload_check().broken(format!("Drive has {size} bytes of {SIZE}"), something)
        }
        (_, Some(theirs)) if *theirs != ours => {
            let found = format!("Drive's SHA-256 is {theirs}, ours is {ours}: the bytes differ");
            upload_check().broken(found, something)
        }
        (Some(_), Some(_)) => upload_check().ok(format!("{SIZE} bytes arrived, SHA-256 {}…", &ours[..12])),
        _ => upload_check().warning(
            "it arrived, but Drive reports no checksum for it",
            "Nothing to do if it is rare: the service downloads such files to compare them",
        ),
    }
}

async fn clean(drive: &Drive, id: &str) -> Finding {
    let by_hand =
        format!("Delete {NAME:?} in the root folder by hand, and give the account the role Content manager");
    let put_away = async {
        match drive.trash(id).await {
            Ok(()) => {}
            Err(GoogleError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        match drive.get(id).await {
            Ok(file) => Ok(Some(file.trashed)),
            Err(GoogleError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    };
    match tokio::time::timeout(CLEAN_WITHIN, put_away).await {
        Ok(Ok(Some(true))) => clean_check().ok("it is in Drive's trash, which empties itself after 30 days"),
        Ok(Ok(None)) => clean_check().ok("there is no file to remove"),
        Ok(Ok(Some(false))) => clean_check().warning("Drive did not move it to the trash", by_hand),
        Ok(Err(error)) => clean_check().warning(format!("it could not be removed: {error}"), by_hand),
        Err(_) => {
            clean_check().warning(format!("Drive did not answer within {}s", CLEAN_WITHIN.as_secs()), by_hand)
        }
    }
}

/// Explains a failed upload.
fn explain(error: &UploadError, who: &GoogleIdentity) -> Advice {
    if let UploadError::OtherOrigin(what) = error {
        let mend = "Remove proxies that change answers, and compare GOOGLE_API_URL with Google's own address";
        return Advice::new(what.clone(), mend);
    }
    let UploadError::Google(google) = error else {
        let mend = "Run this again. If it fails again, a proxy may change requests (PUT, Content-Range, 308)";
        return Advice::new(error.to_string(), mend);
    };
    match google {
        GoogleError::Stop { cause: PauseCause::StorageFull, what }
            if !who.is_person && who.subject.is_none() =>
        {
            Advice::new(
                format!("Drive accepts no content from a service account here: {what}"),
                root::no_storage(who),
            )
        }
        GoogleError::Stop { cause, what } => {
            let system = crate::jobs::pause::System::Drive;
            Advice::new(what.clone(), cause.message(system, "Drive refuses every file"))
        }
        GoogleError::Refused(what) => {
            Advice::new(format!("Drive refuses the file: {what}"), super::google_says::member(who))
        }
        GoogleError::NotFound(what) => {
            let found = format!("Drive does not find the folder when the file is uploaded: {what}");
            Advice::new(found, super::google_says::member(who))
        }
        GoogleError::Busy { what, may_be_daily, .. } => {
            let daily =
                if *may_be_daily { " (or the 750 GB of this account for today are used up)" } else { "" };
            Advice::new(format!("Google asks us to slow down{daily}: {what}"), "Wait, and run this again")
        }
        GoogleError::Credentials(_) | GoogleError::Unreachable { .. } | GoogleError::IdInUse => {
            root::failed(google)
        }
    }
}
