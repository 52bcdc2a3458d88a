//! Actions of a test on Zoom without the program: record, re-render, remove, expire, deny.

use std::time::Instant;

use super::super::faults::Canned;
use super::model::{File, Meeting};
use super::world::{Standing, State};
use super::{Zoom, oauth};

impl Zoom {
    /// A meeting was recorded. The same uuid again replaces what was there.
    pub fn add(&self, meeting: Meeting) {
        self.world().add(meeting);
    }

    /// A user beyond the meetings' hosts, or another status for a host: `active`, `inactive`, `pending`.
    pub fn add_user(&self, email: &str, status: &str) {
        self.world().users.insert(email.to_owned(), status.to_owned());
    }

    /// A host whom no list of users shows, and whose own list is refused: a Zoom Room, a deleted user, a user of a
    /// sub-account. Only the account's list of recordings names them.
    pub fn hide_user(&self, email: &str) {
        self.world().hidden.insert(email.to_owned());
    }

    /// A user gets another address; their id stays, and events go on to name the old one.
    pub fn rename_user(&self, email: &str, new: &str) {
        self.world().renamed.insert(email.to_owned(), new.to_owned());
    }

    /// A recording is handed to another host, as when its first one is deleted.
    pub fn set_host(&self, uuid: &str, email: &str) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.meeting = kept.meeting.clone().host(email);
        }
    }

    /// A late file: a transcript, a summary.
    pub fn add_file(&self, uuid: &str, file: File) {
        self.world().add_file(uuid, file, false);
    }

    /// One participant's voice, later than the others.
    pub fn add_participant(&self, uuid: &str, mut file: File) {
        file.file_name.get_or_insert_with(|| "Audio only - Ada Host".to_owned());
        file.recording_type = None;
        self.world().add_file(uuid, file, true);
    }

    /// Zoom renders a view again under another id: the old one vanishes, and its links answer 404.
    pub fn replace_file(&self, uuid: &str, file_id: &str, file: File) {
        let mut world = self.world();
        if let Some(stored) = world.file_mut(uuid, file_id) {
            stored.standing = Standing::Deleted;
        }
        world.add_file(uuid, file, false);
    }

    /// From now on Zoom lists the recording's files, in events too, the other way round.
    pub fn set_reversed(&self, uuid: &str, is_reversed: bool) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.is_reversed = is_reversed;
        }
    }

    /// Changes every file that this is true of: for files that share an id, or have none.
    pub fn set_files(&self, uuid: &str, change: impl Fn(&mut File)) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.files.iter_mut().for_each(|stored| change(&mut stored.file));
        }
    }

    /// Somebody gives the recording another topic.
    pub fn rename(&self, uuid: &str, topic: &str) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.old_topic = Some(std::mem::replace(&mut kept.meeting.topic, topic.to_owned()));
        }
    }

    /// Somebody puts the recording, or what is left of it, into the trash: 3301, and its links answer 404.
    pub fn put_into_trash(&self, uuid: &str) {
        self.move_all(uuid, Standing::Present, Standing::Trashed);
    }

    /// Somebody recovers the recording from the trash.
    pub fn take_from_trash(&self, uuid: &str) {
        self.move_all(uuid, Standing::Trashed, Standing::Present);
    }

    fn move_all(&self, uuid: &str, from: Standing, to: Standing) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.files
                .iter_mut()
                .filter(|stored| stored.standing == from)
                .for_each(|stored| stored.standing = to);
            kept.settle();
        }
    }

    /// Changes a file: other bytes, another size, still processing. A file without id is named by its type.
    ///
    /// # Panics
    /// When there is no such file: a slip in the test that calls it.
    pub fn set_file(&self, uuid: &str, file_id: &str, change: impl FnOnce(&mut File)) {
        let mut world = self.world();
        let stored = world.file_mut(uuid, file_id).expect("the test names a file that it has added");
        change(&mut stored.file);
    }

    /// Somebody else deleted this file for good: it leaves the listings, and its links answer 404.
    /// So do the links of its siblings that were listed before (facts 3).
    pub fn remove_file(&self, uuid: &str, file_id: &str) {
        let mut world = self.world();
        if let Some(stored) = world.file_mut(uuid, file_id) {
            stored.standing = Standing::Deleted;
        }
        if let Some(kept) = world.find_mut(uuid) {
            kept.settle();
            kept.epoch += 1;
        }
    }

    /// Somebody else deleted this recording for good: 3301, and its links answer 404.
    pub fn remove(&self, uuid: &str) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.files.iter_mut().for_each(|stored| stored.standing = Standing::Deleted);
            kept.standing = Standing::Deleted;
        }
    }

    /// Zoom is still processing: the recording's own listing answers 3301, the user's listing shows the
    /// odd rows, and nothing can be trashed. Events and their links work all the same. (For odd rows in the recording's own listing set a file's
    /// `status` to `processing`.)
    pub fn set_processing(&self, uuid: &str, is_processing: bool) {
        if let Some(kept) = self.world().find_mut(uuid) {
            kept.is_processing = is_processing;
        }
    }

    /// The recording and its files as they stand now.
    pub fn recording(&self, uuid: &str) -> Option<State> {
        self.world().snapshot(uuid)
    }

    /// Ends the life of all download tokens, of events and of listings.
    pub fn expire_download_tokens(&self) {
        self.world().issuer.expire(false);
    }

    /// Ends the life of all OAuth tokens.
    pub fn expire_access_tokens(&self) {
        self.world().issuer.expire(true);
    }

    /// Regenerates the app's secret: the old one is refused from now on. Tokens that were had with it live on.
    pub fn set_client_secret(&self, secret: &str) {
        secret.clone_into(&mut self.world().client_secret);
    }

    /// Regenerates the Secret Token: from now on events are signed with this one.
    pub fn set_webhook_secret(&self, secret: &str) {
        secret.clone_into(&mut self.world().webhook_secret);
    }

    /// Ends the life of all signed links of the media host. Downloads that run go on.
    pub fn expire_media_links(&self) {
        let now = Instant::now();
        self.world().signed.values_mut().for_each(|signed| signed.expires = now);
    }

    /// Ends the life of all page tokens, which real Zoom does after 15 minutes.
    pub fn expire_page_tokens(&self) {
        let now = Instant::now();
        self.world().pages.values_mut().for_each(|page| page.expires = now);
    }

    /// Limits future lists to this number of rows per page, whatever `page_size` says.
    pub fn set_rows_max(&self, rows: Option<usize>) {
        self.world().rows_max = rows;
    }

    /// From now on a user's listing covers at most `days` days: the beginning is cut, and only the echoed `from`
    /// shows it.
    pub fn set_days_max(&self, days: Option<i32>) {
        self.world().days_max = days;
    }

    /// Sets the response to every DELETE of a recording: a role or a setting that denies it.
    pub fn set_trash_denied(&self, denied: Option<Canned>) {
        self.world().trash_denied = denied;
    }

    /// Somebody deactivates the app, or activates it again: its tokens end at once.
    pub fn set_deactivated(&self, is_deactivated: bool) {
        self.expire_access_tokens();
        self.world().is_deactivated = is_deactivated;
    }

    /// Sets how many seconds Zoom's clock is ahead of ours, as the `Date` of its responses shows.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.world().clock_ahead = seconds;
    }

    /// Sets the lifetime that the token endpoint announces, in seconds, whatever the real one is.
    pub fn set_announced_life(&self, seconds: Option<u64>) {
        self.world().announced_life = seconds;
    }

    /// The scopes of the tokens issued from now on. As in real Zoom, older tokens keep theirs.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.world().scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
    }

    /// Takes one scope away from the tokens issued from now on.
    pub fn remove_scope(&self, scope: &str) {
        self.world().scopes.retain(|known| known != scope);
    }

    /// Every credential that was ever issued here: tokens, and the parts of addresses that open a file.
    /// None of them may be seen in a log.
    pub fn handed_out(&self) -> Vec<String> {
        let world = self.world();
        let opening = world.links.keys().chain(world.signed.keys()).chain(&world.meeting_rules.start_tokens);
        world.issuer.tokens().chain(opening).cloned().collect()
    }

    /// All scopes that the sandbox's app begins with.
    pub fn all_scopes() -> Vec<String> {
        oauth::all_scopes()
    }
}
