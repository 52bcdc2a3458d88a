//! What the pages' buttons ask of Drive and Zoom.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::dashboard::outgoing::{Outgoing, OutgoingError, Recovered};
use crate::jobs::JobId;
use crate::jobs::verification::CheckedFile;
use crate::recover::{Afterwards, RecoverError, Recovery};
use crate::verification::{Verifier, VerifyError};

/// The clients that the buttons need.
pub(super) struct Acts {
    pub(super) verifier: Arc<Verifier>,
    pub(super) recovery: Recovery,
}

impl Outgoing for Acts {
    fn check(&self, job: JobId) -> BoxFuture<'_, Result<Vec<CheckedFile>, OutgoingError>> {
        Box::pin(async move {
            self.verifier.recording(job).await.map_err(|error| match error {
                VerifyError::Store(error) => OutgoingError::Store(error),
                error => OutgoingError::Unreachable(error.to_string()),
            })
        })
    }

    fn recovery(&self, job: JobId, then: Recovered) -> BoxFuture<'_, Result<String, OutgoingError>> {
        Box::pin(async move {
            let offer = self.recovery.offer(job).await.map_err(outgoing)?;
            Ok(offer.effect(afterwards(then)))
        })
    }

    fn recover(&self, job: JobId, then: Recovered) -> BoxFuture<'_, Result<(), OutgoingError>> {
        Box::pin(async move { self.recovery.recover(job, afterwards(then)).await.map_err(outgoing) })
    }
}

fn afterwards(then: Recovered) -> Afterwards {
    match then {
        Recovered::ArchivedAgain => Afterwards::ArchiveAgain,
        Recovered::Kept => Afterwards::Keep,
    }
}

fn outgoing(error: RecoverError) -> OutgoingError {
    match error {
        RecoverError::Store(error) => OutgoingError::Store(error),
        RecoverError::Zoom(error) => OutgoingError::Unreachable(error.to_string()),
        error @ RecoverError::Refused(..) => OutgoingError::Refused(error.to_string()),
    }
}
