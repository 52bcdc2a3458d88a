//! The compiled program as a process of its own: started, killed, stopped, measured and read from outside.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::transcript::Transcript;
use zoom2drive::sandbox::zoom::Standing as AtZoom;
use zoom2drive::store::JobFilter;

use crate::support::world::{LIMIT, World};

/// The binary under test: cargo's, or the one that `Z2D_BIN` names (CI measures memory on a release build).
pub fn binary() -> String {
    std::env::var("Z2D_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_zoom2drive").to_owned())
}

/// What gives a process a clock of its own, if this machine has it. `Z2D_FAKETIME=required` makes it a failure
/// if not.
fn faketime() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|library| library.exists());
    let is_required = std::env::var("Z2D_FAKETIME").is_ok_and(|value| value == "required");
    assert!(library.is_some() || !is_required, "faketime is required, and it is not here");
    library.map(|library| library.display().to_string())
}

/// What a process has written to one of its streams so far.
#[derive(Default)]
pub struct Said {
    pub lines: Vec<String>,
    pub is_over: bool,
}

/// One life of the program as a process. It is killed when this is dropped.
pub struct Program {
    child: Child,
    said: Arc<Mutex<Said>>,
    reader: Option<JoinHandle<()>>,
    transcript: Arc<Transcript>,
    /// Where it listens, once it has said so.
    pub url: String,
}

impl Program {
    /// Starts `serve` with the world's settings and waits until it listens.
    pub async fn serve(world: &World) -> Self {
        Self::serve_with(world, &[]).await
    }

    /// The same with these settings over the world's.
    pub async fn serve_with(world: &World, settings: &[(&str, &str)]) -> Self {
        Self::listening(Self::spawn(world, &["serve"], settings)).await
    }

    /// The same with a clock that is ahead by so much, if this machine can do that.
    pub async fn serve_ahead(world: &World, settings: &[(&str, &str)], ahead: &str) -> Self {
        let Some(library) = faketime() else { return Self::serve_with(world, settings).await };
        // By hand: the command of that name would stand between us and the process.
        let clock =
            [("LD_PRELOAD", library.as_str()), ("FAKETIME", ahead), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
        let settings: Vec<_> = settings.iter().copied().chain(clock).collect();
        let program = Self::serve_with(world, &settings).await;
        // Its log tells its own time, in UTC, as RFC 3339 to the second: texts that can be compared.
        let (said, now) = (program.text(), jiff::Timestamp::now().to_string());
        assert!(said[..19] > now[..19], "its clock is not ahead: {said} at {now}");
        program
    }

    /// Waits until it listens.
    pub async fn listening(mut program: Self) -> Self {
        assert!(program.wait_for_line("listening on ").await, "it did not start:\n{}", program.text());
        let text = program.text();
        let (_, after) = text.split_once("listening on ").unwrap();
        let (address, _) = after.split_once(';').unwrap();
        program.url = format!("http://{address}");
        program
    }

    /// `serve` by way of a shell's script, which must end in `exec "$0" "$@"`: for what only a parent can set.
    pub async fn serve_by(world: &World, script: &str) -> Self {
        Self::listening(Self::spawn_by(world, script, &["serve"], &[])).await
    }

    /// Starts a command and waits for nothing. The process inherits no variable of this one.
    pub fn spawn(world: &World, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::spawn_command(world, Command::new(binary()).args(arguments), settings)
    }

    /// The same by way of a shell's script.
    pub fn spawn_by(world: &World, script: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let shell = ["-c", script, &binary()].map(str::to_owned);
        Self::spawn_command(world, Command::new("/bin/sh").args(shell).args(arguments), settings)
    }

    fn spawn_command(world: &World, command: &mut Command, settings: &[(&str, &str)]) -> Self {
        let mut all: BTreeMap<&str, &str> =
            world.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend(settings.iter().copied());
        let (reader, writer) = std::io::pipe().unwrap();
        let child = command
            .env_clear()
            .envs(all)
            .current_dir(world.folder.path())
            .stdin(Stdio::null())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer)
            .spawn()
            .unwrap();
        // The command keeps its ends of the pipe until it goes: then the reader would never see the end.
        drop(std::mem::replace(command, Command::new("")));
        let said = Arc::<Mutex<Said>>::default();
        let transcript = world.sandbox.transcript.clone();
        let listener = std::thread::spawn({
            let (said, transcript) = (said.clone(), transcript.clone());
            move || listen(reader, &said, &transcript)
        });
        Self { child, said, reader: Some(listener), transcript, url: String::new() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A file of `/proc` about this process.
    pub fn proc(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.id())).unwrap()
    }

