//! `files.list`: whose files are searched, which of them meet the search, and page by page.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::entry::{Caller, Entry, Who};
use super::fields::{self, Selection};
use super::http::Ask;
use super::query::Query;
use super::resource::Checksum;
use super::scopes::Scopes;
use super::state::State;
use super::{Google, errors, originals, params};
use crate::sandbox::faults::{Canned, Fault};

const DEFAULT_FIELDS: &str = "kind,incompleteSearch,nextPageToken,files(kind,id,name,mimeType)";
const PAGE_FILES: usize = 100;
const PAGE_FILES_MAX: usize = 1000;
/// Google documents no limit; longer searches are not known to work.
const PARENTS_MAX: usize = 100;
/// Page tokens are opaque; the prefix prevents callers from using them as numbers.
const PAGE_PREFIX: &str = "~!!~";

/// The scope of a search.
struct Corpus {
    caller: Caller,
    shared_drives: bool,
    only_drive: bool,
}

impl Google {
    /// `GET files`
    pub(super) fn list(
        &self,
        ask: &Ask,
        who: Who,
        scopes: &Scopes,
        fault: Option<&Fault>,
    ) -> Result<Canned, Canned> {
        self.check_params(ask, params::LIST);
        let wanted = ask.params.fields().unwrap_or(DEFAULT_FIELDS);
        let fields = Selection::parse(wanted, &fields::LIST)?;
        let size = ask.params.number("pageSize", PAGE_FILES, PAGE_FILES_MAX)?.min(self.page_limit());
        let order = Order::parse(ask.params.get("orderBy").unwrap_or_default())?;
        let query = match ask.params.get("q") {
            None | Some("") => None,
            Some(text) => Some(self.parsed(text)?),
        };
        let start = page_start(ask.params.get("pageToken"))?;
        let mut state = self.state();
        let corpus = corpus(&state, ask, who)?;
        self.check_parents(&state, &corpus, query.as_ref())?;
        // The index that search uses lags behind: it knows what it knew at the last honest list.
        if !matches!(fault, Some(Fault::Lag)) {
            state.indexed = state.newest();
        }
        let mut found: Vec<&Entry> =
            state.entries.values().filter(|entry| corpus.holds(&state, entry)).collect();
        found.retain(|entry| query.as_ref().is_none_or(|query| state.meets(entry, who, query)));
        found.retain(|entry| originals::is_open(entry, scopes));
        found.sort_by(|a, b| order.compare(a, b));
        let sums = Checksum::unless_hidden(fault);
        let page = found.iter().skip(start).take(size);
        let mut files: Vec<Value> = page.map(|entry| state.full_resource(entry, who, sums)).collect();
        let next = start + files.len();
        let is_incomplete = matches!(fault, Some(Fault::Incomplete));
        if is_incomplete {
            files = files.into_iter().skip(1).step_by(2).collect();
        }
        let mut answer = json!({"kind": "drive#fileList", "incompleteSearch": is_incomplete, "files": files});
        if next < found.len() {
            answer["nextPageToken"] = json!(page_token(next));
        }
        Ok(errors::json_answer(200, &fields.of(&answer)))
    }

    fn parsed(&self, text: &str) -> Result<Query, Canned> {
        let (query, is_mixed) = Query::parse(text).ok_or_else(|| errors::invalid_value("q"))?;
        if is_mixed {
            self.soft(format!("a search mixes `and` with `or` without parentheses: {text}"));
        }
        if query.parents().len() > PARENTS_MAX {
            self.soft(format!("a search names more than {PARENTS_MAX} folders"));
        }
        Ok(query)
    }

    /// A folder that the caller cannot see is an error, not an empty answer.
    fn check_parents(&self, state: &State, corpus: &Corpus, query: Option<&Query>) -> Result<(), Canned> {
        let Caller { who, all_drives } = corpus.caller;
        for id in query.map(Query::parents).unwrap_or_default() {
            let id = state.resolve(who, id);
            let on_drive = state.on_shared_drive(id);
            if on_drive && !corpus.shared_drives {
                self.broken("list in a shared drive without supportsAllDrives and includeItemsFromAllDrives");
            }
            if !state.sees(who, id) || (on_drive && !all_drives) {
                let at = ("parameter", "fileId");
                return Err(errors::refuse_at(404, "notFound", "File not found: .", at));
            }
        }
        Ok(())
    }
}

