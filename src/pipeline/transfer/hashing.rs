//! Handles a file that Drive has already: it is read at Zoom, without an upload, to compute the expected digest.

use futures::StreamExt;

use super::super::Failure;
use super::checkpoint::Checkpoint;
use super::flow;
use super::relay::Relay;
use super::window::Window;
use crate::download::DownloadError;
use crate::jobs::{Provenance, SentFile};
use crate::recording::Medium;
use crate::recording::content::Scan;

impl Relay<'_> {
    /// Drive has the whole file: only its expected digest is missing.
    pub(super) async fn hash_only(&mut self) -> Result<SentFile, Failure> {
        let checkpoint = Checkpoint::resume(&self.record.progress, u64::MAX);
        let (checkpoint, source) = self.open(checkpoint).await?;
        let total = source.total;
        let window = Window::new(checkpoint.clone(), 0, u64::MAX, u64::MAX);
        let file = self.record.expected();
        // The bytes before the checkpoint had content; only a complete reading can have none.
        let mut scan = (checkpoint.offset == 0).then(|| Scan::new(file.medium()));
        let mut bytes = flow::forward(source, checkpoint.offset);
        // As often as an upload would: each slot advances the file by at least a chunk. A text is short, and is read
        // as a whole.
        let is_media = matches!(file.medium(), Medium::Video | Medium::Audio);
        let give_way_from = checkpoint.offset.saturating_add(self.pipeline.relay.chunk_size);
        while let Some(piece) = bytes.next().await {
            let piece = piece?;
            scan.iter_mut().for_each(|scan| scan.absorb(&piece));
            window.skip(piece);
            self.run.go_on()?;
            if is_media && self.must_give_way() && window.head().offset >= give_way_from {
                self.keep_hash(&window.head()).await?;
                return Err(Failure::GaveWay);
            }
        }
        let head = window.head();
        if let Some(scan) = scan {
            self.pipeline.judge(self.record, scan.end()).await?;
        }
        if file.exact_size().is_some_and(|exact| exact != head.offset) {
            return Err(DownloadError::OtherEnd(file.exact_size().unwrap_or_default()).into());
        }
        if total.is_some_and(|total| total != head.offset) {
            return Err(Failure::retry(format!(
                "Zoom sent {} bytes of {}",
                head.offset,
                total.unwrap_or_default()
            )));
        }
        Ok(SentFile { size: head.offset, sha256: head.digest() })
    }

    /// Drive has the whole export. Its source would make other bytes now, so there is nothing to compare it with.
    pub(super) async fn take_export(&mut self) -> Result<SentFile, Failure> {
        let held = self.pipeline.held(&self.record.drive_id).await?;
        let held =
            held.ok_or_else(|| Failure::retry("Drive does not know the file that it has completed"))?;
        self.provenance = Provenance::Listing;
        Ok(SentFile { size: held.size, sha256: held.sha256 })
    }

    /// Stores how far the file was hashed, and the source of these bytes. Drive has them: what was not counted when it was
    /// confirmed counts now.
    async fn keep_hash(&mut self, head: &Checkpoint) -> Result<(), Failure> {
        let uncounted = self.uncounted(head.offset);
        self.record.provenance = self.provenance;
        self.record.progress.offset = head.offset;
        self.record.progress.hash_state = head.state();
        self.record.progress.ahead = Vec::new();
        self.pipeline.save_confirmed(self.run.lease, self.record, uncounted, None).await
    }
}
