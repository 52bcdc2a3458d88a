//! Both databases behave alike: functions over the store, run on SQLite and on PostgreSQL. What only one of them can
//! show is in `sqlite` and `postgres`.
//!
//! Holds *Two databases, one behaviour* of `docs/architecture.md`.

mod activity;
mod attendance_sheets;
mod audit;
mod backfills;
mod blanking;
mod changes;
mod claims;
mod companions;
mod diary;
mod events;
mod group_commit;
mod leases;
mod messages;
pub mod migrations;
mod operator_actions;
mod pauses;
mod planning;
mod pooler;
mod postgres;
mod presence;
mod query_plans;
mod retention;
mod sessions;
mod shelf;
mod singletons;
mod sqlite;
mod tls;
mod verification;

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zoom2drive::jobs::{FileRecord, FileState, Job, JobId, Provenance, SentFile, Standing, UploadProgress};
use zoom2drive::recording::{Recording, listing};
use zoom2drive::secret::Secret;
use zoom2drive::store::{Accepted, Claim, Confirmed, FolderNames, Lease, NewEvent, RunEnd, Store};

use crate::support::server::Scratch;

/// Long enough never to end within a test.
const LEASE: Duration = Duration::from_secs(60);

macro_rules! conformance {
    ($($suite:ident { $($case:ident),+ $(,)? })+) => {
        mod on_sqlite {$(
            mod $suite {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let scratch = crate::support::server::Scratch::open().await;
                    super::super::$suite::$case(&scratch.store).await;
                    scratch.store.close().await;
                })+
            }
        )+}
        mod on_postgres {$(
            mod $suite {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let Some(scratch) = crate::support::server::Scratch::open_on_postgres().await else { return };
                    super::super::$suite::$case(&scratch.store).await;
                    scratch.store.close().await;
                })+
            }
        )+}
    };
}

