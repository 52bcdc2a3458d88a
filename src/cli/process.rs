//! The process of one command. It is not in the binary, because there the compiler would translate the whole program once
//! more.

use std::process::ExitCode;

use clap::Parser;

use super::{Cli, exit_code, run};
use crate::config::Reader;

/// Runs the command of this process, and tells the user about a failure.
///
/// One thread moves all bytes, whatever the machine has. glibc's allocator keeps a heap per thread, and with windows that
/// are filled by one and emptied by another each heap grows to the size of all: with eight threads four transfers took
/// 94 MiB, with one 54, and were no slower.
#[tokio::main(worker_threads = 1)]
pub async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut reader = Reader::from_environment();
    match run(&cli.command, &mut reader, &mut std::io::stdout()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("zoom2drive: {}", describe(&error));
            exit_code(&error)
        }
    }
}

/// An error and its causes in one line. Some errors quote their cause: each text is printed once.
pub fn describe(error: &anyhow::Error) -> String {
    let mut causes = error.chain().map(ToString::to_string);
    let first = causes.next().unwrap_or_default();
    causes.fold(first, |text, cause| if text.contains(&cause) { text } else { format!("{text}: {cause}") })
}
