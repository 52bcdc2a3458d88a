//! The program: one binary, one command per run.

use std::process::ExitCode;

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;

#[tokio::main]
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
