//! The real command with its input open, and what it says.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::support::program::{Said, binary, listen};
use crate::support::world::{LIMIT, World};

/// One run of a command, with its input open.
pub struct Run {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Arc<Mutex<Said>>,
    err: Arc<Mutex<Said>>,
}

pub fn words(said: &Mutex<Said>) -> String {
    said.lock().unwrap_or_else(PoisonError::into_inner).lines.join("\n")
}

impl Run {
    pub fn start(world: &World, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let api = [("GOOGLE_API_URL", world.settings["GOOGLE_API_URL"].as_str())];
        let settings: BTreeMap<&str, &str> = api.into_iter().chain(settings.iter().copied()).collect();
        let mut child = Command::new(binary())
            .args(arguments)
            .env_clear()
            .envs(settings)
            .current_dir(world.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (Arc::<Mutex<Said>>::default(), Arc::<Mutex<Said>>::default());
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let transcript = world.sandbox.transcript.clone();
        let (said, heard) = (out.clone(), transcript.clone());
        std::thread::spawn(move || listen(stdout, &said, &heard));
        let said = err.clone();
        std::thread::spawn(move || listen(stderr, &said, &transcript));
        Self { stdin: child.stdin.take(), child, out, err }
    }

    /// `login` with the sandbox's client, up to where it waits.
    pub async fn login(world: &World, more: &[&str], settings: &[(&str, &str)]) -> Self {
        let client = world.folder.path().join("client_secret.json");
        std::fs::write(&client, world.sandbox.google.desktop_client().to_string()).unwrap();
        let arguments = [&["login", "--client", "client_secret.json"], more].concat();
        let run = Self::start(world, &arguments, settings);
        let waits = || words(&run.out).contains("paste that page's address");
        let is_over = || run.err.lock().unwrap().is_over;
        assert!(world.sandbox.transcript.wait_until(LIMIT, || waits() || is_over()).await);
        assert!(waits(), "{}{}", words(&run.out), words(&run.err));
        run
    }

    /// The address that it wants to be opened.
    pub fn address(&self) -> String {
        words(&self.out).lines().find(|line| line.starts_with("http")).unwrap().to_owned()
    }

    pub fn paste(&mut self, text: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    pub async fn says(&self, world: &World, text: &str) {
        let said = world.sandbox.transcript.wait_until(LIMIT, || words(&self.out).contains(text)).await;
        assert!(said, "{text} is not in:\n{}", words(&self.out));
    }

    /// The exit code, and what it said on both streams.
    pub async fn ends(mut self, world: &World) -> (i32, String, String) {
        let is_over = |said: &Mutex<Said>| said.lock().unwrap_or_else(PoisonError::into_inner).is_over;
        let over = || is_over(&self.out) && is_over(&self.err);
        let ended = world.sandbox.transcript.wait_until(LIMIT, over).await;
        assert!(ended, "it did not end:\n{}{}", words(&self.out), words(&self.err));
        let code = self.child.wait().unwrap().code().unwrap();
        let (out, err) = (words(&self.out), words(&self.err));
        for secret in world.sandbox.google.handed_out() {
            assert!(!out.contains(&secret) && !err.contains(&secret), "a secret was shown:\n{out}\n{err}");
        }
        (code, out, err)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
