//! Finds the instance that is meant by a number, and maybe a day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

use super::Zoom;
use super::participants::BatchError;
use super::past::PastInstance;
use crate::meetings::MeetingReference;
use crate::recording::MeetingUuid;

/// What a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One instance, and how many others of this number have ended on the same day.
    One { uuid: MeetingUuid, others: usize },
    /// Several instances have ended on this day: somebody must choose.
    Several(Vec<PastInstance>),
}

/// Why no instance was found.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FindError {
    /// The only instance is on.
    #[error("meeting {0} has not ended yet: Zoom counts who was there after its end")]
    NotEnded(u64),
    /// There was none.
    #[error("Zoom knows no ended meeting of this number: {0}")]
    NeverMet(u64),
    /// There was none on this day.
    #[error("Zoom knows no ended meeting of this number on {day}: {number}")]
    NotOnDay { number: u64, day: Date },
    /// A call failed.
    #[error(transparent)]
    Batch(#[from] BatchError),
}

impl Zoom {
    /// Finds the instance: of a number the last one that has ended, on this local day if one is given.
    ///
    /// # Errors
    /// See [`FindError`].
    pub async fn find_instance(
        &self,
        reference: &MeetingReference,
        day: Option<Date>,
        zone: &TimeZone,
    ) -> Result<Found, FindError> {
        let number = match reference {
            MeetingReference::Instance(uuid) => return Ok(Found::One { uuid: uuid.clone(), others: 0 }),
            MeetingReference::Number(number) => *number,
        };
        let instances = match day {
            Some(day) => self.instances_on(number, day, day, zone).await,
            None => self.instances(number, None).await,
        };
        let instances = match instances {
            Err(BatchError::NoMeeting) => Vec::new(),
            listed => listed?,
        };
        let Some(last) = instances.last() else { return Err(self.explain_none(number, day).await) };
        if day.is_some() && instances.len() > 1 {
            return Ok(Found::Several(instances));
        }
        let day_of = |instance: &PastInstance| Zoned::new(instance.start, zone.clone()).date();
        let same_day = instances.iter().filter(|instance| day_of(instance) == day_of(last)).count();
        Ok(Found::One { uuid: last.uuid.clone(), others: same_day - 1 })
    }

    /// The instances of these local days that have ended, in the order of their starts.
    ///
    /// # Errors
    /// `NoMeeting` when Zoom does not know the number.
    pub async fn instances_on(
        &self,
        number: u64,
        since: Date,
        until: Date,
        zone: &TimeZone,
    ) -> Result<Vec<PastInstance>, BatchError> {
        // Zoom's days are days of UTC: a local day has parts of two, and of others further east or west.
        let days = (since.saturating_sub(1.day()), until.saturating_add(1.day()));
        let mut instances = self.instances(number, Some(days)).await?;
        instances
            .retain(|instance| (since..=until).contains(&Zoned::new(instance.start, zone.clone()).date()));
        Ok(instances)
    }

    async fn explain_none(&self, number: u64, day: Option<Date>) -> FindError {
        let is_on = self.meeting(number, None).await.is_ok_and(|meeting| meeting.status == "started");
        match day {
            _ if is_on => FindError::NotEnded(number),
            Some(day) => FindError::NotOnDay { number, day },
            None => FindError::NeverMet(number),
        }
    }
}
