//! The relay: transfers one file from Zoom directly into a Drive upload session.
//!
//! Drive's offset is the truth, never our count. After a broken connection, a restart or a new session the same code
//! runs: ask Drive for its offset, open Zoom at the checkpoint, hash up to Drive's offset without sending, continue
//! from there. The file's total is fixed when the session is opened, so a source that ends early can never complete
//! an upload.

use rand::Rng;
use tracing::warn;

use super::super::plan::new_file;
use super::super::tokens::DownloadOrFailure;
use super::super::{Failure, Pipeline, Run};
use super::checkpoint::Checkpoint;
use super::flow::Flow;
use super::position::Position;
use super::request::{Outcome, Span};
use super::window::{SourceEnd, Window};
use super::{LONGEST_WAIT_HERE, TRIES_HERE};
use crate::download::OpenDownload;
use crate::google::upload::ChunkResponse;
use crate::jobs::pause::Evidence;
use crate::jobs::{FileRecord, Job, Provenance, SentFile, UploadProgress, retry};
use crate::secret::SecretUrl;

/// A file that Drive has completed.
#[derive(Debug)]
pub(in crate::pipeline) struct Finished {
    /// What was sent.
    pub(in crate::pipeline) sent: SentFile,
    /// Bytes that Drive has confirmed and that are not counted yet.
    pub(in crate::pipeline) bytes: u64,
    /// Where an interrupted upload went on, if that is not stored yet.
    pub(in crate::pipeline) went_on_from: Option<u64>,
}

/// One attempt at transferring one file.
pub(super) struct Relay<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) job: &'a Job,
    pub(super) run: &'a Run<'a>,
    pub(super) record: &'a mut FileRecord,
    /// The source of the bytes that this attempt has hashed. Stored together with that hash, never before.
    pub(super) provenance: Provenance,
    /// Where an interrupted upload goes on, until that is stored.
    went_on_from: Option<u64>,
}