    /// How many lines it has written to standard error.
    pub fn lines(&self) -> usize {
        self.said().lines.len()
    }

    /// All that it has written to standard error.
    pub fn text(&self) -> String {
        self.said().lines.join("\n")
    }

    /// Waits for a line with this text. False when the process ended, or the limit passed, without it.
    pub async fn wait_for_line(&self, text: &str) -> bool {
        let has_said = || self.said().lines.iter().any(|line| line.contains(text));
        self.wait_until(|| has_said() || self.said().is_over).await && has_said()
    }

    /// Waits for something that shows in the sandbox or on standard error.
    pub async fn wait_until(&self, condition: impl FnMut() -> bool) -> bool {
        self.transcript.wait_until(LIMIT, condition).await
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        // It may have ended by itself: then there is nothing to kill.
        let _ = self.child.kill();
        self.child.wait().unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    /// SIGTERM, to this process only.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// A signal, to this process only.
    pub fn signal(&self, name: &str) {
        let name = format!("-{name}");
        let status = Command::new("kill").args([&name, &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the process to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        self.ended_within(LIMIT).await
    }

    pub async fn ended_within(&mut self, limit: Duration) -> ExitStatus {
        let said = self.said.clone();
        let is_over = move || said.lock().unwrap_or_else(PoisonError::into_inner).is_over;
        let ended = self.transcript.wait_until(limit, is_over).await;
        assert!(ended, "it did not end in {limit:?}:\n{}", self.text());
        // Standard error is closed on the way out; the little that follows is not announced by any event.
        let status = tokio::task::block_in_place(|| self.child.wait()).unwrap();
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status
    }

    /// Ends it in order and demands that it ends well.
    pub async fn stop(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}", self.text());
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes a process's words in, line by line, and wakes those who wait for one.
pub fn listen(stream: impl Read, said: &Mutex<Said>, transcript: &Transcript) {
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { break };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.lines.push(String::from_utf8_lossy(&line).into_owned());
        drop(said);
        transcript.changed();
    }
    said.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
    transcript.changed();
}

impl World {
    /// Whether Zoom's copies of these meetings are in its trash.
    pub fn are_trashed(&self, uuids: &[&str]) -> bool {
        uuids.iter().all(|uuid| {
            self.sandbox.zoom.recording(uuid).is_some_and(|state| state.standing == AtZoom::Trashed)
        })
    }

    /// Waits until Zoom's copies of these meetings are in its trash: the last thing that is done for them.
    pub async fn trashed(&self, program: &Program, uuids: &[&str]) {
        let done = program.wait_until(|| self.are_trashed(uuids) || program.said().is_over).await;
        assert!(done && self.are_trashed(uuids), "not archived:\n{}\n{}", self.calls(), program.text());
    }

    /// Delivers `recording.completed` for a meeting and demands a 200.
    pub async fn deliver_to(&self, program: &Program, uuid: &str) {
        let body = self.sandbox.zoom.event(uuid, "recording.completed");
        assert_eq!(self.post(program, &body).await, Some(200), "{}", program.text());
    }

    /// One attempt at a delivery: the answer, or nothing when the connection was refused or broke.
    pub async fn post(&self, program: &Program, body: &[u8]) -> Option<u16> {
        let url = format!("{}/webhooks/zoom", program.url);
        self.sandbox.zoom.deliver(&url, body).await.ok()
    }

    /// Waits until Zoom's copies are in its trash and that is written down, stops the program, and looks at
    /// the whole promise.
    pub async fn archived(&self, program: Program, uuids: &[&str]) {
        self.trashed(&program, uuids).await;
        self.finished(program, uuids).await;
    }

    /// Waits until every job is finished, stops the program, and looks at the whole promise.
    pub async fn finished(&self, program: Program, uuids: &[&str]) {
        self.all_finished(&program, uuids).await;
        program.stop().await;
        self.assert_archived(uuids);
    }

    /// Waits until every job is finished.
    pub async fn all_finished(&self, program: &Program, uuids: &[&str]) {
        let store = self.open_store().await;
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let jobs = store.jobs(JobFilter::default()).await.unwrap();
            assert!(jobs.len() >= uuids.len());
            if jobs.iter().all(|job| job.standing == Standing::Finished) {
                break;
            }
            let is_late = tokio::time::Instant::now() > deadline;
            assert!(!is_late, "not finished: {jobs:#?}\n{}", program.text());
            // The last commit shows nowhere else: look again after each line, or soon.
            let lines = program.lines();
            let soon = Duration::from_millis(20);
            self.sandbox.transcript.wait_until(soon, || program.lines() > lines).await;
        }
        store.close().await;
    }
}
