//! The proof: a small file goes the way of every recording (session, chunk, status query, end, checksum), and is
//! then put into Drive's trash. What only bytes show (storage, a role, a proxy that changes them) shows here.

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

/// What the file is called: whoever finds it should know that it can go.
pub(super) const NAME: &str = "zoom2drive doctor: test file, may be deleted.txt";

/// One step of Drive's and a little more: the smallest file that takes two chunks.
const SIZE: u64 = UPLOAD_STEP + 1_111;

/// What the file consists of, over and over.
const LINE: &[u8] =
    b"zoom2drive doctor has written this file to see whether files arrive. It may be deleted.\n";

/// Chunks and questions at most; two of each are enough when all is well.
const ROUNDS_MAX: u32 = 6;

/// How long all of it may take: 264 KB on a slow line.
const WITHIN: Duration = Duration::from_secs(90);

/// How long the cleaning up may take.
const CLEAN_WITHIN: Duration = Duration::from_secs(30);

fn upload_check() -> Check {
    let tried = "sending a small file into the root folder as recordings are sent: resumable session, first chunk, \
                 status query, last chunk, metadata";
    Check::new("drive.upload", tried, "a file of the same size and SHA-256")
}

fn clean_check() -> Check {
    Check::new("drive.cleanup", "putting the test file into Drive's trash", "it is in the trash")
}

/// Both as not tried.
pub(super) fn not_tried(why: &str) -> Vec<Finding> {
    [upload_check(), clean_check()].map(|check| check.not_tried(why)).to_vec()
}

/// Sends the file, and puts away whatever came of it.
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
            format!("it was not done within {}s", WITHIN.as_secs()),
            "Look at the speed of this machine's line to Google, and at proxies that hold requests back",
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
            // What Drive holds, it says when it is asked.
            answer = drive.ask_position(&session, SIZE).await?;
        }
        match answer {
            ChunkResponse::Holds { held, .. } => offset = held,
            ChunkResponse::HoldsNothing => offset = 0,
            // Asked anew: the answer may be old or empty, and the service asks, too.
            ChunkResponse::Complete(_) => return Ok(drive.get(id).await?),
        }
    }
    let what = format!("after {ROUNDS_MAX} chunks Drive holds {offset} of {SIZE} bytes");
    Err(GoogleError::Unreachable { what, after: None }.into())
}

fn judge(file: &DriveFile, content: &[u8]) -> Finding {
    let ours = hex::encode(Sha256::digest(content));
    let something = "Something between this machine and Google changes bytes, or Drive made an error: take TLS-inspecting \
                     proxies out of the way, and run this again";
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
            "it arrived, but Drive names no checksum for it",
            "Nothing to do, if it stays rare: the service then reads such files back to compare them",
        ),
    }
}

async fn clean(drive: &Drive, id: &str) -> Finding {
    let by_hand = format!("Delete {NAME:?} in the root folder by hand, and make the account Content manager");
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
        Ok(Ok(None)) => clean_check().ok("there is nothing to put away"),
        Ok(Ok(Some(false))) => clean_check().warning("Drive did not put it into the trash", by_hand),
        Ok(Err(error)) => clean_check().warning(format!("it could not be put away: {error}"), by_hand),
        Err(_) => {
            clean_check().warning(format!("Drive did not answer within {}s", CLEAN_WITHIN.as_secs()), by_hand)
        }
    }
}

/// What a failed upload means.
fn explain(error: &UploadError, who: &GoogleIdentity) -> Advice {
    if let UploadError::OtherOrigin(what) = error {
        let mend = "Take proxies that change answers out of the way, and compare GOOGLE_API_URL with Google's own address";
        return Advice::new(what.clone(), mend);
    }
    let UploadError::Google(google) = error else {
        let mend = "Run this again. If it stays so: a proxy on the way may take requests apart (PUT, Content-Range, 308)";
        return Advice::new(error.to_string(), mend);
    };
    match google {
        GoogleError::Stop { cause: PauseCause::StorageFull, what }
            if !who.is_person && who.subject.is_none() =>
        {
            Advice::new(
                format!("Drive takes no bytes from a service account here: {what}"),
                root::no_storage(who),
            )
        }
        GoogleError::Stop { cause, what } => {
            let system = crate::jobs::pause::System::Drive;
            Advice::new(what.clone(), cause.message(system, "Drive refuses everybody's files"))
        }
        GoogleError::Refused(what) => {
            Advice::new(format!("Drive refuses the file: {what}"), super::google_says::member(who))
        }
        GoogleError::NotFound(what) => {
            let found = format!("Drive does not know the folder when the file is to be put there: {what}");
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
