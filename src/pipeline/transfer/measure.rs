//! Reads a file at Zoom without sending it: its real length, and whether it has content.

use futures::StreamExt;
use tracing::warn;

use super::super::Failure;
use super::checkpoint::Checkpoint;
use super::relay::Relay;
use crate::download::OpenDownload;
use crate::recording::Medium;
use crate::recording::content::Scan;

impl Relay<'_> {
    /// The file's real size. Zoom nearly always announces it, and for video and audio it must be the listed one. A
    /// text without a size, or with another than listed, is read once to measure it, and to see whether it has
    /// content. If both readings agree, the upload begins; that is no proof.
    pub(super) async fn total(
        &mut self,
        (checkpoint, source): (Checkpoint, OpenDownload),
    ) -> Result<(u64, (Checkpoint, OpenDownload)), Failure> {
        let file = self.record.expected();
        if let Some(exact) = file.exact_size() {
            return Ok((exact, (checkpoint, source)));
        }
        if let Some(total) = source.total.filter(|_| source.is_whole) {
            return Ok((total, (checkpoint, source)));
        }
        let is_media = matches!(file.medium(), Medium::Video | Medium::Audio);
        if let Some(total) = source.total.filter(|total| is_media || file.listed_size() == Some(*total)) {
            return Ok((total, (checkpoint, source)));
        }
        let mut scan = Scan::new(file.medium());
        let mut bytes = source.bytes;
        while let Some(piece) = bytes.next().await {
            scan.absorb(&piece?);
            self.run.go_on()?;
        }
        let body = scan.end();
        self.pipeline.judge(self.record, body).await?;
        let measured = body.size;
        let (checkpoint, again) = self.open(checkpoint).await?;
        if again.total.is_some_and(|total| total != measured) {
            return Err(Failure::retry(format!(
                "Zoom sent {measured} bytes, and then announced {:?}",
                again.total
            )));
        }
        warn!(file = %self.record.key, measured, listed = ?self.record.file.size, "{} does not have the length that Zoom lists", self.record.name);
        Ok((measured, (checkpoint, again)))
    }
}
