//! Parses `[[where]]`: other destinations, and the attendance of their recordings.

use std::ops::Range;

use toml::de::DeTable;

use super::super::list::Subject;
use super::super::roster::RosterFile;
use super::super::{DestinationRule, is_drive_id};
use super::Reader;
use crate::attendance::Output;

const WHERE_KEYS: &[&str] = &[
    "hosts",
    "topics",
    "tag",
    "meeting_ids",
    "meeting_types",
    "folder_id",
    "folder_template",
    "file_template",
    "share_with_host",
    "attendance",
    "roster",
];

/// Keys of `[[where]]` that have an effect.
const EFFECT_KEYS: &[&str] =
    &["folder_id", "folder_template", "file_template", "share_with_host", "attendance", "roster"];

impl Reader<'_> {
    pub(super) fn places(&mut self, top: &DeTable<'_>) -> Vec<DestinationRule> {
        let Some(value) = top.get("where") else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.expected(value, "where", "[[where]], with two brackets: there may be several");
            return Vec::new();
        };
        let mut places: Vec<DestinationRule> = Vec::new();
        let mut for_all = None;
        for item in items {
            let Some(table) = item.get_ref().as_table() else {
                self.expected(item, "where", "[[where]] and lines below it");
                continue;
            };
            if let Some(line) = for_all {
                let what = format!(
                    "this [[where]] is never reached: the one in line {line} matches everything; expected that one last"
                );
                self.fault(&item.span(), what);
            }
            let names_some = Subject::OF_RECORDINGS.iter().any(|subject| table.contains_key(subject.key()));
            if !names_some && !table.contains_key("tag") {
                for_all = for_all.or(Some(self.line(&item.span())));
            }
            places.push(self.place(table, &item.span()));
        }
        places
    }

    fn place(&mut self, table: &DeTable<'_>, at: &Range<usize>) -> DestinationRule {
        self.check_keys(table, WHERE_KEYS, "[[where]]");
        if !EFFECT_KEYS.iter().any(|key| table.contains_key(*key)) {
            let what = format!("this [[where]] has no effect: expected one of {}", EFFECT_KEYS.join(", "));
            self.fault(at, what);
        }
        let folder_id = self.text(table, "folder_id");
        if let Some((id, value)) = folder_id.as_ref().filter(|(id, _)| !is_drive_id(id)) {
            let hint = if id.contains('/') { ": only the last part of the folder's address" } else { "" };
            let what = format!("folder_id is not a Drive id, expected letters, digits, - and _{hint}");
            self.fault(value, what);
        }
        DestinationRule {
            line: self.line(at),
            who: self.lists(table, Subject::OF_RECORDINGS),
            folder_id: folder_id.map(|(id, _)| id),
            folder: self.template(table, "folder_template"),
            file: self.template(table, "file_template"),
            share_with_host: self.flag(table, "share_with_host").map(|(yes, _)| yes),
            attendance: self.attendance(table),
            roster: self.text(table, "roster").map(|(path, at)| RosterFile {
                path,
                line: self.line(&at),
                roster: None,
            }),
        }
    }

    fn attendance(&mut self, table: &DeTable<'_>) -> Option<Output> {
        let (text, at) = self.text(table, "attendance")?;
        let output = Output::parse(&text);
        if output.is_none() {
            self.fault(&at, format!("attendance: expected {}, in quotes", Output::EXPECTED));
        }
        output
    }
}
