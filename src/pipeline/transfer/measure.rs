//! Reads a file at Zoom without sending it: how long it really is, whether there is anything in it, and what a
//! copy that Drive has already should be.

use futures::StreamExt;
use tracing::warn;

use super::super::Failure;
use super::flow;
use super::mark::Mark;
use super::relay::Relay;
use super::window::Window;
use crate::jobs::Streamed;
use crate::recording::Medium;
use crate::recording::content::Scan;
use crate::zoom::{DownloadError, Source};

impl Relay<'_> {
    /// The file's real size. Zoom nearly always announces it, and for video and audio it must be the listed
    /// one. A text that comes without a size, or with another than was listed, is read once to be measured, and to
    /// see whether there is anything in it. That both readings agree lets the upload begin; it proves nothing.
    pub(super) async fn total(
        &mut self,
        (mark, source): (Mark, Source),
    ) -> Result<(u64, (Mark, Source)), Failure> {
        let file = self.record.expected();
        if let Some(exact) = file.exact_size() {
            return Ok((exact, (mark, source)));
        }
        let is_media = matches!(file.medium(), Medium::Video | Medium::Audio);
        if let Some(total) = source.total.filter(|total| is_media || file.listed_size() == Some(*total)) {
            return Ok((total, (mark, source)));
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
        let (mark, again) = self.open(mark).await?;
        if again.total.is_some_and(|total| total != measured) {
            return Err(Failure::retry(format!(
                "Zoom sent {measured} bytes, and then announced {:?}",
                again.total
            )));
        }
        warn!(file = %self.record.key, measured, listed = ?self.record.file.size, "{} is not as long as Zoom lists it", self.record.name);
        Ok((measured, (mark, again)))
    }

    /// Drive has the whole file: only what it should be is still to be found out.
    pub(super) async fn hash_only(&mut self) -> Result<Streamed, Failure> {
        let mark = Mark::load(self.record.progress.offset, &self.record.progress.hash_state);
        let (mark, source) = self.open(mark).await?;
        let total = source.total;
        let window = Window::new(mark.clone(), 0, u64::MAX);
        let file = self.record.expected();
        // What was sent before the mark had content; only a whole reading can have none.
        let mut scan = (mark.offset == 0).then(|| Scan::new(file.medium()));
        let mut bytes = flow::forward(source, mark.offset);
        while let Some(piece) = bytes.next().await {
            let piece = piece?;
            scan.iter_mut().for_each(|scan| scan.absorb(&piece));
            window.skip(piece);
            self.run.go_on()?;
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
        Ok(Streamed { size: head.offset, sha256: head.digest() })
    }
}
