//! A command line, run in this process.

use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;

use crate::support::world::{LIMIT, World};

/// The exit code, what was printed, and what was said of an error.
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub error: String,
}

impl Ran {
    #[track_caller]
    pub fn assert(&self, code: u8, says: &str) {
        let all = format!("{}{}", self.out, self.error);
        assert!(self.code == code && all.contains(says), "expected {code} and {says:?}: {} {all}", self.code);
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.error))
    }
}

/// Runs a command as `main` would, with these settings over the world's; an empty value takes a setting away.
pub async fn run(world: &World, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let cli = match Cli::try_parse_from([&["zoom2drive"], arguments].concat()) {
        Ok(cli) => cli,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap();
            return Ran { code, out: String::new(), error: error.to_string() };
        }
    };
    let mut all = world.settings.clone();
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (mut reader, mut out) = (Reader::from_pairs(all), Vec::new());
    let ran = tokio::time::timeout(LIMIT, cli::run(&cli.command, &mut reader, &mut out)).await;
    let (code, error) = match ran.expect("the command did not end") {
        Ok(code) => (code, String::new()),
        Err(error) => (cli::exit_code(&error), cli::describe(&error)),
    };
    let code = [0, 1, 2].into_iter().find(|known| ExitCode::from(*known) == code).unwrap();
    Ran { code, out: String::from_utf8(out).unwrap(), error }
}