fn corpus(state: &State, ask: &Ask, who: Who) -> Result<Corpus, Canned> {
    let all_drives = ask.params.flag("supportsAllDrives")?;
    let include = ask.params.flag("includeItemsFromAllDrives")?;
    let refuse = |message: &str, place| Err(errors::refuse_at(400, "invalid", message, ("parameter", place)));
    let corpora = ask.params.get("corpora").unwrap_or("user");
    let drive = ask.params.get("driveId");
    if include && !all_drives {
        let message = "The includeItemsFromAllDrives parameter requires supportsAllDrives=true.";
        return refuse(message, "supportsAllDrives");
    }
    if (corpora == "drive") != drive.is_some() {
        let message = "The driveId parameter must be specified if and only if corpora is set to drive.";
        return refuse(message, "driveId");
    }
    match corpora {
        "user" => {}
        "drive" | "allDrives" if include => {}
        "drive" | "allDrives" => {
            let message = "The includeItemsFromAllDrives parameter must be set to true for this corpora.";
            return refuse(message, "includeItemsFromAllDrives");
        }
        _ => return Err(errors::invalid_value("corpora")),
    }
    if drive.is_some_and(|id| id != state.drive || !state.belongs(who)) {
        let message = format!("Shared drive not found: {}", drive.unwrap_or_default());
        return Err(errors::refuse_at(404, "notFound", &message, ("parameter", "driveId")));
    }
    let caller = Caller { who, all_drives };
    Ok(Corpus { caller, shared_drives: include, only_drive: drive.is_some() })
}

impl Corpus {
    /// Is this searched at all? The tops of drives are in no list.
    fn holds(&self, state: &State, entry: &Entry) -> bool {
        let is_top = entry.file.parents.is_empty();
        let here = if entry.owner.is_none() { self.shared_drives } else { !self.only_drive };
        !is_top && here && entry.sequence <= state.indexed && state.sees(self.caller.who, &entry.file.id)
    }
}

/// The order in `orderBy`; newest first without it.
struct Order(Vec<(Key, Direction)>);

enum Key {
    Created,
    Modified,
    Name,
    Folder,
}

#[derive(PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Order {
    fn parse(text: &str) -> Result<Self, Canned> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let keys = parts.map(|part| {
            let (word, direction) =
                part.strip_suffix(" desc").map_or((part, Direction::Up), |word| (word, Direction::Down));
            let key = match word {
                "createdTime" => Key::Created,
                "modifiedTime" | "modifiedByMeTime" | "recency" => Key::Modified,
                "name" | "name_natural" => Key::Name,
                "folder" => Key::Folder,
                _ => return Err(errors::invalid_value("orderBy")),
            };
            Ok((key, direction))
        });
        keys.collect::<Result<_, _>>().map(Self)
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        let by_keys = self.0.iter().map(|(key, direction)| {
            let order = match key {
                Key::Created => a.file.created_time.cmp(&b.file.created_time),
                Key::Modified => a.file.modified_time.cmp(&b.file.modified_time),
                Key::Name => a.file.name.cmp(&b.file.name),
                Key::Folder => b.file.is_folder.cmp(&a.file.is_folder),
            };
            if *direction == Direction::Down { order.reverse() } else { order }
        });
        by_keys.fold(Ordering::Equal, Ordering::then).then(b.sequence.cmp(&a.sequence))
    }
}

pub(super) fn page_token(next: usize) -> String {
    format!("{PAGE_PREFIX}{next}")
}

pub(super) fn page_start(token: Option<&str>) -> Result<usize, Canned> {
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(0) };
    let number = token.strip_prefix(PAGE_PREFIX).and_then(|number| number.parse().ok());
    number.ok_or_else(|| errors::invalid_value("pageToken"))
}
