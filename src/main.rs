//! The program: one binary, one command per run.

use std::process::ExitCode;

fn main() -> ExitCode {
    zoom2drive::cli::process::main()
}