impl<'a> Relay<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        job: &'a Job,
        run: &'a Run<'a>,
        record: &'a mut FileRecord,
    ) -> Self {
        let provenance = record.provenance;
        Self { pipeline, job, run, record, provenance, went_on_from: None }
    }

    /// Transfers the file, or its rest. Afterwards the record has the source of its bytes.
    pub(super) async fn run(mut self) -> Result<Finished, Failure> {
        let sent = self.transfer().await?;
        self.record.provenance = self.provenance;
        Ok(Finished {
            sent,
            bytes: self.uncounted(self.record.progress.total),
            went_on_from: self.went_on_from,
        })
    }

    /// Uploaded bytes up to this offset that are not counted yet. A copy that was adopted has no session: its bytes are no
    /// upload of ours.
    pub(super) fn uncounted(&self, offset: u64) -> u64 {
        let progress = &self.record.progress;
        if progress.session.is_some() { offset.saturating_sub(progress.offset) } else { 0 }
    }

    async fn transfer(&mut self) -> Result<SentFile, Failure> {
        match self.find_position().await? {
            Position::Complete if self.record.file.is_export() => self.take_export().await,
            Position::Complete => self.hash_only().await,
            Position::Open(session, drive_offset) => {
                self.went_on_from = Some(drive_offset).filter(|offset| *offset > 0);
                let source = self.open(Checkpoint::resume(&self.record.progress, drive_offset)).await?;
                self.send_rest(session, drive_offset, source).await
            }
            Position::Nothing => {
                self.pipeline.check_daily_limit(self.record.file.size.unwrap_or_default()).await?;
                self.record.progress = UploadProgress::default();
                let source = self.open(Checkpoint::start()).await?;
                let (total, source) = self.total(source).await?;
                let session = self.open_session(total, &source.1.validator).await?;
                self.send_rest(session, 0, source).await
            }
        }
    }

    /// Opens the source at a checkpoint. If the content has changed, the transfer is restarted: a mix of both
    /// contents would have a checksum that fits, and be neither file.
    pub(super) async fn open(
        &mut self,
        checkpoint: Checkpoint,
    ) -> Result<(Checkpoint, OpenDownload), Failure> {
        let validator = self.record.progress.validator.clone();
        let opened = self.pipeline.open_source(self.job, self.record, checkpoint.offset, &validator).await;
        let why = match opened {
            Ok((source, origin)) => match source.total.or_else(|| self.record.expected().exact_size()) {
                Some(total)
                    if self.record.progress.session.is_some() && total != self.record.progress.total =>
                {
                    format!("it has {total} bytes now, it had {}", self.record.progress.total)
                }
                _ => {
                    self.provenance = self.record.provenance.continued(checkpoint.offset, origin);
                    return Ok((checkpoint, source));
                }
            },
            Err(DownloadOrFailure::Failure(failure)) => return Err(failure),
            Err(DownloadOrFailure::OtherContent(why)) => why,
        };
        let id = self.record.drive_id.clone();
        self.start_over(&id).await?;
        Err(Failure::retry(format!("the file changed at Zoom while it was copied ({why}); it is sent again")))
    }

    async fn open_session(&mut self, total: u64, validator: &str) -> Result<SecretUrl, Failure> {
        let file = new_file(&self.job.recording, self.record);
        let session = self.pipeline.drive.open_session(&file, total).await?;
        self.record.progress = UploadProgress {
            session: Some(session.clone()),
            session_opened_at: self.pipeline.store.now().await?,
            total,
            offset: 0,
            hash_state: Vec::new(),
            ahead: Vec::new(),
            validator: validator.to_owned(),
        };
        self.record.provenance = self.provenance;
        self.pipeline.store.save_progress(self.run.lease, self.record, &self.record.progress).await?;
        Ok(session)
    }

    /// Sends everything from `drive_offset` on, request by request.
    async fn send_rest(
        &mut self,
        session: SecretUrl,
        drive_offset: u64,
        (checkpoint, source): (Checkpoint, OpenDownload),
    ) -> Result<SentFile, Failure> {
        let total = self.record.progress.total;
        let relay = &self.pipeline.relay;
        let mut flow =
            match Flow::start(checkpoint, source, drive_offset, total, relay, || self.run.go_on()).await {
                Err(failure @ Failure::OtherLength { .. }) => return Err(self.other_end(failure).await?),
                flow => flow?,
            };
        self.pipeline.moving.add(self.job.id.0, &self.record.drive_id, total, &flow.window);
        let mut session = session;
        let mut position = drive_offset;
        let mut tries = 0;
        loop {
            if !flow.window.rewind(position) {
                return Err(Failure::retry(format!("Drive's offset {position} is not in the window")));
            }
            let end = total.min(position.saturating_add(self.pipeline.request_size().bytes()));
            if position == total && flow.window.wait_for_end().await == SourceEnd::Broken {
                let failure = flow.reason().await;
                return Err(self.other_end(failure).await?);
            }
            let outcome =
                self.send_request(&flow.window, &session, Span { start: position, end, total }).await?;
            self.learn(&flow.window, &outcome, position, end);
            let answer = match outcome {
                Outcome::Answered(ChunkResponse::HoldsNothing, _) => {
                    self.ask_again(&session, total, tries, Failure::retry(NOTHING_HELD)).await?
                }
                Outcome::Answered(answer, _) => answer,
                Outcome::Cut => self.position_after_cut(&session, total, tries).await?,
                Outcome::Failed(_) if flow.window.ended() == Some(SourceEnd::Broken) => {
                    self.keep_what_arrived(&flow.window, &session).await?;
                    let failure = flow.reason().await;
                    return Err(self.other_end(failure).await?);
                }
                // The error will occur again, if it lasts, and must not use a fresh file's time until then.
                Outcome::Failed(_) if self.must_give_way() => return Err(Failure::GaveWay),
                Outcome::Failed(error) => self.ask_again(&session, total, tries, error.into()).await?,
            };
            match answer {
                ChunkResponse::Complete(_) => {
                    self.run.observed(Evidence::File);
                    return sent_whole(&flow, total);
                }
                ChunkResponse::HoldsNothing => return Err(Failure::retry(NOTHING_HELD)),
                ChunkResponse::Holds { held: drive_offset, moved } => {
                    tries = if drive_offset > position { 0 } else { tries + 1 };
                    session = moved.unwrap_or(session);
                    position = drive_offset;
                    self.save_checkpoint(&flow.window, &session, drive_offset).await?;
                }
            }
            if tries >= TRIES_HERE {
                return Err(Failure::retry("Drive accepts the bytes and does not store them"));
            }
            self.run.go_on()?;
            if self.must_give_way() {
                return Err(Failure::GaveWay);
            }
        }
    }

    /// A text with another end than before has changed: its transfer is restarted.
    async fn other_end(&mut self, failure: Failure) -> Result<Failure, Failure> {
        match failure {
            Failure::OtherLength { cause, .. } if self.record.expected().exact_size().is_none() => {
                let id = self.record.drive_id.clone();
                self.start_over(&id).await?;
                Ok(Failure::retry(cause))
            }
            failure => Ok(failure),
        }
    }

    /// Whether a file with priority waits for this slot.
    pub(super) fn must_give_way(&self) -> bool {
        self.pipeline.slots.must_give_way(self.job.backfilled)
    }

    /// After a failed request nothing is sent blindly: Drive's offset is requested first. If the window has the missing
    /// bytes, Zoom is not asked again.
    pub(super) async fn ask_again(
        &self,
        session: &SecretUrl,
        total: u64,
        tries: u32,
        failure: Failure,
    ) -> Result<ChunkResponse, Failure> {
        let Failure::Retry { cause, after, sign } = failure else { return Err(failure) };
        let wait = retry::wait(self.pipeline.relay.retry_wait, tries, after, rand::rng().random());
        if tries + 1 >= TRIES_HERE || wait > LONGEST_WAIT_HERE {
            return Err(Failure::Retry { cause, after, sign });
        }
        warn!(job = %self.job.id, file = %self.record.key, %cause, "a request with bytes of {} failed; asking Drive in {wait:?}", self.record.name);
        self.run.pause(wait).await?;
        let answer = self.pipeline.drive.ask_position(session, total).await?;
        if answer != ChunkResponse::HoldsNothing {
            return Ok(answer);
        }
        self.run.pause(wait).await?;
        Ok(self.pipeline.drive.ask_position(session, total).await?)
    }

    /// Stores how much Drive has of a request whose source broke, so that it is not read again. If Drive does not answer,
    /// the checkpoints that were stored inside the request have to do.
    async fn keep_what_arrived(&mut self, window: &Window, session: &SecretUrl) -> Result<(), Failure> {
        let answer = self.pipeline.drive.ask_position(session, self.record.progress.total).await;
        if let Ok(ChunkResponse::Holds { held, moved }) = answer {
            let session = moved.unwrap_or_else(|| session.clone());
            self.save_checkpoint(window, &session, held).await?;
        }
        Ok(())
    }

    /// Stores the position that Drive has confirmed, and counts its bytes as uploaded, in one transaction: what was
    /// confirmed before a crash and not stored counts as well, and nothing counts twice.
    async fn save_checkpoint(
        &mut self,
        window: &Window,
        session: &SecretUrl,
        drive_offset: u64,
    ) -> Result<(), Failure> {
        let checkpoint = window.confirm(drive_offset);
        let progress = &mut self.record.progress;
        let fresh = checkpoint.offset.saturating_sub(progress.offset);
        let has_moved = fresh > 0;
        if has_moved || progress.session.as_ref() != Some(session) {
            progress.offset = checkpoint.offset;
            progress.hash_state = checkpoint.state();
            progress.ahead = window.ahead();
            progress.session = Some(session.clone());
            self.record.provenance = self.provenance;
            let went_on_from = self.went_on_from.take();
            self.pipeline.save_confirmed(self.run.lease, self.record, fresh, went_on_from).await?;
        }
        if has_moved {
            self.run.moved();
            self.run.observed(Evidence::Bytes);
        }
        Ok(())
    }
}

/// The error when Drive reports an empty session for a running upload.
const NOTHING_HELD: &str = "Drive says that it holds nothing of the upload";

/// What was sent, once Drive has all of it.
fn sent_whole(flow: &Flow, total: u64) -> Result<SentFile, Failure> {
    let head = flow.window.head();
    if head.offset != total {
        // An earlier request reached the end without our knowledge: the next attempt hashes the rest.
        return Err(Failure::retry("Drive has the whole file already"));
    }
    Ok(SentFile { size: total, sha256: head.digest() })
}