conformance! {
    events {
        the_first_event_begins_a_job,
        the_same_bytes_change_nothing,
        one_meeting_has_one_job,
        a_late_file_wakes_a_finished_job,
        a_parked_job_is_woken_by_any_event_and_a_cancelled_one_by_none,
        an_event_about_nothing_is_kept_with_its_note,
        events_are_listed_in_pages,
        concurrent_events_of_one_meeting_make_one_job,
        no_text_in_an_event_is_refused,
    }
    activity {
        files_on_their_way_are_known_with_their_positions,
        the_newest_proofs_come_first,
        a_day_of_uploads_is_summed_over_identities,
    }
    attendance_sheets {
        a_sheet_is_reserved_made_and_written,
        a_sheets_name_is_nobody_elses,
        one_writer_has_a_sheet_at_a_time,
        a_commands_claim_ends_by_time,
        a_lost_lease_writes_no_sheet,
    }
    audit {
        the_audit_trail_is_read_in_pages,
        many_writers_lose_no_line,
    }
    backfills {
        a_run_is_told_of_each_job_that_ends_once,
        what_only_waits_for_late_files_has_ended_for_a_run,
        transfers_tell_when_they_began_and_ended,
        who_works_is_known_until_they_leave,
    }
    companions {
        a_meeting_file_is_reserved_and_then_known_to_tell,
        a_meeting_files_name_is_nobody_elses,
        a_lost_lease_writes_no_meeting_file,
        what_is_archived_is_listed_in_pages,
        when_a_file_was_proved_is_known,
        what_was_shared_is_remembered_by_address,
        a_folder_of_two_hosts_is_known_as_such,
        a_nul_in_a_recording_spoils_no_folder,
    }
    diary {
        a_recording_has_a_story,
        what_people_do_is_in_the_diary,
        what_zoom_reports_is_in_the_diary,
        a_milestone_is_not_repeated,
        a_run_writes_a_limited_number_of_troubles,
        an_upload_that_went_on_and_ended_at_once_says_so,
        old_troubles_go_and_milestones_stay,
        a_lost_lease_writes_no_line,
    }
    shelf {
        a_recording_is_found_by_words_of_its_topic_and_host,
        a_page_begins_where_the_last_one_ended,
        every_state_is_found_and_counted,
        what_was_put_away_is_known_with_its_time,
        a_topic_of_a_megabyte_is_accepted,
        nothing_happened_after_it_was_accepted,
        parked_jobs_are_grouped_by_their_reasons,
    }
    blanking {
        an_event_is_stored_without_what_opens_a_recording,
        events_lose_their_tokens_with_their_job,
    }
    changes {
        a_change_is_told_to_the_jobs_that_exist_and_begins_none,
        a_parked_job_goes_on_when_its_recording_is_back,
        what_was_put_away_and_recovered_is_never_forgotten,
        a_new_topic_is_noted_and_wakes_nobody,
        a_file_is_left_out_with_its_reason,
    }
    claims {
        the_job_that_is_due_longest_comes_first,
        many_workers_claim_each_job_once,
        nothing_due_tells_when_to_look_again,
        work_that_arrives_wakes_who_waits,
        work_that_came_before_the_wait_is_not_missed,
        jobs_are_listed_in_pages_by_standing,
        active_jobs_are_counted_by_what_they_wait_for,
        fresh_recordings_overtake_what_a_backfill_brought_in,
        many_workers_claim_each_backfilled_job_once,
    }
    retention {
        old_events_go_unless_their_job_is_not_done,
        finished_jobs_lose_their_tokens_and_addresses_once,
    }
    leases {
        a_leased_job_is_nobody_elses,
        a_lease_that_ran_out_is_free_for_others,
        a_heartbeat_keeps_a_lease,
        a_lost_lease_refuses_every_write,
        a_finished_run_gives_the_lease_back,
        a_snoozed_job_waits,
        news_during_a_run_keep_the_job_due,
        news_during_a_failed_run_keep_its_back_off,
        news_that_may_mend_it_keep_a_job_from_being_parked,
        what_was_known_at_the_claim_is_no_news,
        a_stage_is_only_left_from_where_the_job_stands,
    }
    messages {
        a_parked_job_and_its_message_are_written_together,
        news_that_keep_a_job_going_are_no_message,
        one_sender_has_a_message_at_a_time,
        a_message_whose_sender_is_gone_is_sent_by_the_next,
        a_message_that_failed_waits_and_is_tried_again,
        further_messages_of_a_cause_are_collected,
        a_pause_is_told_with_its_beginning_and_its_end,
        what_was_over_before_it_was_told_is_taken_back,
        trouble_is_told_by_one_of_many_watchers,
        what_no_event_announced_is_counted_since_zooms_last_call,
        old_messages_go_unless_they_wait,
        who_waits_for_messages_hears_of_one,
    }
    operator_actions {
        a_retry_makes_a_parked_job_due,
        a_cancelled_job_is_left_alone_until_it_is_retried,
        a_replay_begins_again_and_takes_the_lease,
        a_replay_of_an_event_that_had_no_job_begins_one,
        what_does_not_exist_is_missing,
    }
    pauses {
        a_pause_begins_once_and_is_told_once,
        concurrent_beginners_make_one_pause,
        one_caller_at_a_time_probes,
        nobody_probes_without_work_or_before_every_pause_is_due,
        a_probe_is_hastened_and_never_put_off,
        a_turn_to_probe_runs_out,
        a_failed_probe_postpones_the_next,
        a_pause_ends_once_and_is_known_when_it_comes_back,
        uploads_are_counted_by_identity_and_hour,
    }
    planning {
        a_plan_is_stored_whole,
        progress_reads_back_to_the_letter,
        what_is_confirmed_and_what_it_counts_are_stored_together,
        a_known_file_learns_its_newest_address_and_nothing_else,
        where_bytes_came_from_is_kept_with_their_hash,
        what_was_skipped_can_be_wanted_later,
        what_was_wanted_can_be_adopted_or_skipped,
        news_during_planning_are_not_overwritten,
        a_new_version_is_planned_beside_the_old_one,
        a_file_that_starts_over_forgets_its_upload,
        a_folder_is_reserved_once,
        a_short_name_is_the_first_hosts,
        what_no_folder_holds_takes_no_name,
        a_file_that_is_not_planned_cannot_move,
        a_name_that_another_instance_took_meanwhile_is_refused,
    }
    sessions {
        a_session_is_found_by_its_digest_until_it_is_ended,
        one_session_too_many_ends_the_oldest_of_its_role,
        a_session_ends_by_itself_and_is_cleared_away,
        no_two_sessions_share_a_digest,
    }
    singletons {
        a_recordings_job_is_found_by_its_uuid,
        one_turn_at_a_time_and_not_too_often,
        a_turn_that_never_ended_is_taken_over,
        only_the_holder_keeps_or_ends_a_turn,
        a_turn_remembers_when_it_went_well,
        the_covered_days_are_kept_and_a_backfill_closes_their_gap,
        the_first_day_begins_anew_when_a_look_sees_more_people,
        the_backlog_counts_what_is_not_verified,
        what_a_backfill_brings_in_is_as_old_as_its_bringing,
        the_backlog_knows_the_oldest_and_the_first_to_go,
        the_last_event_is_zooms,
    }
    verification {
        proved_files_are_listed_by_folder,
        a_finding_lasts_until_a_look_finds_it_mended,
        what_is_archived_again_is_no_finding,
        a_pass_is_kept_by_its_holder_alone,
        a_recovered_recording_is_at_zoom_again,
        how_an_original_went_is_known,
    }
}

