//! `zoom2drive settings`: prints every setting, as a list, as rows of the documentation, as `.env.example`, or as
//! JSON. It prints meanings, never values.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::write_json;
use crate::config::{SECTIONS, Section, VARIABLES, Variable};

/// The beginning of `.env.example`.
const ENV_HEAD: &str = "\
# zoom2drive: settings. `zoom2drive settings --env` prints this file.
#
# Copy this file to .env, fill in the lines without a #, and do not share it (chmod 600 .env).
# A line with a # shows the default, or an example if there is no default.
# The environment wins over this file. Every variable may instead be given as NAME_FILE, the path of a
# file that holds the value: ADMIN_TOKEN_FILE=/run/secrets/admin-token
";

/// Arguments of `settings`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print a row for each setting, as in the table of docs/settings.md
    #[arg(long, conflicts_with_all = ["env", "json"])]
    pub markdown: bool,
    /// Print a file .env that explains each setting: this is .env.example
    #[arg(long, conflicts_with = "json")]
    pub env: bool,
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
}

/// One setting in JSON.
#[derive(Debug, Serialize)]
struct Described {
    name: &'static str,
    section: &'static str,
    meaning: &'static str,
    note: &'static str,
    default: &'static str,
    example: &'static str,
    required: bool,
    secret: bool,
}

/// Prints the settings.
///
/// # Errors
/// When they cannot be printed.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    if args.json {
        write_json(out, &described())?;
    } else if args.markdown {
        write_rows(out)?;
    } else if args.env {
        write_env(out)?;
    } else {
        write_list(out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn described() -> Vec<Described> {
    let one = |section: &Section, variable: &Variable| Described {
        name: variable.name,
        section: section.title,
        meaning: variable.meaning,
        note: variable.note,
        default: variable.default,
        example: variable.example,
        required: variable.is_required,
        secret: variable.is_secret(),
    };
    let sections = SECTIONS.iter();
    sections
        .flat_map(|section| section.variables.iter().map(move |variable| one(section, variable)))
        .collect()
}

fn write_list(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "Set them in the environment or in .env. Each may be given as NAME_FILE, the path of a file."
    )?;
    for section in SECTIONS {
        writeln!(out, "\n{}", section.title)?;
        for variable in section.variables {
            let default = match (variable.default, variable.is_required) {
                ("", true) => " (required)".to_owned(),
                ("", false) => String::new(),
                (default, _) => format!(" (default: {default})"),
            };
            writeln!(out, "  {}{default}\n      {}", variable.name, variable.meaning)?;
            if !variable.note.is_empty() {
                writeln!(out, "      {}", variable.note)?;
            }
        }
    }
    Ok(())
}

fn write_rows(out: &mut dyn Write) -> io::Result<()> {
    for variable in VARIABLES.iter() {
        let default = match (variable.default, variable.is_required) {
            ("", true) => "required".to_owned(),
            ("", false) => "-".to_owned(),
            (default, _) => format!("`{default}`"),
        };
        writeln!(out, "| `{}` | {} | {default} |", variable.name, variable.meaning)?;
    }
    Ok(())
}

fn write_env(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{ENV_HEAD}")?;
    for section in SECTIONS {
        writeln!(out, "\n# ---- {} ----", section.title)?;
        for variable in section.variables {
            writeln!(out, "\n# {}", variable.meaning)?;
            if !variable.note.is_empty() {
                writeln!(out, "# {}", variable.note)?;
            }
            let value = if variable.default.is_empty() { variable.example } else { variable.default };
            let mark = if variable.is_required { "" } else { "#" };
            writeln!(out, "{mark}{}={}", variable.name, quoted(value))?;
        }
    }
    Ok(())
}

/// The value as it may be written in `.env`: in quotation marks if it contains special characters. No value in the
/// table contains a quotation mark, a backslash or a `$`, which readers of env files treat differently.
fn quoted(value: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-_.,:/@=+%".contains(c);
    if value.chars().all(is_harmless) { value.to_owned() } else { format!("\"{value}\"") }
}
