//! A running transfer: the source, the window, and the task that fills the window from the source.

use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, future};
use tokio_util::task::AbortOnDropHandle;

use super::super::Failure;
use super::checkpoint::Checkpoint;
use super::request::LEAVE_WITHIN;
use super::window::{SourceEnd, Window};
use crate::config::RelayConfig;
use crate::download::{DownloadError, OpenDownload};

type Bytestream = BoxStream<'static, Result<Bytes, DownloadError>>;

/// A window that is being filled. Reading continues while Drive's answers are pending, until the window is full; it
/// ends when this is dropped.
pub(super) struct Flow {
    /// The recent bytes.
    pub(super) window: Arc<Window>,
    reader: AbortOnDropHandle<Result<(), DownloadError>>,
}

impl Flow {
    /// Reads the source up to Drive's offset, hashing without sending, and continues from there.
    pub(super) async fn start(
        checkpoint: Checkpoint,
        source: OpenDownload,
        drive_offset: u64,
        total: u64,
        sizes: &RelayConfig,
        go_on: impl Fn() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut bytes = forward(source, checkpoint.offset);
        let window = Window::new(checkpoint, sizes.window_size, sizes.chunk_size, total);
        let mut rest = Bytes::new();
        while window.head().offset < drive_offset {
            let Some(piece) = bytes.next().await else {
                return Err(DownloadError::OtherEnd(total).into());
            };
            let mut piece = piece?;
            let missing = usize::try_from(drive_offset - window.head().offset).unwrap_or(usize::MAX);
            rest = piece.split_off(missing.min(piece.len()));
            window.skip(piece);
            go_on()?;
        }
        let reader = tokio::spawn(fill(window.clone(), rest, bytes, total));
        Ok(Self { window, reader: AbortOnDropHandle::new(reader) })
    }

    /// Why the source broke. Valid only after the window has ended that way.
    pub(super) async fn reason(&mut self) -> Failure {
        match (&mut self.reader).await {
            Ok(Err(error)) => error.into(),
            Ok(Ok(())) | Err(_) => Failure::retry("reading from Zoom ended unexpectedly"),
        }
    }
}

/// The source's bytes from `offset` on. If the server ignored `Range`, the beginning is read and dropped.
pub(super) fn forward(source: OpenDownload, offset: u64) -> Bytestream {
    let mut surplus = offset.saturating_sub(source.offset);
    let cut = move |piece: Result<Bytes, DownloadError>| {
        let kept = piece.map(|mut piece| {
            let drop = surplus.min(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            surplus -= drop;
            piece.split_off(usize::try_from(drop).unwrap_or(piece.len()))
        });
        future::ready(Some(kept).filter(|kept| !kept.as_ref().is_ok_and(Bytes::is_empty)))
    };
    source.bytes.filter_map(cut).boxed()
}

async fn fill(window: Arc<Window>, first: Bytes, bytes: Bytestream, total: u64) -> Result<(), DownloadError> {
    let poured = pour(&window, first, bytes, total).await;
    if poured.is_err() {
        // The request fails with the window, and what the connection still has is lost with it. What Drive gets until then
        // need not be read again.
        tokio::time::sleep(LEAVE_WITHIN).await;
    }
    window.end(if poured.is_ok() { SourceEnd::Complete } else { SourceEnd::Broken });
    poured
}

/// Reads the whole source into the window; fails for less and for more than `total`.
async fn pour(window: &Window, first: Bytes, mut bytes: Bytestream, total: u64) -> Result<(), DownloadError> {
    let mut next = Some(Ok(first));
    let mut read = window.head().offset;
    while let Some(piece) = next {
        let piece = piece?;
        read += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if read > total {
            return Err(DownloadError::OtherEnd(total));
        }
        if !piece.is_empty() {
            window.push(piece).await;
        }
        next = bytes.next().await;
    }
    // A broken connection fails before this: here the file has ended regularly.
    if read < total { Err(DownloadError::OtherEnd(total)) } else { Ok(()) }
}