/// A recording with these files (id and size), as an event or listing describes it.
fn recording(uuid: &str, files: &[(&str, u64)]) -> Recording {
    let files: Vec<Value> = files
        .iter()
        .map(|(id, size)| {
            json!({"id": id, "file_type": "MP4", "file_extension": "MP4", "file_size": size,
                "download_url": format!("https://zoom.us/rec/download/{id}")})
        })
        .collect();
    let object = json!({"uuid": uuid, "id": 7, "topic": "A play", "recording_files": files});
    listing::read(&object).unwrap().named_by_event(Some(&Secret::new("token-1")))
}

/// An event about it; another `mark` makes other bytes.
fn event(recording: Option<Recording>, mark: &str) -> NewEvent {
    let meeting = recording.as_ref().map(|recording| recording.uuid.to_string()).unwrap_or_default();
    let body = format!("{meeting} {mark}").into_bytes();
    NewEvent {
        name: "recording.completed".to_owned(),
        body_sha256: hex::encode(Sha256::digest(&body)),
        body,
        recording,
        changes: Vec::new(),
        note: String::new(),
    }
}

async fn accept(store: &Store, recording: Recording, mark: &str) -> Accepted {
    store.accept(&event(Some(recording), mark)).await.unwrap()
}

/// Accepts one recording with file `a` of 9 bytes, and claims its job.
async fn begin(store: &Store, uuid: &str) -> (Job, Lease) {
    accept(store, recording(uuid, &[("a", 9)]), "first").await;
    claim(store).await
}

async fn claim(store: &Store) -> (Job, Lease) {
    match store.claim(LEASE).await.unwrap() {
        Claim::Leased(job, lease) => (*job, lease),
        Claim::Nothing { next_in } => panic!("nothing to claim; next in {next_in:?}"),
    }
}

async fn next_in(store: &Store) -> Option<Duration> {
    match store.claim(LEASE).await.unwrap() {
        Claim::Leased(job, _) => panic!("job {} was claimed", job.id),
        Claim::Nothing { next_in } => next_in,
    }
}

async fn is_idle(store: &Store) -> bool {
    matches!(store.claim(LEASE).await.unwrap(), Claim::Nothing { .. })
}

async fn job(store: &Store, id: JobId) -> Job {
    store.job(id).await.unwrap()
}

fn ending(standing: Standing) -> RunEnd {
    RunEnd { standing, attempts: 0, wait: Duration::ZERO, reason: String::new() }
}

fn record(recording: &Recording, index: usize, drive_id: &str, state: FileState) -> FileRecord {
    FileRecord {
        key: recording.files[index].key.clone(),
        version: 1,
        file: recording.files[index].clone(),
        name: format!("{drive_id}.mp4"),
        folder_id: format!("folder-of-{drive_id}"),
        drive_id: drive_id.to_owned(),
        state,
        progress: UploadProgress::default(),
        mismatches: 0,
        restarts: 0,
        proved_at: None,
        provenance: Provenance::default(),
        readings: Default::default(),
    }
}

/// The names of a folder that nothing was planned into.
pub fn no_names() -> FolderNames {
    FolderNames { folder_id: "folder".to_owned(), names: Default::default() }
}

fn streamed(size: u64) -> SentFile {
    SentFile { size, sha256: "ab".repeat(32) }
}

/// Bytes that Drive has confirmed for this identity.
const fn confirmed_of(identity: &str, bytes: u64) -> Confirmed<'_> {
    Confirmed { identity, bytes, went_on_from: None }
}

/// Plans the job's first file as wanted, under Drive id `d1`.
async fn plan_one(store: &Store, job: &Job, lease: &Lease) -> FileRecord {
    let file = record(&job.recording, 0, "d1", FileState::Wanted);
    store.plan(lease, &job.recording, std::slice::from_ref(&file), &no_names(), job.revision).await.unwrap();
    file
}

/// Plans, verifies and finishes the job's first file.
async fn finish_one(store: &Store, job: &Job, lease: &Lease) {
    use zoom2drive::jobs::Stage;
    let file = plan_one(store, job, lease).await;
    store.mark_transferred(lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(lease, &file, &streamed(9)).await.unwrap();
    for steps in Stage::ALL[1..].windows(2) {
        store.advance(lease, steps[0], steps[1]).await.unwrap();
    }
    store.finish(lease, &ending(Standing::Finished)).await.unwrap();
}

#[tokio::test]
async fn two_processes_see_each_other() {
    let scratch = Scratch::open().await;
    let (here, there) = (scratch.store.clone(), scratch.open_again().await);
    let accepted = accept(&here, recording("u", &[("a", 9)]), "first").await;
    let (job, lease) = claim(&there).await;
    assert_eq!(Some(job.id), accepted.job);
    assert!(is_idle(&here).await);
    here.cancel(job.id).await.unwrap();
    assert!(there.heartbeat(&lease, LEASE).await.is_err());
    here.retry(job.id).await.unwrap();
    // What another process has brought is found without being told, soon.
    tokio::time::timeout(Duration::from_secs(2), there.wait_for_work(LEASE)).await.unwrap();
    claim(&there).await;
}
