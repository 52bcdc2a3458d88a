//! Reads a file at Zoom again, from its first byte to its regular end, without an upload.
//!
//! The response is checked like a transfer's: host, content type, first bytes, length. It takes the same slots as a
//! transfer, so that both together stay within the limits of memory and bandwidth.

use futures::StreamExt;

use super::source::RecordingSource;
use super::transfer::checkpoint::Checkpoint;
use super::{Failure, Pipeline, Run};
use crate::jobs::{Job, SentFile};
use crate::recording::content::{Body, Scan};
use crate::recording::{Download, RecordingFile};

impl Pipeline {
    /// Reads the file from this address, and returns its size and SHA-256. `file` has the expected kind and, for
    /// video and audio, the exact size if it is known.
    ///
    /// # Errors
    /// Like a transfer: a refused address or token, a broken or short answer, a shutdown.
    pub(super) async fn reread(
        &self,
        job: &Job,
        run: &Run<'_>,
        file: &RecordingFile,
        download: &Download,
    ) -> Result<SentFile, Failure> {
        self.read_whole(job, run, file, download).await.map(|(streamed, _)| streamed)
    }

    /// The same, and whether the file has any content.
    pub(super) async fn read_whole(
        &self,
        job: &Job,
        run: &Run<'_>,
        file: &RecordingFile,
        download: &Download,
    ) -> Result<(SentFile, Body), Failure> {
        let mut slot = self.slot(job, run).await?;
        let source = match self.source(&job.recording) {
            RecordingSource::Meet(meet) => meet.open(&job.recording, file, 0, "").await?,
            RecordingSource::Zoom(_) | RecordingSource::ZoomEvents => {
                self.try_tokens(file, download, 0, "").await?.map_err(Failure::retry)?
            }
        };
        let expected = source.total.or_else(|| file.exact_size());
        let mut bytes = source.bytes;
        let mut read = Checkpoint::start();
        let mut scan = Scan::new(file.medium());
        loop {
            let piece = tokio::select! {
                piece = bytes.next() => piece,
                () = run.stopping.cancelled() => return Err(Failure::Stopping),
            };
            match piece {
                Some(piece) => {
                    let piece = piece?;
                    scan.absorb(&piece);
                    read.absorb(&piece);
                }
                None => break,
            }
            // The connection waits in the meantime, with its buffers only.
            if self.slots.must_give_way(job.backfilled) {
                drop(slot);
                slot = self.slot(job, run).await?;
            }
        }
        match expected {
            Some(expected) if expected != read.offset => {
                Err(Failure::retry(format!("Zoom sent {} bytes of {expected}", read.offset)))
            }
            _ => Ok((SentFile { size: read.offset, sha256: read.digest() }, scan.end())),
        }
    }
}
