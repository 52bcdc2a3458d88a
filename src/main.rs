//! The program: one binary, one command per run.

use std::process::ExitCode;

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;

/// One thread moves all bytes, whatever the machine has. glibc's allocator keeps a heap per thread, and with
/// windows that are filled by one and emptied by another each heap grows to the size of all: with eight threads
/// four transfers took 94 MiB, with one 54, and were no slower.
#[tokio::main(worker_threads = 1)]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut reader = Reader::from_environment();
    match cli::run(&cli.command, &mut reader, &mut std::io::stdout()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("zoom2drive: {}", cli::describe(&error));
            cli::exit_code(&error)
        }
    }
}
